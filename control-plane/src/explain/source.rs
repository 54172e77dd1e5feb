//! The program's own files, as far as explanations need to understand them: lines, lines without texts and
//! comments, and which names are made where. It reads like a person who skims, not like Python's parser; what it
//! finds only chooses among explanations that are all true.

use super::{Place, clean};
use crate::execution::model::Program;

/// The main file, as tracebacks name it.
pub const MAIN: &str = "main.py";
/// Where programs have their files.
const FOLDER: &str = "/work/";
/// Most bytes of a file that are read; a program of more than this is not a beginner's.
const MOST_BYTES: usize = 256 * 1024;
/// Most bytes of a line of code that are looked at, so that nothing can take long.
const MOST_CODE_BYTES: usize = 1000;
/// Most names of a file that are known.
const MOST_DEFINITIONS: usize = 5000;

/// The files of a program.
#[derive(Debug)]
pub struct Sources<'a> {
    program: &'a Program,
    /// The main file.
    pub main: File<'a>,
}

/// A file of Python code.
#[derive(Debug)]
pub struct File<'a> {
    /// As it was sent.
    pub name: &'a str,
    /// Its lines as they were sent, without their ends.
    pub lines: Vec<&'a str>,
    /// The same lines without comments, with a `_` for each character of a text, and none of them long.
    pub code: Vec<String>,
}

/// A name that gets a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition<'a> {
    /// The name.
    pub name: &'a str,
    /// From 1.
    pub line: u32,
    /// What it belongs to.
    pub scope: Scope,
    /// What stands behind its `=`; empty where there is none.
    pub value: &'a str,
}

/// What the names of a line belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole file.
    File,
    /// The class that begins in this line, directly: not its methods.
    Class(u32),
    /// A function, and the class whose method it is.
    Function {
        /// The line in which the class begins.
        of_class: Option<u32>,
    },
}

/// The functions and classes around a line, with their indentations, outermost first.
#[derive(Default)]
struct Scopes(Vec<(usize, Scope)>);

impl Scopes {
    /// Leaves those that end before a line with this indentation.
    fn leave(&mut self, indentation: usize) {
        self.0.retain(|(around, _)| *around < indentation);
    }

    fn innermost(&self) -> Scope {
        self.0.last().map_or(Scope::File, |(_, scope)| *scope)
    }

    /// Goes into the function or class that a line begins, if it does.
    fn enter(&mut self, text: &str, line: u32, indentation: usize) {
        let around = self.innermost();
        let scope = if word_behind(text, "class").is_some() {
            Scope::Class(line)
        } else if word_behind(text, "def").is_some() {
            let of_class = match around {
                Scope::Class(line) => Some(line),
                Scope::Function { of_class } => of_class,
                Scope::File => None,
            };
            Scope::Function { of_class }
        } else {
            return;
        };
        self.0.push((indentation, scope));
    }
}

impl<'a> Sources<'a> {
    /// Those of a program.
    pub fn of(program: &'a Program) -> Self {
        Self {
            program,
            main: File::read(MAIN, &program.source),
        }
    }

    /// The file that a traceback names; None when it is none of the program's.
    pub fn other(&self, path: &str) -> Option<File<'a>> {
        let path = path.strip_prefix(FOLDER).unwrap_or(path);
        let files = self.program.files.iter();
        let file = files.into_iter().find(|file| file.path == path)?;
        let content = &file.content[..file.content.len().min(MOST_BYTES)];
        let text = match std::str::from_utf8(content) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&content[..error.valid_up_to()]).ok()?,
        };
        Some(File::read(&file.path, text))
    }

    /// Whether a traceback's path is that of the main file.
    pub fn is_main(path: &str) -> bool {
        path.strip_prefix(FOLDER).unwrap_or(path) == MAIN
    }

    /// Whether the program brings a module of this name.
    pub fn has_module(&self, name: &str) -> bool {
        let is = |path: &str| {
            path.split('/')
                .next()
                .is_some_and(|first| first.trim_end_matches(".py") == name)
        };
        self.program.files.iter().any(|file| is(&file.path))
    }
}

impl<'a> File<'a> {
    /// Reads the text of a file.
    pub fn read(name: &'a str, text: &'a str) -> Self {
        let lines = split_lines(&text[..text.floor_char_boundary(MOST_BYTES)]);
        let mut code = without_texts(&lines);
        code.iter_mut()
            .for_each(|code| code.truncate(code.floor_char_boundary(MOST_CODE_BYTES)));
        Self { name, lines, code }
    }

    /// A line, from 1, as it is shown.
    pub fn place(&self, line: u32, column: u32) -> Option<Place> {
        let text = self.lines.get(index(line)?)?;
        Some(Place {
            file: clean::line(self.name),
            line,
            column: if column as usize <= text.chars().count() + 1 {
                column
            } else {
                0
            },
            source_line: clean::line(text),
        })
    }

    /// The code of a line, from 1, without indentation; empty when there is no such line.
    pub fn code(&self, line: u32) -> &str {
        let code = index(line).and_then(|index| self.code.get(index));
        code.map_or("", |code| code.trim())
    }

