//! The header of a program file: comment lines `# key: value` at its very top, up to the first other
//! line. Keys may repeat where their meaning allows it.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

use crate::slowness::scaled;
use crate::{JobLimits, Outcome};

/// A parsed header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    entries: Vec<(String, String)>,
}

impl Header {
    /// Reads the header of `source`.
    ///
    /// # Errors
    /// When a key is not one of `known`: a misspelt expectation would expect nothing.
    pub fn parse(source: &str, known: &[&str]) -> Result<Self> {
        let mut entries = Vec::new();
        for line in source.lines() {
            let Some((key, value)) = line.strip_prefix("# ").and_then(split) else {
                break;
            };
            if !known.contains(&key) {
                bail!(
                    "unknown key {key:?} in the header; known are {}",
                    known.join(", ")
                );
            }
            entries.push((key.to_owned(), value.to_owned()));
        }
        Ok(Self { entries })
    }

    /// All values of a key, in order.
    pub fn all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> {
        self.entries
            .iter()
            .filter(move |(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a key that may occur once.
    ///
    /// # Errors
    /// When it occurs more than once.
    pub fn optional(&self, key: &str) -> Result<Option<&str>> {
        let mut values = self.all(key);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            (_, Some(_)) => bail!("the header has {key} twice"),
        }
    }

    /// The value of a key that must occur once.
    ///
    /// # Errors
    /// When it is missing or occurs more than once.
    pub fn required(&self, key: &str) -> Result<&str> {
        self.optional(key)?
            .with_context(|| format!("the header has no {key}"))
    }

    /// A value that is a whole number.
    ///
    /// # Errors
    /// When it is there and is none.
    pub fn number<T: std::str::FromStr>(&self, key: &str) -> Result<Option<T>> {
        self.optional(key)?
            .map(|value| {
                value
                    .parse()
                    .map_err(|_| anyhow!("{key} must be a number, not {value:?}"))
            })
            .transpose()
    }

    /// `ends-within: 4s`: the most time that a run may take, as the client sees it.
    ///
    /// # Errors
    /// When it is there and has another form.
    pub fn ends_within(&self) -> Result<Option<Duration>> {
        let Some(value) = self.optional("ends-within")? else {
            return Ok(None);
        };
        let seconds = value
            .strip_suffix('s')
            .and_then(|number| number.parse().ok());
        seconds
            .map(Duration::from_secs)
            .map(scaled)
            .map(Some)
            .with_context(|| format!("ends-within must be like 4s, not {value:?}"))
    }

    /// `limits: wall_ms=2000 cpu_ms=1000 memory_bytes=N output_bytes=N processes=N`, each optional.
    ///
    /// # Errors
    /// When it is there and has another form.
    pub fn limits(&self) -> Result<Option<JobLimits>> {
        let Some(value) = self.optional("limits")? else {
            return Ok(None);
        };
        let mut limits = JobLimits::default();
        for part in value.split_whitespace() {
            let (name, number) = part
                .split_once('=')
                .with_context(|| format!("{part:?} is no limit"))?;
            let number: i64 = number
                .parse()
                .with_context(|| format!("{part:?} is no limit"))?;
            let milliseconds =
                || u64::try_from(number).map(|number| scaled(Duration::from_millis(number)));
            match name {
                "wall_ms" => limits.wall = Some(milliseconds()?),
                "cpu_ms" => limits.cpu = Some(milliseconds()?),
                "memory_bytes" => limits.memory_bytes = Some(number),
                "output_bytes" => limits.output_bytes = Some(number),
                "processes" => limits.processes = Some(i32::try_from(number)?),
                other => bail!("unknown limit {other:?}"),
            }
        }
        Ok(Some(limits))
    }
}

/// One outcome by its name in the API, or several with `|` between them.
///
/// # Errors
/// When a name is unknown.
pub fn outcomes(text: &str) -> Result<Vec<Outcome>> {
    text.split('|')
        .map(|name| {
            Outcome::from_str_name(name.trim()).with_context(|| format!("{name:?} is no outcome"))
        })
        .collect()
}

fn split(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_key = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    // One space only: a value may begin with blanks of its own.
    is_key.then(|| (key, value.strip_prefix(' ').unwrap_or(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["about", "stdout", "limits", "ends-within"];

    #[test]
    fn a_header_ends_at_the_first_other_line() {
        let source =
            "# about: a program\n# stdout:   indented\n# stdout: two\nprint()\n# unknown: x\n";
        let header = Header::parse(source, KNOWN).expect("well-formed");
        assert_eq!(header.required("about").expect("there"), "a program");
        assert_eq!(
            header.all("stdout").collect::<Vec<_>>(),
            ["  indented", "two"]
        );
        assert_eq!(header.optional("limits").expect("none"), None);
    }

    #[test]
    fn mistakes_are_errors() {
        assert!(Header::parse("# abuot: x\n", KNOWN).is_err());
        let twice = Header::parse("# about: x\n# about: y\n", KNOWN).expect("well-formed");
        assert!(twice.required("about").is_err());
        assert!(twice.required("stdout").is_err());
        for limits in ["wall_ms", "wall_ms=soon", "patience=3", "wall_ms=-1"] {
            let header =
                Header::parse(&format!("# limits: {limits}\n"), KNOWN).expect("well-formed");
            assert!(header.limits().is_err(), "{limits}");
        }
        assert!(outcomes("OUTCOME_OK|OUTCOME_FINE").is_err());
    }

    #[test]
    fn limits_and_times_have_their_units() {
        let header = Header::parse(
            "# limits: wall_ms=1500 processes=3\n# ends-within: 4s\n",
            KNOWN,
        )
        .expect("well-formed");
        let limits = header.limits().expect("well-formed").expect("there");
        assert_eq!(
            (limits.wall, limits.processes),
            (Some(Duration::from_millis(1500)), Some(3))
        );
        assert_eq!(
            header.ends_within().expect("well-formed"),
            Some(Duration::from_secs(4))
        );
        assert_eq!(
            outcomes("OUTCOME_OK|OUTCOME_TIME_LIMIT").expect("known"),
            [Outcome::Ok, Outcome::TimeLimit]
        );
    }
}
