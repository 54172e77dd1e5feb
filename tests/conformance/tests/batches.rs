//! Batches: each case is a run of its own, in a sandbox of its own; the program is compiled once; what is
//! stopped is dead, and what never began is told.

#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use test_harness::batch::CaseSeen;
use test_harness::server::RUN_PATIENCE;
use test_harness::{
    Batch, BatchEnd, FunctionStatus, HostState, Job, JobLimits, Options, Outcome, Sandboxd, wait,
};

const PATIENCE: Duration = Duration::from_secs(15);

fn start() -> Sandboxd {
    start_with(8, "")
}

fn start_with(max_sandboxes: u32, more_pool: &str) -> Sandboxd {
    Sandboxd::start(Options {
        max_sandboxes,
        more_pool: more_pool.to_owned(),
        ..Options::default()
    })
    .expect("sandboxd starts")
}

fn batch(source: &str, inputs: usize) -> Batch {
    (0..inputs).fold(Batch::new(Job::new(source)), |batch, number| {
        batch.case(format!("{number}\n"))
    })
}

#[test]
fn each_case_reads_its_input_and_tells_its_end() {
    let server = start();
    let before = HostState::look(&server).expect("/proc is there");
    let source = "import sys\nn = int(input())\nprint(n * n)\nprint('err', n, file=sys.stderr)\n\
                  assert sys.stdin.read() == ''\nsys.exit(n % 3)\n";
    let report = server.run_batch(batch(source, 20)).expect("it ends");
    assert_eq!((report.end, report.skipped), (BatchEnd::Completed, 0));
    for (number, report) in report.reports.iter().enumerate() {
        assert_eq!(report.stdout_text(), format!("{}\n", number * number));
        assert_eq!(report.stderr_text(), format!("err {number}\n"));
        assert_eq!(report.exit_code, i32::try_from(number % 3).ok());
        assert!(report.usage.peak_memory_bytes > 0 && report.cpu() > Duration::ZERO);
    }
    assert_eq!(report.reports.len(), 20);
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
}

#[test]
fn a_batch_of_one_and_inputs_of_any_size() {
    let server = start();
    let source = "import sys\nprint(len(sys.stdin.buffer.read()))\n";
    let report = server
        .run_batch(Batch::new(Job::new(source)).case(""))
        .expect("it ends");
    assert_eq!(report.outputs(), ["0\n"]);
    let sizes = [0, 1, 70_000, 3_000_000];
    let batch = sizes
        .iter()
        .fold(Batch::new(Job::new(source)), |batch, size| {
            batch.case(vec![b'x'; *size])
        });
    let report = server.run_batch(batch).expect("it ends");
    assert_eq!(report.outputs(), sizes.map(|size| format!("{size}\n")));
    server.stop().expect("it stops");
}

#[test]
fn functions_are_called_with_the_arguments_of_their_case() {
    let server = start();
    let source = "calls = 0\ndef add(a, b):\n    global calls\n    calls += 1\n    return [a + b, calls]\n\
                  def big():\n    return 'x' * 1000\n";
    let long = format!("[\"{}\", \"b\"]", "a".repeat(300_000));
    let batch = Batch::new(Job::new(source).file("json.py", "raise SystemExit(9)\n"))
        .call("add", "[1, 2]")
        .call("add", "[\"a\", \"b\"]")
        .call("missing", "[]")
        .call("add", "[1]")
        .call("add", &long)
        .call("big", "[]");
    let report = server.run_batch(batch).expect("it ends");
    let results: Vec<_> = report
        .reports
        .iter()
        .map(|report| (report.function_status, report.result_json.len()))
        .collect();
    use FunctionStatus::{NoResult, NotDefined, Returned};
    assert_eq!(
        results,
        [
            (Returned, 6),
            (Returned, 9),
            (NotDefined, 0),
            (NoResult, 0),
            (Returned, 300_008),
            (Returned, 1002)
        ]
    );
    assert_eq!(report.reports[0].result_json, b"[3, 1]");
    assert_eq!(report.reports[1].result_json, b"[\"ab\", 1]");
    server.stop().expect("it stops");
}

