//! SQL of histories. Names no column that holds a program, input, output or message.

use super::model::{History, Kind};
use crate::execution::notes;
use crate::platform::db::{self, Pool, from_micros, from_text};

/// The way of a run or submission, whichever has this id.
pub async fn history(pool: &Pool, id: &str) -> Result<Option<History>, sqlx::Error> {
    for (kind, sql) in [
        (
            Kind::Run,
            "SELECT user_id, call_id, profile AS subject, state, attempt, loss_count, create_time,
                 start_time, finish_time, notes, requeue_time, outcome AS result
             FROM runs WHERE id = $1",
        ),
        (
            Kind::Submission,
            "SELECT user_id, call_id, problem AS subject, state, attempt, loss_count, create_time,
                 start_time, finish_time, notes, requeue_time, verdict AS result
             FROM submissions WHERE id = $1",
        ),
    ] {
        let Some(row) = db::query(sql).bind(id).fetch_optional(pool).await? else {
            continue;
        };
        let time = |column: &str| {
            row.try_get::<Option<i64>, _>(column)?
                .map(from_micros)
                .transpose()
        };
        return Ok(Some(History {
            kind,
            id: id.to_owned(),
            user: row.try_get("user_id")?,
            call: row.try_get("call_id")?,
            subject: row.try_get("subject")?,
            state: from_text(row.try_get("state")?)?,
            attempts: row.try_get("attempt")?,
            notes: notes::read(row.try_get("notes")?),
            requeue_time: time("requeue_time")?,
            losses: row.try_get("loss_count")?,
            create_time: from_micros(row.try_get("create_time")?)?,
            start_time: time("start_time")?,
            finish_time: time("finish_time")?,
            result: row.try_get("result")?,
        }));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::lab::lab;
    use crate::execution::notes::How;
    use crate::platform::testing::ground;

    #[tokio::test]
    async fn runs_and_submissions_are_found_by_their_ids() {
        let ground = ground().await;
        let mut tx = ground.platform.db.write().await.unwrap();
        db::query(
            "INSERT INTO users (id, email, display_name, role, password_hash, create_time)
             VALUES ('u', 'ada@example.org', 'Ada', 'student', '', 0)",
        )
        .execute(&mut *tx)
        .await
        .unwrap();
        let run = "INSERT INTO runs (id, user_id, call_id, state, attempt, loss_count, program,
                 stdin, interactive, outcome, create_time, finish_time)
             VALUES ('r', 'u', 'c', 'finished', 3, 2, $1, $1, 0, 'internal_error', 0, 1500000)";
        let submission = "INSERT INTO submissions (id, user_id, problem, call_id, state, program,
                 feedback, test_count, create_time)
             VALUES ('s', 'u', 'fizz-buzz', 'c', 'queued', $1, 'full', 1, 0)";
        for sql in [run, submission] {
            let insert = db::query(sql).bind(b"secret".as_slice());
            insert.execute(&mut *tx).await.unwrap();
        }
        tx.commit().await.unwrap();
        let pool = ground.platform.db.read();
        let found = history(pool, "r").await.unwrap().unwrap();
        assert_eq!((found.attempts, found.losses), (3, 2));
        let told = found.to_string();
        assert!(
            told.contains("internal_error") && told.contains("1.500 s"),
            "{told}"
        );
        assert!(!told.contains("secret") && !told.contains("ada@"), "{told}");
        let found = history(pool, "s").await.unwrap().unwrap();
        assert_eq!((found.kind, found.result), (Kind::Submission, None));
        assert_eq!(found.subject, "fizz-buzz");
        assert!(history(pool, "u").await.unwrap().is_none());
    }

    #[tokio::test]
    async fn each_attempt_is_told_with_its_runner_and_its_times() {
        let lab = lab().await;
        let user = lab.user().await;
        let id = lab.run(user, "# sim: hang-up 1\n# sim: print fine").await;
        lab.finished(user, id).await;
        let found = history(lab.platform.db.read(), &id.to_string()).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.losses, 1);
        let ends: Vec<_> = found.notes.iter().map(|note| note.how).collect();
        assert_eq!(ends, [Some(How::Lost), Some(How::Finished)]);
        let mut before = found.create_time;
        for note in &found.notes {
            let (begin, end) = (note.begin.unwrap(), note.end.unwrap());
            assert!(before <= begin && begin <= end, "{found}");
            assert_eq!(note.runners, ["0"]);
            before = end;
        }
    }
}
