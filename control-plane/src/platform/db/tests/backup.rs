//! Backups: from each engine and into each, under writes, torn, changed, and in the way of others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use super::super::backup::format::{Line, Reader, Writer};
use super::super::backup::{restore, save};
use super::*;

/// A database that was closed.
struct Closed {
    folder: TempDir,
    settings: Database,
}

impl Closed {
    async fn new((folder, db): (TempDir, Db)) -> Self {
        let settings = match &db.readers.0 {
            Engine::Sqlite(_) => Database::at(Location::Sqlite(folder.path().join("test.db"))),
            Engine::Postgres(server) => settings(server.url()),
        };
        db.close().await;
        Self { folder, settings }
    }

    async fn both() -> [Self; 2] {
        let [first, second] = both().await;
        [Self::new(first).await, Self::new(second).await]
    }

    async fn open(&self) -> Db {
        Db::open(&self.settings).await.unwrap()
    }

    /// Saves it in a new file.
    async fn save(&self) -> PathBuf {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let file = self.folder.path().join(format!("{count}.backup"));
        let now = Timestamp::from_second(1_893_456_000).unwrap();
        save(&self.settings, &file, now, &mut |_| {}).await.unwrap();
        file
    }

    /// What it holds, as text.
    async fn text(&self) -> String {
        std::fs::read_to_string(self.save().await).unwrap()
    }

    async fn refused(&self, file: &Path, overwrite: bool) -> String {
        let result = restore(&self.settings, file, overwrite, &mut |_| {}).await;
        format!("{:#}", result.expect_err("it should be refused"))
    }

    async fn change(&self, sql: &'static str) {
        let db = self.open().await;
        write(&db, sql).await.unwrap();
        db.close().await;
    }
}

async fn write(db: &Db, sql: &'static str) -> Result<(), Error> {
    let mut tx = db.write().await?;
    query(sql).execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

const USER: &str = "INSERT INTO users (id, email, display_name, role, password_hash, create_time)
     VALUES ('u1', 'ada@example.org', 'Ada \"späť\" 😀', 'student', 'hash', 9223372036854775807)";
const SUBMISSION: &str = "INSERT INTO submissions (id, user_id, problem, call_id, state, program,
         feedback, test_count, create_time)
     VALUES ($1, 'u1', 'fizz-buzz', 'c', 'queued', $2, 'full', 3, -1)";

