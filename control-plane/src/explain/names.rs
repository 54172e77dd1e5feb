//! Names that don't exist: of variables, attributes, modules.

use super::capture::capture;
use super::known::{self, most_similar};
use super::messages::Context;
use super::nothing;
use super::source::{Definition, Scope, is_name, words};
use super::{Finding, Kind};

/// So many names of a file are compared with one that doesn't exist.
const MOST_CANDIDATES: usize = 2000;

/// A name that doesn't exist.
pub fn name_error(context: &Context<'_>) -> Option<Finding> {
    let message = context.message.split(". Did you mean").next()?;
    let [name] = capture(message, "name '{}' is not defined")?;
    if !is_name(name) {
        return None;
    }
    let named = |kind| Finding::new(kind).with("name", name);
    let code = context.code();
    let definitions = context.file.definitions();
    let own: Vec<&Definition<'_>> = definitions.iter().filter(|it| it.name == name).collect();
    if own.is_empty() {
        let attribute = code
            .split_once(&format!("{name}."))
            .and_then(|(_, behind)| words(behind).next());
        if attribute.is_some_and(|attribute| known::is_module(name, attribute)) {
            return Some(named(Kind::MissingImport));
        }
        if let Some(module) = known::module_of(name) {
            return Some(named(Kind::MissingModuleFunction).with("module", module));
        }
    }
    if let Some(finding) = made_elsewhere(context, &own) {
        return Some(finding.with("name", name));
    }
    let of_file = definitions.iter().map(|it| it.name).take(MOST_CANDIDATES);
    let of_python = known::BUILTINS.iter().chain(known::KEYWORDS).copied();
    let similar = most_similar(name, 2, of_file).or_else(|| most_similar(name, 1, of_python));
    if let Some(other) = similar {
        return Some(named(Kind::NameMisspelled).with("other", other));
    }
    Some(named(match stands_as_text(code, name) {
        true => Kind::MissingQuotes,
        false => Kind::NameUnknown,
    }))
}

/// A name that is made in the file, and not found from the line that uses it.
fn made_elsewhere(context: &Context<'_>, own: &[&Definition<'_>]) -> Option<Finding> {
    let here = context.file.scope(context.line);
    let at = |kind, line| Some(Finding::new(kind).with_number("line", line));
    // Directly in a class, its names are found as those of the file are.
    let is_found = |scope| scope == Scope::File || (scope == here && is_class(scope));
    if let Some(first) = own.iter().find(|it| is_found(it.scope)) {
        // A definition above that was not reached, or in another branch, is not explained by its place.
        return match first.line > context.line {
            true => at(Kind::UsedBefore, first.line),
            false => Some(Finding::new(Kind::NameUnknown)),
        };
    }
    if let Some(member) = own.iter().find(|it| is_of_own_class(it.scope, here)) {
        return at(Kind::NeedsSelf, member.line);
    }
    let first = own.iter().find(|it| !is_class(it.scope)).or(own.first())?;
    match is_class(first.scope) {
        true => at(Kind::NeedsSelf, first.line),
        false => at(Kind::LocalElsewhere, first.line),
    }
}

fn is_class(scope: Scope) -> bool {
    matches!(scope, Scope::Class(_))
}

/// Whether a name belongs to the class whose method uses it.
fn is_of_own_class(scope: Scope, user: Scope) -> bool {
    match (scope, user) {
        (Scope::Class(line), Scope::Function { of_class }) => of_class == Some(line),
        _ => false,
    }
}

/// Whether a name stands where a beginner would put a text: alone in `print(...)` or `input(...)`, or behind `=`
/// and `==`.
fn stands_as_text(code: &str, name: &str) -> bool {
    if !name.chars().all(char::is_alphabetic) {
        return false;
    }
    let plain: String = code.chars().filter(|c| *c != ' ').collect();
    let alone = |before: &str| {
        let at = plain.find(&format!("{before}{name}"));
        let behind = at.map(|at| &plain[at + before.len() + name.len()..]);
        behind.is_some_and(|rest| rest.is_empty() || rest.starts_with([')', ':', ',']))
    };
    ["print(", "input(", "="].into_iter().any(alone)
}

