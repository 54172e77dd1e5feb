//! `coderunner admin` hands over to a program `control-plane`; here to one that tells what it got.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

/// A `control-plane` that prints its arguments and ends with a code.
fn stand_in(folder: &Path, code: i32) {
    let file = folder.join("control-plane");
    let script = format!("#!/bin/sh\necho \"$@\"\ncat\nexit {code}\n");
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Calls a copy of `coderunner` that has nothing beside it.
fn coderunner(path: &Path, arguments: &[&str]) -> Output {
    let alone = tempfile::tempdir().unwrap();
    let program = alone.path().join("coderunner");
    std::fs::copy(env!("CARGO_BIN_EXE_coderunner"), &program).unwrap();
    let search = format!("{}:/usr/bin:/bin", path.display());
    Command::new(program)
        .args(arguments)
        .env("PATH", search)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn arguments_and_exit_code_are_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    for (code, expected) in [(0, 0), (1, 1), (2, 2), (101, 1)] {
        stand_in(folder.path(), code);
        for (given, got) in [
            ("pki list --folder x", "pki list --folder x\n"),
            ("pki --help", "pki --help\n"),
            (
                "backup b.backup --config c.toml",
                "backup b.backup --config c.toml\n",
            ),
            (
                "restore b.backup --overwrite --config c.toml",
                "restore b.backup --overwrite --config c.toml\n",
            ),
            (
                "history 0197 --config c.toml",
                "history 0197 --config c.toml\n",
            ),
            (
                "requeue 0197 --older-than 30",
                "requeue 0197 --older-than 30\n",
            ),
            (
                "retention run --older-than 3 --dry-run",
                "retention run --older-than 3 --dry-run\n",
            ),
            (
                "signing-keys rotate --delay 0",
                "signing-keys rotate --delay 0\n",
            ),
            (
                "first-admin ada@example.org --config c.toml --password-stdin",
                "user create --role admin --password-stdin --config c.toml --email ada@example.org\n",
            ),
        ] {
            let mut arguments = vec!["admin"];
            arguments.extend(given.split(' '));
            let output = coderunner(folder.path(), &arguments);
            assert_eq!(String::from_utf8_lossy(&output.stdout), got);
            assert_eq!(output.status.code(), Some(expected), "{given}");
        }
    }
}

#[test]
fn without_the_program_the_message_says_where_to_go() {
    let nothing = tempfile::tempdir().unwrap();
    let output = coderunner(nothing.path(), &["admin", "pki", "list"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(
        errors.contains("control-plane") && errors.contains("PATH"),
        "{errors}"
    );
}