/// What a case leaves behind, the next ones don't find.
#[test]
fn each_case_has_a_sandbox_of_its_own() {
    let server = start_with(2, "");
    let source = "\
import builtins, glob, os, sys
print(hasattr(builtins, 'left'), sorted(glob.glob('/tmp/*') + glob.glob('/dev/shm/*')), os.listdir('.'))
builtins.left = sys.modules['left'] = 1
for folder in ('/tmp', '/dev/shm', '.'):
    with open(folder + '/left', 'w') as file:
        file.write(input.__name__)
";
    let report = server.run_batch(batch(source, 12)).expect("it ends");
    for output in report.outputs() {
        assert_eq!(output, "False [] ['main.py']\n");
    }
    server.stop().expect("it stops");
}

#[test]
fn no_more_run_at_one_time_than_allowed() {
    let server = start();
    let source = "import time\ntime.sleep(0.3)\n";
    for (wanted, most) in [(1, 1), (3, 3), (0, 6), (100, 6)] {
        let mut running = server.begin_batch(batch(source, 9).max_parallel(wanted));
        let ended =
            |cases: &[CaseSeen]| cases.iter().filter(|case| case.finished.is_some()).count();
        running
            .wait_until(PATIENCE, |cases| {
                let living = server.status().expect("it answers").running;
                assert!(living <= most, "{living} of {most}");
                ended(cases) == 9
            })
            .expect("all end");
        let report = running.finish(RUN_PATIENCE).expect("it ends");
        assert_eq!(report.end, BatchEnd::Completed);
        let at_once = i32::try_from(report.most_at_once()).expect("a small number");
        assert_eq!(at_once, most);
    }
    server.stop().expect("it stops");
}

