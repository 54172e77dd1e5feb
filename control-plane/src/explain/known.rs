//! What Python has: its words, functions and modules, as far as beginners meet them. Facts about Python 3.11.

/// Words that can't be names.
pub const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Functions, types and values that are there without an import.
pub const BUILTINS: &[&str] = &[
    "False",
    "None",
    "True",
    "abs",
    "all",
    "any",
    "bin",
    "bool",
    "bytes",
    "chr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "exit",
    "filter",
    "float",
    "format",
    "getattr",
    "hasattr",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "quit",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "zip",
];

/// Modules of Python itself.
pub const MODULES: &[&str] = &[
    "array",
    "bisect",
    "calendar",
    "collections",
    "copy",
    "csv",
    "datetime",
    "decimal",
    "fractions",
    "functools",
    "glob",
    "heapq",
    "itertools",
    "json",
    "keyword",
    "logging",
    "math",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "pprint",
    "queue",
    "random",
    "re",
    "secrets",
    "shutil",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "sys",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "typing",
    "unittest",
    "urllib",
];

/// Methods of texts, lists, dictionaries and sets, by which a variable is known that has the name of a module.
const METHODS: &[&str] = &[
    "add",
    "append",
    "capitalize",
    "clear",
    "copy",
    "count",
    "endswith",
    "extend",
    "find",
    "format",
    "get",
    "index",
    "insert",
    "isalpha",
    "isdigit",
    "islower",
    "isupper",
    "items",
    "join",
    "keys",
    "lower",
    "lstrip",
    "pop",
    "remove",
    "replace",
    "reverse",
    "rstrip",
    "setdefault",
    "sort",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "union",
    "update",
    "upper",
    "values",
    "zfill",
];

/// Functions of modules that are called as such methods are.
const CALLED_LIKE_METHODS: &[(&str, &str)] = &[
    ("calendar", "format"),
    ("copy", "copy"),
    ("itertools", "count"),
    ("operator", "add"),
    ("operator", "index"),
    ("os", "remove"),
    ("os", "replace"),
    ("re", "split"),
    ("shutil", "copy"),
];

/// Libraries that beginners hear of and that Python does not bring.
pub const LIBRARIES: &[&str] = &[
    "PIL",
    "bs4",
    "cv2",
    "django",
    "flask",
    "keyboard",
    "matplotlib",
    "numpy",
    "pandas",
    "playsound",
    "pyautogui",
    "pygame",
    "pyttsx3",
    "requests",
    "scipy",
    "seaborn",
    "sklearn",
    "sympy",
    "tensorflow",
    "tkinter",
    "torch",
    "turtle",
];

/// Functions and values that beginners use, and their modules.
const FROM_MODULES: &[(&str, &str)] = &[
    ("Counter", "collections"),
    ("Decimal", "decimal"),
    ("Fraction", "fractions"),
    ("ceil", "math"),
    ("choice", "random"),
    ("cos", "math"),
    ("defaultdict", "collections"),
    ("deque", "collections"),
    ("factorial", "math"),
    ("floor", "math"),
    ("gcd", "math"),
    ("lru_cache", "functools"),
    ("mean", "statistics"),
    ("median", "statistics"),
    ("permutations", "itertools"),
    ("pi", "math"),
    ("radians", "math"),
    ("randint", "random"),
    ("randrange", "random"),
    ("reduce", "functools"),
    ("sample", "random"),
    ("shuffle", "random"),
    ("sin", "math"),
    ("sleep", "time"),
    ("sqrt", "math"),
    ("tan", "math"),
];

/// Methods of other languages, and what Python has instead.
const OTHER_LANGUAGES: &[(&str, &str)] = &[
    ("add", "append"),
    ("charAt", "text[i]"),
    ("contains", "in"),
    ("equals", "=="),
    ("has_key", "in"),
    ("includes", "in"),
    ("indexOf", "index"),
    ("length", "len(...)"),
    ("push", "append"),
    ("size", "len(...)"),
    ("substr", "text[a:b]"),
    ("substring", "text[a:b]"),
    ("toLowerCase", "lower"),
    ("toString", "str(...)"),
    ("toUpperCase", "upper"),
    ("trim", "strip"),
];

