//! The workspace's crates and what they depend on, from `cargo metadata`.

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId, TargetKind};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// One crate of the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crate {
    pub name: String,
    /// Its folder, relative to the workspace's root.
    pub folder: String,
    /// Names of the workspace's crates that it depends on directly; tests and builds don't count.
    pub ours: BTreeSet<String>,
    /// Names of all crates that are linked into it, however indirectly.
    pub closure: BTreeSet<String>,
    /// Root files of its libraries and programs, relative to the workspace's root.
    pub roots: Vec<String>,
}

/// Reads every crate of the workspace.
pub fn read_crates(root: &Path) -> Result<Vec<Crate>> {
    let metadata = MetadataCommand::new()
        .current_dir(root)
        .other_options(["--locked".to_owned()])
        .exec()
        .or_else(|_| MetadataCommand::new().current_dir(root).exec())
        .context("could not read the workspace with `cargo metadata`; run it by hand to see why")?;
    let edges = linked_edges(&metadata);
    let names: BTreeMap<&PackageId, &str> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package.name.as_str()))
        .collect();
    let ours: BTreeSet<&PackageId> = metadata.workspace_members.iter().collect();
    let relative = |path: &str| {
        Path::new(path)
            .strip_prefix(root)
            .unwrap_or(Path::new(path))
            .to_string_lossy()
            .into_owned()
    };
    let crates = metadata
        .workspace_packages()
        .into_iter()
        .map(|package| Crate {
            name: package.name.to_string(),
            folder: relative(
                package
                    .manifest_path
                    .parent()
                    .map_or("", |folder| folder.as_str()),
            ),
            ours: edges
                .get(&package.id)
                .into_iter()
                .flatten()
                .filter(|id| ours.contains(*id))
                .map(|id| names[*id].to_owned())
                .collect(),
            closure: closure_of(&package.id, &edges)
                .into_iter()
                .map(|id| names[id].to_owned())
                .collect(),
            roots: package
                .targets
                .iter()
                .filter(|target| {
                    target
                        .kind
                        .iter()
                        .any(|kind| matches!(kind, TargetKind::Lib | TargetKind::Bin))
                })
                .map(|target| relative(target.src_path.as_str()))
                .collect(),
        });
    Ok(crates.collect())
}

/// What is linked into what: neither dev- nor build-dependencies.
fn linked_edges(metadata: &Metadata) -> BTreeMap<&PackageId, Vec<&PackageId>> {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    nodes
        .map(|node| {
            let linked = node.deps.iter().filter(|dependency| {
                dependency
                    .dep_kinds
                    .iter()
                    .any(|kind| kind.kind == DependencyKind::Normal)
            });
            (&node.id, linked.map(|dependency| &dependency.pkg).collect())
        })
        .collect()
}

fn closure_of<'a>(
    start: &'a PackageId,
    edges: &BTreeMap<&'a PackageId, Vec<&'a PackageId>>,
) -> BTreeSet<&'a PackageId> {
    let mut seen = BTreeSet::new();
    let mut pending = vec![start];
    while let Some(id) = pending.pop() {
        for next in edges.get(id).into_iter().flatten() {
            if seen.insert(*next) {
                pending.push(next);
            }
        }
    }
    seen
}
