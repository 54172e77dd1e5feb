//! Rust source, split into what is code, what is text in string literals, and what is comment.
//!
//! The rules ask "does this file name the crate X" and "does it hold SQL". A full parser is
//! not needed for that; a scanner that knows literals and comments is, because a comment may
//! speak of SQL and a string of tonic.

use anyhow::{Context, Result};
use std::{fs, path::Path};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the workspace's root.
    pub path: String,
    /// The file without comments; each string literal is `""`.
    pub code: String,
    /// Contents of the string literals.
    pub strings: Vec<String>,
}

impl SourceFile {
    /// Splits a file's text. Test modules are left out: a test may quote SQL to show that it
    /// does not reach a client, or ask the generated descriptors whether a table is complete.
    pub fn parse(path: &str, text: &str) -> Self {
        let is_test = path.ends_with("tests.rs") || path.contains("/tests/");
        let product = if is_test {
            String::new()
        } else {
            without_test_modules(text)
        };
        let (code, strings) = split(&product);
        Self {
            path: path.to_owned(),
            code,
            strings,
        }
    }

    /// Whether the code names this identifier as the start of a path (`tonic::…`), in a `use`
    /// or as a word of its own.
    pub fn names_crate(&self, name: &str) -> bool {
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        self.code.match_indices(name).any(|(start, _)| {
            let (before, after) = (&self.code[..start], &self.code[start + name.len()..]);
            let starts = !before.ends_with(is_word);
            let ends = !after.starts_with(is_word);
            // `x.tonic` is a field and `x::tonic` a module; neither names the crate.
            let inside_a_path =
                before.trim_end().ends_with("::") && !before.trim_end().ends_with(" ::");
            let is_field = before.trim_end().ends_with('.');
            let is_path = after.trim_start().starts_with("::");
            let is_import = after.trim_start().starts_with([';', ',', '}'])
                && before.rsplit(';').next().is_some_and(|statement| {
                    statement.split_whitespace().any(|word| word == "use")
                });
            starts && ends && !inside_a_path && !is_field && (is_path || is_import)
        })
    }
}

/// Every `.rs` file of the workspace that is under a crate's folder.
pub fn read_sources(root: &Path) -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    let hidden = |name: &str| name.starts_with('.') || name == "target" || name == "node_modules";
    let walk = walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(move |entry| {
            entry.depth() == 0 || !hidden(&entry.file_name().to_string_lossy())
        });
    for entry in walk {
        let entry = entry.context("could not list the source files")?;
        if entry.file_type().is_file()
            && entry.path().extension().is_some_and(|found| found == "rs")
        {
            let text = fs::read_to_string(entry.path())
                .with_context(|| format!("could not read {}", entry.path().display()))?;
            let path = entry
                .path()
                .strip_prefix(root)
                .unwrap_or(entry.path())
                .to_string_lossy();
            files.push(SourceFile::parse(&path, &text));
        }
    }
    Ok(files)
}

/// Takes out each `#[cfg(test)] mod name { … }` at the left margin, up to its closing brace at the
/// left margin, which rustfmt guarantees.
fn without_test_modules(text: &str) -> String {
    let (mut kept, mut inside, mut marked) = (String::new(), false, false);
    for line in text.split_inclusive('\n') {
        let ends = inside && line.trim_end() == "}";
        inside |= marked && line.starts_with("mod ") && line.trim_end().ends_with('{');
        marked = line.trim_end() == "#[cfg(test)]";
        if !inside {
            kept.push_str(line);
        }
        inside &= !ends;
    }
    kept
}

/// Returns code and strings.
fn split(text: &str) -> (String, Vec<String>) {
    let (mut code, mut strings) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let used = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some((content, used)) = string_literal(rest, code.chars().last()) {
            strings.push(content.to_owned());
            code.push_str("\"\"");
            used
        } else if let Some(used) = character_literal(rest) {
            code.push_str("' '");
            used
        } else {
            code.push(first);
            first.len_utf8()
        };
        rest = &rest[used..];
    }
    (code, strings)
}

