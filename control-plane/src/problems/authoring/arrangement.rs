//! Where the tests of a problem stand: public ones first, numbered from 1, some of them in
//! subtasks. A change of one test can move the others; they keep their ids and their subtasks.

use crate::platform::ids::TestCaseId;
use crate::problems::course::model::CourseProblem;
use crate::problems::model::Test;
use crate::testcases::model::TestCase;

/// A test that knows its subtask and not its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub id: TestCaseId,
    pub content: TestContent,
}

/// What an author says of a test.
#[derive(Clone, PartialEq, Eq)]
pub struct TestContent {
    pub hidden: bool,
    pub input: String,
    pub expected: String,
    /// The subtask that it is in; none when it is in none.
    pub subtask: Option<String>,
}

/// Test data stays out of logs.
impl std::fmt::Debug for TestContent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            hidden, subtask, ..
        } = self;
        write!(formatter, "TestContent(hidden: {hidden}, {subtask:?}, ..)")
    }
}

/// Takes the tests out of their places.
pub fn placed(problem: &CourseProblem, tests: &[TestCase]) -> Vec<Placed> {
    let placed = tests.iter().map(|TestCase { id, test }| {
        let mut subtasks = problem.subtasks.iter();
        let subtask = subtasks.find(|subtask| subtask.tests.contains(&test.number));
        Placed {
            id: *id,
            content: TestContent {
                hidden: test.hidden,
                input: test.input.clone(),
                expected: test.expected.clone(),
                subtask: subtask.map(|subtask| subtask.name.clone()),
            },
        }
    });
    placed.collect()
}

/// Gives the tests their places and numbers in the problem; answers their ids in that order. A
/// subtask that no test is in any more stays, empty, for `check` to refuse.
pub fn arrange(problem: &mut CourseProblem, mut placed: Vec<Placed>) -> Vec<TestCaseId> {
    placed.sort_by_key(|test| test.content.hidden);
    for subtask in &mut problem.subtasks {
        let numbered = (1..).zip(&placed);
        let inside =
            numbered.filter(|(_, test)| test.content.subtask.as_ref() == Some(&subtask.name));
        subtask.tests = inside.map(|(number, _)| number).collect();
    }
    let ids = placed.iter().map(|test| test.id).collect();
    let tests = (1..).zip(placed).map(|(number, test)| {
        let TestContent {
            hidden,
            input,
            expected,
            subtask: _,
        } = test.content;
        Test {
            number,
            hidden,
            input,
            expected,
        }
    });
    problem.tests = tests.collect();
    ids
}
