//! What texts of a course may hold.

/// Title and the like: one line of 1 to 100 characters.
pub fn title(text: &str) -> Result<String, String> {
    line(text, 100)
}

/// A sentence: one line of 1 to 300 characters.
pub fn sentence(text: &str) -> Result<String, String> {
    line(text, 300)
}

/// A word to find problems by: 1 to 40 of small letters, digits and `-`.
pub fn word(text: &str) -> Result<String, String> {
    let allowed = |character: char| character.is_alphanumeric() && !character.is_uppercase();
    let fits = (1..=40).contains(&text.chars().count())
        && text
            .chars()
            .all(|character| character == '-' || allowed(character));
    fits.then(|| text.to_owned())
        .ok_or_else(|| format!("{text:?} must be 1 to 40 small letters, digits and -"))
}

/// What a wrong solution is called: 1 to 60 of letters, digits, `-` and `_`, not beginning with `-`,
/// which would be an option of many programs.
pub fn wrong_name(text: &str) -> Result<String, String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let fits = (1..=60).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with('-');
    let rule = "must be 1 to 60 of letters, digits, - and _, not beginning with -";
    fits.then(|| text.to_owned())
        .ok_or_else(|| format!("{text:?} {rule}"))
}

/// A Python name that is no keyword.
pub fn python_name(text: &str) -> Result<String, String> {
    let mut characters = text.chars();
    let starts = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let goes_on = characters.all(|next| next.is_ascii_alphanumeric() || next == '_');
    let fits = starts && goes_on && text.len() <= 100 && !KEYWORDS.contains(&text);
    fits.then(|| text.to_owned())
        .ok_or_else(|| format!("{text:?} must be a Python name"))
}

/// https://docs.python.org/3/reference/lexical_analysis.html#keywords
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

fn line(text: &str, most: usize) -> Result<String, String> {
    let fits = (1..=most).contains(&text.chars().count())
        && !text.contains(char::is_control)
        && text.trim() == text;
    fits.then(|| text.to_owned())
        .ok_or_else(|| format!("must be one line of 1 to {most} characters, no space at the ends"))
}
