//! Turtle without a display: what a program draws comes as data of the run, apart from its output, while it runs
//! and whole at its end; and what only a window could do is refused or left out in words.
//! That the pictures are those of CPython's own turtle, clients/web/test/turtle compares.

#![forbid(unsafe_code)]

use std::time::Duration;

use serde_json::Value;
use test_harness::server::RUN_PATIENCE;
use test_harness::{Batch, Job, JobLimits, Options, Outcome, Report, Sandboxd};

const PATIENCE: Duration = Duration::from_secs(15);

fn start() -> Sandboxd {
    Sandboxd::start(Options::default()).expect("sandboxd starts")
}

fn drawn(server: &Sandboxd, source: &str) -> Report {
    let job = Job::new(source).drawing();
    server.run(job).expect("sandboxd answers")
}

/// The lines of a drawing, all of which must be JSON lists.
fn lines(drawing: &[u8]) -> Vec<Vec<Value>> {
    let text = std::str::from_utf8(drawing).expect("a drawing is text");
    assert!(text.is_empty() || text.ends_with('\n'), "a line is cut");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("a line is a list"))
        .collect()
}

/// All changes of a drawing of this kind.
fn changes(drawing: &[u8], kind: &str) -> Vec<Value> {
    lines(drawing)
        .into_iter()
        .flatten()
        .filter(|change| change[0] == kind)
        .collect()
}

#[test]
fn a_drawing_is_data_of_the_run_apart_from_its_output() {
    let server = start();
    let source = "import turtle\n\
                  for side in range(4):\n    turtle.forward(100)\n    turtle.left(90)\n\
                  print('drawn')\nturtle.done()\n";
    let report = drawn(&server, source);
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert_eq!(
        (report.stdout_text(), report.stderr_text()),
        ("drawn\n".to_owned(), String::new())
    );
    let lines = lines(&report.drawing);
    assert_eq!(lines[0], [Value::from("drawing"), Value::from(1)]);
    let delays: f64 = lines[1..].iter().filter_map(|line| line[0].as_f64()).sum();
    assert!(
        (300.0..3000.0).contains(&delays),
        "{delays} ms of animation"
    );
    assert!(report.wall() < Duration::from_secs(2), "nothing waited");
    let moves = changes(&report.drawing, "c");
    assert!(moves.len() > 20, "{} moves", moves.len());
    assert_eq!(report.usage.drawing_bytes, report.drawing.len() as i64);
    assert!(!report.usage.drawing_truncated);
    server.stop().expect("it stops");
}

#[test]
fn nobody_draws_who_was_not_asked_and_nobody_else_has_the_descriptor() {
    let server = start();
    let descriptors = "import os\n\
                       def is_open(number):\n    try:\n        os.fstat(number)\n        return True\n    \
                       except OSError:\n        return False\n\
                       print([number for number in range(256) if is_open(number)])\n";
    let open = |job: Job| {
        server
            .run(job)
            .expect("sandboxd answers")
            .stdout_text()
            .trim()
            .to_owned()
    };
    assert_eq!(open(Job::new(descriptors)), "[0, 1, 2]");
    assert_eq!(open(Job::new(descriptors).drawing()), "[0, 1, 2, 4]");
    let source = "import turtle\nturtle.circle(50)\nprint(turtle.pos())\nturtle.done()\n";
    let report = server.run(Job::new(source)).expect("sandboxd answers");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert!(report.drawing.is_empty());
    // A function's result and a drawing can't have one pipe.
    let both = Job::new("def f(): pass\n").function("f", "[]").drawing();
    let refused = server.run(both).expect_err("both at one time");
    assert!(format!("{refused:#}").contains("drawing"), "{refused:#}");
    let returns = "import turtle\ndef f():\n    turtle.forward(50)\n    return turtle.xcor()\n";
    let report = server
        .run(Job::new(returns).function("f", "[]"))
        .expect("sandboxd answers");
    assert_eq!(report.result_json, b"50.0", "{}", report.summary());
    server.stop().expect("it stops");
}

#[test]
fn in_a_batch_turtle_draws_for_nobody() {
    let server = start();
    let source = "import turtle\nturtle.forward(int(input()))\nprint(turtle.xcor())\n";
    let batch = Batch::new(Job::new(source)).case("10\n").case("20\n");
    let report = server.run_batch(batch).expect("sandboxd answers");
    assert_eq!(report.outputs(), ["10.0\n", "20.0\n"]);
    server.stop().expect("it stops");
}

#[test]
fn a_drawing_comes_while_the_program_runs() {
    let server = start();
    let source =
        "import turtle\nturtle.forward(100)\nprint('HALF', flush=True)\ninput()\nturtle.left(90)\n";
    let mut run = server
        .begin(Job::new(source).drawing().interactive())
        .expect("sandboxd answers");
    run.wait_for_drawing(b"[0,0,100,0]", PATIENCE)
        .expect("the first half comes");
    run.wait_for_stdout(b"HALF", PATIENCE).expect("it prints");
    let half = run.drawing.len();
    run.write_input(b"\n").expect("it lives");
    let report = run.finish(RUN_PATIENCE).expect("it ends");
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert!(report.drawing.len() > half);
    server.stop().expect("it stops");
}

