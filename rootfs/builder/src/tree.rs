//! Lays out the tree: the recipe's own folders, links and files, what it keeps of each
//! package, and the runner.
//!
//! Packages are unpacked from the stream of `dpkg-deb --fsys-tarfile` entry by entry, so that
//! a file that isn't kept never exists on disk, not even for a moment. Modes are not taken
//! from the package: folders are 0755, files 0644, the recipe's executables 0755.

use crate::{Error, LockedPackage, Recipe, Result, recipe::PackageRule};
use std::{
    fs,
    io::Read,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tar::{Archive, EntryType};

/// Where the runner lives inside the tree.
pub(crate) const RUNNER_FOLDER: &str = "usr/lib/coderunner";

/// Where matplotlib's list of fonts is; `runner/science.py` has the same path.
pub(crate) const FONTS_FOLDER: &str = "usr/lib/coderunner/matplotlib";

/// Makes the recipe's own folders, links and files in the empty folder `tree`.
pub(crate) fn make_skeleton(tree: &Path, recipe: &Recipe) -> Result<()> {
    set_mode(tree, 0o755)?;
    for path in &recipe.tree.directories {
        make_folder(tree, Path::new(path))?;
    }
    for (path, target) in &recipe.tree.symlinks {
        make_parent(tree, Path::new(path))?;
        symlink(target, tree.join(path)).map_err(Error::io("create link", tree.join(path)))?;
    }
    for (path, content) in &recipe.tree.files {
        write_file(
            tree,
            recipe,
            Path::new(path),
            &mut content.trim_start().as_bytes(),
        )?;
    }
    Ok(())
}

/// Unpacks what the recipe keeps of one package. A pattern that keeps nothing is an error:
/// the package has changed under the recipe.
pub(crate) fn unpack(
    tree: &Path,
    recipe: &Recipe,
    package: &LockedPackage,
    deb: &Path,
) -> Result<()> {
    let rule = recipe
        .package(&package.name)
        .expect("Lock::read checked the package's name");
    let mut child = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(deb)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|_| Error::MissingProgram {
            program: "dpkg-deb",
            package: "dpkg",
        })?;
    let mut stream = child.stdout.take().expect("stdout was asked to be a pipe");
    let used = unpack_stream(tree, recipe, rule, &mut stream)?;
    // dpkg-deb fails on a closed pipe when it could not write the padding at the end.
    std::io::copy(&mut stream, &mut std::io::sink()).map_err(Error::io("read", deb))?;
    let status = child
        .wait()
        .map_err(Error::io("wait for dpkg-deb on", deb))?;
    if !status.success() {
        let what = format!("dpkg-deb --fsys-tarfile {}", deb.display());
        return Err(Error::Program {
            what,
            status: status.to_string(),
            stderr: String::new(),
        });
    }
    match used.iter().position(|used| !used) {
        None => Ok(()),
        Some(index) => Err(Error::UnusedPattern {
            package: package.name.clone(),
            version: package.version.clone(),
            pattern: rule.keep[index].text().to_owned(),
        }),
    }
}

/// Returns for each `keep` pattern whether it kept something.
fn unpack_stream(
    tree: &Path,
    recipe: &Recipe,
    rule: &PackageRule,
    stream: &mut impl Read,
) -> Result<Vec<bool>> {
    let mut used = vec![false; rule.keep.len()];
    let mut archive = Archive::new(stream);
    for entry in archive.entries().map_err(Error::io("unpack", &rule.name))? {
        let mut entry = entry.map_err(Error::io("unpack", &rule.name))?;
        let kind = entry.header().entry_type();
        let path = merged_usr(&entry.path().map_err(Error::io("unpack", &rule.name))?)?;
        if kind == EntryType::Directory {
            continue;
        }
        let Some(pattern) = rule.keeps(&path) else {
            continue;
        };
        used[pattern] = true;
        let target = Path::new(&path);
        let link = entry
            .link_name()
            .map_err(Error::io("unpack", &rule.name))?
            .map(|link| link.into_owned());
        match (kind, link) {
            (EntryType::Regular, _) => write_file(tree, recipe, target, &mut entry)?,
            (EntryType::Symlink, Some(link)) => {
                make_parent(tree, target)?;
                symlink(link, tree.join(target))
                    .map_err(Error::io("create link", tree.join(target)))?;
            }
            (EntryType::Link, Some(link)) => {
                let source = tree.join(merged_usr(&link)?);
                let mut source = fs::File::open(&source).map_err(Error::io("open", &source))?;
                write_file(tree, recipe, target, &mut source)?;
            }
            _ => {
                return Err(Error::Audit(vec![format!(
                    "{path} of package {} is of kind {kind:?}",
                    rule.name
                )]));
            }
        }
    }
    Ok(used)
}

/// Copies the runner's Python files, keeping sub-folders. An absent folder copies nothing.
pub(crate) fn copy_runner(tree: &Path, recipe: &Recipe, runner: &Path) -> Result<()> {
    make_folder(tree, Path::new(RUNNER_FOLDER))?;
    for path in runner_files(runner)? {
        let relative = path.strip_prefix(runner).expect("listed below this folder");
        let mut source = fs::File::open(&path).map_err(Error::io("open", &path))?;
        write_file(
            tree,
            recipe,
            &Path::new(RUNNER_FOLDER).join(relative),
            &mut source,
        )?;
    }
    Ok(())
}

