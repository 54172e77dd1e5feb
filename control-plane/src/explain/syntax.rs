//! Lines that are no Python: SyntaxError, IndentationError, TabError. Python says where it could not go on, which
//! is sometimes behind the mistake; the line itself tells more.

use super::capture::capture;
use super::known::{self, most_similar};
use super::source::{File, Sources, assignment, is_name, word_behind, words};
use super::{Explanation, Finding, Kind, clean};
use crate::execution::model::CompileError;

/// Words that begin a line with a block.
const BLOCKS: &[&str] = &[
    "if", "elif", "else", "for", "while", "def", "class", "try", "except", "finally", "with",
    "match", "case", "async",
];
/// Words that begin a line with a condition.
const CONDITIONS: &[&str] = &["if", "elif", "while", "assert"];
/// What beginners write for a word of Python's, from other languages.
const FOREIGN: &[(&str, &str)] = &[
    ("elseif", "elif"),
    ("elsif", "elif"),
    ("foreach", "for"),
    ("func", "def"),
    ("function", "def"),
    ("fun", "def"),
];

/// What stands before a new variable in other languages.
const DECLARATIONS: &[&str] = &[
    "auto", "bool", "boolean", "char", "const", "double", "float", "int", "let", "long", "str",
    "string", "String", "var",
];

/// Explains why Python could not compile a program.
pub fn explain(sources: &Sources<'_>, error: &CompileError) -> Explanation {
    let CompileError {
        file: _,
        line,
        column,
        message,
        source_line: _,
        kind,
    } = error;
    let finding = recognise(kind, message, &sources.main, *line);
    Explanation {
        kind: finding.kind,
        exception: clean::name(kind),
        place: sources.main.place(*line, *column),
        names: finding.names,
    }
}

/// What Python's message about a line means.
pub fn recognise(class: &str, message: &str, file: &File<'_>, line: u32) -> Finding {
    let found = match class {
        "TabError" => Some(Finding::new(Kind::TabsMixed)),
        "IndentationError" => Some(indentation(message)),
        "SyntaxError" => brackets_and_quotes(message)
            .or_else(|| with_fixed_words(message))
            .or_else(|| with_code(message, file, line)),
        _ => None,
    };
    found.unwrap_or_else(|| Finding::new(Kind::SyntaxOther))
}

fn indentation(message: &str) -> Finding {
    if let Some([_, line]) = capture(message, "expected an indented block after {} on line {}") {
        return Finding::new(Kind::IndentMissing).with("line", line);
    }
    Finding::new(match message {
        "unexpected indent" => Kind::IndentUnexpected,
        "unindent does not match any outer indentation level" => Kind::IndentNoMatch,
        _ => Kind::IndentOther,
    })
}

fn brackets_and_quotes(message: &str) -> Option<Finding> {
    if let Some([bracket]) = capture(message, "'{}' was never closed") {
        return Some(Finding::new(Kind::UnclosedBracket).with("name", bracket));
    }
    if let Some([bracket]) = capture(message, "unmatched '{}'") {
        return Some(Finding::new(Kind::ExtraBracket).with("name", bracket));
    }
    let pattern = "closing parenthesis '{}' does not match opening parenthesis '{}'";
    if let Some([closing, opening]) = capture(message.split(" on line").next()?, pattern) {
        return Some(
            Finding::new(Kind::WrongBracket)
                .with("name", opening)
                .with("other", closing),
        );
    }
    let kind = match message.split(" (detected at").next()? {
        "unterminated string literal" => Kind::UnclosedQuote,
        "unterminated triple-quoted string literal" => Kind::UnclosedTripleQuote,
        _ if message.starts_with("f-string: ") => Kind::FString,
        _ => return None,
    };
    Some(Finding::new(kind))
}

/// Messages that say enough by themselves.
fn with_fixed_words(message: &str) -> Option<Finding> {
    for (pattern, kind) in [
        (
            "Missing parentheses in call to '{}'. Did you mean print(...)?",
            Kind::PrintBrackets,
        ),
        (
            "Missing parentheses in call to '{}'. Did you mean exec(...)?",
            Kind::PrintBrackets,
        ),
        ("'{}' outside function", Kind::ReturnOutside),
        ("'{}' outside loop", Kind::BreakOutside),
        ("'{}' not properly in loop", Kind::BreakOutside),
        (
            "name '{}' is assigned to before global declaration",
            Kind::GlobalLate,
        ),
        (
            "name '{}' is used prior to global declaration",
            Kind::GlobalLate,
        ),
        ("invalid non-printable character {}", Kind::InvalidCharacter),
    ] {
        if let Some([name]) = capture(message, pattern) {
            return Some(Finding::new(kind).with("name", name));
        }
    }
    if let Some([character, _]) = capture(message, "invalid character '{}' (U+{})") {
        return Some(Finding::new(Kind::InvalidCharacter).with("name", character));
    }
    let kind = match message {
        "invalid decimal literal" => Kind::NumberName,
        "expected 'except' or 'finally' block" => Kind::TryAlone,
        "expected 'else' after 'if' expression" => Kind::InlineIf,
        "non-default argument follows default argument"
        | "positional argument follows keyword argument" => Kind::ArgumentOrder,
        "':' expected after dictionary key"
        | "expression expected after dictionary key and ':'" => Kind::Dictionary,
        "unexpected character after line continuation character" => Kind::BackslashInLine,
        _ if message.starts_with("leading zeros in decimal integer literals") => Kind::LeadingZero,
        _ if message.starts_with("(unicode error) 'unicodeescape'") => Kind::BackslashInText,
        _ => return None,
    };
    Some(Finding::new(kind))
}

