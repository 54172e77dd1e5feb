//! Attacks by way of the drawing: the pipe on which turtle draws belongs to the program, which can write anything
//! there, at any time, from any process, and as much as it likes. None of it may be more than bytes, nor be kept
//! beyond the limit, nor touch the output, nor delay the end.

#![forbid(unsafe_code)]

use std::time::Duration;

use test_harness::{HostState, Job, JobLimits, Options, Outcome, Report, Sandboxd};

const LIMIT: i64 = 256 * 1024;
/// SECURITY.md: never more than the cap and this.
const BEYOND: usize = 64 * 1024;
/// How soon a run ends whose program does nothing but end.
const SOON: Duration = Duration::from_secs(3);

fn attacked(source: &str) -> Report {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let before = HostState::look(&server).expect("/proc is there");
    let limits = JobLimits {
        drawing_bytes: Some(LIMIT),
        ..JobLimits::default()
    };
    let job = Job::new(source).drawing().limits(limits);
    let report = server.run(job).expect("sandboxd answers");
    assert!(
        report.drawing.len() <= LIMIT as usize + BEYOND,
        "{} bytes came",
        report.drawing.len()
    );
    assert_eq!(report.usage.drawing_bytes, report.drawing.len() as i64);
    before.expect_nothing_left().expect("nothing is left");
    let honest = server
        .run(Job::new("import turtle\nturtle.forward(9)\nprint('fine')\n").drawing())
        .expect("sandboxd answers");
    assert_eq!(honest.stdout_text(), "fine\n", "{}", honest.summary());
    assert!(honest.drawing.starts_with(b"[\"drawing\",1]\n"));
    server.stop().expect("it stops");
    report
}

#[test]
fn a_flood_ends_the_drawing_and_not_the_program() {
    let report = attacked(
        "import os\nsent = 0\n\
         try:\n    while sent < 64 << 20: sent += os.write(4, b'x' * 65536)\n\
         except BrokenPipeError: print('refused')\nprint('still here', sent < 1 << 20)\n",
    );
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert_eq!(report.stdout_text(), "refused\nstill here True\n");
    assert_eq!(report.drawing.len() as i64, LIMIT);
    assert!(report.usage.drawing_truncated);
}

#[test]
fn a_picture_over_the_limit_is_cut_and_its_author_told() {
    let report = attacked(
        "import turtle\nturtle.tracer(0)\n\
         for number in range(6000): turtle.stamp(); turtle.right(1)\n\
         turtle.update()\nturtle.forward(5)\nturtle.update()\nprint('still here')\n",
    );
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert_eq!(report.stdout_text(), "still here\n");
    assert!(report.usage.drawing_truncated);
    let told = report.stderr_text();
    assert_eq!(
        told.matches("the drawing is too large").count(),
        1,
        "{told}"
    );
}

#[test]
fn many_writers_share_one_limit() {
    let report = attacked(
        "import os\n\
         for number in range(20):\n    if os.fork() == 0:\n        try:\n            while True: os.write(4, b'y' * 4096)\n        \
         finally: os._exit(0)\n\
         for number in range(20): os.wait()\nprint('all ended')\n",
    );
    assert_eq!(report.stdout_text(), "all ended\n", "{}", report.summary());
    assert_eq!(report.drawing.len() as i64, LIMIT);
}

#[test]
fn forged_frames_and_raw_bytes_are_passed_on_as_they_are() {
    let report = attacked(
        "import os\nraw = bytes(range(256)) + b'[0,[\"+\",1,\"script\"]]\\n' + b'\\xff\\xfe' + b'[' * 5000\n\
         os.write(4, raw)\nprint(len(raw))\nimport turtle\nturtle.forward(1)\n",
    );
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    let raw: Vec<u8> = (0..=255)
        .chain(*b"[0,[\"+\",1,\"script\"]]\n\xff\xfe")
        .chain([b'['; 5000])
        .collect();
    assert!(report.drawing.starts_with(&raw), "they came changed");
    assert_eq!(report.stdout_text(), format!("{}\n", raw.len()));
    assert_eq!(report.stderr_text(), "");
}

#[test]
fn who_holds_the_pipe_open_delays_nothing_and_draws_nothing_after_the_end() {
    let report = attacked(
        "import os, time\n\
         if os.fork() == 0:\n    os.setsid()\n    time.sleep(0.3)\n    os.write(4, b'LATE')\n    time.sleep(60)\n\
         os.write(4, b'EARLY')\nos._exit(0)\n",
    );
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert!(report.elapsed < SOON, "{}", report.summary());
    assert_eq!(report.drawing, b"EARLY");
}

#[test]
fn nothing_can_be_read_from_the_pipe_nor_written_to_other_places_by_it() {
    let report = attacked(
        "import os, fcntl\n\
         try:\n    os.read(4, 1); print('READ')\nexcept OSError as error: print(error.errno)\n\
         print(fcntl.fcntl(4, fcntl.F_GETFL) & os.O_ACCMODE == os.O_WRONLY)\n\
         try:\n    print(os.open('/proc/self/fd/4', os.O_RDONLY | os.O_NONBLOCK))\n\
         except OSError as error: print('refused')\n",
    );
    assert_eq!(
        report.stdout_text(),
        "9\nTrue\nrefused\n",
        "{}",
        report.summary()
    );
}

#[test]
fn a_file_in_the_place_of_the_pipe_is_not_drawn_into() {
    let report = attacked(
        "import os, turtle\nturtle.forward(5)\nos.close(4)\nfile = os.open('notes.txt', os.O_RDWR | os.O_CREAT)\n\
         os.dup2(file, 4)\nturtle.forward(50)\nturtle.done()\nprint(os.stat('notes.txt').st_size)\n",
    );
    assert_eq!(report.stdout_text(), "0\n", "{}", report.summary());
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
}

#[test]
fn a_reader_that_does_not_read_stops_the_program_and_not_the_host() {
    let server = Sandboxd::start(Options::default()).expect("sandboxd starts");
    let limits = JobLimits {
        wall: Some(Duration::from_secs(2)),
        drawing_bytes: Some(16 << 20),
        ..JobLimits::default()
    };
    let source = "import os\nwhile True: os.write(4, b'z' * 65536)\n";
    let job = Job::new(source).drawing().limits(limits);
    let run = server.begin_unread(job).expect("sandboxd answers");
    let memory = |server: &Sandboxd| {
        let path = format!("/proc/{}/status", server.pid());
        let text = std::fs::read_to_string(path).expect("it lives");
        let line = text.lines().find(|line| line.starts_with("VmRSS:"));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
            .expect("a figure")
    };
    let before = memory(&server);
    std::thread::sleep(Duration::from_millis(1500));
    let grown = memory(&server).saturating_sub(before);
    assert!(grown < 12 * 1024, "{grown} KiB more");
    drop(run);
    server.stop().expect("it stops");
}
