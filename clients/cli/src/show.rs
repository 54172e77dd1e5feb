//! A problem as text. The statement is Markdown, which reads well as it is.

use std::io::{self, IsTerminal, Write};

use coderunner_proto::common::v1::Limits;
use coderunner_proto::v1::{Difficulty, ExampleTest, Problem, ProblemKind};

use crate::text::{count, limit_seconds, mebibytes, plain, plain_lines, say, visible_lines};

/// Prints the statement, the examples, and what else there is to know.
pub fn print_problem(problem: &Problem) {
    let statement = plain_lines(problem.statement.trim());
    if !statement.starts_with("# ") {
        say!("# {}\n", plain(&problem.title));
    }
    say!("{statement}");
    for example in &problem.examples {
        print_example(problem.kind(), example);
    }
    say!("");
    say!("{}", facts(problem));
    let slug = plain(&problem.slug);
    say!("Begin with:  coderunner show {slug} --starter > {slug}.py");
    say!("Submit with: coderunner submit {slug} {slug}.py");
}

/// Prints the code to begin with: as it is into a file or pipe, cleaned on a terminal.
pub fn print_starter(problem: &Problem) {
    let source = &problem.starter_source;
    let mut stdout = io::stdout();
    let shown = match stdout.is_terminal() {
        true => plain_lines(source),
        false => source.clone(),
    };
    // Nobody is left to be told when standard output is closed.
    let _ = stdout
        .write_all(shown.as_bytes())
        .and_then(|()| stdout.flush());
}

/// "easy"
pub fn difficulty(difficulty: Difficulty) -> &'static str {
    match difficulty {
        Difficulty::Unspecified => "",
        Difficulty::Easy => "easy",
        Difficulty::Medium => "medium",
        Difficulty::Hard => "hard",
    }
}

fn facts(problem: &Problem) -> String {
    let mut facts = vec![count(problem.points, "point")];
    if problem.difficulty() != Difficulty::Unspecified {
        facts.insert(0, difficulty(problem.difficulty()).to_owned());
    }
    if problem.kind() == ProblemKind::Function {
        facts.push(format!(
            "define the function {}",
            plain(&problem.function_name)
        ));
    }
    facts.push(format!(
        "{}, {} of them public",
        count(problem.test_count, "test"),
        problem.examples.len()
    ));
    if let Some(limits) = &problem.limits {
        facts.extend(limit_facts(limits));
    }
    facts.join(" · ")
}

fn limit_facts(limits: &Limits) -> Vec<String> {
    let mut facts = Vec::new();
    if limits.wall_time_limit.is_some() {
        facts.push(format!(
            "{} a test",
            limit_seconds(limits.wall_time_limit.as_ref())
        ));
    }
    if limits.memory_limit_bytes > 0 {
        facts.push(mebibytes(limits.memory_limit_bytes));
    }
    facts
}

fn print_example(kind: ProblemKind, example: &ExampleTest) {
    let (given, expected) = match kind {
        ProblemKind::Function => ("arguments", "returns"),
        ProblemKind::Stdin | ProblemKind::Unspecified => ("input", "output"),
    };
    say!("");
    say!("Example {}, {given}:", example.number);
    print_indented(&example.input);
    say!("Example {}, {expected}:", example.number);
    print_indented(&example.expected);
}

/// Prints test data, each line behind a bar so that blanks at the ends can be told.
pub fn print_indented(text: &str) {
    let text = visible_lines(text);
    if text.is_empty() {
        say!("  (nothing)");
    }
    for line in text.lines() {
        say!("  | {line}");
    }
}
