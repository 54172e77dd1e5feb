//! What a problem, a level and a cheatsheet are, and what their fields may hold.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::execution::model::Profile;
use crate::judge::{
    Case, Checker, CustomChecker, Feedback, InvalidTolerance, Scoring, Space, Subtask, Tolerance,
    Words,
};
use crate::users::model::AgeGroup;

/// Names a problem, a level, a session or a cheatsheet. Invariant: 1 to 40 of `[a-z0-9-]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slug(String);

/// A text that is no slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 40 of a-z, 0-9 and -")]
pub struct InvalidSlug;

impl Slug {
    /// Checks a text.
    pub fn parse(raw: &str) -> Result<Self, InvalidSlug> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=40).contains(&raw.len()) && raw.bytes().all(allowed);
        if fits {
            Ok(Self(raw.to_owned()))
        } else {
            Err(InvalidSlug)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// So that maps by slug are asked with a text. It is equal, ordered and hashed as the text is.
impl Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = InvalidSlug;

    fn from_str(text: &str) -> Result<Self, InvalidSlug> {
        Self::parse(text)
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A word that is none of those allowed.
#[derive(Debug, thiserror::Error)]
#[error("must be one of {0}")]
pub struct UnknownWord(&'static str);

/// Enums that are words in content folders and in the database.
macro_rules! words {
    ($name:ident: $all:literal, $($variant:path = $word:literal),+) => {
        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok($variant),)+
                    _ => Err(UnknownWord($all)),
                }
            }
        }

        impl $name {
            /// The word in content folders and in the database.
            pub fn word(self) -> &'static str {
                match self {
                    $($variant => $word,)+
                }
            }
        }
    };
}

/// What a program for a problem does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// It reads standard input and writes standard output.
    Stdin,
    /// It defines a function that is called with arguments.
    Function,
}

words!(ProblemKind: "\"stdin\", \"function\"",
    ProblemKind::Stdin = "stdin", ProblemKind::Function = "function");

/// How hard a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difficulty {
    Easy,
    Medium,
    Hard,
}

words!(Difficulty: "\"easy\", \"medium\", \"hard\"",
    Difficulty::Easy = "easy", Difficulty::Medium = "medium", Difficulty::Hard = "hard");

/// Feedback has its words here, because the judge knows no files.
pub fn parse_feedback(text: &str) -> Result<Feedback, UnknownWord> {
    match text {
        "full" => Ok(Feedback::Full),
        "verdict_per_test" => Ok(Feedback::VerdictPerTest),
        "verdict_only" => Ok(Feedback::VerdictOnly),
        _ => Err(UnknownWord(
            "\"full\", \"verdict_per_test\", \"verdict_only\"",
        )),
    }
}

/// The word for a feedback.
pub fn feedback_word(feedback: Feedback) -> &'static str {
    match feedback {
        Feedback::Full => "full",
        Feedback::VerdictPerTest => "verdict_per_test",
        Feedback::VerdictOnly => "verdict_only",
    }
}

/// How the tests of a subtask add up has its words here for the same reason.
pub fn parse_scoring(text: &str) -> Result<Scoring, UnknownWord> {
    match text {
        "minimum" => Ok(Scoring::Minimum),
        "sum" => Ok(Scoring::Sum),
        _ => Err(UnknownWord("\"minimum\", \"sum\"")),
    }
}

/// The word for how the tests of a subtask add up.
pub fn scoring_word(scoring: Scoring) -> &'static str {
    match scoring {
        Scoring::Minimum => "minimum",
        Scoring::Sum => "sum",
    }
}

/// Profiles have their words here for the same reason.
pub fn parse_profile(text: &str) -> Result<Profile, UnknownWord> {
    text.parse()
        .map_err(|_| UnknownWord("\"python\", \"science\""))
}

/// Which checker compares answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckerKind {
    Exact,
    Tokens,
    Float,
    UnorderedLines,
    /// The author's own program.
    Custom,
}

