//! The house rules of the architecture, as checks that can fail.
//!
//! A rule looks at plain data (crates with their dependencies, files with their text), so
//! each has a test beside it that hands it a made-up violation. `cargo xtask lint` runs them
//! over the real workspace.

mod graph;
mod rules;
mod source;

pub use graph::{Crate, read_crates};
pub use source::{SourceFile, read_sources};

use anyhow::Result;
use std::path::Path;

/// One rule: what it says, and the function that lists what breaks it.
pub struct Rule {
    pub name: &'static str,
    pub check: fn(&Workspace) -> Vec<String>,
}

/// What the rules look at.
#[derive(Debug, Default)]
pub struct Workspace {
    pub crates: Vec<Crate>,
    pub sources: Vec<SourceFile>,
}

impl Workspace {
    /// Reads `cargo metadata` and every Rust file of the workspace.
    pub fn read(root: &Path) -> Result<Self> {
        Ok(Self {
            crates: read_crates(root)?,
            sources: read_sources(root)?,
        })
    }

    fn named(&self, name: &str) -> Option<&Crate> {
        self.crates.iter().find(|found| found.name == name)
    }

    fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a Crate> {
        self.crates
            .iter()
            .filter(move |found| found.folder.starts_with(folder))
    }
}

/// All rules, in the order in which they are reported.
pub const RULES: &[Rule] = &[
    Rule {
        name: "proto depends on no crate of ours",
        check: rules::proto_stands_alone,
    },
    Rule {
        name: "model.rs imports no tonic, sqlx, redis or tokio",
        check: rules::models_are_pure,
    },
    Rule {
        name: "SQL only in store.rs and platform/db",
        check: rules::sql_stays_in_stores,
    },
    Rule {
        name: "SQL names the columns that it reads",
        check: rules::statements_name_their_columns,
    },
    Rule {
        name: "generated types only in api.rs and the sandboxd client",
        check: rules::generated_types_stop_at_the_edge,
    },
    Rule {
        name: "control-plane and sandboxd share only proto",
        check: rules::the_two_programs_share_only_proto,
    },
    Rule {
        name: "launcher has no tokio, tonic or prost",
        check: rules::the_launcher_is_small,
    },
    Rule {
        name: "every crate but sandboxd/sys forbids unsafe code",
        check: rules::unsafe_code_is_in_one_crate,
    },
    Rule {
        name: "clients depend only on proto",
        check: rules::clients_know_only_the_api,
    },
];
