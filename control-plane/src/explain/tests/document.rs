//! `docs/EXPLANATIONS.md` is made of the table of kinds and of the recorded programs.

use super::*;

const HEAD: &str = "\
# Kinds of errors

Every run that fails carries an `ErrorExplanation` beside the traceback: what went wrong, in which line of the program's own code, and what to look at, in English and German. So do the public tests of a submission, and a submission that Python can't compile. Of a hidden test it says no more than the verdict and the exception's name do: no line, no code, no value.

A kind is a stable key. Keys may be added; none changes its meaning. Clients that have texts of their own choose them by the key, and treat one that they don't know like its part before the dot, or like `other`. The texts are in `control-plane/src/explain/texts.toml`; their facts are those of Python 3.11.

A test writes this document: `WRITE_EXPLANATIONS=1 cargo test -p control-plane --lib explain`. Without the variable it fails when the document is not up to date.

| kind | when |
| ---- | ---- |
";

const MISTAKES: &str = "
## Typical mistakes

What is said of wrong programs that the real Python has run. They are in `control-plane/tests/explain/programs`, with what Python wrote in `recorded` beside that; the end-to-end tests run them in the real sandbox and compare kind and line.

| program | line | code | kind | English | German |
| ------- | ---- | ---- | ---- | ------- | ------ |
";

fn document() -> String {
    let mut text = HEAD.to_owned();
    for kind in Kind::ALL {
        text.push_str(&format!("| `{}` | {} |\n", kind.key(), kind.when().trim()));
    }
    text.push_str(MISTAKES);
    for name in recorded().into_keys() {
        text.push_str(&row(&name));
    }
    text
}

fn row(name: &str) -> String {
    let (ending, stderr) = read_ending(name);
    let explanation = explain(&read_program(name), &ending, stderr.as_bytes()).unwrap();
    let (line, code) = match &explanation.place {
        Some(place) if place.file == "main.py" => {
            (place.line.to_string(), place.source_line.trim())
        }
        Some(place) => (
            format!("{}, {}", place.file, place.line),
            place.source_line.trim(),
        ),
        None => (String::new(), ""),
    };
    let code = match code {
        "" => String::new(),
        code => format!("`` {} ``", code.replace('|', "\\|")),
    };
    let [english, german] = Language::ALL.map(|language| {
        let Text { explanation, hint } = explanation.text(language);
        format!("{explanation} {hint}").replace('|', "\\|")
    });
    let kind = explanation.kind.key();
    format!("| {name} | {line} | {code} | `{kind}` | {english} | {german} |\n")
}

#[test]
fn the_document_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/EXPLANATIONS.md");
    let document = document();
    if std::env::var_os("WRITE_EXPLANATIONS").is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap();
    let differs = |(one, other): &(&str, &str)| one != other;
    if let Some((written, now)) = written.lines().zip(document.lines()).find(differs) {
        panic!(
            "docs/EXPLANATIONS.md is not up to date, see there how to write it anew:\n{written}\n{now}"
        );
    }
    assert_eq!(written, document, "docs/EXPLANATIONS.md is not up to date");
}

#[test]
fn the_table_has_at_least_forty_mistakes() {
    assert!(recorded().len() >= 40);
    let document = document();
    let rows = document.split_once(MISTAKES).unwrap().1.lines();
    assert_eq!(rows.count(), recorded().len());
}
