//! What a submission is, and what of it is shown at each level of feedback.

use jiff::Timestamp;

use crate::execution::model::{CompileError, QueuePosition, State};
use crate::explain::Explanation;
use crate::judge::{Feedback, Subtask, SubtaskResult, TestResult, Verdict, score};
use crate::platform::context::Role;
use crate::platform::ids::{SubmissionId, UserId};

/// One graded program. Results of hidden tests are already reduced to what may be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// Names it.
    pub id: SubmissionId,
    /// Whose it is.
    pub user: UserId,
    /// Slug.
    pub problem: String,
    /// What the problem tells of its tests.
    pub feedback: Feedback,
    /// Where it stands.
    pub state: State,
    /// What became of it; set when it is finished.
    pub verdict: Option<Verdict>,
    /// Results so far, in the order of the tests.
    pub results: Vec<TestResult>,
    /// What it earned in each subtask, when it is finished.
    pub subtasks: Vec<SubtaskResult>,
    /// Tests that passed.
    pub passed_test_count: u32,
    /// Tests of the problem, as it is when it is graded.
    pub test_count: u32,
    /// Points earned.
    pub points: u32,
    /// Set with `Verdict::CompileError`.
    pub compile_error: Option<CompileError>,
    /// What the problem's author is told when their checker failed. Nobody else sees it.
    pub author_message: String,
    /// Why Python could not compile it; set with `Verdict::CompileError`.
    pub explanation: Option<Explanation>,
    /// Where it stands in the queue, while it is queued.
    pub queue_position: Option<QueuePosition>,
    /// When it was accepted.
    pub create_time: Timestamp,
    /// When grading started.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub finish_time: Option<Timestamp>,
    /// When another grading took the place of the first.
    pub rejudge_time: Option<Timestamp>,
}

/// What grading found.
#[derive(Debug, Clone, PartialEq)]
pub struct Grade {
    /// The worst of all tests.
    pub verdict: Verdict,
    /// Results in the order of the tests.
    pub results: Vec<TestResult>,
    /// What was earned in each subtask of the problem.
    pub subtasks: Vec<SubtaskResult>,
    /// Set when Python could not compile the program.
    pub compile_error: Option<CompileError>,
    /// Why that was, for beginners.
    pub explanation: Option<Explanation>,
    /// Earned.
    pub points: u32,
    /// What the problem's author is told when their checker failed.
    pub author_message: String,
}

impl Grade {
    /// Nothing was judged, which is our fault.
    pub fn nothing() -> Self {
        Self::of(Vec::new(), None, 0, &[])
    }

    /// Sums up results. Points are for the subtasks; without any, all of the problem's are for all
    /// tests. Without a result, or with none of a test that had to run, it is our fault.
    pub fn of(
        mut results: Vec<TestResult>,
        compile_error: Option<CompileError>,
        points: u32,
        subtasks: &[Subtask],
    ) -> Self {
        results.sort_by_key(|result| result.number);
        let verdict = Verdict::of_submission(results.iter().map(|result| result.verdict));
        let verdict = verdict.filter(|verdict| *verdict != Verdict::Skipped);
        let subtasks = score(subtasks, &results);
        let points = match &subtasks[..] {
            [] if verdict == Some(Verdict::Accepted) => points,
            [] => 0,
            subtasks => subtasks.iter().map(|subtask| subtask.points).sum(),
        };
        let verdict = verdict.unwrap_or(Verdict::InternalError);
        let grade = Self {
            verdict,
            results,
            subtasks,
            compile_error,
            explanation: None,
            points,
            author_message: String::new(),
        };
        match verdict.is_judged() {
            true => grade,
            false => grade.unjudged(verdict),
        }
    }

    /// The same with a verdict that holds nothing against the program, and earns it nothing.
    pub fn unjudged(self, verdict: Verdict) -> Self {
        Self {
            verdict,
            subtasks: Vec::new(),
            points: 0,
            ..self
        }
    }
}

