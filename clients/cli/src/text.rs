//! Text for terminals. What authors and other users wrote (titles, names, test data) is cleaned of
//! whatever could steer the terminal or disguise the text; the output of the student's own program
//! is never touched.

use std::fmt;
use std::io::{self, Write};
use std::time::Duration;

use coderunner_proto::common::v1::{CompileError, Usage};
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use prost_reflect::ReflectMessage;

/// One line of cleaned text: control characters, line ends and direction marks are replaced.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if steers(c) {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

/// Cleaned text of many lines.
pub fn plain_lines(text: &str) -> String {
    let clean = |c: char| match c {
        '\n' | '\t' => c,
        c if steers(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.replace("\r\n", "\n").chars().map(clean).collect()
}

/// Test data: control characters show as escapes, because they may be why an answer is wrong.
pub fn visible_lines(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            c if steers(c) => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

/// Control characters, and the marks that change the direction of text (Unicode's Bidi_Control).
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

/// Prints a line on standard output, like `println!`, which would panic when the reader is gone.
macro_rules! say {
    ($($text:tt)*) => { $crate::text::print_line(format_args!($($text)*)) };
}
pub(crate) use say;

/// Prints a line. When nobody reads standard output any more, as with `| head -1`, the program
/// leaves like one that was ended by SIGPIPE.
pub fn print_line(line: fmt::Arguments<'_>) {
    let mut stdout = io::stdout().lock();
    if stdout
        .write_fmt(line)
        .and_then(|()| stdout.write_all(b"\n"))
        .is_err()
    {
        std::process::exit(128 + SIGPIPE);
    }
}

const SIGPIPE: i32 = 13;

/// A table without lines, as wide as it needs: a terminal breaks a long line better than words
/// are broken in narrow columns.
pub fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header);
    table
}

/// Prints a table without the blanks at the ends of its lines.
pub fn print_table(table: &Table) {
    say!("{}", table.trim_fmt());
}

/// Prints a message as canonical proto3 JSON on one line.
pub fn print_json(message: &impl ReflectMessage) -> anyhow::Result<()> {
    say!(
        "{}",
        serde_json::to_string(&message.transcode_to_dynamic())?
    );
    Ok(())
}

/// "0.12 s"
pub fn seconds(duration: Option<&prost_types::Duration>) -> String {
    // The library's conversion overflows at the least number of seconds.
    let duration = duration
        .filter(|duration| duration.seconds >= 0)
        .and_then(|duration| Duration::try_from(*duration).ok());
    duration
        .map(|duration| format!("{:.2} s", duration.as_secs_f64()))
        .unwrap_or_default()
}

/// A limit in whole seconds, or with two places: "15 s".
pub fn limit_seconds(duration: Option<&prost_types::Duration>) -> String {
    seconds(duration).replace(".00 s", " s")
}

/// "9.8 MiB", "128 MiB"
pub fn mebibytes(bytes: i64) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20)).replace(".0 MiB", " MiB")
}

/// "1 point", "2 points"
pub fn count(number: i32, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// "0.12 s (CPU 0.03 s), 9.8 MiB"
pub fn usage(usage: &Usage) -> String {
    format!(
        "{} (CPU {}), {}",
        seconds(usage.wall_duration.as_ref()),
        seconds(usage.cpu_duration.as_ref()),
        mebibytes(usage.peak_memory_bytes)
    )
}

/// A compile error as Python shows it: place, the line with a mark under the column, the message.
pub fn compile_error(error: &CompileError) -> String {
    let CompileError {
        file,
        line,
        column,
        message,
        source_line,
        kind,
    } = error;
    let mut text = format!("{}, line {line}", plain(file));
    if *column > 0 {
        text.push_str(&format!(", column {column}"));
    }
    if !source_line.is_empty() {
        let shown = plain(&source_line.trim_end().replace('\t', " "));
        text.push_str(&format!("\n    {shown}"));
        if let Ok(before) = usize::try_from(column.saturating_sub(1)) {
            text.push_str(&format!(
                "\n    {}^",
                " ".repeat(before.min(shown.chars().count()))
            ));
        }
    }
    text.push_str(&format!("\n{}: {}", plain(kind), plain(message)));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        let hostile = "a\x1b[2Jb\u{202e}c\rd\u{9b}e\nf\u{61c}";
        assert_eq!(
            plain(hostile),
            "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}f\u{fffd}"
        );
        assert_eq!(plain_lines("1\r\n2\t3\x07"), "1\n2\t3\u{fffd}");
        assert_eq!(visible_lines("1\r\n\x1b[m"), "1\\r\n\\u{1b}[m");
        assert_eq!(plain("héllo 你好 🙂"), "héllo 你好 🙂");
    }

    #[test]
    fn numbers_have_their_units() {
        let duration = |seconds, nanos| prost_types::Duration { seconds, nanos };
        assert_eq!(seconds(Some(&duration(1, 239_000_000))), "1.24 s");
        assert_eq!(seconds(None), "");
        for least in [
            duration(i64::MIN, 0),
            duration(-1, -1),
            duration(0, i32::MIN),
        ] {
            assert_eq!(seconds(Some(&least)), "");
        }
        assert_eq!(limit_seconds(Some(&duration(15, 0))), "15 s");
        assert_eq!(limit_seconds(Some(&duration(0, 250_000_000))), "0.25 s");
        assert_eq!(mebibytes(128 << 20), "128 MiB");
        assert_eq!(mebibytes(10_276_045), "9.8 MiB");
        assert_eq!(count(1, "point"), "1 point");
        assert_eq!(count(0, "point"), "0 points");
    }

    #[test]
    fn a_compile_error_points_at_its_column() {
        let error = CompileError {
            file: "main.py".to_owned(),
            line: 3,
            column: 5,
            message: "invalid syntax".to_owned(),
            source_line: "\tif x = 1:\n".to_owned(),
            kind: "SyntaxError".to_owned(),
        };
        assert_eq!(
            compile_error(&error),
            "main.py, line 3, column 5\n     if x = 1:\n        ^\nSyntaxError: invalid syntax"
        );
        let before_all = CompileError {
            column: i32::MIN,
            ..error.clone()
        };
        assert!(!compile_error(&before_all).contains('^'));
        let bare = CompileError {
            line: 1,
            column: 0,
            source_line: String::new(),
            ..error
        };
        assert_eq!(
            compile_error(&bare),
            "main.py, line 1\nSyntaxError: invalid syntax"
        );
    }
}