/// Length of a block comment; they nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut position) = (0_usize, 0_usize);
    while position < text.len() {
        let rest = &text[position..];
        let step = if rest.starts_with("/*") {
            depth += 1;
            2
        } else if rest.starts_with("*/") {
            depth -= 1;
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        position += step;
        if depth == 0 {
            break;
        }
    }
    position
}

/// Content and length of `"…"` or `r#"…"#` at the start; the prefixes b and c don't matter.
fn string_literal(text: &str, before: Option<char>) -> Option<(&str, usize)> {
    if let Some(inner) = text.strip_prefix('"') {
        let mut escaped = false;
        let end = inner.char_indices().find(|(_, character)| {
            let closes = *character == '"' && !escaped;
            escaped = *character == '\\' && !escaped;
            closes
        });
        let end = end.map_or(inner.len(), |(index, _)| index);
        return Some((&inner[..end], (end + 2).min(text.len())));
    }
    let follows_a_word =
        before.is_some_and(|character| character.is_alphanumeric() || character == '_');
    let raw = text.strip_prefix('r')?;
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    let inner = raw[hashes..].strip_prefix('"')?;
    // `br"` and `cr"`: the prefix letter has gone to the code already.
    if follows_a_word && !matches!(before, Some('b' | 'c')) {
        return None;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let end = inner.find(&close).unwrap_or(inner.len());
    Some((
        &inner[..end],
        (1 + hashes + 1 + end + close.len()).min(text.len()),
    ))
}

/// Length of `'x'` or `'\n'` at the start; a lifetime is not one.
fn character_literal(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\'')?;
    let mut characters = inner.char_indices();
    let (_, first) = characters.next()?;
    if first == '\\' {
        let escaped = inner[2..].find('\'')?;
        return Some(1 + 2 + escaped + 1);
    }
    let (end, second) = characters.next()?;
    (second == '\'').then_some(1 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_strings_and_comments_are_told_apart() {
        let text = r####"
            // tonic in a comment
            /* tonic /* nested */ tonic */
            let a = "tonic \" still"; let b = r#"raw " tonic"#; let c = b"bytes";
            let quote = '"'; let escaped = '\''; fn f<'a>(x: &'a str) {}
            let after = 1;
        "####;
        let file = SourceFile::parse("x.rs", text);
        assert!(!file.code.contains("tonic"), "{}", file.code);
        assert!(file.code.contains("let after = 1;") && file.code.contains("fn f<'a>(x: &'a str)"));
        assert_eq!(file.strings, ["tonic \\\" still", "raw \" tonic", "bytes"]);
    }

    #[test]
    fn test_modules_are_left_out_and_what_follows_them_is_not() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
        let code = SourceFile::parse("x.rs", text).code;
        assert!(
            code.contains("fn a") && !code.contains("fn b") && code.contains("fn c"),
            "{code}"
        );
        assert_eq!(SourceFile::parse("x/log_tests.rs", "fn a() {}").code, "");
    }

    #[test]
    fn naming_a_crate_is_recognised() {
        for (code, expected) in [
            ("use tonic::Status;", true),
            ("use tonic;", true),
            ("use {serde::Serialize, tonic::{Request, Response}};", true),
            ("use std::fmt;\nuse ::tonic::Status;", true),
            ("fn f() -> tonic::Status {}", true),
            ("use crate::tonic::Status;", false),
            ("use tonic_types::Status;", false),
            ("let tonic = 1;", false),
            ("let x = self.tonic;", false),
            ("// tonic::Status", false),
            ("let x = \"tonic::Status\";", false),
        ] {
            assert_eq!(
                SourceFile::parse("x.rs", code).names_crate("tonic"),
                expected,
                "{code}"
            );
        }
    }
}