impl Submission {
    /// The submission with its grade.
    pub fn graded(&self, grade: Grade, now: Timestamp) -> Self {
        let Grade {
            verdict,
            results,
            subtasks,
            compile_error,
            explanation,
            points,
            author_message,
        } = grade;
        let passed = results
            .iter()
            .filter(|result| result.verdict == Verdict::Accepted)
            .count();
        // The problem may have been changed since.
        let test_count = match results.len() {
            0 => self.test_count,
            tests => u32::try_from(tests).unwrap_or(u32::MAX),
        };
        Self {
            state: State::Finished,
            verdict: Some(verdict),
            passed_test_count: u32::try_from(passed).unwrap_or(u32::MAX),
            test_count,
            points,
            results,
            subtasks,
            compile_error,
            author_message,
            explanation,
            queue_position: None,
            finish_time: Some(now),
            ..self.clone()
        }
    }

    /// What somebody with this role may see of it. Tests are shown to all as to students.
    pub fn shown_to(mut self, viewer: Role) -> Self {
        self.results = self
            .results
            .iter()
            .filter_map(|result| result.shown_at(self.feedback))
            .collect();
        if self.feedback == Feedback::VerdictOnly {
            self.subtasks.clear();
        }
        self.passed_test_count = self.shown_passed_test_count();
        if viewer < Role::Author {
            self.author_message.clear();
        }
        self
    }

