//! Reads a TOML file key by key and notes every mistake with its line instead of stopping at
//! the first: wrong types, missing and unknown keys.

use std::fmt::Display;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::model::Mistake;

/// All mistakes of a course.
#[derive(Debug, Default)]
pub struct Mistakes(pub Vec<Mistake>);

impl Mistakes {
    /// Notes a mistake in a file as a whole.
    pub fn file(&mut self, file: &Path, text: impl Display) {
        self.0.push(Mistake {
            file: file.to_owned(),
            line: None,
            table: "",
            text: text.to_string(),
        });
    }
}

/// A file, for telling lines.
#[derive(Debug, Clone)]
struct Origin<'a> {
    file: PathBuf,
    text: &'a str,
}

impl Origin<'_> {
    fn line(&self, at: &Range<usize>) -> usize {
        let before = self.text.get(..at.start).unwrap_or_default();
        before.matches('\n').count() + 1
    }
}

/// One table, with the keys that nobody has read yet.
pub struct Table<'a> {
    origin: Origin<'a>,
    /// Its key; empty for the outermost.
    name: &'static str,
    at: Range<usize>,
    entries: DeTable<'a>,
    mistakes: &'a mut Mistakes,
}

/// Reads the outermost table of a file; then notes the keys that `read` left.
pub fn read_document<T>(
    file: &Path,
    text: &str,
    mistakes: &mut Mistakes,
    read: impl FnOnce(&mut Table) -> T,
) -> Option<T> {
    let origin = Origin {
        file: file.to_owned(),
        text,
    };
    let (entries, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in errors {
            let line = error.span().map(|span| origin.line(&span));
            let text = error.message().to_owned();
            mistakes.0.push(Mistake {
                file: file.to_owned(),
                line,
                table: "",
                text,
            });
        }
        return None;
    }
    let at = 0..0;
    let mut table = Table {
        origin,
        name: "",
        at,
        entries: entries.into_inner(),
        mistakes,
    };
    let result = read(&mut table);
    table.finish();
    Some(result)
}

impl<'a> Table<'a> {
    /// True when a key is there that nobody has read.
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Where a key's value is, as long as nobody has read it; else where the table is.
    pub fn place(&self, key: &str) -> Range<usize> {
        let value = self.entries.get(key);
        value.map_or_else(|| self.at.clone(), Spanned::span)
    }

    /// Notes a mistake at a place in the file.
    pub fn mistake_at(&mut self, at: &Range<usize>, text: impl Display) {
        let line = Some(self.origin.line(at));
        self.mistakes.0.push(Mistake {
            file: self.origin.file.clone(),
            line,
            table: self.name,
            text: text.to_string(),
        });
    }

    /// Notes a mistake in this table.
    pub fn mistake(&mut self, text: impl Display) {
        let at = self.at.clone();
        self.mistake_at(&at, text);
    }

