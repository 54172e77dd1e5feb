//! Inputs of several parts: a first byte that chooses among settings, and texts with a unit separator between them,
//! so that an input stays legible in an editor.

const SEPARATOR: u8 = 0x1f;

/// The first byte, 0 of an empty input, and the rest.
pub fn choice(bytes: &[u8]) -> (u8, &[u8]) {
    bytes
        .split_first()
        .map_or((0, bytes), |(first, rest)| (*first, rest))
}

/// What is before the first separator and what is behind it.
pub fn two(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| *byte == SEPARATOR);
    end.map_or((bytes, b""), |end| (&bytes[..end], &bytes[end + 1..]))
}

/// What is before, between and behind the first two separators.
pub fn three(bytes: &[u8]) -> (&[u8], &[u8], &[u8]) {
    let (first, rest) = two(bytes);
    let (second, third) = two(rest);
    (first, second, third)
}
