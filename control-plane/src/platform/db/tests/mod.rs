//! The database, on both engines whatever the environment says.

mod away;
mod schema;

use tempfile::TempDir;

use super::super::config::Database;
use super::*;

/// A new database on each engine.
async fn both() -> [(TempDir, Db); 2] {
    [on_sqlite().await, on_postgres().await]
}

async fn on_sqlite() -> (TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let settings = Database::at(Location::Sqlite(folder.path().join("test.db")));
    let db = Db::open(&settings).await.unwrap();
    (folder, db)
}

async fn on_postgres() -> (TempDir, Db) {
    let folder = tempfile::tempdir().unwrap();
    let url = test_postgres::postgres_url(folder.path());
    let db = Db::open(&settings(&url)).await.unwrap();
    (folder, db)
}

fn settings(url: &str) -> Database {
    Database::at(Location::parse(url, std::path::Path::new("/")).unwrap())
}

/// A second process would open the database for itself, as this does.
async fn again(folder: &TempDir, db: &Db) -> Db {
    match &db.readers.0 {
        Engine::Sqlite(_) => {
            let file = folder.path().join("test.db");
            Db::open(&Database::at(Location::Sqlite(file)))
                .await
                .unwrap()
        }
        Engine::Postgres(server) => Db::open(&settings(server.url())).await.unwrap(),
    }
}

async fn revision(db: &Db) -> i64 {
    query_scalar("SELECT revision FROM content_revision")
        .fetch_one(db.read())
        .await
        .unwrap()
}

#[tokio::test]
async fn many_writers_at_once_all_succeed() {
    for (folder, db) in both().await {
        let other = again(&folder, &db).await;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..40 {
            let db = [&db, &other][number % 2].clone();
            tasks.spawn(async move {
                let mut tx = db.write().await?;
                query("UPDATE content_revision SET revision = revision + 1")
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
                Ok::<_, Error>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
        }
        assert_eq!(revision(&db).await, 40);
    }
}

/// What a writer has read is still so when it writes, whoever else writes: alone without a word,
/// side by side for rows that were locked.
#[tokio::test]
async fn nothing_changes_between_a_check_and_its_write() {
    for (folder, db) in both().await {
        let other = again(&folder, &db).await;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..40 {
            let db = [&db, &other][number % 2].clone();
            tasks.spawn(async move {
                let (mut tx, check) = if number % 4 < 2 {
                    (db.write().await?, "SELECT revision FROM content_revision")
                } else {
                    let check = "SELECT revision FROM content_revision FOR NO KEY UPDATE";
                    (db.write_beside().await?, check)
                };
                let before: i64 = query_scalar(check).fetch_one(&mut *tx).await?;
                tokio::task::yield_now().await;
                query("UPDATE content_revision SET revision = $1")
                    .bind(before + 1)
                    .execute(&mut *tx)
                    .await?;
                tx.commit().await?;
                Ok::<_, Error>(())
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap().unwrap();
        }
        assert_eq!(revision(&db).await, 40);
    }
}

/// What a transaction reads must be what stands there now, not what stood there before it waited for the lock.
#[tokio::test]
async fn the_servers_own_settings_change_nothing() {
    let (folder, db) = on_postgres().await;
    for change in [
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = 77000',
             current_database()); END $$",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation =
             ''repeatable read''', current_database()); END $$",
    ] {
        let mut tx = db.write().await.unwrap();
        query(change).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }
    let db = again(&folder, &db).await;
    for (name, when_writing, when_reading) in [
        ("transaction_isolation", "read committed", "read committed"),
        ("statement_timeout", "5s", "5s"),
        ("lock_timeout", "5s", "5s"),
        ("idle_in_transaction_session_timeout", "5s", "5s"),
        ("transaction_read_only", "off", "on"),
        ("jit", "off", "off"),
    ] {
        let ask = || query_scalar::<String>("SELECT current_setting($1)").bind(name);
        let mut tx = db.write().await.unwrap();
        assert_eq!(
            ask().fetch_one(&mut *tx).await.unwrap(),
            when_writing,
            "{name}"
        );
        assert_eq!(
            ask().fetch_one(db.read()).await.unwrap(),
            when_reading,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_and_its_connection_serves_on() {
    for (_folder, db) in both().await {
        for _ in 0..30 {
            let mut tx = db.write().await.unwrap();
            query("UPDATE content_revision SET revision = 7")
                .execute(&mut *tx)
                .await
                .unwrap();
            drop(tx);
        }
        // A statement that fails must not spoil the connection for the next.
        let mut tx = db.write().await.unwrap();
        let wrong = query("INSERT INTO content_revision (\"only\", revision) VALUES (1, 1)");
        assert!(wrong.execute(&mut *tx).await.is_err());
        drop(tx);
        assert_eq!(revision(&db).await, 0);
        db.write().await.unwrap().commit().await.unwrap();
    }
}

#[tokio::test]
async fn readers_can_not_write() {
    for ((_folder, db), word) in both().await.into_iter().zip(["readonly", "read-only"]) {
        let result = query("DELETE FROM users").execute(db.read()).await;
        let error = result.unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[tokio::test]
async fn values_come_back_as_they_went() {
    for (_folder, db) in both().await {
        let row = query(
            "SELECT CAST($1 AS BIGINT) AS number, CAST($2 AS TEXT) AS text,
                 CAST($3 AS BIGINT) AS absent, CAST($4 AS BIGINT) AS truth, length($5) AS bytes",
        )
        .bind(i64::MIN)
        .bind("späť \u{1F40D}")
        .bind(None::<i64>)
        .bind(true)
        .bind("12345")
        .fetch_one(db.read())
        .await
        .unwrap();
        assert_eq!(row.try_get::<i64, _>("number").unwrap(), i64::MIN);
        assert!(row.try_get::<u32, _>("number").is_err(), "it does not fit");
        assert_eq!(row.try_get::<&str, _>("text").unwrap(), "späť \u{1F40D}");
        let bytes = "späť \u{1F40D}".as_bytes();
        assert_eq!(row.try_get::<&[u8], _>("text").unwrap(), bytes);
        assert_eq!(row.try_get::<Option<u32>, _>("absent").unwrap(), None);
        assert!(row.try_get::<i64, _>("absent").is_err());
        assert!(row.try_get::<bool, _>("truth").unwrap());
        assert!(row.try_get::<i64, _>("no such column").is_err());
    }
}

/// Ids, slugs and page tokens rely on one order, whatever the locale of the server.
#[tokio::test]
async fn text_is_ordered_by_its_bytes() {
    let words = ["B", "Z", "a", "a b", "a-b", "a0", "ab", "b", "é", "😀"];
    for (_folder, db) in both().await {
        let mut tx = db.write().await.unwrap();
        for word in words.iter().rev() {
            query("INSERT INTO cheatsheets (slug, title, body) VALUES ($1, '', '')")
                .bind(*word)
                .execute(&mut *tx)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let found: Vec<String> = query_scalar("SELECT slug FROM cheatsheets ORDER BY slug")
            .fetch_all(db.read())
            .await
            .unwrap();
        assert_eq!(found, words);
        let found: Vec<String> = query_scalar("SELECT slug FROM cheatsheets WHERE slug > $1")
            .bind("ab")
            .fetch_all(db.read())
            .await
            .unwrap();
        assert_eq!(found.len(), 3);
    }
}

#[tokio::test]
async fn a_text_with_nul_is_refused_by_both() {
    for (_folder, db) in both().await {
        let result = query("SELECT $1").bind("a\0b").execute(db.read()).await;
        let error = Error::from(result.unwrap_err());
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
    }
}
