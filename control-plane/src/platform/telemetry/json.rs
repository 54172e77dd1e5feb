//! A line of the log: one JSON object with the fields of an event, and those of the spans around it.
//!
//! The members are those of `tracing_subscriber::fmt::format::Json`, which keeps the fields of a
//! span as JSON text and reads that text again for each field that is added and for each line that
//! is written. Here the text of a member is written once and copied from then on.

use std::fmt::{self, Write};

use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// How a line is written.
pub struct Line;

/// How the fields of a span are kept: the text of its members, each with a comma before it.
pub struct Members;

impl<S> FormatEvent<S, Members> for Line
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, Members>,
        mut to: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        to.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut to)?;
        write!(to, "\",\"level\":\"{}\"", event.metadata().level())?;
        Members.format_fields(to.by_ref(), event)?;
        to.write_str(",\"target\":")?;
        text(&mut to, event.metadata().target())?;
        if let Some(spans) = context.event_scope() {
            to.write_str(",\"spans\":[")?;
            for (place, span) in spans.from_root().enumerate() {
                to.write_str(if place == 0 {
                    "{\"name\":"
                } else {
                    ",{\"name\":"
                })?;
                text(&mut to, span.name())?;
                if let Some(members) = span.extensions().get::<FormattedFields<Members>>() {
                    to.write_str(members)?;
                }
                to.write_char('}')?;
            }
            to.write_char(']')?;
        }
        to.write_str("}\n")
    }
}

impl<'writer> FormatFields<'writer> for Members {
    fn format_fields<R: RecordFields>(&self, to: Writer<'writer>, fields: R) -> fmt::Result {
        let mut members = Writing { to, result: Ok(()) };
        fields.record(&mut members);
        members.result
    }

    fn add_fields(
        &self,
        known: &'writer mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        self.format_fields(known.as_writer(), fields)
    }
}

/// Writes one member after the other, up to the first failure.
struct Writing<'writer> {
    to: Writer<'writer>,
    result: fmt::Result,
}

impl Writing<'_> {
    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.result.is_ok() {
            // The name of a field that is a keyword of Rust.
            let name = field.name();
            let name = name.strip_prefix("r#").unwrap_or(name);
            let key = |to: &mut Writer<'_>| {
                to.write_char(',')?;
                text(to, name)?;
                to.write_char(':')
            };
            self.result = key(&mut self.to).and_then(|()| value(&mut self.to));
        }
    }
}

impl Visit for Writing<'_> {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, |to| write!(to, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |to| write!(to, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, |to| write!(to, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no numbers that are none.
        self.member(field, |to| match value.is_finite() {
            true => write!(to, "{value}"),
            false => to.write_str("null"),
        });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, |to| text(to, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.member(field, |to| {
            to.write_char('"')?;
            write!(Escaping(to), "{value:?}")?;
            to.write_char('"')
        });
    }
}

/// A text as JSON has it (RFC 8259, section 7).
fn text(to: &mut Writer<'_>, value: &str) -> fmt::Result {
    to.write_char('"')?;
    Escaping(to).write_str(value)?;
    to.write_char('"')
}

/// What is written into a text, piece by piece.
struct Escaping<'a, 'writer>(&'a mut Writer<'writer>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let Self(to) = self;
        let mut rest = piece;
        let special = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
        while let Some(at) = rest.as_bytes().iter().position(special) {
            // Special characters are one byte long.
            to.write_str(&rest[..at])?;
            match rest.as_bytes()[at] {
                b'"' => to.write_str("\\\"")?,
                b'\\' => to.write_str("\\\\")?,
                b'\n' => to.write_str("\\n")?,
                byte => write!(to, "\\u{byte:04x}")?,
            }
            rest = &rest[at + 1..];
        }
        to.write_str(rest)
    }
}

#[cfg(test)]
mod tests;
