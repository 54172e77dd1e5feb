//! What a file seems to be: one of a closed list, told by how its content begins, and for text by its name. A
//! program chooses both, so this is a hint for showing a file, never a promise. HTML is text here: nobody shall
//! render it by accident.

/// When nothing better can be said.
const UNKNOWN: &str = "application/octet-stream";

/// Beginnings of formats that are no text.
const BEGINNINGS: [(&[u8], &str); 5] = [
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
];

/// The media type of a file.
pub fn media_type(path: &str, content: &[u8]) -> &'static str {
    let known = BEGINNINGS
        .iter()
        .find(|(beginning, _)| content.starts_with(beginning));
    if let Some((_, name)) = known {
        return name;
    }
    if content.starts_with(b"RIFF") && content.get(8..12) == Some(b"WEBP") {
        return "image/webp";
    }
    match std::str::from_utf8(content) {
        Ok(text) if is_plain(text) => text_type(path, text),
        _ => UNKNOWN,
    }
}

/// Whether a text editor would show it as it is.
fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte >= b' ' && byte != 0x7f || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c))
}

fn text_type(path: &str, text: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "csv" => "text/csv",
        "json" if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() => "application/json",
        "svg" if is_svg(text) => "image/svg+xml",
        _ => "text/plain",
    }
}

fn is_svg(text: &str) -> bool {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with("<svg") || (text.starts_with("<?xml") && text.contains("<svg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_counts_and_names_only_for_text() {
        for (path, content, expected) in [
            ("plot.png", &b"\x89PNG\r\n\x1a\n\0\0"[..], "image/png"),
            ("plot.txt", b"\x89PNG\r\n\x1a\n\0\0", "image/png"),
            ("a.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
            ("a.gif", b"GIF89a", "image/gif"),
            ("a", b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            ("a", b"RIFF\0\0\0\0WAVE", UNKNOWN),
            ("a", b"%PDF-1.7", "application/pdf"),
            ("table.CSV", b"a;b\n1;2\n", "text/csv"),
            ("data.json", b"{\"a\": [1, 2]}", "application/json"),
            ("data.json", b"{\"a\": ", "text/plain"),
            (
                "a.svg",
                b"<?xml version=\"1.0\"?>\n<svg></svg>",
                "image/svg+xml",
            ),
            ("a.svg", b"<html>", "text/plain"),
            ("a.png", b"no picture", "text/plain"),
            ("a.html", b"<script>", "text/plain"),
            ("notes.txt", "grün\n".as_bytes(), "text/plain"),
            ("empty", b"", "text/plain"),
            ("a.txt", b"a\0b", UNKNOWN),
            ("a.txt", b"\x1b[2J", UNKNOWN),
            ("a.txt", b"\xff\xfe", UNKNOWN),
            (".json", b"[]", "application/json"),
        ] {
            assert_eq!(media_type(path, content), expected, "{path}");
        }
    }

    #[test]
    fn deep_json_is_no_danger() {
        let deep = "[".repeat(1_000_000);
        assert_eq!(media_type("a.json", deep.as_bytes()), "text/plain");
    }
}
