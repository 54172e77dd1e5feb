//! The answer to a commit of a submission's worker is lost, on the way from PostgreSQL. What was
//! committed counts once.

use super::*;
use crate::execution::lab::lab_at;
use crate::execution::notes::How;
use crate::platform::db::wire::Wire;

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_or_verdict_whose_answer_is_lost_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    let (wire, url) = Wire::to(&test_postgres::postgres_url(folder.path())).await;
    let lab = lab_at(&url, "").await;
    let slow = "# sim: sleep 400\n# sim: echo";
    for (number, (statement, source)) in [
        ("UPDATE submissions SET state = $1, attempt", slow),
        ("UPDATE submissions SET state = $1, verdict", slow),
        ("UPDATE submissions SET state = $1, verdict", "# sim: echo"),
        ("INSERT INTO attempts", "# sim: echo"),
    ]
    .into_iter()
    .enumerate()
    {
        let user = lab.user().await;
        wire.lose_answers(statement, 1);
        let id = lab.submit(user, "echo", source).await;
        let heard = lab.hear_grading(user, id, 0).await;
        let What::Finished(submission) = &heard.last().unwrap().what else {
            panic!("no end")
        };
        assert_eq!(submission.verdict, Some(Verdict::Accepted), "{statement}");
        assert_eq!(wire.lost(), number + 1, "{statement}");
        assert_eq!(lab.attempts(user, "echo").await.len(), 1, "{statement}");
        let notes = lab.told(&id.to_string()).await.notes;
        let ends: Vec<_> = notes.iter().map(|note| (note.attempt, note.how)).collect();
        assert_eq!(ends, [(1, Some(How::Finished))], "{statement}");
    }
}