/// Methods that change something and give nothing back.
pub const GIVE_NOTHING: &[&str] = &[
    "append", "clear", "extend", "insert", "print", "remove", "reverse", "shuffle", "sort",
];

/// Signs of other languages, longest first, and what Python has instead.
pub const OPERATORS: &[(&str, &str)] = &[
    ("===", "=="),
    ("!==", "!="),
    ("++", "+= 1"),
    ("--", "-= 1"),
    ("&&", "and"),
    ("||", "or"),
    ("=>", ">="),
    ("=<", "<="),
    ("<>", "!="),
];

/// Whether a name with this behind its dot can be that of a module of Python's.
pub fn is_module(name: &str, attribute: &str) -> bool {
    let is_function = CALLED_LIKE_METHODS.contains(&(name, attribute));
    MODULES.contains(&name) && (is_function || !METHODS.contains(&attribute))
}

/// The module that a function belongs to.
pub fn module_of(function: &str) -> Option<&'static str> {
    look_up(FROM_MODULES, function)
}

/// What Python has instead of another language's method.
pub fn instead_of(method: &str) -> Option<&'static str> {
    look_up(OTHER_LANGUAGES, method)
}

fn look_up(table: &[(&str, &'static str)], word: &str) -> Option<&'static str> {
    let found = table.iter().find(|(name, _)| *name == word);
    found.map(|(_, other)| *other)
}

/// The candidate that is most like a word, when one is like enough: another use of capitals, one letter more,
/// fewer, or other, or two neighbours swapped; in longer words as many of these as `most`.
pub fn most_similar<'a>(
    word: &str,
    most: usize,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let length = word.chars().count();
    let most = match length {
        0..=2 => 0,
        3..=5 => most.min(1),
        6..=40 => most,
        _ => return None,
    };
    let distance = |candidate: &'a str| {
        if candidate == word || candidate.chars().count().abs_diff(length) > most {
            return None;
        }
        if candidate.to_lowercase() == word.to_lowercase() {
            return Some((0, candidate));
        }
        let distance = distance(word, candidate);
        (distance <= most).then_some((distance, candidate))
    };
    let nearest = candidates.filter_map(distance).min();
    nearest.map(|(_, candidate)| candidate)
}

/// How many single changes lead from one word to the other.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (row[j] + usize::from(a != b))
                .min(row[j + 1] + 1)
                .min(next[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similar_words_are_found_and_others_are_not() {
        let words = || ["print", "number", "Name", "help", "while", "i"].into_iter();
        for (word, expected) in [
            ("pritn", Some("print")),
            ("prnit", Some("print")),
            ("numbr", Some("number")),
            ("nmuebr", Some("number")),
            ("name", Some("Name")),
            ("whlie", Some("while")),
            ("I", Some("i")),
            ("Hello", None),
            ("j", None),
            ("points", Some("print")),
            ("print", None),
        ] {
            assert_eq!(most_similar(word, 2, words()), expected, "{word}");
        }
        assert_eq!(most_similar("points", 1, words()), None);
        assert_eq!(most_similar(&"x".repeat(41), 2, ["x"].into_iter()), None);
    }

    #[test]
    fn a_variable_with_the_name_of_a_module_is_known_by_its_methods() {
        for (name, attribute, expected) in [
            ("queue", "Queue", true),
            ("queue", "append", false),
            ("string", "digits", true),
            ("string", "upper", false),
            ("copy", "copy", true),
            ("copy", "append", false),
            ("re", "split", true),
            ("math", "sqrt", true),
            ("maths", "sqrt", false),
        ] {
            assert_eq!(is_module(name, attribute), expected, "{name}.{attribute}");
        }
    }

    #[test]
    fn tables_are_looked_up() {
        assert_eq!(module_of("sqrt"), Some("math"));
        assert_eq!(instead_of("push"), Some("append"));
        assert_eq!(module_of("push"), None);
    }
}
