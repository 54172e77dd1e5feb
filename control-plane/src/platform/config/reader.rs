//! Reads a tree of settings key by key and collects every problem instead of stopping at the
//! first: wrong types, wrong values, missing and unknown keys.

use std::fmt::Display;

use figment::value::{Dict, Value};
use serde::de::DeserializeOwned;

/// One table of settings, with the keys that nobody has read yet.
pub struct Section<'a> {
    name: String,
    values: Dict,
    problems: &'a mut Vec<String>,
}

impl<'a> Section<'a> {
    /// The outermost table.
    pub fn root(values: Dict, problems: &'a mut Vec<String>) -> Self {
        Self {
            name: String::new(),
            values,
            problems,
        }
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    /// Notes a problem with a key.
    pub fn problem(&mut self, key: &str, text: impl Display) {
        let path = self.path(key);
        self.problems.push(format!("{path}: {text}"));
    }

    /// The value of a key, when it is there and of the right type.
    pub fn optional<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let value = self.values.remove(key)?;
        match value.deserialize::<T>() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(key, error.kind);
                None
            }
        }
    }

    /// The value of a key, or what it is when nothing is said.
    pub fn or<T: DeserializeOwned>(&mut self, key: &str, default: T) -> T {
        self.optional(key).unwrap_or(default)
    }

    /// The value of a key that must be there.
    pub fn required<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        if !self.values.contains_key(key) {
            self.problem(key, "is missing");
            return None;
        }
        self.optional(key)
    }

    /// A text turned into a type of ours.
    pub fn parsed<T>(&mut self, key: &str, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        let text: String = self.optional(key)?;
        parse(&text).map_err(|error| self.problem(key, error)).ok()
    }

    /// A whole number within bounds, or what it is when nothing is said.
    pub fn number(&mut self, key: &str, default: u64, least: u64, most: u64) -> u64 {
        let value = self.or(key, default);
        if (least..=most).contains(&value) {
            return value;
        }
        self.problem(key, format_args!("must be {least} to {most}, not {value}"));
        default
    }

    /// Reads the table under a key; an absent one reads as empty.
    pub fn table<T>(&mut self, key: &str, read: impl FnOnce(&mut Section) -> T) -> T {
        let path = self.path(key);
        let values = match self.values.remove(key) {
            None => Dict::new(),
            Some(Value::Dict(_, values)) => values,
            Some(_) => {
                self.problem(key, "must be a table");
                Dict::new()
            }
        };
        let mut section = Section {
            name: path,
            values,
            problems: &mut *self.problems,
        };
        let result = read(&mut section);
        section.finish();
        result
    }

    /// Reads each table of a list under a key.
    pub fn tables<T>(&mut self, key: &str, mut read: impl FnMut(&mut Section) -> T) -> Vec<T> {
        let values = match self.values.remove(key) {
            None => Vec::new(),
            Some(Value::Array(_, values)) => values,
            Some(_) => {
                self.problem(key, "must be a list of tables");
                Vec::new()
            }
        };
        let mut results = Vec::new();
        for (index, value) in values.into_iter().enumerate() {
            let item = format!("{key}[{index}]");
            let Value::Dict(_, values) = value else {
                self.problem(&item, "must be a table");
                continue;
            };
            let name = self.path(&item);
            let mut section = Section {
                name,
                values,
                problems: &mut *self.problems,
            };
            results.push(read(&mut section));
            section.finish();
        }
        results
    }

    /// Notes the keys that nobody has read.
    pub fn finish(mut self) {
        for key in self.values.keys().cloned().collect::<Vec<_>>() {
            self.problem(&key, "is not a setting");
        }
    }
}
