//! The name of the exception that ended a program, from the last lines of its standard error.
//!
//! Standard error is the student's to write, and a class can be named after the input of a
//! hidden test. So only the names of Python's own exceptions are ever told; any other is called
//! `Exception`.

/// Python's own exceptions that a program can end with, sorted.
pub const BUILT_IN: [&str; 60] = [
    "ArithmeticError",
    "AssertionError",
    "AttributeError",
    "BaseException",
    "BaseExceptionGroup",
    "BlockingIOError",
    "BrokenPipeError",
    "BufferError",
    "ChildProcessError",
    "ConnectionAbortedError",
    "ConnectionError",
    "ConnectionRefusedError",
    "ConnectionResetError",
    "DeprecationWarning",
    "EOFError",
    "EncodingWarning",
    "Exception",
    "ExceptionGroup",
    "FileExistsError",
    "FileNotFoundError",
    "FloatingPointError",
    "FutureWarning",
    "GeneratorExit",
    "ImportError",
    "ImportWarning",
    "IndentationError",
    "IndexError",
    "InterruptedError",
    "IsADirectoryError",
    "KeyError",
    "KeyboardInterrupt",
    "LookupError",
    "MemoryError",
    "ModuleNotFoundError",
    "NameError",
    "NotADirectoryError",
    "NotImplementedError",
    "OSError",
    "OverflowError",
    "PendingDeprecationWarning",
    "PermissionError",
    "ProcessLookupError",
    "RecursionError",
    "ReferenceError",
    "ResourceWarning",
    "RuntimeError",
    "RuntimeWarning",
    "StopAsyncIteration",
    "StopIteration",
    "SyntaxError",
    "SyntaxWarning",
    "SystemError",
    "TabError",
    "TimeoutError",
    "TypeError",
    "UnboundLocalError",
    "UnicodeDecodeError",
    "UnicodeEncodeError",
    "ValueError",
    "ZeroDivisionError",
];

/// The exception that standard error ends with, or `Exception` when it is none of Python's own.
/// None when standard error shows no traceback.
pub fn name(stderr: &[u8]) -> Option<&'static str> {
    let tail = &stderr[stderr.len().saturating_sub(64 * 1024)..];
    let mut lines: Vec<&[u8]> = tail.split(|byte| *byte == b'\n').collect();
    let start = lines
        .iter()
        .rposition(|line| line.starts_with(b"Traceback (most recent call last)"))?;
    let after = lines.split_off(start + 1);
    // The frames are indented; the first line that isn't names the exception.
    let line = after
        .into_iter()
        .find(|line| !line.is_empty() && !line.starts_with(b" "))?;
    let end = line
        .iter()
        .position(|byte| matches!(byte, b':' | b'\r'))
        .unwrap_or(line.len());
    let name = std::str::from_utf8(&line[..end]).unwrap_or_default();
    let found = BUILT_IN.binary_search(&name);
    Some(found.map_or("Exception", |index| BUILT_IN[index]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted() {
        assert!(BUILT_IN.is_sorted());
    }

    #[test]
    fn only_pythons_own_names_are_told() {
        for (line, expected) in [
            ("ValueError: invalid literal: 'secret'", "ValueError"),
            ("KeyError: 'secret'", "KeyError"),
            ("ZeroDivisionError", "ZeroDivisionError"),
            ("secret_12_34: boom", "Exception"),
            ("__main__.Oops", "Exception"),
            ("\u{fffd}", "Exception"),
        ] {
            let text = format!(
                "noise\nTraceback (most recent call last):\n  File \"main.py\", line 1\n{line}\n"
            );
            assert_eq!(name(text.as_bytes()), Some(expected), "{line}");
        }
    }

    #[test]
    fn no_traceback_is_no_exception() {
        for text in [
            "",
            "ValueError: x",
            "Traceback (most recent call last):\n  File",
        ] {
            assert_eq!(name(text.as_bytes()), None, "{text}");
        }
        assert_eq!(
            name(b"Traceback (most recent call last):\n\xff\xfe\n"),
            Some("Exception")
        );
    }
}