    /// The names that the file gives a value, in the order of its lines.
    pub fn definitions<'b>(&'b self) -> Vec<Definition<'b>> {
        let mut found = Vec::new();
        let mut scopes = Scopes::default();
        for (line, code) in (1..).zip(&self.code) {
            let text = code.trim_start();
            if found.len() >= MOST_DEFINITIONS {
                break;
            }
            if text.is_empty() {
                continue;
            }
            let indentation = code.len() - text.len();
            scopes.leave(indentation);
            let mut add = |name: &'b str, value: &'b str, scope| {
                if is_name(name) {
                    found.push(Definition {
                        name,
                        line,
                        scope,
                        value: value.trim(),
                    });
                }
            };
            let inside = scopes.innermost();
            scopes.enter(text, line, indentation);
            if let Some(rest) = word_behind(text, "def") {
                let (name, rest) = rest.split_once('(').unwrap_or((rest, ""));
                add(name.trim(), "", inside);
                let parameters = rest.split(')').next().unwrap_or_default();
                for parameter in parameters.split(',') {
                    let name = parameter.split([':', '=']).next().unwrap_or_default();
                    add(name.trim().trim_start_matches('*'), "", scopes.innermost());
                }
            } else if let Some(rest) = word_behind(text, "class") {
                let name = rest.split(['(', ':']).next().unwrap_or_default();
                add(name.trim(), "", inside);
            } else if let Some(rest) = word_behind(text, "for") {
                let names = rest.split(" in ").next().unwrap_or_default();
                words(names).for_each(|name| add(name, "", inside));
            } else if word_behind(text, "import").is_some() || word_behind(text, "from").is_some() {
                let names = text.rsplit("import ").next().unwrap_or_default();
                for name in names.split(',') {
                    let name = name.rsplit(" as ").next().unwrap_or_default();
                    let name = name.split('.').next().unwrap_or_default();
                    add(name.trim().trim_matches(['(', ')']), "", inside);
                }
            } else if let Some((left, value)) = assignment(text) {
                left.split(['=', ',']).for_each(|name| {
                    let name = name.split(':').next().unwrap_or_default();
                    add(
                        name.trim().trim_matches(['(', ')', '*', '[', ']']),
                        value,
                        inside,
                    );
                });
            }
            let names_with_as = ["with", "except"]
                .iter()
                .any(|word| word_behind(text, word).is_some());
            if let Some((_, name)) = text.split_once(" as ").filter(|_| names_with_as) {
                let name = words(name).next().unwrap_or_default();
                add(name, "", inside);
            }
        }
        found
    }
}

impl File<'_> {
    /// What the names of a line belong to; for the line that begins a function or class, what is around it.
    pub fn scope(&self, line: u32) -> Scope {
        let mut scopes = Scopes::default();
        for (number, code) in (1..=line).zip(&self.code) {
            let text = code.trim_start();
            if text.is_empty() {
                continue;
            }
            let indentation = code.len() - text.len();
            scopes.leave(indentation);
            if number == line {
                break;
            }
            scopes.enter(text, number, indentation);
        }
        scopes.innermost()
    }
}

fn index(line: u32) -> Option<usize> {
    usize::try_from(line).ok()?.checked_sub(1)
}

/// What Python takes for lines: ends are `\n`, `\r\n` and `\r`.
fn split_lines(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\n', '\r']) {
        lines.push(&rest[..at]);
        let end = if rest[at..].starts_with("\r\n") { 2 } else { 1 };
        rest = &rest[at + end..];
    }
    if !rest.is_empty() {
        lines.push(rest);
    }
    lines
}

/// Lines without comments, and with a `_` for each character of a text; its quotes stay.
fn without_texts(lines: &[&str]) -> Vec<String> {
    // The three quotes of a text that goes on in the next line.
    let mut open: Option<&str> = None;
    let blank = |line: &&str| {
        let mut code = String::with_capacity(line.len());
        let mut rest = *line;
        while let Some(c) = rest.chars().next() {
            if let Some(quotes) = open {
                let end = rest.find(quotes);
                code.extend(rest[..end.unwrap_or(rest.len())].chars().map(|_| '_'));
                let Some(end) = end else { break };
                code.push_str(quotes);
                rest = &rest[end + quotes.len()..];
                open = None;
                continue;
            }
            match c {
                '#' => break,
                '"' | '\'' => {
                    let triple = if c == '"' { "\"\"\"" } else { "'''" };
                    if rest.starts_with(triple) {
                        code.push_str(triple);
                        rest = &rest[3..];
                        open = Some(triple);
                        continue;
                    }
                    let length = text_length(&rest[1..], c);
                    let inside = &rest[1..1 + length];
                    code.push(c);
                    code.extend(inside.chars().map(|_| '_'));
                    rest = &rest[1 + length..];
                    if !rest.is_empty() {
                        code.push(c);
                        rest = &rest[1..];
                    }
                }
                c => {
                    code.push(c);
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        code
    };
    lines.iter().map(blank).collect()
}

/// Bytes up to the closing quote, or to the end of the line.
fn text_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return at;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// What stands behind a word that a line begins with.
pub fn word_behind<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(word)?;
    rest.starts_with([' ', '\t']).then(|| rest.trim_start())
}

/// The left and the right side of a line's assignment. Of a chain, all but the last is the left side; of `+=` as
/// well the sign is cut off.
pub fn assignment(code: &str) -> Option<(&str, &str)> {
    let bytes = code.as_bytes();
    let (mut depth, mut last) = (0i32, None);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'=' if depth == 0 => {
                let before = at.checked_sub(1).map_or(b' ', |at| bytes[at]);
                let after = bytes.get(at + 1).copied().unwrap_or(b' ');
                if after != b'=' && !b"=!<>:".contains(&before) {
                    last = Some(at);
                }
            }
            _ => {}
        }
    }
    let at = last?;
    let left = code[..at].trim_end_matches(['+', '-', '*', '/', '%', '&', '|', '^', ' ']);
    Some((left, &code[at + 1..]))
}

