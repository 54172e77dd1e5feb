//! What a problem here has and the format has no place for: `.coderunner/settings.toml`. It is
//! written by us and may have been changed by anybody.

use serde::{Deserialize, Serialize};

/// The folder that other systems ignore.
pub const FOLDER: &str = ".coderunner";
/// The settings.
pub const FILE: &str = ".coderunner/settings.toml";
/// What the editor shows at first.
pub const STARTER: &str = ".coderunner/starter.py";

/// Settings of a problem. What is missing has its default and is told of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    pub slug: Option<String>,
    pub summary: Option<String>,
    pub difficulty: Option<String>,
    pub category: Option<String>,
    pub feedback: Option<String>,
    pub profile: Option<String>,
    /// Without subtasks; with them the groups have the points.
    pub points: Option<u32>,
    pub stop_on_first_failure: bool,
    /// The exact limit; the format has whole MiB.
    pub memory_bytes: Option<u64>,
    /// The statement begins with the title as a heading, which the format leaves to the system.
    pub has_heading: bool,
    #[serde(rename = "subtask")]
    pub subtasks: Vec<SubtaskSettings>,
}

/// What the format has no place for of a group of tests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubtaskSettings {
    /// The name of the group's folder.
    pub group: String,
    /// What students call it.
    pub name: String,
    /// Numbers of the public tests that are in it; samples earn no points elsewhere.
    pub public: Vec<u32>,
    /// Names of the subtasks that it requires, also of those whose tests earn points one by one.
    pub requires: Vec<String>,
}
