//! The recipe: which files of which packages make the tree, and what is checked about it.
//!
//! It is a list of what may enter. A file that no `keep` pattern names stays out, so a new
//! version of a package cannot bring a shell with it.

use crate::{Error, Result};
use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Deserializer, de};
use std::{collections::BTreeMap, fs, path::Path};

/// `recipe.toml`, read and checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Code name of the distribution's release.
    pub suite: String,
    /// Debian's name of the processor.
    pub architecture: String,
    /// Python's version as in its paths: `3.11`.
    pub python: String,
    #[serde(rename = "archive")]
    pub archives: Vec<Archive>,
    pub tree: TreeRules,
    #[serde(rename = "package")]
    pub packages: Vec<PackageRule>,
    pub wheels: WheelRules,
    #[serde(rename = "wheel")]
    pub wheel_rules: Vec<PackageRule>,
    pub check: Check,
}

/// Where packages come from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Archive {
    pub name: String,
    /// Suites that `update-pins` reads.
    pub suites: Vec<String>,
    /// Base URL under which a package's `filename` is found.
    pub mirror: String,
    /// Base URL of the archive of everything that was ever published.
    pub snapshot: String,
}

/// What is in the tree besides the packages' files.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeRules {
    pub directories: Vec<String>,
    /// Paths of the only regular files with an execute bit.
    pub executables: Vec<String>,
    /// Link path to link target.
    pub symlinks: BTreeMap<String, String>,
    /// Path to content.
    pub files: BTreeMap<String, String>,
}

/// Which files of one package, or of one wheel, are taken.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageRule {
    pub name: String,
    /// Why the tree needs it; for readers.
    pub why: String,
    pub keep: Vec<Pattern>,
    /// Exceptions from `keep`.
    #[serde(default)]
    pub drop: Vec<Pattern>,
}

/// What holds for all wheels together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WheelRules {
    /// Where they are unpacked.
    pub folder: String,
    /// What `update-pins` asks for; the other wheels are what these need.
    pub requires: Vec<String>,
    /// Platform tags of wheels that run in the tree.
    pub platforms: Vec<String>,
    /// Exceptions from every wheel's `keep`.
    pub drop: Vec<Pattern>,
    /// Modules that must import.
    pub imports: Vec<String>,
}

/// What is run inside the finished tree.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Names of the standard library that need not import.
    pub absent: Vec<String>,
    /// Submodules that must import.
    pub imports: Vec<String>,
    /// Time zones that must load.
    pub zones: Vec<String>,
}

/// A path pattern: `*` stays within a folder, `**` does not.
#[derive(Debug, Clone)]
pub struct Pattern(GlobMatcher);

impl Pattern {
    /// Whether the pattern names this path (relative to the tree's root, merged /usr).
    pub fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }

    /// The pattern as written.
    pub fn text(&self) -> &str {
        self.0.glob().glob()
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let glob = GlobBuilder::new(&text)
            .literal_separator(true)
            .build()
            .map_err(de::Error::custom)?;
        Ok(Self(glob.compile_matcher()))
    }
}

impl PackageRule {
    /// The `keep` pattern through which a path enters the tree, if it does.
    pub fn keeps(&self, path: &str) -> Option<usize> {
        let kept = self.keep.iter().position(|pattern| pattern.matches(path))?;
        let dropped = self.drop.iter().any(|pattern| pattern.matches(path));
        (!dropped).then_some(kept)
    }
}

impl Recipe {
    /// Reads `recipe.toml`.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::io("read", path))?;
        Self::parse(&text).map_err(|problem| Error::Invalid {
            path: path.to_owned(),
            problem,
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let recipe: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for rules in [&recipe.packages, &recipe.wheel_rules] {
            let mut seen = std::collections::BTreeSet::new();
            if let Some(twice) = rules.iter().find(|rule| !seen.insert(&rule.name)) {
                return Err(format!("package {} is listed twice", twice.name));
            }
        }
        let tree = &recipe.tree;
        let paths = tree
            .directories
            .iter()
            .chain(tree.symlinks.keys())
            .chain(tree.files.keys())
            .chain(std::slice::from_ref(&recipe.wheels.folder));
        match paths.into_iter().find(|path| !is_plain_relative(path)) {
            Some(path) => Err(format!("{path} is not a plain relative path")),
            None => Ok(recipe),
        }
    }

    /// The archive of that name.
    pub fn archive(&self, name: &str) -> Option<&Archive> {
        self.archives.iter().find(|archive| archive.name == name)
    }

    /// The rule for the package of that name.
    pub fn package(&self, name: &str) -> Option<&PackageRule> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// The rule for the wheel of that name.
    pub fn wheel(&self, name: &str) -> Option<&PackageRule> {
        self.wheel_rules.iter().find(|wheel| wheel.name == name)
    }
}

/// No leading slash, no empty, `.` or `..` part: joining it to a folder stays inside the folder.
pub(crate) fn is_plain_relative(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(keep: &[&str], drop: &[&str]) -> PackageRule {
        let patterns = |list: &[&str]| {
            list.iter()
                .map(|text| toml::Value::from(*text).try_into().unwrap())
                .collect()
        };
        PackageRule {
            name: "p".into(),
            why: String::new(),
            keep: patterns(keep),
            drop: patterns(drop),
        }
    }

    #[test]
    fn only_kept_and_not_dropped_paths_enter() {
        let rule = rule(
            &["usr/lib/a/**", "usr/lib/*.so"],
            &["usr/lib/a/test/**", "**/*.rst"],
        );
        for (path, expected) in [
            ("usr/lib/a/x.py", Some(0)),
            ("usr/lib/a/deep/x.py", Some(0)),
            ("usr/lib/a/test/x.py", None),
            ("usr/lib/a/deep/x.rst", None),
            ("usr/lib/b.so", Some(1)),
            ("usr/lib/deep/b.so", None),
            ("bin/sh", None),
        ] {
            assert_eq!(rule.keeps(path), expected, "{path}");
        }
    }

    #[test]
    fn paths_that_leave_the_tree_are_refused() {
        for path in ["", "/etc", "../x", "a/../b", "a//b", "./a"] {
            assert!(!is_plain_relative(path), "{path}");
        }
        assert!(is_plain_relative("usr/bin/python3"));
    }

    #[test]
    fn our_own_recipe_is_valid() {
        let recipe =
            Recipe::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../recipe.toml")).unwrap();
        assert!(recipe.package("libc6").is_some());
        assert!(
            recipe
                .packages
                .iter()
                .chain(&recipe.wheel_rules)
                .all(|package| !package.why.is_empty())
        );
    }
}
