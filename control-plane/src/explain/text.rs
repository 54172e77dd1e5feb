//! The texts of an explanation, out of `texts.toml`: one entry for each kind, all languages side by side.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

#[cfg(test)]
use super::Kind;
use super::{Explanation, MOST_NAME_CHARS, Names};

/// Most characters of an explanation or a hint.
pub const MOST_TEXT_CHARS: usize = MOST_TEMPLATE_CHARS + 4 * MOST_FILLED_CHARS;
/// Most characters of a text before its names are filled in; they are read aloud.
const MOST_TEMPLATE_CHARS: usize = 300;
/// Most characters of a name or type that is filled in.
const MOST_FILLED_CHARS: usize = MOST_NAME_CHARS + 20;

/// A language that explanations are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Language {
    English,
    German,
}

impl Language {
    /// All of them; the first is there for readers of no other.
    pub const ALL: [Self; 2] = [Self::English, Self::German];

    /// The tag of BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// An explanation in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What happened.
    pub explanation: String,
    /// What to look at, or to try.
    pub hint: String,
}

/// One entry of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    en: [String; 2],
    de: [String; 2],
}

impl Entry {
    fn of(&self, language: Language) -> &[String; 2] {
        match language {
            Language::English => &self.en,
            Language::German => &self.de,
        }
    }
}

static ENTRIES: LazyLock<HashMap<String, Entry>> =
    LazyLock::new(|| toml::from_str(include_str!("texts.toml")).expect("a test reads this file"));

impl Explanation {
    /// What it says in a language.
    pub fn text(&self, language: Language) -> Text {
        let entry = &ENTRIES[self.kind.key()];
        let [explanation, hint] = entry
            .of(language)
            .each_ref()
            .map(|template| fill(template, &self.names, language));
        Text { explanation, hint }
    }
}

#[cfg(test)]
impl Kind {
    /// Whether the texts of this kind speak of all these names and of no other.
    pub(super) fn takes(self, names: &Names) -> bool {
        let [explanation, hint] = ENTRIES[self.key()].of(Language::English);
        let mut wanted = [placeholders(explanation), placeholders(hint)].concat();
        wanted.sort_unstable();
        wanted.dedup();
        wanted.iter().eq(names.keys())
    }
}

/// A template is text with placeholders in it, like `{name}`; `{{` and `}}` are brackets.
enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        pieces.push(Piece::Text(&rest[..at]));
        let (bracket, behind) = rest[at..].split_at(1);
        if let Some(behind) = behind.strip_prefix(bracket) {
            pieces.push(Piece::Text(bracket));
            rest = behind;
            continue;
        }
        let (placeholder, behind) = behind.split_once('}').unwrap_or((behind, ""));
        pieces.push(Piece::Placeholder(placeholder));
        rest = behind;
    }
    pieces.push(Piece::Text(rest));
    pieces
}

#[cfg(test)]
fn placeholders(template: &str) -> Vec<&str> {
    let placeholder = |piece| match piece {
        Piece::Placeholder(name) => Some(name),
        Piece::Text(_) => None,
    };
    pieces(template)
        .into_iter()
        .filter_map(placeholder)
        .collect()
}

fn fill(template: &str, names: &Names, language: Language) -> String {
    let filled = |piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Placeholder(placeholder) => {
            // Names of an older version may lack one.
            let name = names.get(placeholder).map_or("…", String::as_str);
            match placeholder {
                "type" | "left" | "right" => type_name(name, language),
                _ => name.to_owned(),
            }
        }
    };
    pieces(template).into_iter().map(filled).collect()
}

/// A type in words, as the subject of a sentence.
fn type_name(name: &str, language: Language) -> String {
    let [english, german] = match name {
        "str" => ["a text", "ein Text"],
        "int" => ["a whole number", "eine Ganzzahl"],
        "float" => ["a decimal number", "eine Kommazahl"],
        "bool" => ["a truth value", "ein Wahrheitswert"],
        "list" => ["a list", "eine Liste"],
        "tuple" => ["a tuple", "ein Tupel"],
        "dict" => ["a dictionary", "ein Wörterbuch"],
        "set" => ["a set", "eine Menge"],
        "range" => ["a range of numbers", "ein Zahlenbereich"],
        "bytes" => ["a series of bytes", "eine Folge von Bytes"],
        "function" | "builtin_function_or_method" | "method" => ["a function", "eine Funktion"],
        "module" => ["a module", "ein Modul"],
        "NoneType" => ["nothing", "nichts"],
        _ => ["something else", "etwas anderes"],
    };
    let words = match language {
        Language::English => english,
        Language::German => german,
    };
    match name {
        "NoneType" => format!("{words} (`None`)"),
        _ => format!("{words} (`{name}`)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn all_names(template: &str) -> BTreeSet<&str> {
        placeholders(template).into_iter().collect()
    }

    #[test]
    fn every_kind_has_its_texts_and_no_text_is_left_over() {
        let keys: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.key()).collect();
        let written: BTreeSet<&str> = ENTRIES.keys().map(String::as_str).collect();
        assert_eq!(written, keys);
    }

    #[test]
    fn languages_have_the_same_placeholders_and_no_text_is_empty_or_long() {
        for (key, entry) in ENTRIES.iter() {
            let names = |language| -> BTreeSet<&str> {
                let texts = entry.of(language).iter();
                texts.flat_map(|text| all_names(text)).collect()
            };
            assert_eq!(names(Language::English), names(Language::German), "{key}");
            for language in Language::ALL {
                for text in entry.of(language) {
                    let length = text.chars().count();
                    assert!(
                        (15..=MOST_TEMPLATE_CHARS).contains(&length),
                        "{key}: {text}"
                    );
                    assert!(
                        !text.contains(['\n', '\t']) && text.trim() == text,
                        "{key}: {text}"
                    );
                    assert!(text.ends_with(['.', '?', '`']), "{key}: {text}");
                    assert!(text.matches('`').count() % 2 == 0, "{key}: {text}");
                    assert!(placeholders(text).len() <= 4, "{key}: {text}");
                }
            }
            assert_ne!(entry.en, entry.de, "{key}");
        }
    }

    #[test]
    fn placeholders_are_known_words() {
        let known = [
            "name", "other", "line", "type", "left", "right", "value", "values", "count", "given",
            "module",
        ];
        for (key, entry) in ENTRIES.iter() {
            for name in entry.en.iter().flat_map(|text| all_names(text)) {
                assert!(known.contains(&name), "{key}: {name}");
            }
        }
    }

    #[test]
    fn names_and_types_are_filled_in() {
        let names = Names::from([
            ("name".into(), "x{other}".into()),
            ("type".into(), "int".into()),
        ]);
        let fill = |template, language| fill(template, &names, language);
        assert_eq!(
            fill("`{name}`: {{}} {type}.", Language::English),
            "`x{other}`: {} a whole number (`int`)."
        );
        assert_eq!(fill("{type}", Language::German), "eine Ganzzahl (`int`)");
        assert_eq!(fill("{line}{", Language::German), "……");
        assert_eq!(type_name("Dog", Language::German), "etwas anderes (`Dog`)");
        assert_eq!(type_name("NoneType", Language::English), "nothing (`None`)");
    }
}
