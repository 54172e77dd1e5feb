//! The groups of tests, and which test targets of the workspace belong to which.
//!
//! Every target belongs to exactly one group: the folder of its crate decides, and a crate
//! that no folder claims falls into `contract`, so a new test can't be forgotten.

use crate::setup::TestRunner;
use anyhow::{Context, Result, bail};
use cargo_metadata::{MetadataCommand, TargetKind};
use std::path::Path;

/// Its tests run twice: on SQLite in their own groups, and on PostgreSQL.
const CONTROL_PLANE: &str = "control-plane";
/// Modules of control-plane in whose tests no database has a part.
const WITHOUT_DATABASE: &[&str] = &["explain", "judge"];

/// One group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Lint,
    Unit,
    Contract,
    Postgres,
    Fuzz,
    Conformance,
    Security,
    Faults,
    E2e,
    Web,
    Pictures,
    Vm,
}

/// How a group is run.
#[derive(Debug, PartialEq, Eq)]
pub enum Runner {
    Lint,
    /// cargo with these arguments, the group's targets after them.
    Cargo(Vec<String>),
    Node,
    Pictures,
}

impl Group {
    /// In the order in which they run: the quickest to fail first.
    pub const ALL: &[Self] = &[
        Self::Lint,
        Self::Unit,
        Self::Contract,
        Self::Postgres,
        Self::Fuzz,
        Self::Conformance,
        Self::Security,
        Self::Faults,
        Self::E2e,
        Self::Web,
        Self::Pictures,
        Self::Vm,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Lint => "lint",
            Self::Unit => "unit",
            Self::Contract => "contract",
            Self::Postgres => "postgres",
            Self::Fuzz => "fuzz",
            Self::Conformance => "conformance",
            Self::Security => "security",
            Self::Faults => "faults",
            Self::E2e => "e2e",
            Self::Web => "web",
            Self::Pictures => "pictures",
            Self::Vm => "vm",
        }
    }

    /// Whether it needs root, a root filesystem and the built programs.
    pub fn needs_sandbox(self) -> bool {
        matches!(
            self,
            Self::Conformance
                | Self::Security
                | Self::Faults
                | Self::E2e
                | Self::Web
                | Self::Pictures
                | Self::Vm
        )
    }

    /// Whether it needs the built programs and tests.
    pub fn needs_build(self) -> bool {
        self != Self::Lint
    }

    /// Whether its tests want a PostgreSQL server.
    pub fn needs_postgres(self) -> bool {
        matches!(self, Self::Unit | Self::Contract | Self::Postgres)
    }

    /// Tests that share one sandboxd and look at what is left on the host run in one process,
    /// under plain cargo; the others get a process each from nextest where it is there.
    pub fn runner(self, preferred: TestRunner) -> Runner {
        match (self, preferred) {
            (Self::Lint, _) => Runner::Lint,
            (Self::Web, _) => Runner::Node,
            (Self::Pictures, _) => Runner::Pictures,
            (Self::Unit | Self::Contract | Self::Postgres, TestRunner::Nextest) => {
                let quiet = ["nextest", "run", "--no-fail-fast", "--hide-progress-bar"];
                Runner::Cargo([words(&quiet), self.filter()].concat())
            }
            _ => Runner::Cargo(words(&["test", "--no-fail-fast"])),
        }
    }

    /// What nextest is to leave out. control-plane is never built alone, which would choose other features and build
    /// the libraries anew; so the unit tests of the other crates come with it, and are left out here, as are those of
    /// control-plane that no database has a part in: all of them run in the group `unit`.
    fn filter(self) -> Vec<String> {
        if self != Self::Postgres {
            return Vec::new();
        }
        let modules = WITHOUT_DATABASE.join("|");
        let filter = format!("package({CONTROL_PLANE}) - test(/^({modules})::/)");
        vec!["--filterset".to_owned(), filter]
    }
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// The groups that `--only` names, or all.
pub fn choose(names: &[String]) -> Result<Vec<Group>> {
    if names.is_empty() {
        return Ok(Group::ALL.to_vec());
    }
    let find = |name: &String| {
        let found = Group::ALL
            .iter()
            .copied()
            .find(|group| group.name() == name.trim());
        let all = || {
            Group::ALL
                .iter()
                .map(|group| group.name())
                .collect::<Vec<_>>()
                .join(", ")
        };
        found.with_context(|| format!("there is no group {name:?}; the groups are {}", all()))
    };
    names.iter().map(find).collect()
}

