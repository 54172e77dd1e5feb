//! What a configuration may say, and that all that is wrong with it is said at once.

use super::*;
use crate::platform::db::Location;

fn load(text: &str) -> Result<Config, Problems> {
    Config::from_figment(
        &Figment::from(Toml::string(text)),
        Path::new("/etc/coderunner"),
    )
}

const LEAST: &str = "database_url = \"sqlite:data.db\"\nkeys_dir = \"keys\"\n";

#[test]
fn two_keys_are_enough_and_defaults_are_the_documented_ones() {
    let config = load(LEAST).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    let file = Location::Sqlite("/etc/coderunner/data.db".into());
    assert_eq!(config.database, Database::at(file));
    assert_eq!(config.limits.runs_per_minute.unwrap().get(), 10);
    assert_eq!(config.limits.calls_per_minute.unwrap().get(), 60);
    assert_eq!(
        config.limits.access_token_lifetime,
        Duration::from_secs(900)
    );
    assert_eq!(config.retention.results, Duration::from_secs(7 * 86_400));
    assert!(config.limits.unlimited().is_empty());
}

#[test]
fn every_problem_is_listed_at_once() {
    let problems = load(
        "listen = \"everywhere\"\n\
         colour = \"red\"\n\
         cors_origins = [\"*\"]\n\
         [limits]\nfiles = -1\nrun_per_minute = 5\n\
         [[runners]]\nid = \"a\"\naddress = \"http://a\"\n\
         [[runners]]\nid = \"b\"\naddress = \"https://b:1\"\nport = 3\n",
    )
    .unwrap_err()
    .to_string();
    for expected in [
        "listen:",
        "colour: is not a setting",
        "cors_origins:",
        "limits.files:",
        "limits.run_per_minute: is not a setting",
        "runners[0].address:",
        "runners[1].address:",
        "runners[1].port: is not a setting",
        "database_url: is missing",
        "keys_dir: is missing",
    ] {
        assert!(
            problems.contains(expected),
            "{expected} is not in:\n{problems}"
        );
    }
}

#[test]
fn a_web_root_holds_a_built_app() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("{LEAST}web_root = \"{}\"\n", folder.path().display());
    let problems = load(&text).unwrap_err().to_string();
    for expected in [
        "web_root: ",
        "has no index.html",
        "npm run build",
        "leave web_root out",
    ] {
        assert!(
            problems.contains(expected),
            "{expected} is not in:\n{problems}"
        );
    }
    std::fs::write(folder.path().join("index.html"), "").unwrap();
    assert_eq!(
        load(&text).unwrap().web_root.as_deref(),
        Some(folder.path())
    );
}

#[test]
fn production_refuses_what_is_unsafe() {
    let unsafe_settings = format!(
        "{LEAST}mode = \"production\"\nlisten = \"0.0.0.0:80\"\n\
         cors_origins = [\"http://learn.example.org\"]\n[limits]\ncalls_per_minute = 0\n"
    );
    let problems = load(&unsafe_settings).unwrap_err();
    assert_eq!(problems.0.len(), 4, "{problems}");

    let safe = format!(
        "{LEAST}mode = \"production\"\ncors_origins = [\"https://learn.example.org\"]\n\
         [[runners]]\nid = \"here\"\naddress = \"unix:/run/sandboxd.sock\"\n\
         [limits]\ncalls_per_minute = 0\nallow_unlimited = true\n"
    );
    let config = load(&safe).unwrap();
    assert_eq!(config.limits.unlimited(), ["calls_per_minute"]);
}

#[test]
fn the_environment_overrides_the_file() {
    let file = Toml::string(LEAST);
    let variables = Figment::from(file).merge(("limits.calls_per_minute", 7));
    let config = Config::from_figment(&variables, Path::new("/")).unwrap();
    assert_eq!(config.limits.calls_per_minute.unwrap().get(), 7);
}

#[test]
fn the_example_says_the_defaults() {
    let example = load(include_str!("../../../config.example.toml")).unwrap();
    let least = "database_url = \"sqlite:coderunner.db\"\nkeys_dir = \"keys\"\n";
    assert_eq!(example, load(least).unwrap());
}
