//! YAML of a package, as a tree that is taken apart key by key, so that no key goes unnoticed.
//! Aliases are refused: nothing here needs them, and they can make a small file large.

use serde_json::Value;

/// A mapping of a file, with the keys that nobody has asked for yet.
pub struct Mapping {
    file: String,
    /// The keys that lead to it, each with a dot behind it.
    place: String,
    entries: serde_json::Map<String, Value>,
}

/// Longest part of a message of the parser.
const MAX_MESSAGE_CHARS: usize = 160;

impl Mapping {
    /// Reads a file. One without any content has no key.
    pub fn parse(file: &str, text: &str) -> Result<Self, String> {
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_aliases: 0,
                max_anchors: 0,
                max_depth: 20,
                max_nodes: 10_000,
            },
            leading_zero_numbers_as_strings: true,
            strict_booleans: true,
            with_snippet: false,
        };
        let value: Value = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let error = error.to_string();
            let first = error.lines().next().unwrap_or_default();
            let short: String = first.chars().take(MAX_MESSAGE_CHARS).collect();
            format!("{file}: {short}")
        })?;
        let entries = match value {
            Value::Object(entries) => entries,
            Value::Null => serde_json::Map::new(),
            _ => return Err(format!("{file}: must have keys and values")),
        };
        Ok(Self {
            file: file.to_owned(),
            place: String::new(),
            entries,
        })
    }

    /// What is wrong with a key, with its place before it.
    pub fn mistake(&self, key: &str, text: impl std::fmt::Display) -> String {
        format!("{}: {}{key} {text}", self.file, self.place)
    }

    /// Takes the value of a key; none when it isn't there or has none.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        self.entries.remove(key).filter(|value| !value.is_null())
    }

    /// Takes a text. Words that YAML takes for something else, such as a year, are texts too.
    pub fn text(&mut self, key: &str) -> Result<Option<String>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(self.mistake(key, "must be a text")),
        }
    }

    /// Takes a truth value.
    pub fn truth(&mut self, key: &str) -> Result<Option<bool>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(truth)) => Ok(Some(truth)),
            Some(_) => Err(self.mistake(key, "must be true or false")),
        }
    }

    /// Takes a number.
    pub fn number(&mut self, key: &str) -> Result<Option<f64>, String> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) if number.is_finite() => Ok(Some(number)),
                _ => Err(self.mistake(key, "must be a number")),
            },
        }
    }

    /// Takes one text or a list of texts.
    pub fn texts(&mut self, key: &str) -> Result<Option<Vec<String>>, String> {
        let text = |value: Value| match value {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let taken: Option<Vec<String>> = match self.take(key) {
            None => return Ok(None),
            Some(Value::Array(values)) => values.into_iter().map(text).collect(),
            Some(value) => text(value).map(|text| vec![text]),
        };
        taken
            .map(Some)
            .ok_or_else(|| self.mistake(key, "must be texts"))
    }

    /// Takes the mapping under a key; one without keys when it isn't there.
    pub fn mapping(&mut self, key: &str) -> Result<Self, String> {
        let entries = match self.take(key) {
            None => serde_json::Map::new(),
            Some(Value::Object(entries)) => entries,
            Some(_) => return Err(self.mistake(key, "must have keys and values")),
        };
        Ok(Self {
            file: self.file.clone(),
            place: format!("{}{key}.", self.place),
            entries,
        })
    }

    /// Those of these keys that are there, taken.
    pub fn known(&mut self, keys: &[&str]) -> Vec<String> {
        let there = keys.iter().filter(|key| self.take(key).is_some());
        let there: Vec<_> = there.copied().collect();
        there
            .into_iter()
            .map(|key| format!("{}{key}", self.place))
            .collect()
    }

    /// Fails when there is a key that nobody has asked for.
    pub fn end(self) -> Result<(), String> {
        let unknown = self.entries.iter().find(|(_, value)| !value.is_null());
        match unknown {
            None => Ok(()),
            Some((key, _)) => {
                let key: String = key.chars().take(40).collect();
                Err(self.mistake(&key, "is no key of this format"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(text: &str) -> Mapping {
        Mapping::parse("problem.yaml", text).unwrap()
    }

    #[test]
    fn keys_are_taken_one_by_one() {
        let mut it = mapping(
            "name: Hello World!\nversion: 1.0\nlimits:\n  time_limit: 2\n  odd: 1\nyes: true\n\
             list: [a, 2]\none: x\nempty:\n",
        );
        assert_eq!(it.text("name").unwrap().unwrap(), "Hello World!");
        assert!(it.text("version").unwrap().is_some());
        assert_eq!(it.truth("yes"), Ok(Some(true)));
        assert_eq!(it.texts("list").unwrap().unwrap(), ["a", "2"]);
        assert_eq!(it.texts("one").unwrap().unwrap(), ["x"]);
        let mut limits = it.mapping("limits").unwrap();
        assert_eq!(limits.number("time_limit"), Ok(Some(2.0)));
        let error = limits.end().unwrap_err();
        assert_eq!(error, "problem.yaml: limits.odd is no key of this format");
        it.end().unwrap();
    }

    #[test]
    fn what_has_another_form_is_refused() {
        let mut it = mapping("a: [1]\nb: {}\nc: x\n");
        assert!(it.text("a").is_err());
        assert!(it.texts("b").is_err());
        assert!(it.number("c").is_err());
        for text in ["- a", "text", "a: [", "a: 1\na: 2", "a: &x 1\nb: *x"] {
            assert!(Mapping::parse("f", text).is_err(), "{text:?}");
        }
        for text in ["", "# nothing\n", "{}"] {
            assert!(Mapping::parse("f", text).unwrap().end().is_ok(), "{text:?}");
        }
    }

    #[test]
    fn what_grows_by_aliases_or_depth_is_refused() {
        let laughs = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n";
        assert!(Mapping::parse("f", laughs).is_err());
        let deep = format!("a: {}{}", "[".repeat(500), "]".repeat(500));
        assert!(Mapping::parse("f", &deep).is_err());
    }
}
