//! Explanations on the wire: facts, and the texts in all languages, so that clients choose.

use coderunner_proto::v1 as pb;

use super::{Explanation, Language, Place, Text};

/// Writes an explanation.
pub fn explanation_out(explanation: Explanation) -> pb::ErrorExplanation {
    let texts = Language::ALL.map(|language| text_out(language, explanation.text(language)));
    let Explanation {
        kind,
        exception,
        place,
        names: _,
    } = explanation;
    let mut out = pb::ErrorExplanation {
        kind: kind.key().to_owned(),
        exception_name: exception,
        texts: texts.into(),
        ..pb::ErrorExplanation::default()
    };
    if let Some(place) = place {
        let Place {
            file,
            line,
            column,
            source_line,
        } = place;
        out.file = file;
        out.line = i32::try_from(line).unwrap_or(i32::MAX);
        out.column = i32::try_from(column).unwrap_or(i32::MAX);
        out.source_line = source_line;
    }
    out
}

fn text_out(language: Language, text: Text) -> pb::ExplanationText {
    let Text { explanation, hint } = text;
    pb::ExplanationText {
        language_tag: language.tag().to_owned(),
        explanation,
        hint,
    }
}
