//! The web app in `clients/web`: its packages, and its build, which control-plane serves. Built
//! anew only when something that it is made of has changed since the last build.

use crate::{node::Node, progress, setup};
use anyhow::{Context, Result, ensure};
use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};
use walkdir::WalkDir;

/// What the app is made of, in the repository.
const SOURCES: [&str; 3] = ["clients/web", "proto", "tests/web/google"];
/// What is made from it, or fetched for it, in its own folder.
const MADE: [&str; 3] = ["node_modules", "dist", "src/gen"];

/// The app's folder.
pub fn folder(root: &Path) -> PathBuf {
    root.join("clients/web")
}

/// Builds the app if it is not built from what is there now. Returns the folder to serve.
pub fn build(root: &Path, node: &Node) -> Result<PathBuf> {
    let folder = folder(root);
    let dist = folder.join("dist");
    node.install(&folder)
        .context("the web app can't be built")?;
    let mark = setup::target_folder(root).join("tools/web-app-built");
    let sources = fingerprint(root)?;
    let built = fs::read_to_string(&mark).is_ok_and(|built| built == sources);
    if built && dist.join("index.html").is_file() {
        return Ok(dist);
    }
    progress::during("building the web app", || {
        node.run(&folder, "npm", "build the web app")
            .args(["run", "--silent", "build"])
            .advice("run `npm run build` in clients/web to see it alone")
            .read()
    })?;
    ensure!(
        dist.join("index.html").is_file(),
        "the build of the web app left no {}",
        dist.join("index.html").display()
    );
    let tools = mark.parent().context("a mark lies in a folder")?;
    fs::create_dir_all(tools).with_context(|| format!("could not create {}", tools.display()))?;
    fs::write(&mark, sources).with_context(|| format!("could not write {}", mark.display()))?;
    Ok(dist)
}

/// Names and contents of all that the app is made of, as a number.
fn fingerprint(root: &Path) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    for source in SOURCES {
        let source = root.join(source);
        let is_source = |path: &Path| {
            let inside = path.strip_prefix(&source).unwrap_or(path);
            !MADE.iter().any(|made| inside == Path::new(made))
        };
        let walk = WalkDir::new(&source).sort_by_file_name().into_iter();
        for entry in walk.filter_entry(|entry| is_source(entry.path())) {
            let entry = entry.with_context(|| format!("could not read {}", source.display()))?;
            if entry.file_type().is_file() {
                let content = fs::read(entry.path())
                    .with_context(|| format!("could not read {}", entry.path().display()))?;
                (entry.path().strip_prefix(root)?, content).hash(&mut hasher);
            }
        }
    }
    Ok(format!("{:016x}", hasher.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_app_is_made_of_counts_and_what_is_made_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &str| {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        };
        write("clients/web/src/main.ts", "1");
        write("proto/a.proto", "1");
        write("tests/web/google/rpc/b.proto", "1");
        let now = || fingerprint(folder.path()).unwrap();
        let first = now();
        write("clients/web/node_modules/x/index.js", "1");
        write("clients/web/dist/index.html", "1");
        write("clients/web/src/gen/a_pb.ts", "1");
        assert_eq!(now(), first);
        for (name, content) in [
            ("clients/web/src/main.ts", "2"),
            ("proto/a.proto", "2"),
            ("clients/web/src/dist", "a file that is called so"),
            ("clients/web/package-lock.json", "{}"),
        ] {
            let before = now();
            write(name, content);
            assert_ne!(now(), before, "{name}");
        }
    }
}