/// The words of some code.
pub fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| is_name(word))
}

/// Whether a word can be a name.
pub fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && word.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether a function of this name is called in the code.
pub fn calls(code: &str, function: &str) -> bool {
    code.match_indices(function).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let alone = !before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        alone && code[at + function.len()..].trim_start().starts_with('(')
    })
}

/// Whether a word stands in the code by itself.
pub fn has_word(code: &str, word: &str) -> bool {
    words(code).any(|found| found == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Vec<String> {
        File::read(MAIN, text).code
    }

    #[test]
    fn lines_end_as_in_python() {
        assert_eq!(split_lines("a\r\nb\rc\n\nd"), ["a", "b", "c", "", "d"]);
        assert_eq!(split_lines("a\n"), ["a"]);
    }

    #[test]
    fn texts_and_comments_are_no_code() {
        assert_eq!(code("x = 'a\\'b' + \"c#\" # d"), ["x = '____' + \"__\" "]);
        assert_eq!(code("'''a\nb'''c\n'open"), ["'''_", "_'''c", "'____"]);
        assert_eq!(code("\"\"\"ä"), ["\"\"\"_"]);
    }

    #[test]
    fn definitions_know_line_and_function() {
        let text = "import math as m, os.path\nfrom a import (b, c)\nx = y = input()\ndef f(p, *q, r=1):\n    z = 2\n    \
            for i, j in p: pass\nclass K(object):\n    pass\nw += 1\na[0] = 2\nif x == 3: pass\nwith open(p) as h:\n    n: int = 4\n";
        let file = File::read(MAIN, text);
        let found = file.definitions();
        let names: Vec<_> = found
            .iter()
            .map(|it| (it.name, it.line, it.scope != Scope::File))
            .collect();
        assert_eq!(
            names,
            [
                ("m", 1, false),
                ("os", 1, false),
                ("b", 2, false),
                ("c", 2, false),
                ("x", 3, false),
                ("y", 3, false),
                ("f", 4, false),
                ("p", 4, true),
                ("q", 4, true),
                ("r", 4, true),
                ("z", 5, true),
                ("i", 6, true),
                ("j", 6, true),
                ("K", 7, false),
                ("w", 9, false),
                ("h", 12, false),
                ("n", 13, false),
            ]
        );
        assert_eq!(found[4].value, "input()");
    }

    #[test]
    fn names_of_classes_and_methods_belong_to_them() {
        let text = "class K:\n    n = 0\n    def m(self):\n        v = 1\n        def g(p):\n            pass\n    w = 2\n\
            def f():\n    class L:\n        u = 3\n    x = 4\n";
        let file = File::read(MAIN, text);
        let method = Scope::Function { of_class: Some(1) };
        let function = Scope::Function { of_class: None };
        let found = file.definitions();
        let scopes: Vec<_> = found.iter().map(|it| (it.name, it.scope)).collect();
        assert_eq!(
            scopes,
            [
                ("K", Scope::File),
                ("n", Scope::Class(1)),
                ("m", Scope::Class(1)),
                ("self", method),
                ("v", method),
                ("g", method),
                ("p", method),
                ("w", Scope::Class(1)),
                ("f", Scope::File),
                ("L", function),
                ("u", Scope::Class(9)),
                ("x", function),
            ]
        );
        for definition in found.iter().filter(|it| !["self", "p"].contains(&it.name)) {
            assert_eq!(file.scope(definition.line), definition.scope);
        }
        assert_eq!(file.scope(0), Scope::File);
    }

    #[test]
    fn calls_and_words_are_whole_words() {
        assert!(calls("x = int(input ())", "int") && calls("x = int(input ())", "input"));
        assert!(!calls("print(x)", "int") && !calls("input", "input"));
        assert!(has_word("a.b", "b") && !has_word("ab", "b"));
        assert_eq!(
            assignment("a[x == 1] += f(b=2)"),
            Some(("a[x == 1]", " f(b=2)"))
        );
        assert_eq!(assignment("if a == b:"), None);
    }
}
