//! What a program chose, made fit to stand in a text: bounded, on one line, and without characters that steer a
//! terminal or turn the direction of the text around them.

use super::{MOST_LINE_CHARS, MOST_NAME_CHARS};

/// A name or value for a text.
pub fn name(text: &str) -> String {
    let harmless = text.chars().map(|c| match c {
        // It would end the piece of code that it stands in.
        '`' => '\'',
        c if steers(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    });
    let mut cleaned: String = harmless.take(MOST_NAME_CHARS + 1).collect();
    if cleaned.chars().count() > MOST_NAME_CHARS {
        cleaned = cleaned.chars().take(MOST_NAME_CHARS - 1).collect();
        cleaned.push('…');
    }
    cleaned
}

/// A line of code, with its indentation.
pub fn line(text: &str) -> String {
    let harmless = text.chars().map(|c| match c {
        '\t' => c,
        c if steers(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    });
    harmless.take(MOST_LINE_CHARS).collect()
}

/// Control characters, separators of lines, and Unicode's Bidi_Control.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_and_nothing_is_long() {
        assert_eq!(
            name("a\u{1b}[2J\n`b`\u{202e}"),
            "a\u{fffd}[2J\u{fffd}'b'\u{fffd}"
        );
        assert_eq!(
            name(&"x".repeat(MOST_NAME_CHARS)),
            "x".repeat(MOST_NAME_CHARS)
        );
        let long = name(&"ä".repeat(MOST_NAME_CHARS + 1));
        assert_eq!(long.chars().count(), MOST_NAME_CHARS);
        assert!(long.ends_with('…'));
        assert_eq!(line("\tx = 1\u{2028}\r"), "\tx = 1\u{fffd}\u{fffd}");
        assert_eq!(line(&"y".repeat(999)).len(), MOST_LINE_CHARS);
    }
}