/// Rows of each kind, with what is absent, empty or hard to write.
async fn fill(db: &Db) {
    let mut tx = db.write().await.unwrap();
    for sql in [
        USER,
        "INSERT INTO levels (id, position, age_group, number, title, summary)
         VALUES ('l', 1, '11-14', 1, 'line
break', '')",
        "INSERT INTO course_sessions (id, level_id, position, title, summary)
         VALUES ('s', 'l', 1, '', '')",
        "INSERT INTO badges (user_id, key, earn_time) VALUES ('u1', 'b', 1), ('u1', 'a', 2)",
        "UPDATE content_revision SET revision = 7",
    ] {
        query(sql).execute(&mut *tx).await.unwrap();
    }
    let program: Vec<u8> = (0..=255).collect();
    for (id, program) in [("m2", program.clone()), ("m1", program.repeat(5000))] {
        let submission = query(SUBMISSION).bind(id).bind(program);
        submission.execute(&mut *tx).await.unwrap();
    }
    // More than one statement stores.
    for number in 0..150 {
        let sheet = query("INSERT INTO cheatsheets (slug, title, body) VALUES ($1, $2, 'b')");
        let sheet = sheet
            .bind(format!("sheet-{number}"))
            .bind(number.to_string());
        sheet.execute(&mut *tx).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn submission_count(db: &Db) -> i64 {
    query_scalar("SELECT submission_count FROM users WHERE id = 'u1'")
        .fetch_one(db.read())
        .await
        .unwrap()
}

#[tokio::test]
async fn either_engine_gives_back_what_either_had() {
    let mut texts = BTreeSet::new();
    for from in Closed::both().await {
        let db = from.open().await;
        fill(&db).await;
        db.close().await;
        let file = from.save().await;
        texts.insert(std::fs::read_to_string(&file).unwrap());
        for to in Closed::both().await {
            let restored = restore(&to.settings, &file, false, &mut |_| {})
                .await
                .unwrap();
            assert!(restored.rows >= 158 && restored.tables >= 15, "{restored}");
            texts.insert(to.text().await);
            // What counts by itself has not counted what came back, and counts what is new.
            let db = to.open().await;
            assert_eq!(submission_count(&db).await, 2);
            let mut tx = db.write().await.unwrap();
            let one = query(SUBMISSION).bind("m3").bind(Vec::<u8>::new());
            one.execute(&mut *tx).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(submission_count(&db).await, 3);
            db.close().await;
        }
    }
    assert_eq!(texts.len(), 1, "all are the same");
}

/// As the catalogues tell them elsewhere than where backups look, and whatever else holds rows.
const SQLITE_TABLES: &str = "SELECT name FROM pragma_table_list
     WHERE schema = 'main' AND type <> 'view' AND name NOT LIKE 'sqlite_%'
         AND name <> '_sqlx_migrations'";
const POSTGRES_TABLES: &str = "SELECT CAST(relname AS TEXT) FROM pg_class
     JOIN pg_namespace ON pg_namespace.oid = relnamespace
     WHERE relkind IN ('r', 'p', 'm', 'f', 'S') AND nspname NOT LIKE 'pg_%'
         AND nspname <> 'information_schema' AND relname <> '_sqlx_migrations'";

#[tokio::test]
async fn no_table_is_forgotten() {
    for there in Closed::both().await {
        let file = std::fs::File::open(there.save().await).unwrap();
        let mut reader = Reader::new(std::io::BufReader::new(file)).unwrap();
        let mut saved = BTreeSet::new();
        while let Some(line) = reader.next_line().unwrap() {
            if let Line::Heading(heading) = line {
                saved.insert(heading.table);
            }
        }
        let db = there.open().await;
        let all = match &db.readers.0 {
            Engine::Sqlite(_) => SQLITE_TABLES,
            Engine::Postgres(_) => POSTGRES_TABLES,
        };
        let all: Vec<String> = query_scalar(all).fetch_all(db.read()).await.unwrap();
        assert!(all.len() >= 20, "{all:?}");
        assert_eq!(saved, all.into_iter().collect());
        db.close().await;
    }
}

/// A table that is new is saved as well; one that can't be saved is not left out.
#[tokio::test]
async fn what_can_not_be_saved_is_told() {
    for (table, expected) in [
        ("CREATE TABLE later (id TEXT PRIMARY KEY)", None),
        (
            "CREATE TABLE later (id TEXT PRIMARY KEY, size NUMERIC)",
            Some("later.size"),
        ),
        ("CREATE TABLE later (id TEXT)", Some("no primary key")),
        (
            "CREATE TABLE later (id TEXT PRIMARY KEY, parent TEXT REFERENCES later (id))",
            Some("themselves"),
        ),
    ] {
        for there in Closed::both().await {
            there.change(table).await;
            let file = there.folder.path().join("b");
            let told = save(&there.settings, &file, Timestamp::UNIX_EPOCH, &mut |_| {})
                .await
                .map(|_| std::fs::read_to_string(&file).unwrap())
                .map_err(|error| format!("{error:#}"));
            match (told, expected) {
                (Ok(text), None) => assert!(text.contains("{\"table\":\"later\""), "{table}"),
                (Err(told), Some(expected)) => assert!(told.contains(expected), "{told}"),
                (told, _) => panic!("{table}: {:?}", told.map(|text| text.len())),
            }
        }
    }
}

/// Each write adds one to a number and a row to a table. A backup has as many rows as the number
/// says, whenever it is made.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_writes_has_one_state() {
    for (folder, db) in both().await {
        let stop = Arc::new(AtomicBool::new(false));
        let writer = tokio::spawn({
            let (db, stop) = (db.clone(), stop.clone());
            async move {
                while !stop.load(Ordering::Relaxed) {
                    let mut tx = db.write().await.unwrap();
                    let add = query("UPDATE content_revision SET revision = revision + 1");
                    add.execute(&mut *tx).await.unwrap();
                    let row = query(
                        "INSERT INTO cheatsheets (slug, title, body)
                         SELECT 'sheet-' || CAST(revision AS TEXT), '', '' FROM content_revision",
                    );
                    row.execute(&mut *tx).await.unwrap();
                    tx.commit().await.unwrap();
                }
            }
        });
        while revision(&db).await == 0 {
            tokio::task::yield_now().await;
        }
        let settings = match &db.readers.0 {
            Engine::Sqlite(_) => Database::at(Location::Sqlite(folder.path().join("test.db"))),
            Engine::Postgres(server) => settings(server.url()),
        };
        let mut files = Vec::new();
        for number in 0..4 {
            let file = folder.path().join(format!("{number}.backup"));
            save(&settings, &file, Timestamp::UNIX_EPOCH, &mut |_| {})
                .await
                .unwrap();
            files.push(file);
        }
        stop.store(true, Ordering::Relaxed);
        writer.await.unwrap();
        db.close().await;
        let mut revisions = Vec::new();
        for file in files {
            let to = Closed::new(on_sqlite().await).await;
            restore(&to.settings, &file, false, &mut |_| {})
                .await
                .unwrap();
            let to = to.open().await;
            let rows: i64 = query_scalar("SELECT count(*) FROM cheatsheets")
                .fetch_one(to.read())
                .await
                .unwrap();
            assert_eq!(rows, revision(&to).await);
            revisions.push(rows);
            to.close().await;
        }
        assert!(revisions.is_sorted() && revisions[0] > 0, "{revisions:?}");
    }
}

#[tokio::test]
async fn a_torn_or_changed_file_is_refused_and_nothing_changes() {
    for there in Closed::both().await {
        let db = there.open().await;
        fill(&db).await;
        db.close().await;
        let file = there.save().await;
        there.change("DELETE FROM badges").await;
        let before = there.text().await;
        let whole = std::fs::read_to_string(&file).unwrap();
        let changed = there.folder.path().join("changed");
        for (text, expected) in [
            (whole[..whole.len() - 1].to_owned(), "cut off"),
            (
                whole[..whole.find("fizz-buzz").unwrap()].to_owned(),
                "cut off",
            ),
            (whole.replace("fizz-buzz", "fizz-bozz"), "digest"),
            (whole.replace("\"student\"", "\"admin\""), "digest"),
            (whole.replace("1 accounts", "1 others"), "migration"),
            (
                whole.replacen("\"]}\n", "\",\"9999 later\"]}\n", 1),
                "migration \"9999 later\"",
            ),
            (
                whole.replacen("\"version\":1", "\"version\":2", 1),
                "format 2",
            ),
            (
                whole.replace("[2,\"a\",\"u1\"]", "[\"2\",\"a\",\"u1\"]"),
                "line",
            ),
            (format!("{whole}{whole}"), "line"),
            (String::new(), "no backup"),
        ] {
            assert_ne!(text, whole);
            std::fs::write(&changed, &text).unwrap();
            let told = there.refused(&changed, true).await;
            assert!(told.contains(expected), "{expected}: {told}");
        }
        assert!(there.text().await == before, "nothing has changed");
    }
}

/// A file whose digest is right and whose rows the database does not take.
#[tokio::test]
async fn it_is_all_or_nothing() {
    for there in Closed::both().await {
        let db = there.open().await;
        fill(&db).await;
        db.close().await;
        let file = there.save().await;
        let twice = there.folder.path().join("twice");
        let mut reader =
            Reader::new(std::io::BufReader::new(std::fs::File::open(&file).unwrap())).unwrap();
        let to = std::fs::File::create(&twice).unwrap();
        let mut writer = Writer::new(to, reader.header()).unwrap();
        let mut users = false;
        while let Some(line) = reader.next_line().unwrap() {
            match line {
                Line::Heading(heading) => {
                    users = heading.table == "users";
                    writer.heading(&heading).unwrap();
                }
                Line::Row(values) => {
                    writer.row(&values).unwrap();
                    if users {
                        writer.row(&values).unwrap();
                    }
                }
            }
        }
        writer.end().unwrap();
        there.change("DELETE FROM badges").await;
        let before = there.text().await;
        let told = there.refused(&twice, true).await;
        assert!(told.to_lowercase().contains("unique"), "{told}");
        assert!(there.text().await == before, "nothing has changed");
    }
}

#[tokio::test]
async fn a_database_that_holds_anything_is_left_alone_unless_told() {
    for there in Closed::both().await {
        let empty = there.save().await;
        there.change(USER).await;
        let before = there.text().await;
        let told = there.refused(&empty, false).await;
        assert!(
            told.contains("users") && told.contains("--overwrite"),
            "{told}"
        );
        assert!(there.text().await == before, "nothing has changed");
        restore(&there.settings, &empty, true, &mut |_| {})
            .await
            .unwrap();
        assert!(there.text().await == std::fs::read_to_string(&empty).unwrap());
    }
}

#[tokio::test]
async fn a_database_in_use_is_left_alone() {
    for there in Closed::both().await {
        let file = there.save().await;
        let db = there.open().await;
        write(&db, USER).await.unwrap();
        let told = there.refused(&file, true).await;
        assert!(told.contains("stop every control-plane"), "{told}");
        db.close().await;
        drop(db);
        restore(&there.settings, &file, true, &mut |_| {})
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_backup_replaces_no_file_and_leaves_no_piece() {
    for there in Closed::both().await {
        let file = there.folder.path().join("x.backup");
        std::fs::write(&file, "mine").unwrap();
        let result = save(&there.settings, &file, Timestamp::UNIX_EPOCH, &mut |_| {}).await;
        assert!(format!("{:#}", result.unwrap_err()).contains("exists already"));
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
        there
            .change("INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
                     SELECT version + 1000, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1")
            .await;
        let other = there.folder.path().join("y.backup");
        let result = save(&there.settings, &other, Timestamp::UNIX_EPOCH, &mut |_| {}).await;
        assert!(format!("{:#}", result.unwrap_err()).contains("another version"));
        for entry in std::fs::read_dir(there.folder.path()).unwrap() {
            let name = entry.unwrap().file_name();
            assert!(!name.to_string_lossy().starts_with('y'), "{name:?}");
        }
    }
}