/// Arguments that make cargo run the group's test targets and no others. Always of the whole
/// workspace, so that cargo finds what was built for it. Empty when the group has no target.
pub fn targets(root: &Path, group: Group) -> Result<Vec<String>> {
    if group == Group::Unit {
        return Ok(words(&["--workspace", "--lib", "--bins"]));
    }
    let tests = integration_tests(root)?;
    let belongs = |folder: &str| match group {
        Group::Postgres => folder == CONTROL_PLANE,
        _ => group_of(folder) == group,
    };
    let chosen: Vec<_> = tests.iter().filter(|(folder, _)| belongs(folder)).collect();
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    let names = chosen
        .into_iter()
        .flat_map(|(_, name)| words(&["--test", name]));
    let mut all: Vec<_> = words(&["--workspace"]).into_iter().chain(names).collect();
    if group == Group::Postgres {
        all.push("--lib".into());
    }
    Ok(all)
}

/// Folder and name of every integration test of the workspace.
fn integration_tests(root: &Path) -> Result<Vec<(String, String)>> {
    let metadata = MetadataCommand::new().current_dir(root).no_deps().exec();
    let metadata = metadata.context("could not list the tests with `cargo metadata`")?;
    let mut tests = Vec::new();
    for package in &metadata.packages {
        let folder = package
            .manifest_path
            .parent()
            .context("a manifest lies in a folder")?;
        let folder = folder
            .as_std_path()
            .strip_prefix(root)
            .unwrap_or(folder.as_std_path());
        for target in package
            .targets
            .iter()
            .filter(|target| target.kind.contains(&TargetKind::Test))
        {
            if tests.iter().any(|(_, name)| *name == target.name) {
                // `--test NAME` would run both.
                bail!(
                    "two integration tests are called {}; rename one",
                    target.name
                );
            }
            tests.push((folder.to_string_lossy().into_owned(), target.name.clone()));
        }
    }
    Ok(tests)
}

fn group_of(folder: &str) -> Group {
    match folder {
        "tests/e2e" => Group::E2e,
        "tests/faults" => Group::Faults,
        "tests/security" => Group::Security,
        "tests/vm" => Group::Vm,
        "tests/fuzz" => Group::Fuzz,
        folder
            if folder == "tests/conformance"
                || folder.starts_with("sandboxd/") && folder != "sandboxd/sim" =>
        {
            Group::Conformance
        }
        _ => Group::Contract,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_has_a_group() {
        for (folder, expected) in [
            ("tests/e2e", Group::E2e),
            ("tests/security", Group::Security),
            ("tests/faults", Group::Faults),
            ("tests/vm", Group::Vm),
            ("tests/fuzz", Group::Fuzz),
            ("tests/conformance", Group::Conformance),
            ("sandboxd/launcher", Group::Conformance),
            ("sandboxd/sim", Group::Contract),
            ("control-plane", Group::Contract),
            ("something/new", Group::Contract),
        ] {
            assert_eq!(group_of(folder), expected, "{folder}");
        }
    }

    #[test]
    fn modules_that_need_no_database_have_none() {
        for module in WITHOUT_DATABASE {
            let folder = Path::new("../control-plane/src").join(module);
            let files: Vec<_> = walkdir::WalkDir::new(&folder)
                .into_iter()
                .map(|entry| entry.unwrap().into_path())
                .filter(|path| path.extension().is_some_and(|end| end == "rs"))
                .collect();
            assert!(!files.is_empty(), "{module}");
            for file in files {
                let text = std::fs::read_to_string(&file).unwrap();
                let word = ["platform::db", "platform::testing", "Db::", "test_postgres"]
                    .into_iter()
                    .find(|word| text.contains(word));
                assert_eq!(word, None, "{}", file.display());
            }
        }
    }

    #[test]
    fn groups_are_chosen_by_name_and_a_wrong_name_lists_the_right_ones() {
        assert_eq!(
            choose(&words(&["web", "unit"])).unwrap(),
            [Group::Web, Group::Unit]
        );
        assert_eq!(choose(&[]).unwrap(), Group::ALL);
        let message = choose(&words(&["wbe"])).unwrap_err().to_string();
        assert!(
            message.contains("\"wbe\"") && message.contains("lint, unit, contract"),
            "{message}"
        );
    }
}
