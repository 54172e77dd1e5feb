//! Each rule is handed a workspace that keeps it and one that breaks it.

use super::*;
use crate::house::RULES;

fn a_crate(name: &str, folder: &str, ours: &[&str]) -> Crate {
    let names = || ours.iter().map(|name| (*name).to_owned());
    Crate {
        name: name.into(),
        folder: folder.into(),
        ours: names().collect(),
        closure: names().collect(),
        roots: vec![format!("{folder}/src/lib.rs")],
    }
}

/// A small workspace that keeps every rule.
fn sound() -> Workspace {
    let crates = vec![
        a_crate(PROTO, "proto", &[]),
        a_crate("control-plane", "control-plane", &[PROTO]),
        a_crate(
            "sandboxd",
            "sandboxd/daemon",
            &[PROTO, LAUNCHER, "sandboxd-sys"],
        ),
        a_crate(LAUNCHER, "sandboxd/launcher", &["sandboxd-sys"]),
        a_crate("sandboxd-sys", THE_UNSAFE_CRATE, &[]),
        a_crate("coderunner-client", "clients/rust", &[PROTO]),
        a_crate(
            "coderunner-cli",
            "clients/cli",
            &[PROTO, "coderunner-client"],
        ),
    ];
    let forbidding = crates
        .iter()
        .filter(|found| found.folder != THE_UNSAFE_CRATE);
    let mut sources: Vec<_> = forbidding
        .map(|found| SourceFile::parse(&found.roots[0], "#![forbid(unsafe_code)]"))
        .collect();
    for (path, text) in [
        (
            "control-plane/src/users/model.rs",
            "// tokio is not for here\npub struct User;",
        ),
        (
            "control-plane/src/users/store.rs",
            r#"sqlx::query("SELECT 1")"#,
        ),
        (
            "control-plane/src/platform/db.rs",
            r#"sqlx::query("PRAGMA journal_mode = WAL")"#,
        ),
        (
            "control-plane/src/users/api.rs",
            "use coderunner_proto::v1;",
        ),
        (
            "control-plane/src/users/service.rs",
            r#"const M: &str = "Select a level first"; // SELECT 1"#,
        ),
    ] {
        sources.push(SourceFile::parse(path, text));
    }
    Workspace { crates, sources }
}

fn with_source(path: &str, text: &str) -> Workspace {
    let mut workspace = sound();
    workspace.sources.retain(|file| file.path != path);
    workspace.sources.push(SourceFile::parse(path, text));
    workspace
}

fn with_dependency(name: &str, dependency: &str) -> Workspace {
    let mut workspace = sound();
    let found = workspace
        .crates
        .iter_mut()
        .find(|found| found.name == name)
        .unwrap();
    found.ours.insert(dependency.into());
    found.closure.insert(dependency.into());
    workspace
}

#[test]
fn a_sound_workspace_keeps_every_rule() {
    for rule in RULES {
        assert_eq!(
            (rule.check)(&sound()),
            Vec::<String>::new(),
            "{}",
            rule.name
        );
    }
}

#[test]
fn proto_that_depends_on_ours_is_found() {
    let problems = proto_stands_alone(&with_dependency(PROTO, "control-plane"));
    assert_eq!(problems, ["coderunner-proto depends on control-plane"]);
}

#[test]
fn a_model_that_imports_the_outside_is_found() {
    for name in ["tonic", "sqlx", "redis", "tokio"] {
        for path in [
            "control-plane/src/users/model.rs",
            "control-plane/src/users/model/role.rs",
        ] {
            let problems = models_are_pure(&with_source(path, &format!("use {name}::something;")));
            assert_eq!(problems, [format!("{path} uses {name}")]);
        }
    }
}

#[test]
fn sql_outside_a_store_is_found() {
    let path = "control-plane/src/users/service.rs";
    for text in [
        r#"const Q: &str = "SELECT id FROM users";"#,
        r#"const Q: &str = "\n  INSERT INTO users VALUES (?)";"#,
        r##"const Q: &str = r#"UPDATE users SET name = ?"#;"##,
        r#"const Q: &str = "DELETE FROM users";"#,
        "sqlx::query(text)",
        "db::query(text)",
        "QueryBuilder::new(text)",
    ] {
        assert_eq!(
            sql_stays_in_stores(&with_source(path, text)).len(),
            1,
            "{text}"
        );
    }
}

#[test]
fn sql_that_asks_for_all_columns_is_found() {
    let path = "control-plane/src/users/store.rs";
    for (sql, found) in [
        ("SELECT * FROM users", 1),
        ("SELECT\n    *\n FROM users", 1),
        ("SELECT users.*, role FROM users", 1),
        ("SELECT id, * FROM users", 1),
        ("SELECT DISTINCT * FROM users", 1),
        ("SELECT id FROM (SELECT * FROM users) AS u", 1),
        ("DELETE FROM users RETURNING *", 1),
        ("SELECT count(*) FROM users", 0),
        (
            "SELECT points * 2 AS twice FROM users WHERE points * 3 > 1",
            0,
        ),
        ("three, * four", 0),
    ] {
        let workspace = with_source(path, &format!("db::query(\"{sql}\")"));
        let problems = statements_name_their_columns(&workspace);
        assert_eq!(problems.len(), found, "{sql}");
    }
}

#[test]
fn generated_types_in_a_service_are_found() {
    let path = "control-plane/src/users/service.rs";
    let problems =
        generated_types_stop_at_the_edge(&with_source(path, "use coderunner_proto::v1::User;"));
    assert_eq!(problems, [format!("{path} uses coderunner_proto")]);
}

#[test]
fn a_crate_shared_by_both_programs_is_found() {
    for (name, dependency) in [
        ("control-plane", "sandboxd-sys"),
        ("sandboxd", "control-plane"),
    ] {
        assert!(!the_two_programs_share_only_proto(&with_dependency(name, dependency)).is_empty());
    }
    let mut shared = sound();
    shared.crates.push(a_crate("common", "common", &[]));
    for name in ["control-plane", "sandboxd"] {
        let found = shared
            .crates
            .iter_mut()
            .find(|found| found.name == name)
            .unwrap();
        found.closure.insert("common".into());
    }
    assert_eq!(the_two_programs_share_only_proto(&shared).len(), 2);
}

#[test]
fn a_launcher_with_a_network_stack_is_found() {
    for name in ["tokio", "tonic", "prost"] {
        let problems = the_launcher_is_small(&with_dependency(LAUNCHER, name));
        assert_eq!(problems, [format!("{LAUNCHER} is linked with {name}")]);
    }
}

#[test]
fn a_crate_that_allows_unsafe_code_is_found() {
    let problems = unsafe_code_is_in_one_crate(&with_source(
        "proto/src/lib.rs",
        "// #![forbid(unsafe_code)]",
    ));
    assert_eq!(
        problems,
        ["proto/src/lib.rs does not say #![forbid(unsafe_code)]"]
    );
}

#[test]
fn a_client_that_knows_the_server_is_found() {
    let problems = clients_know_only_the_api(&with_dependency("coderunner-cli", "control-plane"));
    assert_eq!(problems, ["coderunner-cli depends on control-plane"]);
}

#[test]
fn a_rule_whose_crate_is_gone_fails_rather_than_passes() {
    let empty = Workspace::default();
    assert!(!proto_stands_alone(&empty).is_empty());
    assert!(!the_launcher_is_small(&empty).is_empty());
}
