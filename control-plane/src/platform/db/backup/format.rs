//! The text of a backup: a JSON value on each line.
//!
//! ```text
//! {"format":"coderunner-backup","version":1,"program":"...","time":"...","migrations":["1 accounts"]}
//! {"table":"badges","columns":[["earn_time","number"],["key","text"],["user_id","text"]]}
//! [1893456000000000,"first-step","0197..."]
//! {"rows":1,"sha256":"..."}
//! ```
//!
//! Bytes are base64. The last line has the digest of all lines before it, so that a file that was
//! cut off or changed is not taken for a backup. It guards against accidents, not against somebody
//! who writes a digest of their own.

use std::io::{BufRead, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::super::value::Value;

const FORMAT: &str = "coderunner-backup";
const VERSION: u32 = 1;
/// No first line of ours is as long; whatever is, is something else.
const HEADER_LIMIT: u64 = 64 * 1024;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    format: String,
    version: u32,
    /// The version of control-plane that wrote it.
    pub program: String,
    /// When, in UTC.
    pub time: String,
    /// Number and name of each migration of the database.
    pub migrations: Vec<String>,
}

/// What a column holds, beside NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A whole number of 64 bits.
    Number,
    Text,
    Bytes,
}

/// The line before the rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heading {
    pub table: String,
    pub columns: Vec<(String, Kind)>,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    pub rows: u64,
    pub sha256: String,
}

/// A line between the first and the last.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    Heading(Heading),
    Row(Vec<Value>),
}

/// Why a file is no backup that can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("it is no backup of Code Runner")]
    Other,
    #[error("it is a backup in format {0}, which this program does not know")]
    Version(u32),
    #[error("it ends before its last line: it was cut off")]
    CutOff,
    #[error("line {0} is not what a backup has there")]
    Line(u64),
    #[error("its digest is not that of its lines: it was changed")]
    Changed,
    #[error("it can't be read")]
    Unreadable(#[from] std::io::Error),
}

impl Header {
    /// The first line of a backup that is made now.
    pub fn new(time: String, migrations: Vec<String>) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            program: env!("CARGO_PKG_VERSION").into(),
            time,
            migrations,
        }
    }
}

impl Kind {
    /// Reads what `json` wrote; none when it is something else.
    fn value(self, json: Json) -> Option<Value> {
        Some(match (self, json) {
            (Self::Number, Json::Null) => Value::Number(None),
            (Self::Number, Json::Number(number)) => Value::Number(Some(number.as_i64()?)),
            (Self::Text, Json::Null) => Value::Text(None),
            (Self::Text, Json::String(text)) => Value::Text(Some(text)),
            (Self::Bytes, Json::Null) => Value::Bytes(None),
            (Self::Bytes, Json::String(text)) => Value::Bytes(Some(STANDARD.decode(text).ok()?)),
            _ => return None,
        })
    }
}

fn json(value: &Value) -> Json {
    match value {
        Value::Number(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(value) => value.clone().into(),
        Value::Bytes(value) => value.as_ref().map(|bytes| STANDARD.encode(bytes)).into(),
    }
}

/// Writes a backup line by line.
pub struct Writer<W> {
    to: W,
    digest: Sha256,
    rows: u64,
}

impl<W: Write> Writer<W> {
    /// Writes the first line.
    pub fn new(to: W, header: &Header) -> std::io::Result<Self> {
        let mut writer = Self {
            to,
            digest: Sha256::new(),
            rows: 0,
        };
        writer.line(header)?;
        Ok(writer)
    }

    /// Begins a table.
    pub fn heading(&mut self, heading: &Heading) -> std::io::Result<()> {
        self.line(heading)
    }

    /// Writes a row of the table that was begun last, its values in the order of the columns.
    pub fn row(&mut self, values: &[Value]) -> std::io::Result<()> {
        self.rows += 1;
        self.line(&values.iter().map(json).collect::<Vec<_>>())
    }

    /// Writes the last line.
    pub fn end(mut self) -> std::io::Result<End> {
        let end = End {
            rows: self.rows,
            sha256: hex::encode(self.digest.clone().finalize()),
        };
        self.line(&end)?;
        self.to.flush()?;
        Ok(end)
    }

    fn line(&mut self, value: &impl Serialize) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.digest.update(&line);
        self.to.write_all(&line)
    }
}

/// Reads a backup line by line. Only when `next_line` has come to the end is it known to be whole.
pub struct Reader<R> {
    from: R,
    header: Header,
    digest: Sha256,
    lines: u64,
    rows: u64,
    columns: Option<Vec<Kind>>,
    end: Option<End>,
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line.
    pub fn new(mut from: R) -> Result<Self, Broken> {
        let mut line = Vec::new();
        from.by_ref()
            .take(HEADER_LIMIT)
            .read_until(b'\n', &mut line)?;
        let json: Json = serde_json::from_slice(&line).map_err(|_| Broken::Other)?;
        if json.get("format").and_then(Json::as_str) != Some(FORMAT) {
            return Err(Broken::Other);
        }
        let version = json.get("version").and_then(Json::as_u64);
        if version != Some(VERSION.into()) {
            let version = version.and_then(|version| u32::try_from(version).ok());
            return Err(version.map_or(Broken::Other, Broken::Version));
        }
        let header = serde_json::from_value(json).map_err(|_| Broken::Line(1))?;
        Ok(Self {
            from,
            header,
            digest: Sha256::new().chain_update(&line),
            lines: 1,
            rows: 0,
            columns: None,
            end: None,
        })
    }

    /// The first line.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The last line, when it was reached and is right.
    pub fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// The next line; none after the last, which is checked.
    pub fn next_line(&mut self) -> Result<Option<Line>, Broken> {
        if self.end.is_some() {
            return Ok(None);
        }
        let mut line = Vec::new();
        self.from.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Err(Broken::CutOff);
        }
        self.lines += 1;
        if line.starts_with(b"[") {
            let row = self.row(&line).ok_or(Broken::Line(self.lines))?;
            self.rows += 1;
            self.digest.update(&line);
            return Ok(Some(Line::Row(row)));
        }
        if let Ok(end) = serde_json::from_slice(&line) {
            self.check_end(end)?;
            return Ok(None);
        }
        let heading: Heading =
            serde_json::from_slice(&line).map_err(|_| Broken::Line(self.lines))?;
        self.columns = Some(heading.columns.iter().map(|(_, kind)| *kind).collect());
        self.digest.update(&line);
        Ok(Some(Line::Heading(heading)))
    }

    fn row(&self, line: &[u8]) -> Option<Vec<Value>> {
        let columns = self.columns.as_ref()?;
        let row: Vec<Json> = serde_json::from_slice(line).ok()?;
        if row.len() != columns.len() {
            return None;
        }
        let values = columns.iter().zip(row);
        values.map(|(kind, json)| kind.value(json)).collect()
    }

    fn check_end(&mut self, end: End) -> Result<(), Broken> {
        let right = End {
            rows: self.rows,
            sha256: hex::encode(self.digest.clone().finalize()),
        };
        if end != right {
            return Err(Broken::Changed);
        }
        if !self.from.fill_buf()?.is_empty() {
            return Err(Broken::Line(self.lines + 1));
        }
        self.end = Some(end);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
