//! Why a value is None: a function without `return`, or a method that gives nothing back.

use std::collections::HashMap;

use super::known::GIVE_NOTHING;
use super::messages::Context;
use super::source::{Definition, File, word_behind, words};
use super::{Finding, Kind};

/// So many words of a line are looked into.
const MOST_WORDS: usize = 40;
/// So many bytes of functions are read for one explanation: a function within others is read with each of them.
const MOST_BYTES: usize = 256 * 1024;

/// Where a None comes from.
enum Cause {
    /// A function of the program without `return`: name and line.
    Function(String, u32),
    /// A method or function of Python's: its name, and the line that uses what it gives.
    Method(&'static str, u32),
}

/// None is used as a value.
pub fn of_value(context: &Context<'_>) -> Finding {
    match cause(context) {
        Some(Cause::Function(name, line)) => Finding::new(Kind::FunctionReturnsNothing)
            .with("name", &name)
            .with_number("line", line),
        Some(Cause::Method(name, line)) => Finding::new(Kind::MethodReturnsNothing)
            .with("name", name)
            .with_number("line", line),
        None => Finding::new(Kind::NoneValue),
    }
}

/// An attribute of None is used.
pub fn of_attribute(context: &Context<'_>, attribute: &str) -> Finding {
    match cause(context) {
        Some(Cause::Function(name, line)) => Finding::new(Kind::AttributeOfNoResult)
            .with("name", &name)
            .with("other", attribute)
            .with_number("line", line),
        Some(Cause::Method(name, line)) => Finding::new(Kind::AttributeOfNoMethodResult)
            .with("name", name)
            .with("other", attribute)
            .with_number("line", line),
        None => Finding::new(Kind::AttributeOfNone).with("name", attribute),
    }
}

/// First what the line's variables were given last, then what the line itself calls.
fn cause(context: &Context<'_>) -> Option<Cause> {
    let (file, code) = (context.file, context.code());
    let definitions = file.definitions();
    let mut functions = Functions::of(file, &definitions);
    let mut given = |name: &str| {
        let values = definitions
            .iter()
            .filter(|it| it.name == name && it.line <= context.line);
        let last = values.max_by_key(|it| it.line)?;
        // A line that gives a variable a new value has not done so when it fails.
        let last = match last.line == context.line {
            true => definitions
                .iter()
                .rfind(|it| it.name == name && it.line < context.line)?,
            false => last,
        };
        in_code(&mut functions, last.value, last.line, true)
    };
    words(code)
        .take(MOST_WORDS)
        .find_map(&mut given)
        .or_else(|| in_code(&mut functions, code, context.line, false))
}

/// What gave the None in some code. `whole` code is a value that a variable got; else the None must be used on
/// the spot, as in `double(4) + 1`.
fn in_code(functions: &mut Functions<'_>, code: &str, line: u32, whole: bool) -> Option<Cause> {
    for call in calls_in(code) {
        let counts = match whole {
            true => call.end == code.len() && is_one_term(&code[..call.start]),
            false => is_operand(&code[..call.start], &code[call.end..]),
        };
        if !counts {
            continue;
        }
        let name = &code[call.start..call.bracket];
        if let Some(line) = functions.returning_nothing(name) {
            return Some(Cause::Function(name.to_owned(), line));
        }
        let behind_dot = code[..call.start].ends_with('.');
        let method = GIVE_NOTHING.iter().find(|method| **method == name);
        if let Some(method) = method.filter(|method| behind_dot != (**method == "print")) {
            return Some(Cause::Method(method, line));
        }
    }
    None
}

/// The functions of a file, each of which is read once.
struct Functions<'a> {
    file: &'a File<'a>,
    /// Where each name is first made.
    lines: HashMap<&'a str, u32>,
    /// Lines of functions that were read, and whether they return nothing.
    read: HashMap<u32, bool>,
    bytes_left: usize,
}

impl<'a> Functions<'a> {
    fn of(file: &'a File<'a>, definitions: &[Definition<'a>]) -> Self {
        let mut lines = HashMap::new();
        for definition in definitions {
            lines.entry(definition.name).or_insert(definition.line);
        }
        Self {
            file,
            lines,
            read: HashMap::new(),
            bytes_left: MOST_BYTES,
        }
    }

    /// The line of the function of this name, when it returns nothing.
    fn returning_nothing(&mut self, name: &str) -> Option<u32> {
        let line = *self.lines.get(name)?;
        let known = self.read.get(&line).copied();
        let nothing = known.unwrap_or_else(|| {
            let found = returns_nothing(self.file, line, &mut self.bytes_left);
            // What there was no time to read may return anything.
            *self.read.entry(line).or_insert(found.unwrap_or(false))
        });
        nothing.then_some(line)
    }
}

/// A call: where its name begins, its bracket, and what is behind its closing bracket.
struct Call {
    start: usize,
    bracket: usize,
    end: usize,
}

fn calls_in(code: &str) -> Vec<Call> {
    let mut open: Vec<usize> = Vec::new();
    let mut calls = Vec::new();
    for (at, c) in code.char_indices() {
        match c {
            '(' => open.push(at),
            ')' => {
                let Some(bracket) = open.pop() else { continue };
                let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
                let start = code[..bracket].trim_end_matches(part_of_name).len();
                if start < bracket {
                    calls.push(Call {
                        start,
                        bracket,
                        end: at + 1,
                    });
                }
            }
            _ => {}
        }
    }
    calls
}

/// Whether nothing but the path to a method stands before it.
fn is_one_term(before: &str) -> bool {
    before
        .trim()
        .chars()
        .all(|c| c.is_alphanumeric() || "_.".contains(c))
}

/// Whether what stands around a call uses its result.
fn is_operand(before: &str, behind: &str) -> bool {
    let (before, behind) = (before.trim_end(), behind.trim_start());
    let functions = [
        "len(", "int(", "float(", "sum(", "max(", "min(", "sorted(", "list(",
    ];
    behind.starts_with(['+', '-', '*', '/', '%', '<', '>', '[', '.'])
        || before.ends_with(['+', '-', '*', '/', '%', '<', '>'])
        || (behind.starts_with(':')
            && word_behind(before.trim_start(), "for").is_some()
            && before.ends_with(" in"))
        || (behind.starts_with(')') && functions.iter().any(|function| before.ends_with(function)))
}

/// Whether a line begins a function that has no `return` with a value, and no `yield`. None when it has more bytes
/// than are left to read.
fn returns_nothing(file: &File<'_>, line: u32, bytes_left: &mut usize) -> Option<bool> {
    let lines = &file.code;
    let at = usize::try_from(line).ok()?.checked_sub(1)?;
    let head = lines.get(at)?;
    let indentation = |code: &str| code.len() - code.trim_start().len();
    if word_behind(head.trim_start(), "def").is_none() || !head.trim_end().ends_with(':') {
        return Some(false);
    }
    for code in &lines[at + 1..] {
        // An empty line costs a step as well.
        *bytes_left = bytes_left.checked_sub(code.len() + 1)?;
        let text = code.trim();
        if !text.is_empty() && indentation(code) <= indentation(head) {
            break;
        }
        let gives = |word: &str| word == "yield" || (word == "return" && text != "return");
        if words(text).any(gives) {
            return Some(false);
        }
    }
    Some(true)
}