#[test]
fn what_needs_a_window_is_told_once_and_in_words() {
    let server = start();
    let source = "import turtle\n\
                  for key in 'abc':\n    turtle.onkey(lambda: None, key)\n\
                  turtle.onscreenclick(print)\nturtle.listen()\nturtle.forward(10)\nturtle.mainloop()\n";
    let report = drawn(&server, source);
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    let told = report.stderr_text();
    assert_eq!(told.matches("keys don't work here").count(), 1, "{told}");
    assert_eq!(told.matches("clicks don't work here").count(), 1, "{told}");
    assert!(!report.drawing.is_empty());
    // For this nobody needs to click.
    let report = drawn(&server, "import turtle\nturtle.exitonclick()\n");
    assert_eq!(report.stderr_text(), "", "{}", report.summary());
    for program in [
        "import tkinter\n",
        "from tkinter import *\n",
        "from tkinter import messagebox\n",
    ] {
        let report = drawn(&server, program);
        assert_eq!(
            report.outcome,
            Outcome::RuntimeError,
            "{}",
            report.summary()
        );
        let told = report.stderr_text();
        assert!(
            told.contains("ModuleNotFoundError: tkinter opens windows"),
            "{told}"
        );
    }
    server.stop().expect("it stops");
}

#[test]
fn questions_are_asked_and_answered_on_the_standard_streams() {
    let server = start();
    let source = "import turtle\n\
                  print(turtle.textinput('Name', 'Who are you?'))\n\
                  print(turtle.numinput('Sides', 'How many?', default=5, minval=3, maxval=10))\n\
                  print(turtle.numinput('Sides', 'Again?', default=5))\n\
                  print(turtle.textinput('More', 'Anything?'))\n";
    let job = Job::new(source).drawing().stdin("Mira\nx\n2\n7\n\n");
    let report = server.run(job).expect("sandboxd answers");
    let expected = "Name - Who are you? Mira\n\
                    Sides - How many? That is no number. Please try again.\n\
                    Sides - How many? The number must be 3 or more. Please try again.\n\
                    Sides - How many? 7.0\n\
                    Sides - Again? 5.0\n\
                    More - Anything? None\n";
    assert_eq!(report.stdout_text(), expected, "{}", report.summary());
    server.stop().expect("it stops");
}

#[test]
fn timers_run_in_a_time_of_their_own_and_come_to_an_end() {
    let server = start();
    let three = "import turtle\nleft = 3\n\
                 def tick():\n    global left\n    left -= 1\n    turtle.forward(10)\n    \
                 if left: turtle.ontimer(tick, 2000)\n\
                 turtle.ontimer(tick, 2000)\nturtle.done()\nprint(turtle.xcor())\n";
    let report = drawn(&server, three);
    assert_eq!(report.stdout_text(), "30.0\n", "{}", report.summary());
    assert!(
        report.wall() < Duration::from_secs(2),
        "{}",
        report.summary()
    );
    let longest = lines(&report.drawing)[1..]
        .iter()
        .filter_map(|line| line[0].as_f64())
        .fold(0.0, f64::max);
    assert!((2000.0..2200.0).contains(&longest), "{longest} ms");
    let for_ever = "import turtle\ndef tick():\n    turtle.right(6)\n    turtle.ontimer(tick, 1000)\n\
                    tick()\nturtle.done()\nprint('over')\n";
    let report = drawn(&server, for_ever);
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    assert!(report.stderr_text().contains("timers (ontimer)"));
    assert_eq!(report.stdout_text(), "over\n");
    server.stop().expect("it stops");
}

#[test]
fn an_animation_without_end_stays_small_and_shows_where_it_was() {
    let server = start();
    let limits = JobLimits {
        wall: Some(Duration::from_secs(3)),
        ..JobLimits::default()
    };
    let source = "import turtle\nturtle.speed(10)\nwhile True:\n    turtle.forward(40)\n    turtle.left(91)\n";
    let job = Job::new(source).drawing().limits(limits);
    let report = server.run(job).expect("sandboxd answers");
    assert_eq!(report.outcome, Outcome::TimeLimit, "{}", report.summary());
    assert!(!report.usage.drawing_truncated);
    assert!(report.drawing.len() > 10_000 && report.drawing.len() < 4 << 20);
    // It was killed, so the last line can be cut, and no other.
    let end = report.drawing.iter().rposition(|byte| *byte == b'\n');
    lines(&report.drawing[..=end.expect("there are lines")]);
    server.stop().expect("it stops");
}

#[test]
fn a_large_picture_is_whole_at_its_end() {
    let server = start();
    let source = "import turtle\nturtle.tracer(0, 0)\n\
                  for number in range(3000):\n    turtle.stamp()\n    turtle.left(7)\n    turtle.forward(3)\n\
                  turtle.update()\n";
    let report = drawn(&server, source);
    assert_eq!(report.outcome, Outcome::Ok, "{}", report.summary());
    let stamps = changes(&report.drawing, "+")
        .into_iter()
        .filter(|change| change[2] == "polygon")
        .count();
    assert!(stamps >= 3000, "{stamps} stamps");
    server.stop().expect("it stops");
}

#[test]
fn the_last_state_comes_however_the_program_ends() {
    let server = start();
    for (end, outcome) in [
        ("1 / 0", Outcome::RuntimeError),
        ("import sys; sys.exit(3)", Outcome::RuntimeError),
        ("pass", Outcome::Ok),
    ] {
        let source = format!(
            "import turtle\nturtle.tracer(0)\nturtle.goto(12, 34)\nturtle.update()\n{end}\n"
        );
        let report = drawn(&server, &source);
        assert_eq!(report.outcome, outcome, "{}", report.summary());
        let text = String::from_utf8_lossy(&report.drawing).into_owned();
        assert!(text.contains("[0,0,12,-34]"), "{end}: {text}");
    }
    server.stop().expect("it stops");
}
