//! Ends of programs that were compiled: an exception, an exit, a signal, a limit.

use std::collections::HashSet;
use std::time::Duration;

use super::messages::{Context, general, recognise};
use super::source::{File, MAIN, Scope, Sources, calls, has_word};
use super::traceback::{self, Frame, Traceback};
use super::{Explanation, Finding, Kind, Place, bare, clean, loops, syntax};
use crate::execution::model::{Ending, Outcome, Usage};
use crate::judge::exception::BUILT_IN;

const SIGINT: i32 = 2;

/// A limit was reached; None for every other outcome.
pub fn explain_limit(sources: &Sources<'_>, ending: &Ending) -> Option<Explanation> {
    let main = &sources.main;
    let endless = loops::endless(main);
    let in_loop = |kind, line| Finding {
        main_line: Some(line),
        ..Finding::new(kind).with_number("line", line)
    };
    let finding = match (ending.outcome, endless) {
        (Outcome::TimeLimit, endless) => match (computed(ending.usage), endless) {
            (Computed::Hardly, _) if reads(main) => Finding::new(Kind::TimeInput),
            (Computed::Hardly, _) if sleeps(main) => Finding::new(Kind::TimeSleep),
            (Computed::Partly | Computed::Mostly, Some(line)) => {
                in_loop(Kind::TimeEndlessLoop, line)
            }
            (Computed::Partly, None) if reads(main) || sleeps(main) => {
                Finding::new(Kind::TimeOther)
            }
            (Computed::Partly | Computed::Mostly, None) => Finding::new(Kind::TimeBusy),
            (Computed::Hardly | Computed::Unknown, _) => Finding::new(Kind::TimeOther),
        },
        (Outcome::OutputLimit, Some(line)) => in_loop(Kind::OutputEndlessLoop, line),
        (Outcome::OutputLimit, None) => Finding::new(Kind::Output),
        (Outcome::MemoryLimit, _) => Finding::new(Kind::Memory),
        (Outcome::ProcessLimit, _) => Finding::new(Kind::Processes),
        _ => return None,
    };
    Some(without_exception(sources, finding))
}

/// How much of its time a program computed. One that computes without pause gets a tenth of a core at the least,
/// beside others that do the same.
enum Computed {
    Unknown,
    Hardly,
    Partly,
    Mostly,
}

fn computed(usage: Option<Usage>) -> Computed {
    match usage {
        Some(Usage { wall, cpu, .. }) if wall > Duration::ZERO => {
            match wall.as_nanos() / cpu.as_nanos().max(1) {
                20.. => Computed::Hardly,
                4.. => Computed::Partly,
                _ => Computed::Mostly,
            }
        }
        _ => Computed::Unknown,
    }
}

fn reads(file: &File<'_>) -> bool {
    file.code
        .iter()
        .any(|code| calls(code, "input") || has_word(code, "stdin"))
}

fn sleeps(file: &File<'_>) -> bool {
    file.code.iter().any(|code| calls(code, "sleep"))
}

/// The main process ended with another exit code than 0, or died of a signal.
pub fn explain_error(sources: &Sources<'_>, ending: &Ending, stderr: &[u8]) -> Explanation {
    let text = traceback::tail(stderr);
    let found = traceback::read(&text);
    if let Some(signal) = ending.signal {
        let interrupted =
            found.filter(|found| signal == SIGINT && found.class() == "KeyboardInterrupt");
        return match interrupted {
            Some(found) => of_exception(sources, &found),
            None => without_exception(sources, of_signal(signal)),
        };
    }
    // Python's exit code for an exception that nobody caught.
    match found.filter(|_| ending.exit_code == Some(1)) {
        Some(found) if found.frames.is_some() => of_exception(sources, &found),
        Some(found) => {
            let of_call = of_failed_call(sources, &found);
            of_call.unwrap_or_else(|| without_exception(sources, of_exit(sources, ending, &text)))
        }
        None => without_exception(sources, of_exit(sources, ending, &text)),
    }
}

fn of_signal(signal: i32) -> Finding {
    let kind = match signal {
        // SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV
        4 | 6 | 7 | 8 | 11 => Kind::Crash,
        _ => Kind::Signal,
    };
    Finding::new(kind).with("value", &signal.to_string())
}

