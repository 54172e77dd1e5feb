//! Marks in what students must not see, and the search for them.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use control_plane::judge::Feedback;
use control_plane::problems::course::model::Course;
use control_plane::problems::model::{CheckerKind, ProblemKind};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// In the input of hidden tests, what is expected of them, the author's solution, and the author's
/// own checker.
pub const INPUT: &str = "zq-hidden-input-7719";
pub const EXPECTED: &str = "zq-hidden-expected-4402";
pub const SOLUTION: &str = "zq-hidden-solution-9135";
pub const CHECKER: &str = "zq-hidden-checker-2258";

/// Problems with each level of feedback, and one whose tests are calls of a function. The first is
/// the one that all calls are about.
pub const MARKED: [(&str, Feedback); 6] = [
    ("count-vowels", Feedback::Full),
    ("palindrome", Feedback::Full),
    ("pocket-money", Feedback::VerdictOnly),
    ("hello-name", Feedback::VerdictPerTest),
    ("fizz-buzz", Feedback::VerdictOnly),
    ("largest-of-three", Feedback::Full),
];

/// Those with a checker of the author's own.
const CHECKED: [&str; 2] = ["count-vowels", "pocket-money"];

/// Puts the marks into a course.
pub fn mark(course: &mut Course) {
    for problem in &mut course.problems {
        problem
            .solution_source
            .push_str(&format!("\n# {SOLUTION}\n"));
        let known = MARKED
            .iter()
            .find(|(slug, _)| problem.slug.as_str() == *slug);
        let Some((_, feedback)) = known else { continue };
        problem.feedback = *feedback;
        if CHECKED.contains(&problem.slug.as_str()) {
            problem.checker.kind = CheckerKind::Custom;
            problem.checker_source = format!("raise SystemExit(42) # {CHECKER}\n");
        }
        for test in problem.tests.iter_mut().filter(|test| test.hidden) {
            (test.input, test.expected) = match problem.kind {
                ProblemKind::Stdin => (format!("{INPUT}\n"), format!("{EXPECTED}\n")),
                ProblemKind::Function => (format!("[\"{INPUT}\"]"), format!("\"{EXPECTED}\"")),
            };
        }
    }
}

/// Fails when a mark is in it.
#[track_caller]
pub fn absent(bytes: &[u8], place: &str) {
    for mark in [INPUT, EXPECTED, SOLUTION, CHECKER] {
        assert!(!contains(bytes, mark), "{mark} is in {place}");
    }
}

/// Whether a text is in it.
pub fn contains(bytes: &[u8], text: &str) -> bool {
    // Marks are plain ASCII, and this search is fast in builds without optimisation too.
    String::from_utf8_lossy(bytes).contains(text)
}

/// Everything that this process logs.
#[derive(Clone, Default)]
pub struct Logs(Arc<Mutex<Vec<u8>>>);

impl Logs {
    /// Starts to keep what is logged, in more detail than any installation would.
    pub fn capture() -> Self {
        static LOGS: OnceLock<Logs> = OnceLock::new();
        let capture = || {
            let logs = Logs::default();
            let filter = EnvFilter::new("debug,control_plane=trace,sqlx=trace");
            tracing_subscriber::fmt()
                .json()
                .with_env_filter(filter)
                .with_writer(logs.clone())
                .init();
            logs
        };
        LOGS.get_or_init(capture).clone()
    }

    pub fn everything(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }

    pub fn has(&self, text: &str) -> bool {
        contains(&self.0.lock().unwrap(), text)
    }
}

impl io::Write for Logs {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Logs {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
