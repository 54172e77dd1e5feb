//! What a rejudge is, and which moves it may make.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::execution::model::CompileError;
use crate::explain::Explanation;
use crate::judge::{SubtaskResult, TestResult, Verdict};
use crate::platform::ids::{RejudgeId, SubmissionId, UserId};
use crate::submissions::model::Submission;

/// Most submissions of one rejudge.
pub const MOST_SUBMISSIONS: u32 = 10_000;
/// Most submissions that a request may name.
pub const MOST_NAMED: usize = 1_000;

/// Where a rejudge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Submissions are being graded.
    Grading,
    /// All are graded.
    Ready,
    /// Changes are being written.
    Applying,
    /// All are written.
    Applied,
    /// It was thrown away.
    Discarded,
}

/// What an author decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The changes are written.
    Apply,
    /// They are not.
    Discard,
}

/// Why a decision is not possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impossible {
    /// Not all is graded.
    StillGrading,
    /// It was decided otherwise.
    DecidedOtherwise,
}

/// A word that names no state.
#[derive(Debug, thiserror::Error)]
#[error("an unknown state of a rejudge")]
pub struct UnknownState;

impl State {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Grading,
        Self::Ready,
        Self::Applying,
        Self::Applied,
        Self::Discarded,
    ];

    /// As it is stored.
    pub fn word(self) -> &'static str {
        match self {
            Self::Grading => "grading",
            Self::Ready => "ready",
            Self::Applying => "applying",
            Self::Applied => "applied",
            Self::Discarded => "discarded",
        }
    }

    /// Where it stands after a decision; the same when that was decided before.
    pub fn after(self, decision: Decision) -> Result<Self, Impossible> {
        match (self, decision) {
            (Self::Ready, Decision::Apply) => Ok(Self::Applying),
            (Self::Applying | Self::Applied, Decision::Apply) => Ok(self),
            (Self::Grading, Decision::Apply) => Err(Impossible::StillGrading),
            (Self::Grading | Self::Ready | Self::Discarded, Decision::Discard) => {
                Ok(Self::Discarded)
            }
            (Self::Applying | Self::Applied, Decision::Discard)
            | (Self::Discarded, Decision::Apply) => Err(Impossible::DecidedOtherwise),
        }
    }
}

impl std::str::FromStr for State {
    type Err = UnknownState;

    fn from_str(word: &str) -> Result<Self, UnknownState> {
        let found = Self::ALL.into_iter().find(|state| state.word() == word);
        found.ok_or(UnknownState)
    }
}

/// Which submissions are graded again: those that all conditions hold for.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Slug.
    pub problem: String,
    /// Submitted then or later.
    pub from: Option<Timestamp>,
    /// Submitted before.
    pub until: Option<Timestamp>,
    /// With one of these verdicts; none for all.
    pub verdicts: Vec<Verdict>,
    /// Only these; none for all.
    pub submissions: Vec<SubmissionId>,
}

/// A rejudge as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejudge {
    /// Names it.
    pub id: RejudgeId,
    /// Slug.
    pub problem: String,
    /// Of the problem's content that all of it is graded by.
    pub etag: String,
    /// Where it stands.
    pub state: State,
    /// How its submissions stand.
    pub counts: Counts,
    /// When it was started.
    pub create_time: Timestamp,
    /// When it was applied or discarded.
    pub finish_time: Option<Timestamp>,
}

/// How the submissions of a rejudge stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All that were meant.
    pub submissions: u32,
    /// Graded again.
    pub graded: u32,
    /// Of those, the ones that change.
    pub changed: u32,
    /// Of those, the ones that are written.
    pub applied: u32,
    /// Left alone.
    pub skipped: u32,
    /// Without a judgement.
    pub failed: u32,
}

/// What a submission is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worth {
    /// Its verdict.
    pub verdict: Verdict,
    /// Its points.
    pub points: u32,
    /// What it earned in each subtask.
    pub subtasks: Vec<SubtaskResult>,
}

/// All that is stored of a grade.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewGrade {
    /// What it is worth.
    pub worth: Worth,
    /// Results in the order of the tests.
    pub results: Vec<TestResult>,
    /// Tests that passed.
    pub passed_test_count: u32,
    /// Tests of the problem.
    pub test_count: u32,
    /// Set when Python could not compile the program.
    pub compile_error: Option<CompileError>,
    /// Why that was.
    pub explanation: Option<Explanation>,
    /// What the problem's author is told when their checker failed.
    pub author_message: String,
}

/// A submission that a rejudge changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The submission.
    pub submission: SubmissionId,
    /// Whose it is.
    pub user: UserId,
    /// When it was submitted.
    pub create_time: Timestamp,
    /// What it was worth.
    pub old: Worth,
    /// What it is worth by the tests of now.
    pub new: Worth,
    /// Whether it is written.
    pub applied: bool,
}

impl Worth {
    /// Of a submission that has ended; none of another.
    pub fn of(submission: &Submission) -> Option<Self> {
        Some(Self {
            verdict: submission.verdict?,
            points: submission.points,
            subtasks: submission.subtasks.clone(),
        })
    }
}

impl NewGrade {
    /// Of a submission that was graded again; none of one that has no verdict.
    pub fn of(graded: Submission) -> Option<Self> {
        Some(Self {
            worth: Worth::of(&graded)?,
            results: graded.results,
            passed_test_count: graded.passed_test_count,
            test_count: graded.test_count,
            compile_error: graded.compile_error,
            explanation: graded.explanation,
            author_message: graded.author_message,
        })
    }

    /// The submission with this grade in the place of its own.
    pub fn put_into(self, submission: Submission) -> Submission {
        let Self {
            worth,
            results,
            passed_test_count,
            test_count,
            compile_error,
            explanation,
            author_message,
        } = self;
        let Worth {
            verdict,
            points,
            subtasks,
        } = worth;
        Submission {
            verdict: Some(verdict),
            points,
            subtasks,
            results,
            passed_test_count,
            test_count,
            compile_error,
            explanation,
            author_message,
            ..submission
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_made_once_and_may_be_repeated() {
        use Decision::{Apply, Discard};
        use Impossible::{DecidedOtherwise, StillGrading};
        use State::{Applied, Applying, Discarded, Grading, Ready};
        for (state, applied, discarded) in [
            (Grading, Err(StillGrading), Ok(Discarded)),
            (Ready, Ok(Applying), Ok(Discarded)),
            (Applying, Ok(Applying), Err(DecidedOtherwise)),
            (Applied, Ok(Applied), Err(DecidedOtherwise)),
            (Discarded, Err(DecidedOtherwise), Ok(Discarded)),
        ] {
            assert_eq!(state.after(Apply), applied, "{state:?}");
            assert_eq!(state.after(Discard), discarded, "{state:?}");
        }
    }

    #[test]
    fn states_are_read_as_they_are_written() {
        for state in State::ALL {
            assert_eq!(state.word().parse::<State>().unwrap(), state);
        }
        assert!("ended".parse::<State>().is_err());
    }
}