/// The runner's Python files in a fixed order.
pub(crate) fn runner_files(runner: &Path) -> Result<Vec<PathBuf>> {
    if !runner.exists() {
        return Ok(Vec::new());
    }
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(runner).sort_by_file_name() {
        let entry = entry.map_err(|error| Error::Io {
            action: "list",
            path: runner.to_owned(),
            source: error.into(),
        })?;
        let is_python = entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "py");
        if entry.file_type().is_file() && is_python {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// `./lib/x` becomes `usr/lib/x`: Debian 12's packages still ship some files outside /usr.
fn merged_usr(path: &Path) -> Result<String> {
    let text = path.to_string_lossy();
    let text = text
        .trim_start_matches("./")
        .trim_start_matches('/')
        .trim_end_matches('/');
    if text.split('/').any(|part| part == "..") {
        return Err(Error::Audit(vec![format!(
            "a package has a path that leaves the tree: {text}"
        )]));
    }
    let outside = ["bin/", "sbin/", "lib/", "lib64/"]
        .iter()
        .any(|prefix| text.starts_with(prefix));
    Ok(if outside {
        format!("usr/{text}")
    } else {
        text.to_owned()
    })
}

/// Writes a new file, executable only if the recipe says so. One that is there already is an error.
pub(crate) fn write_file(
    tree: &Path,
    recipe: &Recipe,
    path: &Path,
    content: &mut impl Read,
) -> Result<()> {
    make_parent(tree, path)?;
    let target = tree.join(path);
    let mut file = fs::File::create_new(&target).map_err(Error::io("create", &target))?;
    std::io::copy(content, &mut file).map_err(Error::io("write", &target))?;
    let executable = recipe
        .tree
        .executables
        .iter()
        .any(|executable| Path::new(executable) == path);
    set_mode(&target, if executable { 0o755 } else { 0o644 })
}

fn make_parent(tree: &Path, path: &Path) -> Result<()> {
    path.parent()
        .map_or(Ok(()), |parent| make_folder(tree, parent))
}

/// Makes a folder and its parents with mode 0755 whatever the umask is.
fn make_folder(tree: &Path, path: &Path) -> Result<()> {
    let mut folder = tree.to_owned();
    for part in path.components() {
        folder.push(part);
        match fs::create_dir(&folder) {
            Ok(()) => set_mode(&folder, 0o755)?,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::io("create", &folder)(error)),
        }
    }
    Ok(())
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
        .map_err(Error::io("set the mode of", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe() -> Recipe {
        Recipe::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../recipe.toml")).unwrap()
    }

    fn tar_of(entries: &[(&str, u32, EntryType)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (path, mode, kind) in entries {
            let mut header = tar::Header::new_gnu();
            // set_path refuses "..", which is just what a hostile package would hold.
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_mode(*mode);
            header.set_entry_type(*kind);
            header.set_size(0);
            header.set_cksum();
            builder.append(&header, std::io::empty()).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn a_setuid_file_loses_its_bits_and_an_unlisted_one_stays_out() {
        let (recipe, tree) = (recipe(), tempfile::tempdir().unwrap());
        let rule = recipe.package("python3.11-minimal").unwrap();
        let stream = tar_of(&[
            ("./usr/bin/python3.11", 0o6777, EntryType::Regular),
            ("./bin/sh", 0o755, EntryType::Regular),
        ]);
        let used = unpack_stream(tree.path(), &recipe, rule, &mut stream.as_slice()).unwrap();
        assert_eq!(used, [true]);
        let mode = fs::metadata(tree.path().join("usr/bin/python3.11"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o7777, 0o755);
        assert!(!tree.path().join("usr/bin/sh").exists());
    }

    #[test]
    fn paths_that_leave_the_tree_and_devices_are_refused() {
        let recipe = recipe();
        let rule = recipe.package("libpython3.11-minimal").unwrap();
        for (path, kind) in [
            ("./usr/lib/python3.11/../../../x", EntryType::Regular),
            ("./usr/lib/python3.11/device", EntryType::Block),
        ] {
            let tree = tempfile::tempdir().unwrap();
            let stream = tar_of(&[(path, 0o644, kind)]);
            let error =
                unpack_stream(tree.path(), &recipe, rule, &mut stream.as_slice()).unwrap_err();
            assert!(matches!(error, Error::Audit(_)), "{path}: {error}");
        }
    }

    #[test]
    fn the_runner_is_copied_with_its_folders_and_nothing_but_python() {
        let (recipe, tree, runner) = (
            recipe(),
            tempfile::tempdir().unwrap(),
            tempfile::tempdir().unwrap(),
        );
        fs::create_dir(runner.path().join("parts")).unwrap();
        for name in ["runner.py", "parts/io.py", "notes.txt"] {
            fs::write(runner.path().join(name), "x = 1\n").unwrap();
        }
        copy_runner(tree.path(), &recipe, runner.path()).unwrap();
        let folder = tree.path().join(RUNNER_FOLDER);
        assert!(folder.join("runner.py").exists() && folder.join("parts/io.py").exists());
        assert!(!folder.join("notes.txt").exists());
    }
}
