//! From an exception and its message to a kind: the families of errors, and what is said when no message of a
//! family is recognised.

use super::source::{File, Sources};
use super::{Finding, Kind, names, types, values};

/// What is known of an exception.
pub struct Context<'a> {
    /// All files.
    pub sources: &'a Sources<'a>,
    /// The file of the innermost line that is the program's own.
    pub file: &'a File<'a>,
    /// That line; 0 when there is none.
    pub line: u32,
    /// The first line of Python's message.
    pub message: &'a str,
}

impl Context<'_> {
    /// The line's code.
    pub fn code(&self) -> &str {
        self.file.code(self.line)
    }
}

/// What an exception of Python's own means here.
pub fn recognise(class: &str, context: &Context<'_>) -> Finding {
    let found = match class {
        "NameError" => names::name_error(context),
        "UnboundLocalError" => names::unbound_local_error(context),
        "AttributeError" => names::attribute_error(context),
        "ImportError" | "ModuleNotFoundError" => names::import_error(context),
        "TypeError" => types::type_error(context),
        "ValueError" => values::value_error(context),
        "IndexError" => values::index_error(context),
        "KeyError" => values::key_error(context),
        "ZeroDivisionError" => values::zero_division_error(context),
        "OverflowError" => values::overflow_error(context),
        "FileNotFoundError" => values::file_not_found_error(context),
        "OSError" => values::os_error(context),
        _ => None,
    };
    found.unwrap_or_else(|| Finding::new(general(class)))
}

/// What can be said of an exception by its name alone. The texts of these kinds have no placeholders.
pub fn general(class: &str) -> Kind {
    match class {
        "SyntaxError" => Kind::SyntaxOther,
        "IndentationError" => Kind::IndentOther,
        "TabError" => Kind::TabsMixed,
        "NameError" => Kind::NameOther,
        "UnboundLocalError" => Kind::UnboundOther,
        "TypeError" => Kind::TypeOther,
        "ValueError" => Kind::ValueOther,
        "IndexError" => Kind::IndexOther,
        "KeyError" => Kind::KeyOther,
        "AttributeError" => Kind::AttributeOther,
        "ZeroDivisionError" => Kind::ZeroDivision,
        "RecursionError" => Kind::Recursion,
        "ImportError" | "ModuleNotFoundError" => Kind::ImportOther,
        "FileNotFoundError" => Kind::FileOther,
        "PermissionError" | "IsADirectoryError" => Kind::FileNotAllowed,
        "ConnectionError" | "ConnectionRefusedError" | "gaierror" | "URLError" => Kind::NoNetwork,
        "OSError" | "FileExistsError" | "NotADirectoryError" | "BlockingIOError"
        | "BrokenPipeError" | "ChildProcessError" | "ProcessLookupError" => Kind::OsOther,
        "EOFError" => Kind::EndOfInput,
        "AssertionError" => Kind::Assertion,
        "UnicodeDecodeError" | "UnicodeEncodeError" => Kind::Unicode,
        "KeyboardInterrupt" => Kind::Interrupted,
        "StopIteration" => Kind::NothingNext,
        "OverflowError" => Kind::TooLarge,
        "MemoryError" => Kind::MemoryStep,
        "NotImplementedError" => Kind::NotImplemented,
        _ => Kind::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::Names;

    #[test]
    fn general_kinds_speak_of_no_names() {
        for class in crate::judge::exception::BUILT_IN {
            let kind = general(class);
            assert!(kind.takes(&Names::new()), "{class}: {}", kind.key());
        }
        assert_eq!(general("Oops"), Kind::Other);
    }
}
