//! A round over many rows, while others write, and one that can't do all of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::platform::db::{Connection, query, query_scalar, to_micros};
use crate::platform::testing::{Ground, ground};
use crate::retention::service::BATCH;

const DAY: Duration = Duration::from_secs(86_400);
/// Rows of each table: some batches, and a part of one.
const MANY: u32 = 5 * BATCH / 2;
const TABLES: usize = 8;

/// Stores many old rows in each table, and one that is not old.
async fn fill(ground: &Ground) {
    let now = ground.platform.clock.now();
    let mut tx = ground.platform.db.write().await.unwrap();
    for sql in [
        "INSERT INTO users (id, email, display_name, role, password_hash, create_time)
         VALUES ('u', 'ada@example.org', 'Ada', 'student', '', 0)",
        "INSERT INTO rejudges (id, user_id, problem, etag, state, create_time, finish_time)
         VALUES ('old', 'u', 'p', '', 'applied', 1, 1)",
        "INSERT INTO rejudges (id, user_id, problem, etag, state, create_time)
         VALUES ('open', 'u', 'p', '', 'grading', 1)",
    ] {
        query(sql).execute(&mut *tx).await.unwrap();
    }
    for number in 0..=MANY {
        let is_old = number < MANY;
        let time = to_micros(if is_old { now - 100 * DAY } else { now });
        let rejudge = if is_old { "old" } else { "open" };
        store_one(&mut tx, &format!("{number:06}"), time, rejudge).await;
    }
    tx.commit().await.unwrap();
}

async fn store_one(tx: &mut Connection, id: &str, time: i64, rejudge: &str) {
    let digest = id.as_bytes().to_vec();
    let session = "INSERT INTO sessions (id, user_id, user_agent, create_time, last_used_time,
             expire_time, end_time) VALUES ($1, 'u', '', 0, 0, $2, $3)";
    // Half of them expired, half of them were ended before.
    let ended = digest[5].is_multiple_of(2).then_some(time);
    let expires = ended.map_or(time, |_| i64::MAX / 2);
    for statement in [
        query(session).bind(id).bind(expires).bind(ended),
        query(
            "INSERT INTO refresh_tokens (token_hash, session_id, create_time) VALUES ($1, $2, 0)",
        )
        .bind(digest.clone())
        .bind(id),
        query(
            "INSERT INTO request_ids (user_id, method, request_id, body_hash, claim_time)
             VALUES ('u', 'm', $1, $2, $3)",
        )
        .bind(id)
        .bind(digest.clone())
        .bind(time),
        query(
            "INSERT INTO login_failures (email_hash, failure_count, locked_until,
                 last_failure_time) VALUES ($1, 1, 0, $2)",
        )
        .bind(digest.clone())
        .bind(time),
        query("INSERT INTO login_networks (place_hash, last_login_time) VALUES ($1, $2)")
            .bind(digest)
            .bind(time),
        query(
            "INSERT INTO snippets (id, user_id, program, profile, charge, create_time, expire_time)
             VALUES ($1, 'u', $2, 'python', 1, $3, $3)",
        )
        .bind(id)
        .bind(b"{}".to_vec())
        .bind(time),
        query(
            "INSERT INTO rejudge_items (rejudge_id, submission_id, attempt, state)
             VALUES ($1, $2, 1, 'waiting')",
        )
        .bind(rejudge)
        .bind(id),
    ] {
        statement.execute(&mut *tx).await.unwrap();
    }
}

/// Rows of each table.
async fn left(ground: &Ground) -> [i64; TABLES] {
    let mut counts = [0; TABLES];
    let statements = [
        "SELECT count(*) FROM request_ids",
        "SELECT count(*) FROM sessions",
        "SELECT count(*) FROM refresh_tokens",
        "SELECT count(*) FROM login_failures",
        "SELECT count(*) FROM login_networks",
        "SELECT count(*) FROM snippets",
        "SELECT count(*) FROM rejudge_items",
        "SELECT count(*) FROM rejudges",
    ];
    for (count, sql) in counts.iter_mut().zip(statements) {
        let pool = ground.platform.db.read();
        *count = query_scalar(sql).fetch_one(pool).await.unwrap();
    }
    counts
}

/// Each transaction deletes a batch at most, and between two of them others have their turn.
#[tokio::test]
async fn others_write_while_much_is_deleted() {
    let ground = ground().await;
    fill(&ground).await;
    let db = ground.platform.db.clone();
    let done = Arc::new(AtomicBool::new(false));
    let before = db.writes();
    let others = tokio::spawn({
        let (db, done) = (db.clone(), done.clone());
        async move {
            let mut count = 0;
            while !done.load(Ordering::SeqCst) {
                let mut tx = db.write().await.unwrap();
                query("UPDATE users SET run_count = run_count + 1")
                    .execute(&mut *tx)
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
                count += 1;
            }
            count
        }
    });
    Retention::new(ground.platform.clone()).tidy().await;
    done.store(true, Ordering::SeqCst);
    let others: u64 = others.await.unwrap();
    let batches = db.writes() - before - others;
    assert_eq!(left(&ground).await, [1; TABLES]);
    // Seven tables of many rows.
    let fewest = u64::from(7 * MANY / BATCH);
    assert!(batches >= fewest, "{batches} transactions for all of it");
    assert!(others >= fewest, "{others} others wrote beside {batches}");
}

#[tokio::test]
async fn what_can_not_be_deleted_keeps_nothing_else() {
    let ground = ground().await;
    fill(&ground).await;
    let rename = async |sql| {
        let mut tx = ground.platform.db.write().await.unwrap();
        query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    rename("ALTER TABLE request_ids RENAME TO away").await;
    Retention::new(ground.platform.clone()).tidy().await;
    rename("ALTER TABLE away RENAME TO request_ids").await;
    let many = i64::from(MANY) + 1;
    assert_eq!(left(&ground).await, [many, 1, 1, 1, 1, 1, 1, 1]);
}
