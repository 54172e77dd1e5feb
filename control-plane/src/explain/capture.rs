//! Reads the messages of Python by patterns: `{}` stands for what differs.

/// What stands in the places of `{}`, when the text has the form of the pattern. The last place takes as much as
/// it can when the pattern ends with it, each other as little as it can.
pub fn capture<'a, const N: usize>(text: &'a str, pattern: &str) -> Option<[&'a str; N]> {
    let mut found = [""; N];
    let mut parts = pattern.split("{}");
    let mut rest = text.strip_prefix(parts.next()?)?;
    let parts: Vec<&str> = parts.collect();
    if parts.len() != N {
        return None;
    }
    for (index, part) in parts.iter().enumerate() {
        let end = match (index + 1 == N, part.is_empty()) {
            (true, true) => rest.len(),
            (true, false) => rest.strip_suffix(part)?.len(),
            (false, _) => rest.find(part)?,
        };
        found[index] = &rest[..end];
        rest = &rest[end + part.len()..];
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_find_what_differs() {
        let text = "unsupported operand type(s) for +: 'int' and 'str'";
        let pattern = "unsupported operand type(s) for {}: '{}' and '{}'";
        assert_eq!(capture(text, pattern), Some(["+", "int", "str"]));
        assert_eq!(capture("name 'a' is", "name '{}' is"), Some(["a"]));
        assert_eq!(capture("'('' was", "'{}' was"), Some(["('"]));
        assert_eq!(capture("division by zero", "division by zero"), Some([]));
        assert_eq!(capture("a: b: c", "{}: {}"), Some(["a", "b: c"]));
        assert_eq!(capture::<1>("name 'a'", "name '{}' is"), None);
        assert_eq!(capture::<1>("ab", "ab{}b"), None);
        assert_eq!(capture::<0>("division by zero!", "division by zero"), None);
    }
}
