//! What a server sends to the command line: from other users, or from a server that is none of ours.

use std::path::{Component, Path};

use coderunner_cli::explanation::{self, Language};
use coderunner_cli::{collect, text};
use coderunner_proto::DESCRIPTOR_POOL;
use coderunner_proto::common::v1::{CompileError, Usage};
use coderunner_proto::v1::ErrorExplanation;
use prost::Message;
use prost_reflect::DynamicMessage;
use sandboxd_sandbox::collection::fit_path;

use crate::input;

/// No character of a text steers a terminal or turns the direction of the text around it (Unicode's property
/// Bidi_Control), but for those that may be there.
pub fn check_text(text: &str, allowed: &[char]) {
    let turns = |character: char| {
        matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}')
            || ('\u{202a}'..='\u{202e}').contains(&character)
            || ('\u{2066}'..='\u{2069}').contains(&character)
    };
    let steers = |character: char| character.is_control() || turns(character);
    let found = text.chars().find(|it| steers(*it) && !allowed.contains(it));
    assert_eq!(found, None, "in {text:?}");
}

/// Nothing steers the terminal, and a cleaned text is clean.
pub fn terminal_text(bytes: &[u8]) {
    let said = String::from_utf8_lossy(bytes);
    let plain = text::plain(&said);
    check_text(&plain, &[]);
    assert_eq!(plain.chars().count(), said.chars().count());
    assert_eq!(text::plain(&plain), plain);
    for lines in [text::plain_lines(&said), text::visible_lines(&said)] {
        check_text(&lines, &['\n', '\t']);
        assert_eq!(lines.matches('\n').count(), said.matches('\n').count());
    }
}

/// Any error and any usage can be shown, on few lines.
pub fn compile_error(bytes: &[u8]) {
    if let Ok(error) = CompileError::decode(bytes) {
        let shown = text::compile_error(&error);
        check_text(&shown, &['\n']);
        assert!(shown.lines().count() <= 4 && shown.len() <= 4 * bytes.len() + 200);
    }
    if let Ok(usage) = Usage::decode(bytes) {
        check_text(&text::usage(&usage), &[]);
    }
}

/// Any explanation can be shown in both languages, on few lines.
pub fn shown_explanation(bytes: &[u8]) {
    if let Ok(explanation) = ErrorExplanation::decode(bytes) {
        for language in [Language::English, Language::German] {
            let shown = explanation::text(&explanation, language);
            check_text(&shown, &['\n']);
            assert!(shown.lines().count() <= 4 && shown.len() <= 4 * bytes.len() + 200);
        }
    }
}

/// A file is saved below the folder or not at all, and every file that sandboxd sends can be saved.
pub fn saved_path(bytes: &[u8]) {
    let Ok(path) = std::str::from_utf8(bytes) else {
        return;
    };
    let folder = Path::new("/home/ada/results");
    let saved = collect::below(folder, path);
    if let Some(saved) = &saved {
        let below = saved.strip_prefix(folder).expect("below the folder");
        let mut parts = below.components();
        assert!(parts.all(|part| matches!(part, Component::Normal(_))));
        assert!((1..=16).contains(&below.components().count()));
        check_text(path, &BIDI);
    }
    if fit_path(bytes).is_some() {
        assert!(saved.is_some());
    }
}

/// Names may turn the direction of text: they are cleaned when they are shown.
const BIDI: [char; 12] = [
    '\u{61c}', '\u{200e}', '\u{200f}', '\u{202a}', '\u{202b}', '\u{202c}', '\u{202d}', '\u{202e}',
    '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}',
];

/// Any message of the public API can be shown as JSON, or is refused; what is shown is one line of JSON. The first
/// byte chooses the message.
pub fn message_json(bytes: &[u8]) {
    let (choice, bytes) = input::choice(bytes);
    let ours = DESCRIPTOR_POOL
        .all_messages()
        .filter(|message| message.package_name() == "coderunner.v1");
    let mut ours: Vec<_> = ours.collect();
    ours.sort_by(|one, other| one.full_name().cmp(other.full_name()));
    let kind = ours.swap_remove(usize::from(choice) % ours.len());
    let Ok(message) = DynamicMessage::decode(kind, bytes) else {
        return;
    };
    if let Ok(json) = serde_json::to_string(&message) {
        assert!(!json.contains('\n'));
        let value = serde_json::from_str::<serde_json::Value>(&json);
        assert!(value.is_ok(), "{json}");
    }
}
