//! Changes of an input, for the short form: what libFuzzer does as well, without knowing what code it reaches.
//! They are data that bolero draws and, when a check fails, makes smaller.

use bolero::TypeGenerator;

/// Bytes that mean something to one reader or another.
const WORDS: [&[u8]; 24] = [
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff",
    b"\0\0\0\x80",
    b"\xff\xff\xff\x7f",
    b"\x1b[2J",
    "\u{202e}".as_bytes(),
    "\u{61c}".as_bytes(),
    b"..",
    b"/",
    b"../../etc/passwd",
    b"\r\n",
    b"\n",
    b" ",
    b"\x1f",
    b"1e999",
    b"-0",
    b"nan",
    b"[[[[[[[[",
    b"{\"",
    b"\\u0000",
    b"\xc3\x28",
    b"\xed\xa0\x80",
];

/// One change. Places are taken modulo the length.
#[derive(Debug, Clone, TypeGenerator)]
pub enum Change {
    /// Another byte.
    Set(u16, u8),
    /// One bit.
    Flip(u16, u8),
    /// A byte more.
    Insert(u16, u8),
    /// One of [`WORDS`] more.
    Word(u16, u8),
    /// So many bytes less.
    Remove(u16, u8),
    /// So many bytes twice.
    Repeat(u16, u8),
    /// Nothing from here on.
    Cut(u16),
    /// From here on what another input has from there on.
    Cross(u16, u16, u16),
}

/// The input that comes of changing one of `seeds`.
///
/// # Panics
/// When there are none.
pub fn apply(seeds: &[Vec<u8>], seed: u16, changes: &[Change]) -> Vec<u8> {
    let numbered = |number: u16| &seeds[usize::from(number) % seeds.len()];
    let mut bytes = numbered(seed).clone();
    for change in changes {
        let length = bytes.len();
        let place = |at: u16| usize::from(at) % (length + 1);
        let span = |at: u16, count: u8| place(at)..(place(at) + usize::from(count)).min(length);
        match *change {
            Change::Set(at, byte) => bytes
                .iter_mut()
                .skip(place(at))
                .take(1)
                .for_each(|it| *it = byte),
            Change::Flip(at, bit) => bytes
                .iter_mut()
                .skip(place(at))
                .take(1)
                .for_each(|it| *it ^= 1 << (bit % 8)),
            Change::Insert(at, byte) => bytes.insert(place(at), byte),
            Change::Word(at, word) => {
                let word = WORDS[usize::from(word) % WORDS.len()];
                bytes.splice(place(at)..place(at), word.iter().copied());
            }
            Change::Remove(at, count) => drop(bytes.drain(span(at, count))),
            Change::Repeat(at, count) => {
                let again = bytes[span(at, count)].to_vec();
                bytes.splice(place(at)..place(at), again);
            }
            Change::Cut(at) => bytes.truncate(place(at)),
            Change::Cross(at, other, from) => {
                let other = numbered(other);
                bytes.truncate(place(at));
                bytes.extend(&other[usize::from(from) % (other.len() + 1)..]);
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_do_what_they_say_at_any_place() {
        let seeds = [b"abc".to_vec(), b"xyz".to_vec()];
        for (change, expected) in [
            (Change::Set(1, b'!'), &b"a!c"[..]),
            (Change::Set(3, b'!'), b"abc"),
            (Change::Flip(0, 8), b"`bc"),
            (Change::Insert(7, b'!'), b"abc!"),
            (Change::Word(0, 9), b"..abc"),
            (Change::Remove(1, 9), b"a"),
            (Change::Repeat(1, 9), b"abcbc"),
            (Change::Cut(5), b"a"),
            (Change::Cross(1, 3, 2), b"az"),
        ] {
            let changed = apply(&seeds, 2, std::slice::from_ref(&change));
            assert_eq!(changed, expected, "{change:?}");
            // Nothing is out of bounds in an empty input either.
            apply(&[Vec::new()], 0, &[change.clone(), change]);
        }
    }
}
