//! Subtasks on the wire: what a problem says of them, what a submission earned, and what stays.

use std::fs;
use std::path::Path;

use coderunner_proto::v1 as pb;
use pb::problem_service_client::ProblemServiceClient;
use pb::progress_service_client::ProgressServiceClient;
use pb::watch_submission_response::Event as Graded;

use crate::support::{Running, User, start_changed};

/// `count-vowels` with subtasks: two sentences without vowels, and three with 5, 11 and 1000.
const SUBTASKS: &str = "\n[[subtask]]\nname = \"No vowels\"\npoints = 5\ntests = [\"hidden/01-02\"]\n\
    \n[[subtask]]\nname = \"Sentences\"\npoints = 10\nscoring = \"sum\"\ntests = [\"hidden/03-05\"]\n";

async fn start_with_subtasks(feedback: &'static str) -> Running {
    start_changed("", move |course: &Path| {
        let file = course.join("problems/count-vowels/problem.toml");
        let text = fs::read_to_string(&file).unwrap();
        let changed = text.replace("feedback = \"full\"", &format!("feedback = \"{feedback}\""));
        fs::write(&file, changed + SUBTASKS).unwrap();
    })
    .await
}

async fn graded(user: &mut User, source: &str) -> pb::Submission {
    let events = user.submit("count-vowels", source).await;
    match events.last().unwrap().event.clone() {
        Some(Graded::Finished(submission)) => submission,
        other => panic!("{other:?} is not the end"),
    }
}

fn earned(submission: &pb::Submission) -> Vec<(&str, i32, i32, i32)> {
    let results = submission.subtask_results.iter();
    results
        .map(|it| {
            (
                it.name.as_str(),
                it.points,
                it.possible_points,
                it.passed_test_count,
            )
        })
        .collect()
}

#[tokio::test]
async fn a_problem_tells_of_its_subtasks() {
    let server = start_with_subtasks("full").await;
    let mut problems = ProblemServiceClient::new(server.channel.clone());
    let request = pb::GetProblemRequest {
        slug: "count-vowels".into(),
    };
    let answer = problems.get_problem(request).await.unwrap().into_inner();
    let problem = answer.problem.unwrap();
    let [first, second] = &problem.subtasks[..] else {
        panic!("{:?}", problem.subtasks)
    };
    assert_eq!((first.name.as_str(), first.points), ("No vowels", 5));
    assert_eq!(first.scoring(), pb::SubtaskScoring::Minimum);
    assert_eq!(first.test_numbers, [3, 4], "behind the public ones");
    assert_eq!(second.scoring(), pb::SubtaskScoring::Sum);
    assert_eq!(second.test_numbers, [5, 6, 7]);
    assert!(second.required_names.is_empty() && !problem.stop_on_first_failure);
    let request = pb::GetProblemRequest {
        slug: "hello-name".into(),
    };
    let answer = problems.get_problem(request).await.unwrap().into_inner();
    assert!(answer.problem.unwrap().subtasks.is_empty());
}

#[tokio::test]
async fn a_submission_earns_points_for_each_subtask_and_the_best_one_counts() {
    let server = start_with_subtasks("verdict_per_test").await;
    let mut ada = server.user("ada").await;
    let mut progress = ProgressServiceClient::new(ada.client.clone());
    for (source, verdict, points, subtasks, best) in [
        (
            "# sim: print 11",
            pb::Verdict::WrongAnswer,
            3,
            [("No vowels", 0, 5, 0), ("Sentences", 3, 10, 1)],
            3,
        ),
        (
            "# sim: print 0",
            pb::Verdict::WrongAnswer,
            5,
            [("No vowels", 5, 5, 2), ("Sentences", 0, 10, 0)],
            5,
        ),
        (
            "# sim: print 5",
            pb::Verdict::WrongAnswer,
            3,
            [("No vowels", 0, 5, 0), ("Sentences", 3, 10, 1)],
            5,
        ),
        (
            "# right",
            pb::Verdict::Accepted,
            15,
            [("No vowels", 5, 5, 2), ("Sentences", 10, 10, 3)],
            15,
        ),
    ] {
        let submission = graded(&mut ada, source).await;
        assert_eq!(
            (submission.verdict(), submission.points),
            (verdict, points),
            "{source}"
        );
        assert_eq!(earned(&submission), subtasks, "{source}");
        // What is told of hidden tests is their verdict, as without subtasks.
        let hidden = submission
            .test_results
            .iter()
            .filter(|result| result.hidden);
        for result in hidden {
            assert!(result.input.is_empty() && result.expected.is_empty());
            assert!(result.actual.is_empty() && result.usage.is_none());
        }
        let request = pb::GetProgressRequest::default();
        let page = progress.get_progress(request).await.unwrap().into_inner();
        let summary = progress.get_summary(pb::GetSummaryRequest {}).await;
        let summary = summary.unwrap().into_inner();
        assert_eq!(
            (page.problems[0].points, summary.points),
            (best, best),
            "{source}"
        );
        assert_eq!(page.problems[0].solved, verdict == pb::Verdict::Accepted);
    }
    let list = pb::ListSubmissionsRequest::default();
    let list = ada.submissions.list_submissions(list).await.unwrap();
    let points: Vec<_> = list
        .into_inner()
        .submissions
        .iter()
        .map(|submission| (submission.points, submission.subtask_results.len()))
        .collect();
    assert_eq!(points, [(15, 2), (3, 2), (5, 2), (3, 2)]);
}

#[tokio::test]
async fn one_verdict_for_all_says_nothing_of_subtasks() {
    let server = start_with_subtasks("verdict_only").await;
    let mut ada = server.user("ada").await;
    let events = ada.submit("count-vowels", "# sim: print 0").await;
    let mut told = events.iter().filter_map(|event| match &event.event {
        Some(Graded::Snapshot(submission) | Graded::Finished(submission)) => Some(submission),
        _ => None,
    });
    assert!(told.all(|submission| submission.subtask_results.is_empty()
        && submission.test_results.is_empty()
        && submission.passed_test_count == 0));
    let Some(Graded::Finished(submission)) = &events.last().unwrap().event else {
        panic!("no end")
    };
    assert_eq!(submission.points, 5, "the points are the submission's");
    let request = pb::GetSubmissionRequest {
        submission_id: submission.id.clone(),
    };
    let found = ada.submissions.get_submission(request).await.unwrap();
    let found = found.into_inner().submission.unwrap();
    assert!(found.subtask_results.is_empty() && found.points == 5);
}
