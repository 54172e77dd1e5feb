//! Grading again on the wire: what authors are told before and after they decide, and what students
//! are.

use coderunner_proto::v1 as pb;
use control_plane::platform::db;
use pb::RejudgeState::{Applied, Discarded, Ready};
use prost_types::Timestamp;
use tonic::Code;

use crate::support::{Running, SOON, User, refused, start};

fn of_problem(request_id: &str) -> pb::StartRejudgeRequest {
    pb::StartRejudgeRequest {
        request_id: request_id.into(),
        problem: "count-vowels".into(),
        ..Default::default()
    }
}

impl User {
    async fn rejudge(&mut self, request: pb::StartRejudgeRequest) -> pb::Rejudge {
        let answer = self.submissions.start_rejudge(request).await;
        answer.unwrap().into_inner().rejudge.unwrap()
    }

    async fn rejudge_until(&mut self, id: &str, state: pb::RejudgeState) -> pb::Rejudge {
        let wait = async {
            loop {
                let rejudge_id = id.to_owned();
                let request = pb::GetRejudgeRequest { rejudge_id };
                let answer = self.submissions.get_rejudge(request).await.unwrap();
                let rejudge = answer.into_inner().rejudge.unwrap();
                if rejudge.state() == state {
                    return rejudge;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        let found = tokio::time::timeout(SOON, wait).await;
        found.unwrap_or_else(|_| panic!("the rejudge gets to {state:?}"))
    }
}

/// A right submission that was judged wrong, as if its tests had been others.
async fn wronged(server: &Running, student: &mut User) -> pb::Submission {
    let events = student.submit("count-vowels", "# right").await;
    let Some(pb::watch_submission_response::Event::Finished(submission)) =
        &events.last().unwrap().event
    else {
        panic!("no end")
    };
    let mut tx = server.platform.db.write().await.unwrap();
    for sql in [
        "UPDATE submissions SET verdict = 'WRONG_ANSWER', points = 0 WHERE id = $1",
        "UPDATE attempts SET verdict = 'WRONG_ANSWER', points = 0, accepted = 0
         WHERE submission_id = $1",
    ] {
        let written = db::query(sql).bind(&submission.id).execute(&mut *tx).await;
        assert_eq!(written.unwrap().rows_affected(), 1);
    }
    tx.commit().await.unwrap();
    submission.clone()
}

#[tokio::test]
async fn an_author_sees_what_would_change_and_decides() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let mut author = server.user_as("author", "author").await;
    let submission = wronged(&server, &mut ada).await;

    let started = author.rejudge(of_problem("r")).await;
    assert_eq!((started.submission_count, started.graded_count), (1, 0));
    assert!(!started.problem_etag.is_empty());
    assert_eq!(author.rejudge(of_problem("r")).await, started, "a repeat");
    let other = pb::StartRejudgeRequest {
        problem: "hello-name".into(),
        ..of_problem("r")
    };
    let reused = author.submissions.start_rejudge(other).await;
    refused(reused, Code::InvalidArgument, "REQUEST_ID_REUSED");
    let second = author.submissions.start_rejudge(of_problem("s")).await;
    refused(second, Code::FailedPrecondition, "REJUDGE_OPEN");

    let rejudge_id = started.id.clone();
    let ready = author.rejudge_until(&rejudge_id, Ready).await;
    let counts = (ready.graded_count, ready.changed_count, ready.applied_count);
    assert_eq!(counts, (1, 1, 0));
    let request = pb::ListRejudgeChangesRequest {
        rejudge_id: rejudge_id.clone(),
        ..Default::default()
    };
    let changes = author.submissions.list_rejudge_changes(request).await;
    let changes = changes.unwrap().into_inner().changes;
    let [change] = &changes[..] else {
        panic!("{changes:?}")
    };
    assert_eq!(change.submission_id, submission.id);
    assert_eq!(change.create_time, submission.create_time);
    let (old, new) = (
        change.old_grade.as_ref().unwrap(),
        change.new_grade.as_ref().unwrap(),
    );
    assert_eq!(old.verdict(), pb::Verdict::WrongAnswer);
    assert_eq!(
        (new.verdict(), new.points),
        (pb::Verdict::Accepted, submission.points)
    );

    let get = pb::GetSubmissionRequest {
        submission_id: submission.id.clone(),
    };
    let before = ada.submissions.get_submission(get.clone()).await.unwrap();
    let before = before.into_inner().submission.unwrap();
    assert_eq!(before.verdict(), pb::Verdict::WrongAnswer);
    assert_eq!(before.rejudge_time, None);
    for _ in 0..2 {
        let rejudge_id = rejudge_id.clone();
        let apply = pb::ApplyRejudgeRequest { rejudge_id };
        author.submissions.apply_rejudge(apply).await.unwrap();
    }
    author.rejudge_until(&rejudge_id, Applied).await;
    let discard = pb::DiscardRejudgeRequest { rejudge_id };
    let late = author.submissions.discard_rejudge(discard).await;
    refused(late, Code::FailedPrecondition, "REJUDGE_DECIDED");
    let after = ada.submissions.get_submission(get).await.unwrap();
    let after = after.into_inner().submission.unwrap();
    assert_eq!(after.verdict(), pb::Verdict::Accepted);
    assert_eq!(after.finish_time, submission.finish_time);
    assert!(after.rejudge_time.is_some());
}

#[tokio::test]
async fn rejudges_are_listed_newest_first_and_can_be_thrown_away() {
    let server = start("").await;
    let mut ada = server.user("ada").await;
    let mut author = server.user_as("author", "author").await;
    wronged(&server, &mut ada).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        let rejudge_id = author.rejudge(of_problem("")).await.id;
        ids.push(rejudge_id.clone());
        let discard = pb::DiscardRejudgeRequest { rejudge_id };
        author.submissions.discard_rejudge(discard).await.unwrap();
    }
    ids.reverse();
    let mut request = pb::ListRejudgesRequest {
        page_size: 2,
        problem: "count-vowels".into(),
        ..Default::default()
    };
    let mut found = Vec::new();
    loop {
        let answer = author.submissions.list_rejudges(request.clone()).await;
        let page = answer.unwrap().into_inner();
        assert!(page.rejudges.iter().all(|it| it.state() == Discarded));
        found.extend(page.rejudges.into_iter().map(|it| it.id));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found, ids);
    request.problem = "hello-name".into();
    let other = author.submissions.list_rejudges(request).await.unwrap();
    assert!(other.into_inner().rejudges.is_empty());
}

#[tokio::test]
async fn a_selection_that_can_not_be_right_is_refused_by_its_fields() {
    let server = start("").await;
    let mut author = server.user_as("author", "author").await;
    let time = |seconds, nanos| Some(Timestamp { seconds, nanos });
    let request = pb::StartRejudgeRequest {
        from_time: time(i64::MAX, 0),
        verdicts: vec![pb::Verdict::Skipped.into(), 99],
        submission_ids: vec!["x".into()],
        ..of_problem("")
    };
    let backwards = pb::StartRejudgeRequest {
        from_time: time(10, 0),
        until_time: time(10, 0),
        ..of_problem("")
    };
    let unnamed = pb::StartRejudgeRequest::default();
    for (request, fields) in [
        (request, &["from_time", "verdicts", "submission_ids"][..]),
        (backwards, &["until_time"]),
        (of_problem(""), &["problem"]),
    ] {
        let result = author.submissions.start_rejudge(request).await;
        let details = refused(result, Code::InvalidArgument, "INVALID_ARGUMENT");
        let violations = details.bad_request().unwrap().field_violations.iter();
        let found: Vec<_> = violations.map(|it| it.field.as_str()).collect();
        assert_eq!(found, fields);
    }
    let result = author.submissions.start_rejudge(unnamed).await;
    refused(result, Code::NotFound, "NOT_FOUND");
    let rejudge_id = "0190a5d6-1111-7000-8000-000000000000".to_owned();
    let get = pb::GetRejudgeRequest { rejudge_id };
    let missing = author.submissions.get_rejudge(get).await;
    refused(missing, Code::NotFound, "NOT_FOUND");
}
