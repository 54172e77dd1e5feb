//! The kinds of errors that are explained: one table. A key is stable: clients and stored runs have it, so
//! a kind may be added, and its texts may change, but no key changes its meaning.

use serde::{Deserialize, Serialize};

/// Makes the enum, and from it the list of all kinds with key and description.
macro_rules! kinds {
    ($($(#[doc = $when:literal])+ $name:ident = $key:literal,)+) => {
        /// What went wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", from = "String")]
        pub enum Kind {
            $($(#[doc = $when])+ $name,)+
        }

        impl Kind {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The stable key.
            pub fn key(self) -> &'static str {
                match self {
                    $(Self::$name => $key,)+
                }
            }

            /// When it is given.
            pub fn when(self) -> &'static str {
                match self {
                    $(Self::$name => concat!($($when,)+),)+
                }
            }
        }
    };
}

kinds! {
    /// A colon is missing at the end of `if`, `for`, `while`, `def`, `class` and the like.
    MissingColon = "syntax_error.missing_colon",
    /// `def` without brackets.
    DefBrackets = "syntax_error.def_brackets",
    /// A bracket that is never closed.
    UnclosedBracket = "syntax_error.unclosed_bracket",
    /// A bracket that is closed by one of another shape.
    WrongBracket = "syntax_error.wrong_bracket",
    /// A closing bracket without an opening one.
    ExtraBracket = "syntax_error.extra_bracket",
    /// A text whose closing quote is missing, or which ends too early at an apostrophe.
    UnclosedQuote = "syntax_error.unclosed_quote",
    /// A text in three quotes that is never closed.
    UnclosedTripleQuote = "syntax_error.unclosed_triple_quote",
    /// A mistake inside the curly brackets of an f-string.
    FString = "syntax_error.f_string",
    /// `=` in a condition, where `==` compares.
    AssignmentInCondition = "syntax_error.assignment_in_condition",
    /// Something that is no variable on the left of `=`.
    AssignmentTarget = "syntax_error.assignment_target",
    /// A word of Python's own as the name of a variable.
    KeywordAsName = "syntax_error.keyword_as_name",
    /// `print` without brackets.
    PrintBrackets = "syntax_error.print_brackets",
    /// A comma, an operator or quotes are missing between two values.
    MissingComma = "syntax_error.missing_comma",
    /// A word that is almost one of Python's own.
    KeywordMisspelled = "syntax_error.keyword_misspelled",
    /// A type or a word such as `let` before a new variable.
    Declaration = "syntax_error.declaration",
    /// `else if` instead of `elif`.
    ElseIf = "syntax_error.else_if",
    /// `else` with a condition.
    ElseCondition = "syntax_error.else_condition",
    /// `else`, `elif`, `except` or `finally` without its beginning directly above.
    ElseAlone = "syntax_error.else_alone",
    /// An operator of another language, such as `++`, `&&` or `=>`.
    Operator = "syntax_error.operator",
    /// A character that Python doesn't know, such as a curly quote.
    InvalidCharacter = "syntax_error.invalid_character",
    /// A name that begins with a digit, or a digit that touches a letter.
    NumberName = "syntax_error.number_name",
    /// A whole number that begins with 0.
    LeadingZero = "syntax_error.leading_zero",
    /// `return` or `yield` outside of a function.
    ReturnOutside = "syntax_error.return_outside",
    /// `break` or `continue` outside of a loop.
    BreakOutside = "syntax_error.break_outside",
    /// `try` without `except` or `finally`.
    TryAlone = "syntax_error.try_alone",
    /// Parameters with a default, or arguments with a name, before those without.
    ArgumentOrder = "syntax_error.argument_order",
    /// A dictionary's key without colon or without value.
    Dictionary = "syntax_error.dictionary",
    /// `a if b` without `else`.
    InlineIf = "syntax_error.inline_if",
    /// `global` after the name was used.
    GlobalLate = "syntax_error.global_late",
    /// A backslash in a text that begins a special character that is none.
    BackslashInText = "syntax_error.backslash_in_text",
    /// A backslash in the middle of a line.
    BackslashInLine = "syntax_error.backslash_in_line",
    /// Any other line that is no Python.
    SyntaxOther = "syntax_error.other",
    /// A block is not indented.
    IndentMissing = "indentation_error.missing",
    /// A line is indented without reason.
    IndentUnexpected = "indentation_error.unexpected",
    /// A line's indentation fits no block above it.
    IndentNoMatch = "indentation_error.no_match",
    /// Any other indentation that doesn't fit.
    IndentOther = "indentation_error.other",
    /// Tabs and spaces are mixed.
    TabsMixed = "tab_error.mixed",
    /// A name that is almost one that exists.
    NameMisspelled = "name_error.misspelled",
    /// A module of Python is used without `import`.
    MissingImport = "name_error.missing_import",
    /// A function of a module is used without importing it.
    MissingModuleFunction = "name_error.missing_module_function",
    /// A word without quotes that was probably meant as text.
    MissingQuotes = "name_error.missing_quotes",
    /// A name is used in a line above the one that makes it.
    UsedBefore = "name_error.used_before",
    /// A name of a class is used without an object before it.
    NeedsSelf = "name_error.needs_self",
    /// A variable of a function is used outside of it.
    LocalElsewhere = "name_error.local_elsewhere",
    /// Any other name that doesn't exist.
    NameUnknown = "name_error.unknown",
    /// A name that doesn't exist, and which is not told.
    NameOther = "name_error.other",
    /// A function changes a variable of the program without `global`.
    UnboundGlobal = "unbound_local_error.global",
    /// A method changes a variable of its class without `self.`.
    UnboundNeedsSelf = "unbound_local_error.needs_self",
    /// A function uses a variable that has no value yet on this way.
    UnboundNotYet = "unbound_local_error.not_yet",
    /// Any other variable of a function without a value.
    UnboundOther = "unbound_local_error.other",
    /// A text and a number with `+`.
    TextPlusNumber = "type_error.text_plus_number",
    /// What `input()` gave is used as a number.
    InputIsText = "type_error.input_is_text",
    /// Text and number in a comparison or in arithmetic other than `+`.
    TextAndNumber = "type_error.text_and_number",
    /// The result of a function without `return` is used.
    FunctionReturnsNothing = "type_error.function_returns_nothing",
    /// The result of `print()`, `sort()`, `append()` or the like is used.
    MethodReturnsNothing = "type_error.method_returns_nothing",
    /// Something is None, and it can't be said why.
    NoneValue = "type_error.none_value",
    /// A function is called with too few arguments.
    MissingArguments = "type_error.missing_arguments",
    /// A function is called with too many arguments.
    TooManyArguments = "type_error.too_many_arguments",
    /// A method without `self`.
    MissingSelf = "type_error.missing_self",
    /// A method is called on the class instead of an object.
    ClassInsteadOfObject = "type_error.class_instead_of_object",
    /// A class without `__init__` gets arguments.
    ClassTakesNothing = "type_error.class_takes_nothing",
    /// A function is called with the name of a parameter that it doesn't have.
    UnknownParameter = "type_error.unknown_parameter",
    /// One of Python's own functions gets a wrong number of arguments.
    BuiltinArguments = "type_error.builtin_arguments",
    /// A variable has the name of a function of Python's, which is called afterwards.
    BuiltinOverwritten = "type_error.builtin_overwritten",
    /// A module is called instead of a function of it.
    ModuleCalled = "type_error.module_called",
    /// Round brackets behind something that is no function.
    NotCallable = "type_error.not_callable",
    /// Square brackets behind a function.
    FunctionInSquareBrackets = "type_error.function_in_square_brackets",
    /// Square brackets behind something that has no parts.
    NotSubscriptable = "type_error.not_subscriptable",
    /// A `for` loop, or something like it, over something that has no parts.
    NotIterable = "type_error.not_iterable",
    /// The place in a list or text is no whole number.
    IndexType = "type_error.index_type",
    /// A part of a text or tuple is to be changed.
    Immutable = "type_error.immutable",
    /// A whole number is needed, as in `range()`.
    WholeNumberNeeded = "type_error.whole_number_needed",
    /// `len()` of something that has no length.
    NoLength = "type_error.no_length",
    /// `int()` or `float()` of a list or the like.
    NotConvertible = "type_error.not_convertible",
    /// `join()` of things that are no texts.
    JoinNeedsText = "type_error.join_needs_text",
    /// A list or dictionary as the key of a dictionary or in a set.
    Unhashable = "type_error.unhashable",
    /// A list and something else with `+`.
    ListPlus = "type_error.list_plus",
    /// A single value is to be split into several variables.
    UnpackSingle = "type_error.unpack_single",
    /// Two values that can't be compared by size.
    Compare = "type_error.compare",
    /// Two values that an operator can't join.
    OperatorTypes = "type_error.operator",
    /// Any other value of a wrong type.
    TypeOther = "type_error.other",
    /// A word where a number is needed.
    NotANumber = "value_error.not_a_number",
    /// An empty text where a number is needed.
    EmptyNumber = "value_error.empty_number",
    /// A number with a decimal point for `int()`.
    DecimalNumber = "value_error.decimal_number",
    /// A number with a decimal comma.
    DecimalComma = "value_error.decimal_comma",
    /// Several numbers in one text.
    SeveralNumbers = "value_error.several_numbers",
    /// More values than variables.
    TooManyToUnpack = "value_error.too_many_to_unpack",
    /// Fewer values than variables.
    TooFewToUnpack = "value_error.too_few_to_unpack",
    /// A `for` with more or fewer variables than values, as over a dictionary without `items()`.
    LoopVariables = "value_error.loop_variables",
    /// A value is looked for that isn't there.
    NotInThere = "value_error.not_in_there",
    /// A function of mathematics outside of where it is defined, such as the root of a negative number.
    MathDomain = "value_error.math_domain",
    /// The largest or smallest of nothing.
    EmptySequence = "value_error.empty_sequence",
    /// A range of random numbers whose end is before its beginning.
    EmptyRange = "value_error.empty_range",
    /// `range()` with steps of 0.
    RangeStep = "value_error.range_step",
    /// A format that doesn't fit its value.
    Format = "value_error.format",
    /// A file is used after it was closed.
    ClosedFile = "value_error.closed_file",
    /// Any other value that doesn't fit.
    ValueOther = "value_error.other",
    /// A place beyond the end of a list, text or tuple.
    IndexOutOfRange = "index_error.out_of_range",
    /// Writing to a place of a list that doesn't exist.
    IndexAssignment = "index_error.assignment",
    /// `pop()` of an empty list.
    PopEmpty = "index_error.pop_empty",
    /// A random choice from nothing.
    ChoiceEmpty = "index_error.choice_empty",
    /// Any other place that doesn't exist.
    IndexOther = "index_error.other",
    /// A dictionary doesn't have this key.
    KeyMissing = "key_error.missing",
    /// Any other key that isn't there.
    KeyOther = "key_error.other",
    /// A method is called on the result of a function without `return`.
    AttributeOfNoResult = "attribute_error.function_returns_nothing",
    /// A method is called on the result of `sort()`, `append()` or the like.
    AttributeOfNoMethodResult = "attribute_error.method_returns_nothing",
    /// A method is called on None, and it can't be said why it is None.
    AttributeOfNone = "attribute_error.none_value",
    /// A method or attribute that is almost one that exists.
    AttributeMisspelled = "attribute_error.misspelled",
    /// A method of another language, such as `push`.
    AttributeOtherLanguage = "attribute_error.other_language",
    /// A module doesn't have this function.
    AttributeOfModule = "attribute_error.module",
    /// Any other method or attribute that doesn't exist.
    AttributeMissing = "attribute_error.missing",
    /// A method or attribute that doesn't exist, and which is not told.
    AttributeOther = "attribute_error.other",
    /// Divided by zero.
    ZeroDivision = "zero_division_error.division",
    /// The average of nothing.
    EmptyAverage = "zero_division_error.empty_average",
    /// A function calls itself too often.
    Recursion = "recursion_error.too_deep",
    /// A module's name that is almost one that exists.
    ModuleMisspelled = "import_error.module_misspelled",
    /// A well-known library that isn't installed here.
    ModuleNotHere = "import_error.not_installed",
    /// Any other module that doesn't exist.
    ModuleMissing = "import_error.no_module",
    /// A module doesn't have what is to be imported from it.
    NameNotInModule = "import_error.no_name",
    /// A file of the program has the name of a module of Python's.
    OwnFileShadows = "import_error.own_file_shadows",
    /// Any other import that failed.
    ImportOther = "import_error.other",
    /// A file that isn't there.
    FileMissing = "file_not_found_error.missing",
    /// A file that isn't there, and which is not told.
    FileOther = "file_not_found_error.other",
    /// A file or folder that may not be used like this.
    FileNotAllowed = "os_error.not_allowed",
    /// The network, which programs don't have.
    NoNetwork = "os_error.no_network",
    /// Anything else that the system refused.
    OsOther = "os_error.other",
    /// `input()` with nothing left to read.
    EndOfInput = "eof_error.no_input_left",
    /// A check with `assert` failed.
    Assertion = "assertion_error.failed",
    /// Bytes that are no text, or a character that an encoding doesn't have.
    Unicode = "unicode_error.encoding",
    /// The program was interrupted.
    Interrupted = "keyboard_interrupt.interrupted",
    /// `next()` with nothing left.
    NothingNext = "stop_iteration.nothing_left",
    /// A result that is too large.
    TooLarge = "overflow_error.too_large",
    /// An infinite or undefined number where a whole one is needed.
    Infinite = "overflow_error.infinite",
    /// A single step needs more memory than there is.
    MemoryStep = "memory_error.too_large",
    /// A part of the program that isn't written yet.
    NotImplemented = "not_implemented_error.not_written",
    /// An error of Python's own that the program raised itself.
    RaisedBuiltIn = "raised.built_in",
    /// An error of a class that the program defines.
    RaisedOwn = "raised.own",
    /// The program ended itself with a message.
    ExitMessage = "exit.message",
    /// The program ended itself with an exit code.
    ExitCode = "exit.code",
    /// Out of time, in a loop that can't end.
    TimeEndlessLoop = "time_limit.endless_loop",
    /// Out of time, waiting for input.
    TimeInput = "time_limit.waiting_for_input",
    /// Out of time, mostly asleep.
    TimeSleep = "time_limit.sleeping",
    /// Out of time, computing.
    TimeBusy = "time_limit.computing",
    /// Out of time, and it can't be said why.
    TimeOther = "time_limit.other",
    /// Out of memory.
    Memory = "memory_limit.too_much",
    /// Too much output, from a loop that can't end.
    OutputEndlessLoop = "output_limit.endless_loop",
    /// Too much output.
    Output = "output_limit.too_much",
    /// Too many processes or threads.
    Processes = "process_limit.too_many",
    /// The interpreter crashed.
    Crash = "signal.crash",
    /// A signal ended the program.
    Signal = "signal.ended",
    /// Anything else.
    Other = "other",
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.key().to_owned()
    }
}

impl From<String> for Kind {
    /// A key of another version of this program, which this one doesn't know, is `Other`.
    fn from(key: String) -> Self {
        let known = Self::ALL.iter().copied().find(|kind| kind.key() == key);
        known.unwrap_or(Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn keys_are_stable_words_and_differ() {
        let keys: HashSet<_> = Kind::ALL.iter().map(|kind| kind.key()).collect();
        assert_eq!(keys.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let key = kind.key();
            let plain = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(
                key.split('.')
                    .all(|part| !part.is_empty() && part.chars().all(plain)),
                "{key}"
            );
            assert!(key.len() <= 50 && key.split('.').count() <= 2, "{key}");
            assert_eq!(Kind::from(key.to_owned()), *kind);
        }
        assert_eq!(Kind::from("name_error.of_tomorrow".to_owned()), Kind::Other);
    }
}
