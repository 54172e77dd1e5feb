//! TypeError: values of a wrong type, calls with wrong arguments, things that are no functions.

use super::capture::capture;
use super::known;
use super::messages::Context;
use super::nothing;
use super::source::{calls, words};
use super::{Finding, Kind};

const NONE: &str = "NoneType";

/// A value of a wrong type.
pub fn type_error(context: &Context<'_>) -> Option<Finding> {
    arguments(context)
        .or_else(|| operands(context))
        .or_else(|| used_as(context))
        .or_else(|| converted(context))
}

/// Calls whose arguments don't fit the parameters.
fn arguments(context: &Context<'_>) -> Option<Finding> {
    let message = context.message;
    if let Some([function, _, _, values]) = capture(message, "{}() missing {} required {}: {}") {
        if values == "'self'" {
            let finding = Finding::new(Kind::ClassInsteadOfObject);
            return Some(finding.with("name", called_as(function)));
        }
        let finding = Finding::new(Kind::MissingArguments).with("name", called_as(function));
        return Some(finding.with("values", &values.replace('\'', "")));
    }
    if let Some([function, count, given]) = capture(message, "{}() takes {} positional {} given") {
        let function = called_as(function);
        let given = given.split(' ').rev().nth(1)?;
        let count = count.replace("from ", "").replace(" to ", "-");
        if (count.as_str(), given) == ("0", "1") && function.contains('.') {
            return Some(Finding::new(Kind::MissingSelf).with("name", function));
        }
        let finding = Finding::new(Kind::TooManyArguments).with("name", function);
        return Some(finding.with("count", &count).with("given", given));
    }
    if let Some([class]) = capture(message, "{}() takes no arguments") {
        let own = context.file.definitions().iter().any(|it| it.name == class);
        let kind = if own {
            Kind::ClassTakesNothing
        } else {
            Kind::BuiltinArguments
        };
        return Some(Finding::new(kind).with("name", class));
    }
    let unknown = capture(message, "{}() got an unexpected keyword argument '{}'");
    let unknown = unknown.or_else(|| {
        let [parameter, function] =
            capture(message, "'{}' is an invalid keyword argument for {}()")?;
        Some([function, parameter])
    });
    if let Some([function, parameter]) = unknown {
        return Some(
            Finding::new(Kind::UnknownParameter)
                .with("name", called_as(function))
                .with("other", parameter),
        );
    }
    let patterns = [
        "{}() takes {} argument ({} given)",
        "{}() takes {} arguments ({} given)",
        "{} expected {} argument, got {}",
        "{} expected {} arguments, got {}",
    ];
    let [function, _, _] = patterns
        .iter()
        .find_map(|pattern| capture(message, pattern))?;
    Some(Finding::new(Kind::BuiltinArguments).with("name", function.trim_end_matches("()")))
}

/// A function's name as its file has it, and that of its class before it: without the functions around them, which
/// Python names as well, as in `main.<locals>.greet`.
fn called_as(function: &str) -> &str {
    function.rsplit("<locals>.").next().unwrap_or(function)
}

/// Two values and an operator.
fn operands(context: &Context<'_>) -> Option<Finding> {
    let message = context.message;
    if let Some([other]) = capture(message, "can only concatenate str (not \"{}\") to str") {
        return Some(joined(context, "+", "str", other));
    }
    let pattern = "'{}' not supported between instances of '{}' and '{}'";
    if let Some([operator, left, right]) = capture(message, pattern) {
        return Some(compared(context, operator, left, right));
    }
    if let Some([operator, left, right]) =
        capture(message, "unsupported operand type(s) for {}: '{}' and '{}'")
    {
        let operator = operator.split(' ').next().unwrap_or(operator);
        return Some(joined(context, operator, left, right));
    }
    if let Some([other]) = capture(message, "can only concatenate list (not \"{}\") to list") {
        if other == NONE {
            return Some(nothing::of_value(context));
        }
        return Some(Finding::new(Kind::ListPlus).with("type", other));
    }
    if let Some([other]) = capture(message, "can't multiply sequence by non-int of type '{}'") {
        if other == NONE {
            return Some(nothing::of_value(context));
        }
        let from_input = text_from_input(context, Some("*")).filter(|_| other == "str");
        return Some(match from_input {
            Some((name, line)) => input_is_text(&name, line),
            None => Finding::new(Kind::WholeNumberNeeded).with("type", other),
        });
    }
    if message == "not all arguments converted during string formatting" {
        let from_input = text_from_input(context, Some("%"));
        return from_input.map(|(name, line)| input_is_text(&name, line));
    }
    None
}

fn joined(context: &Context<'_>, operator: &str, left: &str, right: &str) -> Finding {
    if left == NONE || right == NONE {
        return nothing::of_value(context);
    }
    let is_number = |class: &str| ["int", "float", "bool"].contains(&class);
    let text_and_number =
        (left == "str" && is_number(right)) || (is_number(left) && right == "str");
    let texts = (left, right) == ("str", "str");
    if (text_and_number || texts)
        && let Some((name, line)) = text_from_input(context, Some(operator))
    {
        return input_is_text(&name, line);
    }
    if text_and_number && operator.trim_end_matches('=') == "+" {
        return Finding::new(Kind::TextPlusNumber);
    }
    if text_and_number {
        return Finding::new(Kind::TextAndNumber);
    }
    Finding::new(Kind::OperatorTypes)
        .with("name", operator)
        .with("left", left)
        .with("right", right)
}

fn compared(context: &Context<'_>, operator: &str, left: &str, right: &str) -> Finding {
    match joined(context, operator, left, right) {
        Finding {
            kind: Kind::OperatorTypes,
            ..
        } => Finding::new(Kind::Compare)
            .with("left", left)
            .with("right", right),
        other => other,
    }
}

