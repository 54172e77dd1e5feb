//! The rules themselves. Each returns one line for each violation, naming file or crate.

use super::{Crate, SourceFile, Workspace};

const PROTO: &str = "coderunner-proto";
const LAUNCHER: &str = "sandboxd-launcher";
const THE_UNSAFE_CRATE: &str = "sandboxd/sys";

/// Files of control-plane, besides api.rs, that speak the wire types: the client of sandboxd,
/// and the assembly of the server, which registers services and their descriptors.
const WIRE_FILES: &[&str] = &[
    "control-plane/src/execution/runner_client.rs",
    "control-plane/src/execution/runner_client/batch.rs",
    "control-plane/src/server.rs",
];

pub(super) fn proto_stands_alone(workspace: &Workspace) -> Vec<String> {
    let proto = workspace.named(PROTO);
    let Some(proto) = proto else {
        return vec![missing(PROTO)];
    };
    proto
        .ours
        .iter()
        .map(|name| format!("{PROTO} depends on {name}"))
        .collect()
}

pub(super) fn models_are_pure(workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for file in control_plane(workspace).filter(|file| is_room(file, "model")) {
        for name in ["tonic", "sqlx", "redis", "tokio"] {
            if file.names_crate(name) {
                problems.push(format!("{} uses {name}", file.path));
            }
        }
    }
    problems
}

pub(super) fn sql_stays_in_stores(workspace: &Workspace) -> Vec<String> {
    let allowed = |file: &SourceFile| {
        is_room(file, "store")
            || file.path.contains("/platform/db.rs")
            || file.path.contains("/platform/db/")
    };
    let mut problems = Vec::new();
    for file in control_plane(workspace).filter(|file| !allowed(file)) {
        for text in file.strings.iter().filter(|text| is_sql(text)) {
            problems.push(format!("{} holds SQL: {}", file.path, start_of(text)));
        }
        for call in [
            "sqlx::query",
            "db::query",
            "query_as",
            "query_scalar",
            "QueryBuilder",
        ] {
            if file.code.contains(call) {
                problems.push(format!("{} calls {call}", file.path));
            }
        }
    }
    problems
}

/// Columns are named: a column of a later migration must not change what is read, nor travel for
/// nothing, and whoever reads the statement sees what it needs.
pub(super) fn statements_name_their_columns(workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for file in control_plane(workspace) {
        for text in file.strings.iter().filter(|text| takes_all_columns(text)) {
            problems.push(format!(
                "{} asks for all columns: {}",
                file.path,
                start_of(text)
            ));
        }
    }
    problems
}

pub(super) fn generated_types_stop_at_the_edge(workspace: &Workspace) -> Vec<String> {
    let allowed =
        |file: &SourceFile| is_room(file, "api") || WIRE_FILES.contains(&file.path.as_str());
    control_plane(workspace)
        .filter(|file| !allowed(file) && file.names_crate("coderunner_proto"))
        .map(|file| format!("{} uses coderunner_proto", file.path))
        .collect()
}

pub(super) fn the_two_programs_share_only_proto(workspace: &Workspace) -> Vec<String> {
    let is_ours = |name: &&String| workspace.named(name).is_some();
    let ours = |found: &Crate| {
        found
            .closure
            .iter()
            .filter(is_ours)
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut problems = Vec::new();
    let control: Vec<&Crate> = workspace.below("control-plane").collect();
    let sandbox: Vec<&Crate> = workspace.below("sandboxd/").collect();
    for (crates, others) in [(&control, &sandbox), (&sandbox, &control)] {
        for found in crates.iter() {
            for name in ours(found) {
                let theirs = others
                    .iter()
                    .any(|other| other.name == name || ours(other).contains(&name));
                if theirs && name != PROTO {
                    problems.push(format!(
                        "{} and the other program both have {name}",
                        found.name
                    ));
                }
            }
        }
    }
    problems
}

pub(super) fn the_launcher_is_small(workspace: &Workspace) -> Vec<String> {
    let Some(launcher) = workspace.named(LAUNCHER) else {
        return vec![missing(LAUNCHER)];
    };
    let forbidden = ["tokio", "tonic", "prost"]
        .into_iter()
        .filter(|name| launcher.closure.contains(*name));
    forbidden
        .map(|name| format!("{LAUNCHER} is linked with {name}"))
        .collect()
}

pub(super) fn unsafe_code_is_in_one_crate(workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for found in workspace
        .crates
        .iter()
        .filter(|found| found.folder != THE_UNSAFE_CRATE)
    {
        for root in &found.roots {
            let file = workspace.sources.iter().find(|file| file.path == *root);
            let forbids = file.is_some_and(|file| {
                let code: String = file.code.split_whitespace().collect();
                code.contains("#![forbid(unsafe_code)]")
            });
            if !forbids {
                problems.push(format!("{root} does not say #![forbid(unsafe_code)]"));
            }
        }
    }
    problems
}

pub(super) fn clients_know_only_the_api(workspace: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    for client in workspace.below("clients/") {
        for name in client.ours.iter().filter(|name| *name != PROTO) {
            let is_client = workspace
                .named(name)
                .is_some_and(|found| found.folder.starts_with("clients/"));
            if !is_client {
                problems.push(format!("{} depends on {name}", client.name));
            }
        }
    }
    problems
}

fn missing(name: &str) -> String {
    format!("the crate {name} was not found, so the rule can't be checked")
}

fn control_plane(workspace: &Workspace) -> impl Iterator<Item = &SourceFile> {
    workspace
        .sources
        .iter()
        .filter(|file| file.path.starts_with("control-plane/src/"))
}

/// `model.rs`, or any file of a folder `model/`.
fn is_room(file: &SourceFile, room: &str) -> bool {
    file.path.ends_with(&format!("/{room}.rs")) || file.path.contains(&format!("/{room}/"))
}

/// A statement, not a sentence that begins with such a word: SQL's keywords are in capitals.
fn is_sql(text: &str) -> bool {
    // The literal's escapes are still escapes.
    let text = text.replace("\\n", " ");
    let words: Vec<&str> = text.split_whitespace().take(12).collect();
    let has = |word: &str| words.contains(&word);
    match words.first() {
        Some(&"SELECT") => true,
        Some(&("INSERT" | "REPLACE")) => has("INTO"),
        Some(&"UPDATE") => has("SET"),
        Some(&"DELETE") => has("FROM"),
        Some(&("CREATE" | "ALTER" | "DROP")) => {
            has("TABLE") || has("INDEX") || has("VIEW") || has("TRIGGER")
        }
        Some(&("PRAGMA" | "WITH" | "BEGIN" | "COMMIT" | "ROLLBACK" | "VACUUM")) => true,
        _ => false,
    }
}

/// Whether a statement has a `*` where columns are named, alone or of a table. `count(*)` is none,
/// and neither is a product.
fn takes_all_columns(text: &str) -> bool {
    let text = text.replace("\\n", " ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let keyword = |word: &str| word.trim_start_matches('(').to_owned();
    let reads = |word: &&str| matches!(keyword(word).as_str(), "SELECT" | "RETURNING");
    let stars = words.windows(2).filter(|pair| {
        let begins = matches!(
            keyword(pair[0]).as_str(),
            "SELECT" | "DISTINCT" | "ALL" | "RETURNING"
        );
        let star = pair[1].trim_end_matches(',');
        (star == "*" && (begins || pair[0].ends_with(','))) || star.ends_with(".*")
    });
    words.iter().any(reads) && stars.count() > 0
}

/// Names a statement in a message.
fn start_of(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(50).collect()
}

#[cfg(test)]
mod tests;
