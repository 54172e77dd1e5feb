//! What a stored test is, and the place that its sealed texts are bound to.

use std::fmt;

use crate::platform::ids::TestCaseId;

/// Which text of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Input,
    Expected,
}

/// A test, as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedTest {
    pub id: TestCaseId,
    pub number: u32,
    pub hidden: bool,
    pub input: Vec<u8>,
    pub expected: Vec<u8>,
}

/// A test for its author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCase {
    pub id: TestCaseId,
    pub test: crate::problems::model::Test,
}

/// What only authors may see of a problem, opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// Empty when there is none.
    pub solution: String,
    /// Empty unless the author wrote one.
    pub checker: String,
    /// Programs that must not be accepted, as JSON.
    pub wrong_solutions: String,
    /// In order.
    pub tests: Vec<TestCase>,
}

/// Secrets stay out of logs.
impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secrets(..)")
    }
}

/// The place of a text of a test. A sealed text opens nowhere else: not in another problem, not
/// under another number, not as a public test, not as another field.
pub fn place(problem: &str, id: TestCaseId, number: u32, hidden: bool, field: Field) -> String {
    let visibility = if hidden { "hidden" } else { "public" };
    let field = match field {
        Field::Input => "input",
        Field::Expected => "expected",
    };
    format!("problem {problem}, test {id}, number {number}, {visibility}, {field}")
}

/// The place of an author's own checker.
pub fn checker_place(problem: &str) -> String {
    format!("problem {problem}, checker")
}

/// The place of a problem's reference solution.
pub fn solution_place(problem: &str) -> String {
    format!("problem {problem}, solution")
}

/// The place of the programs that must not be accepted.
pub fn wrong_place(problem: &str) -> String {
    format!("problem {problem}, wrong solutions")
}