words!(CheckerKind: "\"exact\", \"tokens\", \"float\", \"unordered_lines\", \"custom\"",
    CheckerKind::Exact = "exact", CheckerKind::Tokens = "tokens",
    CheckerKind::Float = "float", CheckerKind::UnorderedLines = "unordered_lines",
    CheckerKind::Custom = "custom");

/// A checker with its settings. Invariant: `to_checker` succeeded once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CheckerSettings {
    pub kind: CheckerKind,
    pub case_sensitive: bool,
    /// False in what was stored before there was such a setting.
    #[serde(default)]
    pub space_change_sensitive: bool,
    pub absolute_tolerance: f64,
    pub relative_tolerance: f64,
}

impl CheckerSettings {
    /// Tolerance of numbers when nothing is said.
    pub const DEFAULT_TOLERANCE: f64 = 1e-6;

    /// The checker for the judge; none when it is the author's own program.
    pub fn to_checker(self) -> Result<Option<Checker>, InvalidTolerance> {
        let case = if self.case_sensitive {
            Case::Sensitive
        } else {
            Case::Insensitive
        };
        let space = if self.space_change_sensitive {
            Space::Sensitive
        } else {
            Space::Insensitive
        };
        let words = Words { case, space };
        Ok(Some(match self.kind {
            CheckerKind::Custom => return Ok(None),
            CheckerKind::Exact => Checker::Exact,
            CheckerKind::Tokens => Checker::Tokens(words),
            CheckerKind::UnorderedLines => Checker::UnorderedLines(case),
            CheckerKind::Float => {
                let (absolute, relative) = (self.absolute_tolerance, self.relative_tolerance);
                Checker::Float(words, Tolerance::new(absolute, relative)?)
            }
        }))
    }
}

/// Limits that an author set; none means the installation's default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TestLimits {
    pub wall_time: Option<Duration>,
    pub memory_bytes: Option<u64>,
}

/// A problem without its tests, as students may know it.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    pub slug: Slug,
    pub title: String,
    pub summary: String,
    /// Markdown.
    pub statement: String,
    pub kind: ProblemKind,
    /// Empty unless `kind` is Function.
    pub function_name: String,
    pub difficulty: Difficulty,
    pub points: u32,
    pub tags: Vec<String>,
    pub category: String,
    pub starter_source: String,
    pub checker: CheckerSettings,
    pub feedback: Feedback,
    /// What its tests run in.
    pub profile: Profile,
    pub limits: TestLimits,
    /// Tests that earn points together; none when all tests earn all points or none.
    pub subtasks: Vec<Subtask>,
    /// What comes after a failure is not run: in a subtask, or at all when there are none.
    pub stop_on_first_failure: bool,
    /// Where in the course it is, if it is.
    pub place: Option<Place>,
    pub test_count: u32,
    pub etag: String,
    pub update_time: Timestamp,
}

/// Where in the course a problem is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub level_id: String,
    pub session_id: String,
    pub age_group: AgeGroup,
}

/// A problem with the tests that students may see.
#[derive(Debug, Clone, PartialEq)]
pub struct ProblemPage {
    pub problem: Arc<Problem>,
    pub examples: Arc<Vec<Test>>,
}

/// One test with its data.
#[derive(Clone, PartialEq, Eq)]
pub struct Test {
    /// From 1, in the order of the problem, public ones first.
    pub number: u32,
    /// Students never see its data.
    pub hidden: bool,
    /// Standard input, or a JSON array of arguments.
    pub input: String,
    /// Standard output, or the return value as JSON.
    pub expected: String,
}

/// Test data stays out of logs.
impl fmt::Debug for Test {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Test({}, hidden: {}, ..)",
            self.number, self.hidden
        )
    }
}

