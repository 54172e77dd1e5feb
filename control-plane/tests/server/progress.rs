//! Progress and drafts of a student.

use coderunner_proto::v1 as pb;
use control_plane::platform::clock::Clock;
use control_plane::platform::ids::SubmissionId;
use control_plane::progress::model::JudgedSubmission;
use control_plane::progress::store::record_judged;
use pb::progress_service_client::ProgressServiceClient;
use tonic::Code;
use tonic::transport::Channel;

use crate::support::{Running, UNLIMITED, refused, start, with};

struct Student {
    running: Running,
    client: ProgressServiceClient<Channel>,
    id: String,
    token: String,
}

async fn student() -> Student {
    let running = start(UNLIMITED).await;
    let registered = running.student("ada").await;
    Student {
        client: ProgressServiceClient::new(running.channel.clone()),
        id: registered.user.unwrap().id,
        token: registered.tokens.unwrap().access_token,
        running,
    }
}

impl Student {
    /// Records a judged submission, twice, as after a lost connection.
    async fn judged(&self, problem: &str, accepted: bool) {
        self.earned(problem, accepted, if accepted { 20 } else { 0 })
            .await;
    }

    /// The same, with points as a problem with subtasks gives them.
    async fn earned(&self, problem: &str, accepted: bool, points: u32) {
        let now = self.running.clock.now();
        let judged = JudgedSubmission {
            submission_id: SubmissionId::new(),
            user_id: self.id.parse().unwrap(),
            problem: problem.into(),
            verdict: if accepted { "ACCEPTED" } else { "WRONG_ANSWER" },
            accepted,
            points,
            passed_test_count: if accepted { 3 } else { 1 },
            test_count: 3,
            create_time: now,
        };
        for _ in 0..2 {
            let mut tx = self.running.platform.db.write().await.unwrap();
            record_judged(&mut tx, &judged).await.unwrap();
            tx.commit().await.unwrap();
        }
        self.running
            .clock
            .advance(std::time::Duration::from_secs(60));
    }

    async fn summary(&mut self) -> pb::GetSummaryResponse {
        let request = with(&self.token, pb::GetSummaryRequest {});
        self.client.get_summary(request).await.unwrap().into_inner()
    }
}

#[tokio::test]
async fn progress_counts_each_submission_and_each_problem_once() {
    let mut student = student().await;
    let nothing = student.summary().await;
    assert_eq!(
        (nothing.points, nothing.streak_days, nothing.badges.len()),
        (0, 0, 0)
    );
    assert!(nothing.levels.iter().all(|level| level.percentage == 0));

    student.judged("hello-name", false).await;
    student.judged("hello-name", true).await;
    student.judged("hello-name", true).await;
    student.judged("fizz-buzz", false).await;
    let summary = student.summary().await;
    assert_eq!(
        (
            summary.points,
            summary.solved_problem_count,
            summary.streak_days
        ),
        (20, 1, 1)
    );
    assert_eq!(summary.badges[0].key, "first-solve");
    assert_eq!(summary.levels[0].solved_problem_count, 1);
    assert_eq!(
        summary.levels[0].percentage,
        100 / summary.levels[0].problem_count
    );

    let request = with(
        &student.token,
        pb::GetProgressRequest {
            page_size: 1,
            ..Default::default()
        },
    );
    let page = student
        .client
        .get_progress(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.problems[0].problem, "fizz-buzz", "last tried first");
    let request = pb::GetProgressRequest {
        page_size: 1,
        page_token: page.next_page_token,
    };
    let request = with(&student.token, request);
    let page = student
        .client
        .get_progress(request)
        .await
        .unwrap()
        .into_inner();
    let hello = &page.problems[0];
    assert_eq!(
        (hello.attempt_count, hello.solved, hello.points),
        (3, true, 20)
    );
    assert!(page.next_page_token.is_empty());
}

#[tokio::test]
async fn points_are_those_of_the_best_submission_and_never_go_down() {
    let mut student = student().await;
    for (problem, accepted, earned, at_problem, in_all, solved) in [
        ("fizz-buzz", false, 0, 0, 0, 0),
        ("fizz-buzz", false, 40, 40, 40, 0),
        ("fizz-buzz", false, 10, 40, 40, 0),
        ("hello-name", false, 5, 5, 45, 0),
        ("fizz-buzz", true, 100, 100, 105, 1),
        ("fizz-buzz", false, 60, 100, 105, 1),
        // The author gave the problem fewer points, then more.
        ("fizz-buzz", true, 50, 100, 105, 1),
        ("fizz-buzz", true, 120, 120, 125, 1),
    ] {
        student.earned(problem, accepted, earned).await;
        let request = with(&student.token, pb::GetProgressRequest::default());
        let page = student.client.get_progress(request).await.unwrap();
        let progress = &page.into_inner().problems[0];
        let summary = student.summary().await;
        assert_eq!(
            (progress.problem.as_str(), progress.points, summary.points),
            (problem, at_problem, in_all),
            "{earned}"
        );
        assert_eq!(summary.solved_problem_count, solved);
    }
}

#[tokio::test]
async fn attempts_are_listed_newest_first_and_only_to_their_author() {
    let mut student = student().await;
    student.judged("fizz-buzz", false).await;
    student.judged("fizz-buzz", true).await;
    let request = |problem: &str| pb::ListAttemptsRequest {
        problem: problem.into(),
        ..Default::default()
    };
    let list = student
        .client
        .list_attempts(with(&student.token, request("fizz-buzz")))
        .await;
    let verdicts: Vec<_> = list
        .unwrap()
        .into_inner()
        .attempts
        .into_iter()
        .map(|attempt| attempt.verdict)
        .collect();
    assert_eq!(verdicts, ["ACCEPTED", "WRONG_ANSWER"]);

    let eve = student
        .running
        .student("eve")
        .await
        .tokens
        .unwrap()
        .access_token;
    let list = student
        .client
        .list_attempts(with(&eve, request("fizz-buzz")))
        .await
        .unwrap();
    assert!(list.into_inner().attempts.is_empty());
    let refusal = student
        .client
        .list_attempts(with(&eve, request("nothing")))
        .await;
    refused(refusal, Code::NotFound, "NOT_FOUND");
}

#[tokio::test]
async fn a_draft_is_kept_per_student_and_problem() {
    let mut student = student().await;
    let save = |source: &str| {
        let (problem, source) = ("fizz-buzz".into(), source.into());
        with(&student.token, pb::SaveDraftRequest { problem, source })
    };
    let (first, second) = (save("print(1)"), save("print(2)"));
    student.client.save_draft(first).await.unwrap();
    student.client.save_draft(second).await.unwrap();
    let get = |token: &str, problem: &str| {
        with(
            token,
            pb::GetDraftRequest {
                problem: problem.into(),
            },
        )
    };
    let request = get(&student.token, "fizz-buzz");
    let draft = student
        .client
        .get_draft(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(draft.source, "print(2)");
    let eve = student
        .running
        .student("eve")
        .await
        .tokens
        .unwrap()
        .access_token;
    for (token, problem) in [(&eve, "fizz-buzz"), (&student.token, "hello-name")] {
        let refusal = student.client.get_draft(get(token, problem)).await;
        refused(refusal, Code::NotFound, "NOT_FOUND");
    }
}