/// Values that are called, or taken apart, or gone through.
fn used_as(context: &Context<'_>) -> Option<Finding> {
    let message = context.message;
    if let Some([class]) = capture(message, "'{}' object is not callable") {
        return Some(called(context, class));
    }
    let functions = ["builtin_function_or_method", "function", "method", "type"];
    for (pattern, kind) in [
        ("'{}' object is not subscriptable", Kind::NotSubscriptable),
        ("'{}' object is not iterable", Kind::NotIterable),
        ("cannot unpack non-iterable {} object", Kind::UnpackSingle),
        ("object of type '{}' has no len()", Kind::NoLength),
        (
            "'{}' object cannot be interpreted as an integer",
            Kind::WholeNumberNeeded,
        ),
        (
            "list indices must be integers or slices, not {}",
            Kind::IndexType,
        ),
        (
            "tuple indices must be integers or slices, not {}",
            Kind::IndexType,
        ),
        ("string indices must be integers, not '{}'", Kind::IndexType),
        (
            "'{}' object does not support item assignment",
            Kind::Immutable,
        ),
        ("unhashable type: '{}'", Kind::Unhashable),
    ] {
        let Some([class]) = capture(message, pattern) else {
            continue;
        };
        if class == NONE {
            return Some(nothing::of_value(context));
        }
        if kind == Kind::NotSubscriptable && functions.contains(&class) {
            return Some(Finding::new(Kind::FunctionInSquareBrackets));
        }
        if kind == Kind::Immutable && !["str", "tuple", "range", "bytes"].contains(&class) {
            return Some(Finding::new(Kind::NotSubscriptable).with("type", class));
        }
        let needs_number = [Kind::WholeNumberNeeded, Kind::IndexType].contains(&kind);
        if needs_number
            && class == "str"
            && let Some((name, line)) = text_from_input(context, None)
        {
            return Some(input_is_text(&name, line));
        }
        return Some(Finding::new(kind).with("type", class));
    }
    None
}

fn called(context: &Context<'_>, class: &str) -> Finding {
    match class {
        NONE => return nothing::of_value(context),
        "module" => return Finding::new(Kind::ModuleCalled),
        _ => {}
    }
    let definitions = context.file.definitions();
    let overwritten = |name: &str| {
        let is_pythons = known::BUILTINS.contains(&name) && calls(context.code(), name);
        definitions.iter().find(|it| is_pythons && it.name == name)
    };
    match words(context.code()).find_map(overwritten) {
        Some(definition) => Finding::new(Kind::BuiltinOverwritten)
            .with("name", definition.name)
            .with_number("line", definition.line),
        None => Finding::new(Kind::NotCallable).with("type", class),
    }
}

/// Values that a function of Python's can't take.
fn converted(context: &Context<'_>) -> Option<Finding> {
    let message = context.message;
    if let Some([class]) = capture(message, "must be real number, not {}") {
        if class == NONE {
            return Some(nothing::of_value(context));
        }
        let from_input = text_from_input(context, None).filter(|_| class == "str");
        return Some(match from_input {
            Some((name, line)) => input_is_text(&name, line),
            None => Finding::new(Kind::TypeOther),
        });
    }
    if let Some([function, _, class]) = capture(message, "{}() argument must be a string{}not '{}'")
    {
        if class == NONE {
            return Some(nothing::of_value(context));
        }
        return Some(
            Finding::new(Kind::NotConvertible)
                .with("name", function)
                .with("type", class),
        );
    }
    if let Some([_, class]) = capture(message, "sequence item {}: expected str instance, {} found")
    {
        return Some(Finding::new(Kind::JoinNeedsText).with("type", class));
    }
    None
}

fn input_is_text(name: &str, line: u32) -> Finding {
    Finding::new(Kind::InputIsText)
        .with("name", name)
        .with_number("line", line)
}

/// A variable of the line that holds a text from `input()`, and the line that reads it. With an operator, it must
/// stand directly beside it, and for `+`, which joins texts as well, a digit on the other side.
fn text_from_input(context: &Context<'_>, operator: Option<&str>) -> Option<(String, u32)> {
    let is_text = |code: &str| {
        let converts = ["int", "float", "map", "eval", "len", "list"];
        calls(code, "input") && !converts.iter().any(|function| calls(code, function))
    };
    let code: String = context.code().chars().filter(|c| *c != ' ').collect();
    let stands_there = |name: &str| match operator {
        None => true,
        Some("+") => code.match_indices(name).any(|(at, _)| {
            let (before, behind) = (&code[..at], &code[at + name.len()..]);
            let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
            let number_behind = behind
                .strip_prefix('+')
                .is_some_and(|rest| digit(rest.chars().next()));
            let number_before = before
                .strip_suffix('+')
                .is_some_and(|rest| digit(rest.chars().next_back()));
            (number_behind && !before.ends_with('+')) || number_before
        }),
        Some(operator) => {
            code.contains(&format!("{name}{operator}"))
                || code.contains(&format!("{operator}{name}"))
        }
    };
    let definitions = context.file.definitions();
    let read = |name: &str| {
        // The last value that the variable got above this line.
        let above = definitions
            .iter()
            .filter(|it| it.name == name && it.line < context.line);
        let last = above.max_by_key(|it| it.line)?;
        (is_text(last.value) && stands_there(name)).then(|| (name.to_owned(), last.line))
    };
    let of_line = words(context.code()).find_map(read);
    of_line.or_else(|| {
        let here = operator != Some("+") && is_text(context.code());
        here.then(|| ("input()".to_owned(), context.line))
    })
}
