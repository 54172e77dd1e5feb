//! docs/AUTHORISATION.md.

use std::fmt::Write;
use std::path::Path;

use control_plane::platform::authz::{Access, Call, Keys};

use super::Cell;
use super::world::Who;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/AUTHORISATION.md");

const HEAD: &str = "\
# Who may make which call

Written by `CODERUNNER_WRITE_DOCS=1 cargo test -p control-plane --test running matrix`, which makes \
every call as everybody; without the variable the same test fails when this page is not what it \
finds. The table that decides is `control-plane/src/platform/authz.rs`.

- **yes**: the call does what it does. **log in**: `UNAUTHENTICATED`. **no**: `PERMISSION_DENIED`. \
**hidden**: `NOT_FOUND`, as if the thing were not there. **later**: may call, and is told \
`UNIMPLEMENTED`, because this version does not have the call yet.
- *owner* is the student whose run, submission, session or other thing the call is about, or the \
teacher whose class it is about; *student* and *teacher* are others. Calls about the caller's own things alone have no owner apart.
- *key* is an API key of a service account with the role author, and with the scope in the last \
column; without that scope the answer is always *no*. **any** needs no scope; **none** means that \
no key may make the call.

";

/// Compares the page with what was found, or writes it.
pub fn compare(rows: Vec<(Call, Vec<Cell>)>) {
    let page = page(rows);
    let file = Path::new(FILE);
    if std::env::var_os("CODERUNNER_WRITE_DOCS").is_some() {
        std::fs::write(file, &page).unwrap();
    }
    let known = std::fs::read_to_string(file).unwrap_or_default();
    let differs = page
        .lines()
        .zip(known.lines())
        .find(|(now, then)| now != then);
    assert!(
        page == known,
        "docs/AUTHORISATION.md is not what the server does; first difference: {differs:?}. Look at \
         the change, then write the page with CODERUNNER_WRITE_DOCS=1"
    );
}

fn page(mut rows: Vec<(Call, Vec<Cell>)>) -> String {
    rows.sort_by_key(|(call, _)| {
        let table = control_plane::platform::authz::TABLE;
        table.iter().position(|line| line.method == call.method)
    });
    let mut page = HEAD.to_owned();
    let mut service = "";
    let shown: Vec<_> = Who::ALL.iter().filter_map(|who| who.column()).collect();
    for (call, cells) in rows {
        let path = call.method.trim_start_matches("/coderunner.v1.");
        let (name, method) = path.split_once('/').unwrap();
        if name != service {
            service = name;
            let columns = shown.join(" | ");
            let line = " --- |".repeat(shown.len() + 2);
            let space = if page.ends_with("|\n") { "\n" } else { "" };
            writeln!(
                page,
                "{space}## {name}\n\n| call | {columns} | scope |\n|{line}"
            )
            .unwrap();
        }
        let cells = Who::ALL.iter().zip(cells);
        let words: Vec<_> = cells
            .filter(|(who, _)| who.column().is_some())
            .map(|(who, cell)| match who {
                // The same as any student.
                Who::Owner if call.access != Access::Owner => "",
                _ => cell.word(),
            })
            .collect();
        let scope = match call.keys {
            Keys::Never => "none",
            Keys::Always => "any",
            Keys::Needs(scope) => scope.word(),
        };
        writeln!(page, "| {method} | {} | {scope} |", words.join(" | ")).unwrap();
    }
    page
}