    /// How many tests its author is told to have passed. With one verdict for all that is
    /// nothing, as long as one of them failed.
    pub fn shown_passed_test_count(&self) -> u32 {
        let tells =
            self.feedback != Feedback::VerdictOnly || self.verdict == Some(Verdict::Accepted);
        if tells { self.passed_test_count } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Scoring;

    fn result(number: u32, verdict: Verdict) -> TestResult {
        TestResult {
            verdict,
            ..TestResult::skipped(number, false)
        }
    }

    fn submission(feedback: Feedback) -> Submission {
        Submission {
            id: SubmissionId::new(),
            user: UserId::new(),
            problem: "p".into(),
            feedback,
            state: State::Running,
            verdict: None,
            results: Vec::new(),
            subtasks: Vec::new(),
            passed_test_count: 0,
            test_count: 2,
            points: 0,
            compile_error: None,
            author_message: String::new(),
            explanation: None,
            queue_position: None,
            create_time: Timestamp::UNIX_EPOCH,
            start_time: None,
            finish_time: None,
            rejudge_time: None,
        }
    }

    fn graded(feedback: Feedback, verdicts: [Verdict; 2]) -> Submission {
        let results = vec![result(2, verdicts[1]), result(1, verdicts[0])];
        submission(feedback).graded(Grade::of(results, None, 10, &[]), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn points_are_for_all_tests_or_none() {
        let right = graded(Feedback::Full, [Verdict::Accepted, Verdict::Accepted]);
        assert_eq!(
            (right.verdict, right.points, right.passed_test_count),
            (Some(Verdict::Accepted), 10, 2)
        );
        let wrong = graded(Feedback::Full, [Verdict::Accepted, Verdict::WrongAnswer]);
        assert_eq!(
            (wrong.verdict, wrong.points, wrong.passed_test_count),
            (Some(Verdict::WrongAnswer), 0, 1)
        );
        assert_eq!(wrong.results[0].number, 1, "in order");
    }

    #[test]
    fn tests_are_counted_as_they_were_graded() {
        // Of two tests when it was submitted.
        for (tests, counts) in [(1, (1, 1)), (2, (2, 2)), (3, (3, 3)), (0, (0, 2))] {
            let results = (1..=tests).map(|number| result(number, Verdict::Accepted));
            let grade = Grade::of(results.collect(), None, 10, &[]);
            let graded = submission(Feedback::Full).graded(grade, Timestamp::UNIX_EPOCH);
            assert_eq!((graded.passed_test_count, graded.test_count), counts);
        }
    }

    #[test]
    fn one_verdict_for_all_tells_nothing_else() {
        let wrong = graded(
            Feedback::VerdictOnly,
            [Verdict::Accepted, Verdict::WrongAnswer],
        )
        .shown_to(Role::Student);
        assert!(wrong.results.is_empty());
        assert_eq!(wrong.passed_test_count, 0);
        let right = graded(Feedback::VerdictOnly, [Verdict::Accepted; 2]).shown_to(Role::Student);
        assert_eq!(right.passed_test_count, 2);
        let each = graded(
            Feedback::VerdictPerTest,
            [Verdict::Accepted, Verdict::WrongAnswer],
        )
        .shown_to(Role::Student);
        assert_eq!((each.results.len(), each.passed_test_count), (2, 1));
    }

    #[test]
    fn what_is_for_authors_is_shown_to_them_alone() {
        for (role, shown) in [
            (Role::Student, ""),
            (Role::Teacher, ""),
            (Role::Author, "broken"),
            (Role::Admin, "broken"),
        ] {
            let grade = Grade {
                author_message: "broken".into(),
                ..Grade::nothing()
            };
            let graded = submission(Feedback::Full).graded(grade, Timestamp::UNIX_EPOCH);
            assert_eq!(graded.shown_to(role).author_message, shown, "{role:?}");
        }
    }

    fn subtasks() -> [Subtask; 2] {
        let subtask = |name: &str, points, tests: &[u32]| Subtask {
            name: name.into(),
            points,
            scoring: Scoring::Minimum,
            tests: tests.to_vec(),
            requires: Vec::new(),
        };
        [subtask("a", 3, &[1]), subtask("b", 7, &[2])]
    }

    #[test]
    fn points_are_those_of_the_subtasks_and_accepted_is_everything() {
        use Verdict::{Accepted, CompileError, InternalError, Skipped, TimeLimit, WrongAnswer};
        for (verdicts, verdict, points) in [
            ([Accepted, Accepted], Accepted, 10),
            ([Accepted, WrongAnswer], WrongAnswer, 3),
            ([TimeLimit, Accepted], TimeLimit, 7),
            ([WrongAnswer, Skipped], WrongAnswer, 0),
            ([CompileError, Skipped], CompileError, 0),
            // Our fault earns nothing, and what should have run and did not is our fault.
            ([Accepted, InternalError], InternalError, 0),
            ([Accepted, Skipped], InternalError, 0),
        ] {
            let results = vec![result(1, verdicts[0]), result(2, verdicts[1])];
            let grade = Grade::of(results, None, 10, &subtasks());
            assert_eq!(
                (grade.verdict, grade.points),
                (verdict, points),
                "{verdicts:?}"
            );
            let sum: u32 = grade.subtasks.iter().map(|subtask| subtask.points).sum();
            assert_eq!(sum, points);
        }
        // A test of no subtask earns nothing, and yet must pass.
        let results = vec![
            result(1, Accepted),
            result(2, Accepted),
            result(3, WrongAnswer),
        ];
        let grade = Grade::of(results, None, 10, &subtasks());
        assert_eq!((grade.verdict, grade.points), (WrongAnswer, 10));
    }

    #[test]
    fn subtasks_are_shown_unless_one_verdict_is_for_all() {
        for (feedback, shown) in [
            (Feedback::Full, 2),
            (Feedback::VerdictPerTest, 2),
            (Feedback::VerdictOnly, 0),
        ] {
            let results = vec![
                result(1, Verdict::Accepted),
                result(2, Verdict::WrongAnswer),
            ];
            let grade = Grade::of(results, None, 10, &subtasks());
            let graded = submission(feedback).graded(grade, Timestamp::UNIX_EPOCH);
            assert_eq!(graded.subtasks.len(), 2);
            let told = graded.shown_to(Role::Student);
            assert_eq!(
                (told.subtasks.len(), told.points),
                (shown, 3),
                "{feedback:?}"
            );
        }
    }

    #[test]
    fn nothing_judged_is_our_fault() {
        assert_eq!(Grade::nothing().verdict, Verdict::InternalError);
        assert_eq!(Grade::of(Vec::new(), None, 10, &subtasks()).points, 0);
    }
}
