//! What a submission is, and what of it is shown at each level of feedback.

use jiff::Timestamp;

use crate::execution::model::{CompileError, QueuePosition, State};
use crate::explain::Explanation;
use crate::judge::{Feedback, TestResult, Verdict};
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
    /// Tests that passed.
    pub passed_test_count: u32,
    /// Tests of the problem.
    pub test_count: u32,
    /// Points earned.
    pub points: u32,
    /// Set with `Verdict::CompileError`.
    pub compile_error: Option<CompileError>,
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
}

/// What grading found.
#[derive(Debug, Clone, PartialEq)]
pub struct Grade {
    /// The worst of all tests.
    pub verdict: Verdict,
    /// Results in the order of the tests.
    pub results: Vec<TestResult>,
    /// Set when Python could not compile the program.
    pub compile_error: Option<CompileError>,
    /// Why that was, for beginners.
    pub explanation: Option<Explanation>,
    /// Of the problem.
    pub points: u32,
}

impl Grade {
    /// Sums up results. Without any result nothing was judged, which is our fault.
    pub fn of(
        mut results: Vec<TestResult>,
        compile_error: Option<CompileError>,
        points: u32,
    ) -> Self {
        results.sort_by_key(|result| result.number);
        let verdict = Verdict::of_submission(results.iter().map(|result| result.verdict));
        Self {
            verdict: verdict.unwrap_or(Verdict::InternalError),
            results,
            compile_error,
            explanation: None,
            points,
        }
    }
}

impl Submission {
    /// The submission with its grade.
    pub fn graded(&self, grade: Grade, now: Timestamp) -> Self {
        let Grade {
            verdict,
            results,
            compile_error,
            explanation,
            points,
        } = grade;
        let passed = results
            .iter()
            .filter(|result| result.verdict == Verdict::Accepted)
            .count();
        Self {
            state: State::Finished,
            verdict: Some(verdict),
            passed_test_count: u32::try_from(passed).unwrap_or(u32::MAX),
            points: if verdict == Verdict::Accepted {
                points
            } else {
                0
            },
            results,
            compile_error,
            explanation,
            queue_position: None,
            finish_time: Some(now),
            ..self.clone()
        }
    }

    /// What its author may see of it.
    pub fn shown(mut self) -> Self {
        self.results = self
            .results
            .iter()
            .filter_map(|result| result.shown_at(self.feedback))
            .collect();
        self.passed_test_count = self.shown_passed_test_count();
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
            passed_test_count: 0,
            test_count: 2,
            points: 0,
            compile_error: None,
            explanation: None,
            queue_position: None,
            create_time: Timestamp::UNIX_EPOCH,
            start_time: None,
            finish_time: None,
        }
    }

    fn graded(feedback: Feedback, verdicts: [Verdict; 2]) -> Submission {
        let results = vec![result(2, verdicts[1]), result(1, verdicts[0])];
        submission(feedback).graded(Grade::of(results, None, 10), Timestamp::UNIX_EPOCH)
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
    fn one_verdict_for_all_tells_nothing_else() {
        let wrong = graded(
            Feedback::VerdictOnly,
            [Verdict::Accepted, Verdict::WrongAnswer],
        )
        .shown();
        assert!(wrong.results.is_empty());
        assert_eq!(wrong.passed_test_count, 0);
        let right = graded(Feedback::VerdictOnly, [Verdict::Accepted; 2]).shown();
        assert_eq!(right.passed_test_count, 2);
        let each = graded(
            Feedback::VerdictPerTest,
            [Verdict::Accepted, Verdict::WrongAnswer],
        )
        .shown();
        assert_eq!((each.results.len(), each.passed_test_count), (2, 1));
    }

    #[test]
    fn nothing_judged_is_our_fault() {
        assert_eq!(
            Grade::of(Vec::new(), None, 10).verdict,
            Verdict::InternalError
        );
    }
}