    fn take(&mut self, key: &str) -> Option<Spanned<DeValue<'a>>> {
        self.entries.remove(key)
    }

    /// A value turned into a type of ours, when it is there.
    fn value<T>(
        &mut self,
        key: &str,
        convert: impl FnOnce(&DeValue<'a>) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.take(key)?;
        match convert(value.get_ref()) {
            Ok(value) => Some(value),
            Err(error) => {
                self.mistake_at(&value.span(), format_args!("{key}: {error}"));
                None
            }
        }
    }

    fn require(&mut self, key: &str) {
        if !self.has(key) {
            self.mistake(format_args!("{key}: is missing"));
        }
    }

    /// A text that must be there, turned into a type of ours.
    pub fn text<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.require(key);
        self.optional_text(key, parse)
    }

    /// A text turned into a type of ours, when it is there.
    pub fn optional_text<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.value(key, |value| match value {
            DeValue::String(text) => parse(text).map_err(|error| error.to_string()),
            other => Err(format!("must be text, not {}", other.type_str())),
        })
    }

    /// A whole number within bounds that must be there.
    pub fn number(&mut self, key: &str, least: u64, most: u64) -> Option<u64> {
        self.require(key);
        self.optional_number(key, least, most)
    }

    /// A whole number within bounds, when it is there.
    pub fn optional_number(&mut self, key: &str, least: u64, most: u64) -> Option<u64> {
        self.value(key, |value| {
            let number = match value {
                DeValue::Integer(number) => {
                    u64::from_str_radix(number.as_str(), number.radix()).ok()
                }
                _ => None,
            };
            number
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
        })
    }

    /// A number with or without a decimal point, when it is there.
    pub fn optional_float(&mut self, key: &str) -> Option<f64> {
        self.value(key, |value| {
            let number = match value {
                DeValue::Float(number) => number.as_str().parse().ok(),
                DeValue::Integer(number) => number.as_str().parse().ok(),
                _ => None,
            };
            let number = number.filter(|number: &f64| number.is_finite() && *number >= 0.0);
            number.ok_or_else(|| "must be a number of at least 0".to_owned())
        })
    }

    /// True or false, when it is there.
    pub fn optional_bool(&mut self, key: &str) -> Option<bool> {
        self.value(key, |value| match value {
            DeValue::Boolean(value) => Ok(*value),
            _ => Err("must be true or false".to_owned()),
        })
    }

    /// A list of texts that must be there, each turned into a type of ours.
    pub fn texts<T, E: Display>(
        &mut self,
        key: &str,
        parse: impl FnMut(&str) -> Result<T, E>,
    ) -> Vec<T> {
        self.require(key);
        self.optional_texts(key, parse)
    }

    /// A list of texts, each turned into a type of ours; empty when it isn't there.
    pub fn optional_texts<T, E: Display>(
        &mut self,
        key: &str,
        mut parse: impl FnMut(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let Some(value) = self.take(key) else {
            return Vec::new();
        };
        let DeValue::Array(values) = value.get_ref() else {
            self.mistake_at(
                &value.span(),
                format_args!("{key}: must be a list of texts"),
            );
            return Vec::new();
        };
        let mut results = Vec::new();
        for value in values {
            let result = match value.get_ref() {
                DeValue::String(text) => parse(text).map_err(|error| error.to_string()),
                _ => Err("must be text".into()),
            };
            match result {
                Ok(result) => results.push(result),
                Err(error) => self.mistake_at(&value.span(), format_args!("{key}: {error}")),
            }
        }
        results
    }

    /// Reads the table under a key, when it is there.
    pub fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Table) -> T) -> Option<T> {
        let value = self.take(key)?;
        self.enter(key, value, read)
    }

    /// Reads each table of the list under a key, which must be there.
    pub fn tables<T>(&mut self, key: &'static str, read: impl FnMut(&mut Table) -> T) -> Vec<T> {
        self.require(key);
        self.optional_tables(key, read)
    }

    /// Reads each table of the list under a key; empty when it isn't there.
    pub fn optional_tables<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Table) -> T,
    ) -> Vec<T> {
        let Some(value) = self.take(key) else {
            return Vec::new();
        };
        let at = value.span();
        let DeValue::Array(values) = value.into_inner() else {
            self.mistake_at(&at, format_args!("{key}: must be tables, as in [[{key}]]"));
            return Vec::new();
        };
        let values = values.into_iter();
        values
            .filter_map(|value| self.enter(key, value, &mut read))
            .collect()
    }

    fn enter<T>(
        &mut self,
        key: &'static str,
        value: Spanned<DeValue<'a>>,
        read: impl FnOnce(&mut Table) -> T,
    ) -> Option<T> {
        let at = value.span();
        let DeValue::Table(entries) = value.into_inner() else {
            self.mistake_at(&at, format_args!("{key}: must be a table"));
            return None;
        };
        let origin = self.origin.clone();
        let mut table = Table {
            origin,
            name: key,
            at,
            entries,
            mistakes: &mut *self.mistakes,
        };
        let result = read(&mut table);
        table.finish();
        Some(result)
    }

    /// Notes the keys that nobody has read.
    fn finish(mut self) {
        for (key, _) in std::mem::take(&mut self.entries) {
            let name = key.get_ref().to_string();
            self.mistake_at(&key.span(), format_args!("{name}: is not a known key"));
        }
    }
}