/// However many batches there are, single runs find sandboxes.
#[test]
fn batches_leave_sandboxes_to_single_runs() {
    let server = start_with(4, "batch_sandboxes = 2");
    let slow = "import time\nprint('on', flush=True)\ntime.sleep(30)\n";
    let limits = JobLimits {
        wall: Some(Duration::from_secs(30)),
        ..JobLimits::default()
    };
    let slow = Job::new(slow).limits(limits);
    let mut batches: Vec<_> = (0..3)
        .map(|_| {
            let batch = (0..10).fold(Batch::new(slow.clone()), |batch, _| batch.case(""));
            server.begin_batch(batch)
        })
        .collect();
    wait::until(PATIENCE, || match server.status() {
        Ok(status) if status.running == 2 => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .expect("batches take what they may have");
    for number in 0..5 {
        let report = server
            .run(Job::new(format!("print({number})")))
            .expect("sandboxd answers");
        assert_eq!(report.stdout_text(), format!("{number}\n"));
        assert!(
            report.elapsed < Duration::from_secs(5),
            "it waited {:?}",
            report.elapsed
        );
    }
    assert_eq!(server.status().expect("it answers").running, 2);
    for batch in batches.drain(..) {
        batch.cancel().expect("it lives");
        let report = batch.finish(RUN_PATIENCE).expect("it ends");
        assert_eq!(report.end, BatchEnd::Cancelled);
        assert_eq!(report.reports.len() + report.skipped, 10);
    }
    server.stop().expect("it stops");
}

/// Two batches take turns: the small one does not wait for the end of the large one.
#[test]
fn a_small_batch_is_done_before_a_large_one() {
    let server = start_with(3, "batch_sandboxes = 2");
    let source = "import time\ntime.sleep(0.1)\n";
    let large = server.begin_batch(batch(source, 60));
    let small = server.begin_batch(batch(source, 4));
    let small = small.finish(RUN_PATIENCE).expect("it ends");
    let small_ended = small.times.iter().map(|(_, ended)| *ended).max().unwrap();
    let large = large.finish(RUN_PATIENCE).expect("it ends");
    let before = |(_, ended): &&(Instant, Instant)| *ended < small_ended;
    let ahead = large.times.iter().filter(before).count();
    assert!(ahead < 30, "{ahead} of 60 went first");
    server.stop().expect("it stops");
}

#[test]
fn the_first_failure_ends_it() {
    let server = start();
    let source = "\
import time
n = int(input())
print('on', flush=True)
if n == 2:
    # Long after the first has ended.
    time.sleep(1)
    raise SystemExit(4)
if n > 0:
    time.sleep(20)
";
    let limits = JobLimits {
        wall: Some(Duration::from_secs(25)),
        ..JobLimits::default()
    };
    let job = Job::new(source).limits(limits);
    let all = (0..30).fold(Batch::new(job), |batch, number| {
        batch.case(format!("{number}\n"))
    });
    let began = Instant::now();
    let report = server
        .run_batch(all.max_parallel(3).stop_on_first_failure())
        .expect("it ends");
    assert_eq!(report.end, BatchEnd::Failure);
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
    let outcomes: Vec<_> = report.reports.iter().map(|it| it.outcome).collect();
    assert_eq!(outcomes[0], Outcome::Ok);
    assert_eq!(outcomes[1], Outcome::Cancelled, "it was killed");
    assert_eq!(outcomes[2], Outcome::RuntimeError);
    assert!(outcomes.len() <= 5, "{outcomes:?}");
    assert_eq!(outcomes.len() + report.skipped, 30);
    let report = server
        .run_batch(batch("raise SystemExit(int(input()) % 2)\n", 8))
        .expect("it ends");
    assert_eq!((report.end, report.skipped), (BatchEnd::Completed, 0));
    server.stop().expect("it stops");
}

const FOREVER: &str = "print('on', flush=True)\nwhile True: pass\n";

#[test]
fn a_cancelled_batch_is_over_at_once() {
    let server = start();
    let before = HostState::look(&server).expect("/proc is there");
    let mut running = server.begin_batch(batch(FOREVER, 40).max_parallel(3));
    running
        .wait_until(PATIENCE, |cases| {
            cases.iter().filter(|case| case.stdout == b"on\n").count() == 3
        })
        .expect("three run");
    let asked = Instant::now();
    running.cancel().expect("it lives");
    let report = running.finish(RUN_PATIENCE).expect("it ends");
    assert!(
        asked.elapsed() < Duration::from_secs(1),
        "{:?}",
        asked.elapsed()
    );
    assert_eq!((report.end, report.skipped), (BatchEnd::Cancelled, 37));
    for report in &report.reports {
        assert_eq!(report.outcome, Outcome::Cancelled, "{}", report.summary());
    }
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
}

#[test]
fn whoever_hangs_up_leaves_nothing_behind() {
    let server = start();
    let before = HostState::look(&server).expect("/proc is there");
    let mut running = server.begin_batch(batch(FOREVER, 40));
    running
        .wait_until(PATIENCE, |cases| {
            cases.iter().filter(|case| case.stdout == b"on\n").count() >= 2
        })
        .expect("some run");
    drop(running);
    wait::until(PATIENCE, || match server.status() {
        Ok(status) if status.running == 0 => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .expect("no case lives");
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    let report = server.run(Job::new("print(1)")).expect("it goes on");
    assert_eq!(report.outcome, Outcome::Ok);
    server.stop().expect("it stops");
}

#[test]
fn a_program_that_does_not_compile_is_told_once() {
    let server = start();
    let report = server
        .run_batch(batch("print(1)\nprint(2\n", 10))
        .expect("it ends");
    assert_eq!((report.end, report.skipped), (BatchEnd::CompileError, 9));
    let [only] = &report.reports[..] else {
        panic!("{} were run", report.reports.len())
    };
    assert_eq!(only.outcome, Outcome::CompileError, "{}", only.summary());
    let error = only.compile_error.as_ref().expect("it says where");
    assert_eq!((error.line, error.kind.as_str()), (2, "SyntaxError"));
    assert!(only.stderr_text().contains("SyntaxError"));
    server.stop().expect("it stops");
}

/// A program that takes long to compile and no time to run.
fn long_to_compile() -> String {
    let function = |number: usize| {
        format!(
            "def f{number}(a, b):\n    return [a + {number}, (b, {number}), a if b else {{1: b}}]\n"
        )
    };
    let mut source: String = (0..9_000).map(function).collect();
    source.push_str("print(f7(1, 2))\n");
    source
}

/// CPU time shows who compiled.
#[test]
fn the_program_is_compiled_once() {
    let server = start();
    let report = server
        .run_batch(batch(&long_to_compile(), 6))
        .expect("it ends");
    assert_eq!(report.end, BatchEnd::Completed);
    for report in &report.reports {
        assert_eq!(
            report.stdout_text(),
            "[8, (2, 7), 1]\n",
            "{}",
            report.summary()
        );
    }
    let times: Vec<_> = report.reports.iter().map(|report| report.cpu()).collect();
    for later in &times[1..] {
        assert!(*later * 3 < times[0], "{times:?}");
    }
    server.stop().expect("it stops");
}

/// When the sandbox that compiles dies, the next one compiles; each pays for itself.
#[test]
fn a_case_that_dies_while_it_compiles_is_one_case() {
    let server = start();
    let limits = JobLimits {
        wall: Some(Duration::from_millis(100)),
        ..JobLimits::default()
    };
    let job = Job::new(long_to_compile()).limits(limits);
    let all = (0..5).fold(Batch::new(job), |batch, _| batch.case(""));
    let report = server.run_batch(all).expect("it ends");
    assert_eq!(report.end, BatchEnd::Completed);
    for report in &report.reports {
        assert_eq!(report.outcome, Outcome::TimeLimit, "{}", report.summary());
        assert!(report.stdout.is_empty());
    }
    server.stop().expect("it stops");
}

/// Tracebacks, names and code objects are those of a run that compiled for itself.
#[test]
fn given_code_is_as_good_as_compiled() {
    let server = start();
    let source = "\
'''About.'''
import inspect, linecache, sys
def outer(x, *, y=frozenset({1, 2})):
    def inner(z: int = 3) -> str:
        'says'
        return (x, y, z, ..., None, 1j, b'\\xff', 'ü', 2**100, 1e300)
    return inner
class K:
    '''doc'''
    a: int = 5
    def m(self): return __class__
print(outer(1)(), outer(1).__doc__, outer.__qualname__, K().m(), K.__annotations__, __doc__)
print(__name__, __file__, outer.__code__.co_filename, inspect.getsource(K.m).strip())
print([line for _, _, line in outer.__code__.co_lines()], sys.argv)
match [1, {'a': 2}]:
    case [n, {'a': m}]:
        print(n + m)
1 / 0
";
    let alone = server.run(Job::new(source)).expect("sandboxd answers");
    let report = server.run_batch(batch(source, 3)).expect("it ends");
    assert!(
        alone.stderr_text().contains("1 / 0") && alone.stdout_text().contains("3\n"),
        "{}",
        alone.summary()
    );
    for report in &report.reports {
        assert_eq!(report.stdout_text(), alone.stdout_text());
        assert_eq!(report.stderr_text(), alone.stderr_text());
        assert_eq!(report.exit_code, alone.exit_code);
    }
    server.stop().expect("it stops");
}

/// What Python says of a program while it compiles it, each case shows; so does one whose code is too large
/// to be handed on.
#[test]
fn warnings_and_large_code_are_no_different() {
    let server = start();
    let warns = "x = 5\nif x is 5:\n    print('five')\n";
    let alone = server.run(Job::new(warns)).expect("sandboxd answers");
    assert!(
        alone.stderr_text().contains("SyntaxWarning"),
        "{}",
        alone.summary()
    );
    let report = server.run_batch(batch(warns, 3)).expect("it ends");
    for report in &report.reports {
        assert_eq!(report.stderr_text(), alone.stderr_text());
        assert_eq!(report.stdout_text(), "five\n");
    }
    let constants: String = (0..1500)
        .map(|number| format!("x = 'abcdefgh{number:04}' * 340\n"))
        .collect();
    let large = format!("{constants}print(len(x), input())\n");
    let report = server.run_batch(batch(&large, 3)).expect("it ends");
    assert_eq!(report.outputs(), ["4080 0\n", "4080 1\n", "4080 2\n"]);
    server.stop().expect("it stops");
}

#[test]
fn nothing_can_be_typed_into_a_batch() {
    let server = start();
    let refused = server
        .run_batch(Batch::new(Job::new("print(1)").stdin("x")).case(""))
        .expect_err("it has input of its own");
    assert!(format!("{refused:#}").contains("stdin"), "{refused:#}");
    let refused = server
        .run_batch(Batch::new(Job::new("print(1)").interactive()).case(""))
        .expect_err("nobody could say which case");
    assert!(
        format!("{refused:#}").contains("interactive"),
        "{refused:#}"
    );
    server.stop().expect("it stops");
}
