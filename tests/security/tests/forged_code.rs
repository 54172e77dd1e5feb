//! A batch's code comes from a sandbox, so it may be anything. Here the runner that compiles is an enemy: it
//! answers with forged code, and tries to put into it what it knows of its own case. What it can reach that
//! way is the other cases of its own batch, which run its owner's program anyway, and nothing else.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use test_harness::{
    Batch, BatchEnd, BatchReport, HostState, Job, JobLimits, Options, Outcome, Sandboxd, binaries,
};

/// Goes behind the runner's own text and takes the place of the part that compiles. A program says in its
/// first line how the runner is to lie.
const ENEMY: &str = r##"

honest_compile, honest_read = compile_for_all, read_job


def read_job():
    global fields
    fields = honest_read()
    return fields


def compile_for_all(source):
    kind = source.split(b"\n", 1)[0].decode()
    code, answer = honest_compile(source)
    if kind == "# forge: stall":
        import time
        time.sleep(60)
    if kind == "# forge: silence":
        os._exit(0)
    if kind == "# forge: endless":
        while True:
            os.write(CONTROL, b"C\xff\xff\xff\xff" + b"x" * 60000)
    if kind == "# forge: too long":
        os.write(CONTROL, b"C" + (LONGEST_CODE + 1).to_bytes(4, "little"))
        write_all(CONTROL, b"x" * (LONGEST_CODE + 1))
    if kind == "# forge: garbage":
        return code, framed(b"\xe3" + b"\x7f" * 1000)
    if kind == "# forge: no code":
        return code, framed(marshal.dumps([1, "text"]))
    if kind == "# forge: crash":
        broken = code.replace(co_code=b"\x64\xff" * 50, co_consts=())
        return code, framed(marshal.dumps(broken))
    if kind == "# forge: what it knows":
        os.set_blocking(0, False)
        try:
            known = os.read(0, 1000)
        except BlockingIOError:
            known = "no input yet"
        os.set_blocking(0, True)
        text = f"print('forged', {known!r}, {fields[5]!r}, flush=True)"
        return code, framed(marshal.dumps(compile(text, MAIN, "exec", dont_inherit=True)))
    return code, answer


def framed(text):
    return b"C" + len(text).to_bytes(4, "little") + text
"##;