/// A program whose source ends it, and no other.
fn of_exit(sources: &Sources<'_>, ending: &Ending, stderr: &str) -> Finding {
    let ends = |code: &&String| {
        ["exit", "_exit", "quit"]
            .iter()
            .any(|function| calls(code, function))
            || has_word(code, "SystemExit")
    };
    let lines: Vec<u32> = (1..)
        .zip(&sources.main.code)
        .filter(|(_, code)| ends(code))
        .map(|(line, _)| line)
        .collect();
    let (Some(first), Some(code)) = (lines.first(), ending.exit_code) else {
        return Finding::new(Kind::Other);
    };
    let says_number = |line: u32| {
        let behind = sources
            .main
            .code(line)
            .split_once("exit(")
            .map(|(_, rest)| rest.trim_start());
        behind.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let message =
        code == 1 && !stderr.trim().is_empty() && !lines.iter().any(|line| says_number(*line));
    let finding = match message {
        true => Finding::new(Kind::ExitMessage),
        false => Finding::new(Kind::ExitCode).with("value", &code.to_string()),
    };
    Finding {
        main_line: Some(*first).filter(|_| lines.len() == 1),
        ..finding
    }
}

/// The call of the program's function failed before any line of it ran: its arguments don't fit.
fn of_failed_call(sources: &Sources<'_>, found: &Traceback<'_>) -> Option<Explanation> {
    let name = found
        .message
        .split("()")
        .next()
        .filter(|_| found.exception == "TypeError")?;
    let definitions = sources.main.definitions();
    let function = definitions
        .iter()
        .find(|it| it.name == name && it.scope == Scope::File)?;
    let context = Context {
        sources,
        file: &sources.main,
        line: function.line,
        message: found.message,
    };
    let finding = recognise("TypeError", &context);
    let is_call = [Kind::MissingArguments, Kind::TooManyArguments].contains(&finding.kind);
    is_call.then(|| Explanation {
        kind: finding.kind,
        exception: found.exception.to_owned(),
        place: sources.main.place(function.line, 0),
        names: finding.names,
    })
}

/// The innermost line of a traceback that is the program's own.
struct Innermost<'a> {
    /// None for the main file.
    file: Option<File<'a>>,
    frame: Frame<'a>,
    place: Place,
    /// No line of a library is further in.
    is_last: bool,
}

fn innermost<'a>(sources: &Sources<'a>, frames: &[Frame<'a>]) -> Option<Innermost<'a>> {
    let mut is_last = true;
    // A line that its file does not have is forged: no file is read twice to look for a better one.
    let mut elsewhere = HashSet::new();
    for frame in frames.iter().rev() {
        let file = match Sources::is_main(frame.file) {
            true => None,
            false if elsewhere.insert(frame.file) => sources.other(frame.file),
            false => None,
        };
        let is_own = file.is_some() || Sources::is_main(frame.file);
        let place = file.as_ref().unwrap_or(&sources.main).place(frame.line, 0);
        if let Some(place) = place.filter(|_| is_own) {
            return Some(Innermost {
                file,
                frame: *frame,
                place,
                is_last,
            });
        }
        is_last = false;
    }
    None
}

fn of_exception(sources: &Sources<'_>, found: &Traceback<'_>) -> Explanation {
    let frames = found.frames.as_deref().unwrap_or_default();
    let innermost = innermost(sources, frames);
    let (file, line) = match &innermost {
        Some(it) => (it.file.as_ref().unwrap_or(&sources.main), it.frame.line),
        None => (&sources.main, 0),
    };
    let context = Context {
        sources,
        file,
        line,
        message: found.message,
    };
    let is_last = innermost.as_ref().is_some_and(|it| it.is_last);
    let finding = of_class(found, &context, is_last);
    Explanation {
        kind: finding.kind,
        exception: clean::name(found.class()),
        place: innermost.map(|it| it.place),
        names: finding.names,
    }
}

fn of_class(found: &Traceback<'_>, context: &Context<'_>, is_last: bool) -> Finding {
    let class = found.class();
    let is_pythons = BUILT_IN.binary_search(&found.exception).is_ok();
    let raises = is_last && super::source::word_behind(context.code(), "raise").is_some();
    match class {
        "NotImplementedError" => return Finding::new(Kind::NotImplemented),
        "SyntaxError" | "IndentationError" | "TabError" if is_pythons && !raises => {
            return syntax::recognise(class, found.message, context.file, context.line);
        }
        _ if raises && is_pythons => return Finding::new(Kind::RaisedBuiltIn),
        _ => {}
    }
    let definitions = context.file.definitions();
    let is_own = !is_pythons && (raises || definitions.iter().any(|it| it.name == class));
    if is_own {
        return Finding::new(Kind::RaisedOwn).with("name", class);
    }
    // Something was written behind Python's message: what, and by whom, is not known.
    if found.goes_on || !(is_pythons || general(class) == Kind::NoNetwork) {
        return Finding::new(if is_pythons {
            general(class)
        } else {
            Kind::Other
        });
    }
    recognise(class, context)
}

fn without_exception(sources: &Sources<'_>, finding: Finding) -> Explanation {
    debug_assert_eq!(sources.main.name, MAIN);
    Explanation {
        place: finding
            .main_line
            .and_then(|line| sources.main.place(line, 0)),
        names: finding.names,
        ..bare(finding.kind)
    }
}
