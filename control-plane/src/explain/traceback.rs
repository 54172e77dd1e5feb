//! Reads the traceback at the end of standard error. Hostile bytes: every form that Python would not write is
//! no traceback, and nothing is believed but that somebody wrote it.

/// So much of the end of standard error is looked at: a thousand frames of two functions that call each other.
const TAIL_BYTES: usize = 256 * 1024;
/// So many of the innermost frames are looked at.
const MOST_FRAMES: usize = 2000;
/// So long may the name of an exception be, its modules included.
const LONGEST_NAME: usize = 120;

const HEADER: &str = "Traceback (most recent call last):";
const IGNORED: &str = "Exception ignored in";

/// An exception that nobody caught.
#[derive(Debug, PartialEq, Eq)]
pub struct Traceback<'a> {
    /// Its class with the modules before it.
    pub exception: &'a str,
    /// The first line of its message; empty when it has none.
    pub message: &'a str,
    /// From the outermost to the innermost. None when there was no header, as when a call itself failed.
    pub frames: Option<Vec<Frame<'a>>>,
    /// Something was written behind the message.
    pub goes_on: bool,
}

/// One line of the way to an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// As Python wrote it.
    pub file: &'a str,
    /// From 1.
    pub line: u32,
}

/// The end of standard error as text.
pub fn tail(stderr: &[u8]) -> String {
    let tail = &stderr[stderr.len().saturating_sub(TAIL_BYTES)..];
    String::from_utf8_lossy(tail).into_owned()
}

/// The last traceback of a text that tells of an exception nobody caught.
pub fn read(text: &str) -> Option<Traceback<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    // An exception in `__del__` is shown and passed over; it comes last when objects end with the program.
    let ignored = |at: usize| at > 0 && lines[at - 1].starts_with(IGNORED);
    let header = (0..lines.len())
        .rev()
        .find(|at| lines[*at] == HEADER && !ignored(*at));
    let Some(header) = header else {
        let shown = lines.iter().any(|line| line.starts_with(IGNORED));
        let last = lines.iter().rposition(|line| !line.is_empty())?;
        return exception(&lines[last..=last], None).filter(|_| !shown);
    };
    let after = &lines[header + 1..];
    let end = after.iter().position(|line| line.starts_with(IGNORED));
    let after = &after[..end.unwrap_or(after.len())];
    let is_indented = |line: &&str| line.starts_with(' ');
    let name = after.iter().position(|line| !is_indented(line))?;
    let mut frames: Vec<_> = after[..name]
        .iter()
        .rev()
        .filter_map(|line| frame(line))
        .take(MOST_FRAMES)
        .collect();
    frames.reverse();
    exception(&after[name..], Some(frames))
}

fn frame(line: &str) -> Option<Frame<'_>> {
    let (file, rest) = line.strip_prefix("  File \"")?.split_once("\", line ")?;
    let digits = rest.split(',').next()?;
    let line = digits.parse().ok().filter(|line| *line > 0)?;
    Some(Frame { file, line })
}

fn exception<'a>(lines: &[&'a str], frames: Option<Vec<Frame<'a>>>) -> Option<Traceback<'a>> {
    let (first, more) = lines.split_first()?;
    let (exception, message) = match first.split_once(": ") {
        Some(parts) => parts,
        None => (first.trim_end_matches(':'), ""),
    };
    let is_name = |part: &str| {
        part.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if exception.len() > LONGEST_NAME || !exception.split('.').all(is_name) {
        return None;
    }
    Some(Traceback {
        exception,
        message,
        frames,
        goes_on: more.iter().any(|line| !line.trim().is_empty()),
    })
}

impl<'a> Traceback<'a> {
    /// The class without its modules.
    pub fn class(&self) -> &'a str {
        self.exception.rsplit('.').next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO_FRAMES: &str = "noise\nTraceback (most recent call last):\n  File \"main.py\", line 9, in <module>\n    \
        f()\n  File \"/work/a.py\", line 2, in f\n    1/0\n    ~^~\nZeroDivisionError: division by zero\n";

    #[test]
    fn frames_and_exception_are_found() {
        let found = read(TWO_FRAMES).unwrap();
        let frames = found.frames.as_ref().unwrap();
        assert_eq!((frames[0].file, frames[0].line), ("main.py", 9));
        assert_eq!((frames[1].file, frames[1].line), ("/work/a.py", 2));
        assert_eq!(
            (found.class(), found.message, found.goes_on),
            ("ZeroDivisionError", "division by zero", false)
        );
    }

    #[test]
    fn the_last_one_counts_unless_it_was_ignored() {
        let twice = format!(
            "{TWO_FRAMES}\nDuring handling of the above exception, another exception occurred:\n\n{HEADER}\n  File \"main.py\", line 3, in <module>\na.b.Oops\n"
        );
        let found = read(&twice).unwrap();
        assert_eq!(
            (found.exception, found.class(), found.message),
            ("a.b.Oops", "Oops", "")
        );
        let ignored = format!(
            "{TWO_FRAMES}{IGNORED}: <function A.__del__>\n{HEADER}\n  File \"main.py\", line 3, in __del__\nValueError\n"
        );
        assert_eq!(read(&ignored).unwrap().class(), "ZeroDivisionError");
    }

    #[test]
    fn what_goes_on_is_told() {
        assert!(read(&format!("{TWO_FRAMES}and more\n")).unwrap().goes_on);
        assert!(!read(&format!("{TWO_FRAMES}\n \n")).unwrap().goes_on);
    }

    #[test]
    fn without_header_only_the_last_line_counts() {
        let found =
            read("x\nTypeError: add() takes 1 positional argument but 2 were given\n").unwrap();
        assert_eq!((found.class(), found.frames), ("TypeError", None));
    }

    #[test]
    fn what_python_would_not_write_is_none() {
        for text in [
            "",
            "\n\n",
            "No more lives!",
            "Traceback (most recent call last):",
            "Traceback (most recent call last):\n  File \"main.py\", line 1, in <module>\n",
            "Traceback (most recent call last):\nno name: x\n",
            "Traceback (most recent call last):\n.: x\n",
            "Exception ignored in: x\n",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(frame("  File \"main.py\", line 0, in <module>"), None);
        assert_eq!(
            frame("  File \"main.py\", line 99999999999, in <module>"),
            None
        );
        assert_eq!(tail(&[0xff; 300_000]).chars().count(), TAIL_BYTES);
    }
}
