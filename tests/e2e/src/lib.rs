//! What end-to-end tests share: a private installation ([`Stack`]), the command line as a user
//! calls it ([`Cli`]), students with accounts, and waiting for a condition.
//!
//! A test target starts one stack, runs its tests against it as different users, and stops it:
//! see [`run_tests`]. Where the programs under test and the root filesystem are is said by
//! `CODERUNNER_TEST_BINARIES` and `CODERUNNER_TEST_ROOTFS`, or else they are taken from `target`.

#![forbid(unsafe_code)]

mod cli;
mod course;
mod http;
mod process;
mod proxy;
mod stack;
mod terminal;

use std::future::Future;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use libtest_mimic::{Arguments, Failed, Trial};
use tokio::runtime::Runtime;

pub use cli::{Cli, Done, Running};
pub use course::{Sample, explained_programs, folder as course_folder, samples};
pub use http::{get, post_grpc_web};
pub use process::Process;
pub use proxy::{Proxy, Traffic};
pub use stack::{Database, ORIGIN, Quotas, Remote, Stack, new_account};
pub use terminal::Terminal;
pub use test_postgres::Engine;

/// Longest that anything here may take that normally takes a moment.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A test of a stack that other tests use at the same time.
pub type StackTest = Box<dyn Fn(&Stack) -> Result<()> + Send>;

/// A test that starts its own stack.
pub type LoneTest = fn() -> Result<()>;

/// Starts a stack without quotas, runs the tests against it side by side, stops it, and ends the
/// process with libtest's exit code. A stack that does not stop cleanly fails the run.
pub fn run_tests(tests: Vec<(String, StackTest)>) -> ! {
    let arguments = Arguments::from_args();
    if arguments.list {
        let trials = tests
            .into_iter()
            .map(|(name, _)| Trial::test(name, || Ok(())))
            .collect();
        libtest_mimic::run(&arguments, trials).exit();
    }
    let stack = match Stack::start(Quotas::None) {
        Ok(stack) => Arc::new(stack),
        Err(error) => {
            eprintln!("can't start the system under test: {error:#}");
            std::process::exit(1);
        }
    };
    let trials = tests
        .into_iter()
        .map(|(name, test)| {
            let stack = Arc::clone(&stack);
            Trial::test(name, move || {
                test(&stack).map_err(|error| Failed::from(format!("{error:?}")))
            })
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() {
        eprintln!("{}", stack.last_words());
    }
    let stopped = Arc::into_inner(stack).map_or(Ok(()), Stack::stop);
    if let Err(error) = stopped {
        eprintln!("the system under test did not stop cleanly: {error:#}");
        std::process::exit(1);
    }
    conclusion.exit()
}

/// Runs tests that each start what they need, one after the other, and ends the process.
pub fn run_alone(tests: Vec<(&'static str, LoneTest)>) -> ! {
    let arguments = Arguments {
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    let trial = |(name, test): (&str, LoneTest)| {
        Trial::test(name, move || {
            test().map_err(|error| Failed::from(format!("{error:?}")))
        })
    };
    libtest_mimic::run(&arguments, tests.into_iter().map(trial).collect()).exit()
}

/// Names functions as tests.
#[macro_export]
macro_rules! tests {
    ($($name:path),* $(,)?) => {
        vec![$((
            stringify!($name).to_owned(),
            Box::new($name) as $crate::StackTest,
        )),*]
    };
}

/// One for the whole process: a client's connection lives on the runtime that it was made in.
pub(crate) static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new().expect("the system has threads for the tests"));

/// Runs a future to its end, at most twice [`PATIENCE`].
pub fn wait<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    wait_at_most(2 * PATIENCE, future)
}

/// Runs a future to its end that may take longer than [`wait`] allows.
pub fn wait_at_most<T>(limit: Duration, future: impl Future<Output = Result<T>>) -> Result<T> {
    RUNTIME.block_on(async {
        match tokio::time::timeout(limit, future).await {
            Ok(done) => done,
            Err(_) => bail!("not done after {} s", limit.as_secs()),
        }
    })
}

/// Asks again and again until the answer is something.
pub fn wait_until<T>(what: &str, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if started.elapsed() > PATIENCE {
            bail!("{what}: not after {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