/// Messages that only the line explains.
fn with_code(message: &str, file: &File<'_>, line: u32) -> Option<Finding> {
    let code = file.code(line);
    let first = words(code)
        .next()
        .filter(|word| code.starts_with(word))
        .unwrap_or_default();
    match message {
        "expected ':'" => colon(code, first),
        "expected '('" if first == "def" => Some(Finding::new(Kind::DefBrackets)),
        "invalid syntax. Maybe you meant '==' or ':=' instead of '='?" => CONDITIONS
            .contains(&first)
            .then(|| Finding::new(Kind::AssignmentInCondition)),
        "invalid syntax. Perhaps you forgot a comma?" => {
            Some(operator(code).unwrap_or_else(|| Finding::new(Kind::MissingComma)))
        }
        "invalid syntax" => operator(code)
            .or_else(|| keyword_as_name(code, first))
            .or_else(|| alone(code, first))
            .or_else(|| declaration(code, first))
            .or_else(|| keyword_misspelled(code, first, file)),
        _ => assigned(message, first),
    }
}

fn colon(code: &str, first: &str) -> Option<Finding> {
    let behind_else = word_behind(code, "else");
    if behind_else.is_some_and(|rest| word_behind(rest, "if").is_some()) {
        return Some(Finding::new(Kind::ElseIf));
    }
    if behind_else.is_some_and(|rest| !rest.is_empty()) {
        return Some(Finding::new(Kind::ElseCondition));
    }
    let missing = BLOCKS.contains(&first) && !code.contains(':');
    missing.then(|| Finding::new(Kind::MissingColon).with("name", first))
}

fn assigned(message: &str, first: &str) -> Option<Finding> {
    let target = match message.strip_prefix("cannot assign to ") {
        Some(target) => target.split(" here.").next().unwrap_or(target),
        None if message.starts_with("expression cannot contain assignment") => "",
        None => return None,
    };
    if known::KEYWORDS.contains(&target) {
        return Some(Finding::new(Kind::KeywordAsName).with("name", target));
    }
    Some(Finding::new(match CONDITIONS.contains(&first) {
        true => Kind::AssignmentInCondition,
        false => Kind::AssignmentTarget,
    }))
}

fn operator(code: &str) -> Option<Finding> {
    let found = known::OPERATORS.iter().find(|(sign, _)| match *sign {
        // In the middle these are two signs of numbers.
        "++" | "--" => code.trim_end_matches(';').ends_with(sign),
        sign => code.contains(sign),
    });
    let not = || {
        code.replace("!=", "")
            .contains('!')
            .then_some(&("!", "not"))
    };
    let (sign, python) = found.or_else(not)?;
    Some(
        Finding::new(Kind::Operator)
            .with("name", sign)
            .with("other", python),
    )
}

fn keyword_as_name(code: &str, first: &str) -> Option<Finding> {
    let name = match word_behind(code, "def") {
        Some(rest) => words(rest).next()?,
        None => {
            let (left, _) = assignment(code)?;
            (left.trim() == first).then_some(first)?
        }
    };
    let is_keyword = known::KEYWORDS.contains(&name);
    is_keyword.then(|| Finding::new(Kind::KeywordAsName).with("name", name))
}

fn alone(code: &str, first: &str) -> Option<Finding> {
    let follows = ["else", "elif", "except", "finally"].contains(&first);
    let complete = code.ends_with(':') && !code.contains("else if");
    (follows && complete).then(|| Finding::new(Kind::ElseAlone).with("name", first))
}

fn declaration(code: &str, first: &str) -> Option<Finding> {
    let (variable, _) = assignment(word_behind(code, first)?)?;
    let is_one = DECLARATIONS.contains(&first) && is_name(variable);
    is_one.then(|| {
        Finding::new(Kind::Declaration)
            .with("name", first)
            .with("other", variable)
    })
}

fn keyword_misspelled(code: &str, first: &str, file: &File<'_>) -> Option<Finding> {
    let finding = |name: &str, other: &str| {
        Some(
            Finding::new(Kind::KeywordMisspelled)
                .with("name", name)
                .with("other", other),
        )
    };
    if let Some(rest) = word_behind(code, "for") {
        let second = rest
            .split_whitespace()
            .nth(1)
            .filter(|word| is_name(word) && *word != "in")?;
        let similar = second.chars().count() <= 3 && second.contains(['i', 'n']);
        return if similar { finding(second, "in") } else { None };
    }
    let is_pythons = known::KEYWORDS.contains(&first) || known::BUILTINS.contains(&first);
    if first.is_empty() || is_pythons {
        return None;
    }
    let foreign = FOREIGN.iter().find(|(word, _)| *word == first);
    if let Some((_, python)) = foreign {
        return finding(first, python);
    }
    let rest = code[first.len()..].trim_start();
    let begins_word = rest.starts_with(|c: char| c.is_alphanumeric() || "_\"'(-".contains(c));
    if !(begins_word || rest == ":") || file.definitions().iter().any(|it| it.name == first) {
        return None;
    }
    finding(
        first,
        most_similar(first, 1, known::KEYWORDS.iter().copied())?,
    )
}
