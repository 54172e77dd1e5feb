//! What a program wrote to standard error, and what Python said of its source, explained to who wrote it.

use std::time::Duration;

use control_plane::execution::model::{CompileError, Ending, Outcome, Program, SourceFile, Usage};
use control_plane::explain::{
    Explanation, Language, MOST_LINE_CHARS, MOST_NAME_CHARS, MOST_TEXT_CHARS, Text, explain,
    explain_compile_error, explain_hidden,
};

use super::cli::check_text;
use crate::input;

fn program(main: &[u8], other: &[u8]) -> Program {
    Program {
        source: String::from_utf8_lossy(main).into_owned(),
        files: vec![SourceFile {
            path: "helpers.py".to_owned(),
            content: other.to_vec(),
        }],
    }
}

/// Bounded and clean, in every language; the line of code is one of the program's.
fn check(explanation: &Explanation, program: &Program) {
    for language in Language::ALL {
        let Text { explanation, hint } = explanation.text(language);
        for text in [&explanation, &hint] {
            check_text(text, &[]);
            assert!((1..=MOST_TEXT_CHARS).contains(&text.chars().count()));
        }
    }
    for name in explanation.names.values().chain([&explanation.exception]) {
        check_text(name, &[]);
        assert!(name.chars().count() <= MOST_NAME_CHARS);
    }
    if let Some(place) = &explanation.place {
        check_text(&place.file, &[]);
        check_text(&place.source_line, &['\t']);
        assert!(place.source_line.chars().count() <= MOST_LINE_CHARS);
        assert!(place.line > 0 && ["main.py", "helpers.py"].contains(&place.file.as_str()));
        let text = match place.file.as_str() {
            "main.py" => program.source.clone(),
            _ => String::from_utf8_lossy(&program.files[0].content).into_owned(),
        };
        assert!(
            text.contains(place.source_line.trim_matches(char::REPLACEMENT_CHARACTER))
                || !is_plain(&text)
        );
    }
}

fn is_plain(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c.is_control() && c != '\n' || !c.is_ascii())
}

/// The first byte chooses how the program ended; then its main file, another file, and standard error.
pub fn traceback(bytes: &[u8]) {
    let (choice, texts) = input::choice(bytes);
    let (main, other, stderr) = input::three(texts);
    let program = program(main, other);
    let outcomes = [
        Outcome::RuntimeError,
        Outcome::TimeLimit,
        Outcome::MemoryLimit,
        Outcome::OutputLimit,
        Outcome::ProcessLimit,
    ];
    let usage = Usage {
        wall: Duration::from_secs(5),
        cpu: Duration::from_millis(u64::from(choice) * 20),
        ..Usage::default()
    };
    let ending = Ending {
        exit_code: Some(1),
        signal: (choice >= 250).then_some(i32::from(choice) - 250 + 2),
        usage: Some(usage),
        ..Ending::without_program(outcomes[usize::from(choice) % outcomes.len()])
    };
    let explained = explain(&program, &ending, stderr).expect("it failed");
    check(&explained, &program);
    let exception = String::from_utf8_lossy(stderr);
    if let Some(hidden) = explain_hidden(ending.outcome, &exception) {
        assert!(hidden.place.is_none() && hidden.names.is_empty());
    }
}

/// The first byte chooses class and line; then the message, and the source.
pub fn syntax_error(bytes: &[u8]) {
    let (choice, texts) = input::choice(bytes);
    let (message, source) = input::two(texts);
    let program = program(source, b"");
    let classes = [
        "SyntaxError",
        "SyntaxError",
        "IndentationError",
        "TabError",
        "ValueError",
    ];
    let error = CompileError {
        file: "main.py".to_owned(),
        line: u32::from(choice % 16),
        column: u32::from(choice),
        message: String::from_utf8_lossy(message).into_owned(),
        source_line: String::new(),
        kind: classes[usize::from(choice / 16) % classes.len()].to_owned(),
    };
    check(&explain_compile_error(&program, &error), &program);
}
