//! As much of a text as is shown of a public test, as text whatever its bytes are.

/// The most of one text that is shown.
pub const SHOWN_BYTES: usize = 4 * 1024;

/// The beginning of a text, cut between characters.
pub fn beginning(bytes: &[u8]) -> String {
    if bytes.len() <= SHOWN_BYTES {
        return shorten(String::from_utf8_lossy(bytes).into_owned());
    }
    let mut cut = SHOWN_BYTES;
    while cut > SHOWN_BYTES - 4 && is_continuation(bytes[cut]) {
        cut -= 1;
    }
    shorten(String::from_utf8_lossy(&bytes[..cut]).into_owned())
}

/// The end of a text, cut between characters.
pub fn end(bytes: &[u8]) -> String {
    let mut start = bytes.len().saturating_sub(SHOWN_BYTES);
    while start > 0 && start < bytes.len() && is_continuation(bytes[start]) {
        start += 1;
    }
    shorten(String::from_utf8_lossy(&bytes[start..]).into_owned())
}

/// Replacement characters take three bytes for one that wasn't text.
fn shorten(mut text: String) -> String {
    let mut length = text.len().min(SHOWN_BYTES);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    text.truncate(length);
    text
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}