/// What looks at the answers of programs.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerChecker {
    /// One of ours, outside of any sandbox.
    BuiltIn(Checker),
    /// The author's program, in a sandbox of its own.
    Custom(CustomChecker),
}

/// Everything that grading a submission needs.
#[derive(Debug, Clone, PartialEq)]
pub struct GradedProblem {
    pub slug: Slug,
    /// Of its content, tests included.
    pub etag: String,
    pub kind: ProblemKind,
    /// Empty unless `kind` is Function.
    pub function_name: String,
    pub checker: AnswerChecker,
    pub feedback: Feedback,
    /// What its tests run in.
    pub profile: Profile,
    /// Of each test.
    pub wall_time_limit: Duration,
    /// Of each test.
    pub memory_limit_bytes: u64,
    pub points: u32,
    /// Tests that earn points together; all of them are in `tests`.
    pub subtasks: Vec<Subtask>,
    /// What comes after a failure is not run: in a subtask, or at all when there are none.
    pub stop_on_first_failure: bool,
    /// In order; never empty.
    pub tests: Vec<Test>,
}

/// A level of the course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub id: String,
    pub age_group: AgeGroup,
    /// From 1 in its age group.
    pub number: u32,
    pub title: String,
    pub summary: String,
    pub sessions: Vec<CourseSession>,
}

/// A lesson's worth of problems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CourseSession {
    pub id: String,
    pub title: String,
    pub summary: String,
    /// In order.
    pub problems: Vec<Slug>,
}

/// A page to look things up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cheatsheet {
    pub slug: Slug,
    pub title: String,
    /// Markdown.
    pub body: String,
}

/// Which problems to list; what is none does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProblemFilter {
    pub age_group: Option<AgeGroup>,
    pub level_id: Option<String>,
    pub tag: Option<String>,
    pub difficulty: Option<Difficulty>,
}

impl ProblemFilter {
    /// Whether a problem passes.
    pub fn accepts(&self, problem: &Problem) -> bool {
        let place = problem.place.as_ref();
        let level = place.map(|place| place.level_id.as_str());
        self.age_group
            .is_none_or(|wanted| place.is_some_and(|place| place.age_group == wanted))
            && self
                .level_id
                .as_deref()
                .is_none_or(|wanted| level == Some(wanted))
            && self
                .tag
                .as_ref()
                .is_none_or(|wanted| problem.tags.contains(wanted))
            && self
                .difficulty
                .is_none_or(|wanted| problem.difficulty == wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_checked() {
        assert!(Slug::parse("fizz-buzz-2").is_ok());
        for wrong in [
            "",
            "Fizz",
            "fizz buzz",
            "fizz_buzz",
            "../x",
            "ß",
            &"a".repeat(41),
        ] {
            assert_eq!(Slug::parse(wrong), Err(InvalidSlug), "{wrong}");
        }
    }

    #[test]
    fn tolerances_are_checked_only_where_they_count() {
        let settings = |kind, absolute_tolerance| CheckerSettings {
            kind,
            case_sensitive: true,
            space_change_sensitive: false,
            absolute_tolerance,
            relative_tolerance: 0.0,
        };
        assert!(settings(CheckerKind::Float, -1.0).to_checker().is_err());
        assert!(settings(CheckerKind::Float, f64::NAN).to_checker().is_err());
        assert!(settings(CheckerKind::Float, 0.0).to_checker().is_ok());
        assert_eq!(
            settings(CheckerKind::Exact, 0.0).to_checker().unwrap(),
            Some(Checker::Exact)
        );
        let custom = settings(CheckerKind::Custom, 0.0).to_checker();
        assert_eq!(custom.unwrap(), None);
    }

    #[test]
    fn test_data_is_not_in_debug_output() {
        let test = Test {
            number: 1,
            hidden: true,
            input: "in".into(),
            expected: "42".into(),
        };
        assert_eq!(format!("{test:?}"), "Test(1, hidden: true, ..)");
    }
}