/// A variable of a function that has no value.
pub fn unbound_local_error(context: &Context<'_>) -> Option<Finding> {
    let pattern = "cannot access local variable '{}' where it is not associated with a value";
    let [name] = capture(context.message, pattern)?;
    let definitions = context.file.definitions();
    let here = context.file.scope(context.line);
    let own = || definitions.iter().filter(|it| it.name == name);
    let member = own().find(|it| is_of_own_class(it.scope, here));
    let global = own().find(|it| it.scope == Scope::File);
    let finding = match (member, global) {
        (Some(member), _) => Finding::new(Kind::UnboundNeedsSelf).with_number("line", member.line),
        (None, Some(global)) => Finding::new(Kind::UnboundGlobal).with_number("line", global.line),
        (None, None) => Finding::new(Kind::UnboundNotYet),
    };
    Some(finding.with("name", name))
}

/// A method or attribute that doesn't exist.
pub fn attribute_error(context: &Context<'_>) -> Option<Finding> {
    let (message, suggested) = match context.message.split_once(". Did you mean: '") {
        Some((message, rest)) => (message, rest.split('\'').next()),
        None => (context.message, None),
    };
    if let Some([module, _, _]) = capture(
        message,
        "partially initialized module '{}' has no attribute '{}' {}",
    ) {
        let shadows = context.sources.has_module(module);
        return shadows.then(|| Finding::new(Kind::OwnFileShadows).with("name", module));
    }
    if let Some([module, name]) = capture(message, "module '{}' has no attribute '{}'") {
        if context.sources.has_module(module) && known::MODULES.contains(&module) {
            return Some(Finding::new(Kind::OwnFileShadows).with("name", module));
        }
        return Some(match suggested {
            Some(other) => misspelled(name, other),
            None => Finding::new(Kind::AttributeOfModule)
                .with("name", name)
                .with("module", module),
        });
    }
    let [class, name] = match capture(message, "'{}' object has no attribute '{}'") {
        Some(found) => found,
        None => capture(message, "type object '{}' has no attribute '{}'")?,
    };
    if class == "NoneType" {
        return Some(nothing::of_attribute(context, name));
    }
    if let Some(other) = suggested {
        return Some(misspelled(name, other));
    }
    let of_python = ["str", "list", "dict", "tuple", "set"].contains(&class);
    if let Some(other) =
        known::instead_of(name).filter(|_| of_python && (name != "add" || class == "list"))
    {
        let finding = Finding::new(Kind::AttributeOtherLanguage);
        return Some(finding.with("name", name).with("other", other));
    }
    Some(
        Finding::new(Kind::AttributeMissing)
            .with("name", name)
            .with("type", class),
    )
}

fn misspelled(name: &str, other: &str) -> Finding {
    Finding::new(Kind::AttributeMisspelled)
        .with("name", name)
        .with("other", other)
}

/// A module, or something in it, that doesn't exist.
pub fn import_error(context: &Context<'_>) -> Option<Finding> {
    if let Some([module]) = capture(context.message, "No module named '{}'") {
        let first = module.split('.').next().unwrap_or(module);
        let named = |kind| Finding::new(kind).with("name", first);
        if known::LIBRARIES.contains(&first) {
            return Some(named(Kind::ModuleNotHere));
        }
        let candidates = known::MODULES.iter().chain(known::LIBRARIES).copied();
        return Some(match most_similar(first, 1, candidates) {
            Some(other) => named(Kind::ModuleMisspelled).with("other", other),
            None => named(Kind::ModuleMissing),
        });
    }
    // Our own, in rootfs/runner/tkinter.
    if context.message.starts_with("tkinter opens windows") {
        return Some(Finding::new(Kind::ModuleNotHere).with("name", "tkinter"));
    }
    let message = context.message.split(" (").next()?;
    let [name, module] = match capture(message, "cannot import name '{}' from '{}'") {
        Some(found) => found,
        None => capture(
            message,
            "cannot import name '{}' from partially initialized module '{}'",
        )?,
    };
    let is_pythons = known::MODULES.contains(&module);
    if context.sources.has_module(module) && is_pythons {
        return Some(Finding::new(Kind::OwnFileShadows).with("name", module));
    }
    Some(
        Finding::new(Kind::NameNotInModule)
            .with("name", name)
            .with("module", module),
    )
}
