//! Why a program failed, in the user's language, as it stands below a traceback. What the server says is cleaned
//! like all that comes from it.

use std::env;

use coderunner_proto::v1::{ErrorExplanation, ExplanationText};

use crate::text::plain;

/// A language that explanations are shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Language {
    English,
    German,
}

impl Language {
    /// That of the user's messages: the first of LC_ALL, LC_MESSAGES and LANG that says something (POSIX, "Environment
    /// Variables"). German where it is German, else English.
    pub fn of_user() -> Self {
        let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let values = names.map(|name| env::var(name).unwrap_or_default());
        Self::of_locales(values.each_ref().map(String::as_str))
    }

    fn of_locales(locales: [&str; 3]) -> Self {
        let locale = locales.into_iter().find(|locale| !locale.is_empty());
        let language = locale.and_then(|locale| locale.split(['_', '.', '@', '-']).next());
        match language {
            Some("de") => Self::German,
            _ => Self::English,
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

/// The place, the line of code, the explanation and the hint. Empty when the server explained nothing.
pub fn text(explanation: &ErrorExplanation, language: Language) -> String {
    let ErrorExplanation {
        kind: _,
        exception_name: _,
        file,
        line,
        column: _,
        source_line,
        texts,
    } = explanation;
    let Some(said) = in_language(texts, language) else {
        return String::new();
    };
    let ExplanationText {
        language_tag: _,
        explanation,
        hint,
    } = said;
    let mut lines = Vec::new();
    if *line > 0 && !file.is_empty() {
        let word = match language {
            Language::English => "line",
            Language::German => "Zeile",
        };
        lines.push(format!("{}, {word} {line}:", plain(file)));
        let code = source_line.replace('\t', "    ");
        lines.push(format!("    {}", plain(code.trim())));
    }
    lines.push(plain(explanation));
    if !hint.is_empty() {
        let word = match language {
            Language::English => "Hint",
            Language::German => "Tipp",
        };
        lines.push(format!("{word}: {}", plain(hint)));
    }
    lines.join("\n")
}

/// The text in a language, or else in English.
fn in_language(texts: &[ExplanationText], language: Language) -> Option<&ExplanationText> {
    let tagged = |tag: &str| texts.iter().find(|text| text.language_tag == tag);
    tagged(language.tag()).or_else(|| tagged(Language::English.tag()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(language_tag: &str, explanation: &str, hint: &str) -> ExplanationText {
        ExplanationText {
            language_tag: language_tag.to_owned(),
            explanation: explanation.to_owned(),
            hint: hint.to_owned(),
        }
    }

    fn explained() -> ErrorExplanation {
        ErrorExplanation {
            kind: "name_error.misspelled".to_owned(),
            exception_name: "NameError".to_owned(),
            file: "main.py".to_owned(),
            line: 3,
            column: 0,
            source_line: "\tprint(nmae)".to_owned(),
            texts: vec![
                said("en", "There is no `nmae`.", "Do you mean `name`?"),
                said("de", "`nmae` gibt es nicht.", "Meinst du `name`?"),
            ],
        }
    }

    #[test]
    fn the_users_language_is_that_of_the_first_variable_that_is_set() {
        for (locales, language) in [
            (["", "", "de_DE.UTF-8"], Language::German),
            (["", "", "de"], Language::German),
            (["", "de_AT@euro", "en_GB"], Language::German),
            (["C.UTF-8", "", "de_DE.UTF-8"], Language::English),
            (["", "", ""], Language::English),
            (["", "", "del_US"], Language::English),
            (["", "", "fr_CH"], Language::English),
        ] {
            assert_eq!(Language::of_locales(locales), language, "{locales:?}");
        }
    }

    #[test]
    fn an_explanation_has_place_code_and_hint() {
        assert_eq!(
            text(&explained(), Language::English),
            "main.py, line 3:\n    print(nmae)\nThere is no `nmae`.\nHint: Do you mean `name`?"
        );
        assert_eq!(
            text(&explained(), Language::German),
            "main.py, Zeile 3:\n    print(nmae)\n`nmae` gibt es nicht.\nTipp: Meinst du `name`?"
        );
    }

    #[test]
    fn what_is_missing_is_left_out() {
        let english = ErrorExplanation {
            file: String::new(),
            line: 0,
            texts: vec![said("en", "Out of time.", "")],
            ..explained()
        };
        assert_eq!(text(&english, Language::German), "Out of time.");
        assert_eq!(text(&ErrorExplanation::default(), Language::German), "");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        let hostile = ErrorExplanation {
            source_line: "a\x1b[2Jb\n".to_owned(),
            texts: vec![said("en", "c\rd", "e\u{202e}f\n")],
            ..explained()
        };
        assert_eq!(
            text(&hostile, Language::English),
            "main.py, line 3:\n    a\u{fffd}[2Jb\nc\u{fffd}d\nHint: e\u{fffd}f\u{fffd}"
        );
    }
}
