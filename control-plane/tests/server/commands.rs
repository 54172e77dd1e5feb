//! Commands of the program on the files of an installation.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Calls the program in a folder.
fn control_plane(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_control-plane"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// What a command that succeeds prints.
#[track_caller]
fn said(folder: &Path, arguments: &[&str]) -> String {
    let output = control_plane(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn signing_keys_are_listed_and_rotated() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let settings = "database_url = \"sqlite:test.db\"\nkeys_dir = \"keys\"\n";
    std::fs::write(folder.join("config.toml"), settings).unwrap();
    let keys = |rest: &[&str]| {
        let arguments = [&["signing-keys"], rest, &["--config", "config.toml"]].concat();
        said(folder, &arguments)
    };
    said(folder, &["init", "--config", "config.toml"]);
    assert!(keys(&["list"]).contains("signing-1.pem  signs"));
    assert!(keys(&["rotate"]).contains("it signs from"));
    let listed = keys(&["list"]);
    let words: Vec<_> = listed
        .lines()
        .map(|line| line.contains("is published"))
        .collect();
    assert_eq!(words, [false, true], "{listed}");
    let again = ["signing-keys", "rotate", "--config", "config.toml"];
    let again = control_plane(folder, &again);
    let errors = String::from_utf8(again.stderr).unwrap();
    assert!(
        !again.status.success() && errors.contains("waits already"),
        "{errors}"
    );
}

#[test]
fn a_retired_key_goes_with_the_next_rotation() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let settings = "database_url = \"sqlite:test.db\"\nkeys_dir = \"keys\"\n";
    std::fs::write(folder.join("config.toml"), settings).unwrap();
    said(folder, &["init", "--config", "config.toml"]);
    // A key that took over long ago.
    let long_ago = folder.join("keys/signing-20200101T000000Z.pem");
    std::fs::copy(folder.join("keys/signing-1.pem"), &long_ago).unwrap();
    let rotate = [
        "signing-keys",
        "rotate",
        "--delay",
        "0",
        "--config",
        "config.toml",
    ];
    let told = said(folder, &rotate);
    assert!(
        told.contains("deleted keys/signing-1.pem") || told.contains("signing-1.pem"),
        "{told}"
    );
    assert!(!folder.join("keys/signing-1.pem").exists());
    assert!(long_ago.exists(), "its last token may live");
}

/// Makes or changes an account; the password is always another.
fn create_user(folder: &Path, password: &str, rest: &[&str]) -> Output {
    let account = [
        "user",
        "create",
        "--email",
        "ada@example.org",
        "--password-stdin",
        "--config",
        "config.toml",
    ];
    let mut child = Command::new(env!("CARGO_BIN_EXE_control-plane"))
        .args([&account[..], rest].concat())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(password.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

#[test]
fn an_account_keeps_its_role_unless_another_is_said_and_the_last_admin_always() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let settings = "database_url = \"sqlite:test.db\"\nkeys_dir = \"keys\"\n";
    std::fs::write(folder.join("config.toml"), settings).unwrap();
    said(folder, &["init", "--config", "config.toml"]);
    for (password, rest, role) in [
        ("first password", &["--role", "author"][..], "(author)"),
        ("second password", &[], "(author)"),
        ("third password", &["--role", "admin"], "(admin)"),
        ("fourth password", &[], "(admin)"),
    ] {
        let output = create_user(folder, password, rest);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && told.contains(role), "{output:?}");
    }
    let output = create_user(folder, "fifth password", &["--role", "student"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        !output.status.success() && errors.contains("the last admin"),
        "{output:?}"
    );
}

#[test]
fn certificates_are_made_listed_and_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let host = "runner-1.example.org, 192.0.2.7";
    let make = [
        "pki", "make", "--runner", host, "--client", "main", "--days", "20",
    ];
    let made = said(folder, &make);
    assert_eq!(made.lines().count(), 3, "{made}");
    let listed = said(folder, &["pki", "list"]);
    let host = "runners/runner-1.example.org.crt  runner-1.example.org, 192.0.2.7  until ";
    assert!(
        listed.contains(host) && listed.contains("19 days left"),
        "{listed}"
    );
    for key in [
        "ca.key",
        "runners/runner-1.example.org.key",
        "clients/main.key",
    ] {
        let metadata = std::fs::metadata(folder.join("pki").join(key)).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{key}");
    }
    assert!(
        !control_plane(folder, &make).status.success(),
        "nothing is overwritten"
    );
    let renewed = said(folder, &["pki", "renew"]);
    assert_eq!(renewed.matches("renewed").count(), 2, "{renewed}");
    assert!(said(folder, &["pki", "list"]).contains("364 days left"));
}

/// All files of a folder with their paths.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let (path, name) = entry
            .map(|entry| (entry.path(), entry.file_name()))
            .unwrap();
        let name = name.into_string().unwrap();
        if path.is_dir() {
            let inside = files(&path).into_iter();
            found.extend(inside.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            found.push((name, std::fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn an_exported_course_is_loaded_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["first", "second"] {
        let settings = format!("database_url = \"sqlite:{name}.db\"\nkeys_dir = \"keys\"\n");
        std::fs::write(folder.join(format!("{name}.toml")), settings).unwrap();
        let config = format!("{name}.toml");
        said(folder, &["init", "--config", &config]);
    }
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/content/sample");
    let content = |name: &str, course: &str, config: &str| {
        said(folder, &["content", name, course, "--config", config])
    };
    content("load", sample, "first.toml");
    content("export", "out", "first.toml");
    content("load", "out", "second.toml");
    content("export", "out-again", "second.toml");
    let (first, second) = (files(&folder.join("out")), files(&folder.join("out-again")));
    assert!(first.len() > 100 && first == second);
    let loaded = content("load", "out-again", "first.toml");
    assert!(loaded.contains("(0 new or changed, 0 deleted)"), "{loaded}");
    // A folder that holds something already is not touched.
    let again = ["content", "export", "out", "--config", "first.toml"];
    let again = control_plane(folder, &again);
    let errors = String::from_utf8(again.stderr).unwrap();
    assert!(
        !again.status.success() && errors.contains("not empty"),
        "{errors}"
    );
}

/// Lines of a backup but for the first, which has the time, and the last, which has the digest.
fn rows(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<_> = text.lines().map(str::to_owned).collect();
    assert!(lines.len() > 100, "{} lines", lines.len());
    lines[1..lines.len() - 1].to_vec()
}

#[test]
fn a_database_is_saved_and_comes_back_elsewhere() {
    let [first, second] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for folder in [&first, &second] {
        let url = test_postgres::database_url(folder.path());
        let settings = format!("database_url = \"{url}\"\nkeys_dir = \"keys\"\n");
        std::fs::write(folder.path().join("config.toml"), settings).unwrap();
        said(folder.path(), &["init", "--config", "config.toml"]);
    }
    let (first, second) = (first.path(), second.path());
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/content/sample");
    said(
        first,
        &["content", "load", sample, "--config", "config.toml"],
    );
    let backup = |folder: &Path, file: &str| {
        let told = said(folder, &["backup", file, "--config", "config.toml"]);
        assert!(told.contains("SHA-256") && told.contains("keys"), "{told}");
        folder.join(file)
    };
    let saved = backup(first, "first.backup");
    let mode = std::fs::metadata(&saved).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let restore = [
        "restore",
        saved.to_str().unwrap(),
        "--config",
        "config.toml",
    ];
    said(second, &restore);
    assert!(rows(&backup(second, "again.backup")) == rows(&saved));
    let again = control_plane(second, &restore);
    let errors = String::from_utf8(again.stderr).unwrap();
    assert!(
        !again.status.success() && errors.contains("not empty"),
        "{errors}"
    );
    let stuck = said(second, &["requeue", "--config", "config.toml"]);
    assert!(stuck.starts_with("0 stuck"), "{stuck}");
    let unknown = control_plane(second, &["requeue", "0197", "--config", "config.toml"]);
    let told = String::from_utf8(unknown.stdout).unwrap();
    assert!(
        !unknown.status.success() && told.contains("no such run"),
        "{told}"
    );
    said(second, &[&restore[..], &["--overwrite"]].concat());
    assert!(rows(&backup(second, "third.backup")) == rows(&saved));
}