/// A sandboxd whose runners are enemies. The tree is the usual one but for the runner's text.
fn start() -> (TempDir, Sandboxd) {
    let usual = binaries::rootfs().expect("there is a root file system");
    let beside = usual.ancestors().nth(2).expect("it lies in a folder");
    let folder = tempfile::tempdir_in(beside).expect("a folder beside it");
    fs::set_permissions(
        folder.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .expect("it is ours");
    let rootfs = copy(&usual, folder.path());
    let runner = rootfs.join("usr/lib/coderunner/runner.py");
    let text = fs::read_to_string(&runner).expect("the runner's text");
    // The file itself is shared with the usual tree.
    fs::remove_file(&runner).expect("it is ours");
    fs::write(&runner, text + ENEMY).expect("it is ours");
    let compiled = runner.with_file_name("__pycache__");
    fs::remove_dir_all(compiled).expect("it is compiled, and ours");
    let options = Options {
        max_sandboxes: 6,
        rootfs: Some(rootfs),
        ..Options::default()
    };
    (folder, Sandboxd::start(options).expect("sandboxd starts"))
}

/// Copies a tree without its files' content.
fn copy(from: &Path, folder: &Path) -> PathBuf {
    let manifest = from.with_file_name("manifest.json");
    fs::copy(manifest, folder.join("manifest.json")).expect("the manifest lies beside the tree");
    let to = folder.join("tree");
    let copied = Command::new("cp").arg("-al").arg(from).arg(&to).status();
    assert!(copied.expect("cp runs").success());
    to
}

fn forging(how: &str) -> Batch {
    let source = format!("# forge: {how}\nimport sys\nprint('honest', sys.stdin.read())\n");
    let limits = JobLimits {
        wall: Some(Duration::from_secs(1)),
        ..JobLimits::default()
    };
    let job = Job::new(source).limits(limits);
    (0..4).fold(Batch::new(job), |batch, number| {
        batch.case(format!("input {number}"))
    })
}

fn expect_honest(reports: &BatchReport, from: usize) {
    for (number, report) in reports.reports.iter().enumerate().skip(from) {
        assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
        assert_eq!(report.stdout_text(), format!("honest input {number}\n"));
    }
}

#[test]
fn forged_code_reaches_nobody_else() {
    let (folder, server) = start();
    let before = HostState::look(&server).expect("/proc is there");
    // Others run beside all of it.
    let source = "import time\ntime.sleep(0.05)\nprint('mine', input())\n";
    let others = (0..60).fold(Batch::new(Job::new(source)), |batch, number| {
        batch.case(format!("{number}\n"))
    });
    let others = server.begin_batch(others.max_parallel(2));

    for how in ["nothing", "garbage", "no code"] {
        let report = server.run_batch(forging(how)).expect("it ends");
        assert_eq!(report.end, BatchEnd::Completed, "{how}");
        expect_honest(&report, 0);
    }
    // The runner that lies is its own case only.
    for (how, outcome) in [
        ("silence", Outcome::Ok),
        ("too long", Outcome::RuntimeError),
        ("endless", Outcome::RuntimeError),
        ("stall", Outcome::TimeLimit),
    ] {
        let report = server.run_batch(forging(how)).expect("it ends");
        assert_eq!(report.end, BatchEnd::Completed, "{how}");
        for report in &report.reports {
            let ended = [outcome, Outcome::TimeLimit];
            assert!(
                ended.contains(&report.outcome),
                "{how}: {}",
                report.summary()
            );
            assert!(report.stdout.is_empty(), "{how}: {}", report.summary());
        }
    }
    let report = server.run_batch(forging("crash")).expect("it ends");
    assert_eq!(report.reports[0].stdout_text(), "honest input 0\n");
    for report in &report.reports[1..] {
        assert_ne!(
            report.outcome,
            Outcome::InternalError,
            "{}",
            report.summary()
        );
        assert!(report.stdout.is_empty(), "{}", report.summary());
    }

    let others = others.finish(Duration::from_secs(60)).expect("it ends");
    assert_eq!(others.reports.len(), 60);
    for (number, report) in others.reports.iter().enumerate() {
        assert_eq!(report.stdout_text(), format!("mine {number}\n"));
    }
    let report = server.run_batch(forging("nothing")).expect("it ends");
    expect_honest(&report, 0);
    before
        .expect_nothing_left()
        .unwrap_or_else(|left| panic!("left on the host:\n{left}"));
    server.stop().expect("it stops");
    drop(folder);
}

/// The code is complete before anything of the case is there.
#[test]
fn forged_code_carries_nothing_from_case_to_case() {
    let (folder, server) = start();
    let report = server.run_batch(forging("what it knows")).expect("it ends");
    assert_eq!(report.reports[0].stdout_text(), "honest input 0\n");
    assert_eq!(report.reports.len(), 4);
    for report in &report.reports[1..] {
        assert_eq!(
            report.stdout_text(),
            "forged no input yet b''\n",
            "{}",
            report.summary()
        );
    }
    let source = "# forge: what it knows\ndef f(a):\n    return a\n";
    let calls = Batch::new(Job::new(source))
        .call("f", "[\"secret\"]")
        .call("f", "[2]");
    let report = server.run_batch(calls).expect("it ends");
    assert_eq!(report.reports[0].result_json, b"\"secret\"");
    let other = report.reports[1].stdout_text();
    assert!(
        other.starts_with("forged") && other.ends_with("b''\n") && !other.contains("secret"),
        "{other}"
    );
    server.stop().expect("it stops");
    drop(folder);
}
