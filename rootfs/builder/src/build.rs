//! One build from start to end. It happens in a temporary folder beside its destination and
//! is renamed into place as the last act, so an interrupted build leaves nothing half-done; a
//! lock on the output folder keeps two builds apart.

use crate::{
    Error, Lock, LockedPackage, LockedWheel, Manifest, PackageRecord, Progress, Recipe, Result,
    WheelLock, audit, digest, fetch, python, tree, wheels,
};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Changes whenever the same recipe would give another tree.
const LAYOUT_VERSION: u32 = 2;
/// How many built trees are kept, the current one included.
const KEPT_BUILDS: usize = 3;
const INPUT_FILES: [&str; 3] = ["recipe.toml", "packages.lock", "wheels.lock"];
const CURRENT: &str = "rootfs-current";
const BUILDING_PREFIX: &str = ".building-";

/// Where the recipe is and where the tree goes.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// Folder with `recipe.toml`, `packages.lock`, `wheels.lock` and `runner/`.
    pub recipe_folder: PathBuf,
    /// Folder for `rootfs-<hash>`, `rootfs-current` and the caches of packages and wheels.
    pub output_folder: PathBuf,
    /// Replaces the mirrors of the recipe: base URL by archive name.
    pub mirrors: Vec<(String, String)>,
}

/// A finished tree.
#[derive(Debug)]
pub struct Built {
    /// Folder with `tree` and `manifest.json`.
    pub folder: PathBuf,
    pub manifest: Manifest,
    /// Whether nothing had to be built.
    pub cached: bool,
}

/// The tree that `rootfs-current` in an output folder points to.
pub fn current_tree(output_folder: &Path) -> PathBuf {
    output_folder.join(CURRENT).join("tree")
}

/// Builds the tree, or finds that it is there already. Blocks; needs root and, for packages
/// that aren't cached, the network.
pub fn build(inputs: &Inputs, progress: &dyn Progress) -> Result<Built> {
    let (recipe, locks) = read_inputs(inputs)?;
    let hash = recipe_hash(inputs)?;
    fs::create_dir_all(&inputs.output_folder)
        .map_err(Error::io("create", &inputs.output_folder))?;
    let _lock = exclusive(&inputs.output_folder)?;
    sweep(&inputs.output_folder)?;

    let folder = inputs.output_folder.join(format!("rootfs-{hash}"));
    let manifest_file = folder.join("manifest.json");
    if manifest_file.exists() {
        let manifest = Manifest::read(&manifest_file)?;
        point_current(&inputs.output_folder, &folder)?;
        return Ok(Built {
            folder,
            manifest,
            cached: true,
        });
    }

    check_host(&recipe)?;
    let temporary = tempfile::Builder::new()
        .prefix(BUILDING_PREFIX)
        .tempdir_in(&inputs.output_folder)
        .map_err(Error::io(
            "create a temporary folder in",
            &inputs.output_folder,
        ))?;
    let manifest = assemble(temporary.path(), inputs, &recipe, &locks, hash, progress)?;
    // The temporary folder is private; the result is for all to read.
    let readable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(temporary.path(), readable)
        .map_err(Error::io("set the mode of", temporary.path()))?;
    fs::rename(temporary.keep(), &folder)
        .map_err(Error::io("move the finished build to", &folder))?;
    point_current(&inputs.output_folder, &folder)?;
    prune(&inputs.output_folder, &folder)?;
    Ok(Built {
        folder,
        manifest,
        cached: false,
    })
}

/// All that is pinned.
struct Locks {
    packages: Lock,
    wheels: WheelLock,
}

fn read_inputs(inputs: &Inputs) -> Result<(Recipe, Locks)> {
    let folder = &inputs.recipe_folder;
    let mut recipe = Recipe::read(&folder.join("recipe.toml"))?;
    let locks = Locks {
        packages: Lock::read(&folder.join("packages.lock"), &recipe)?,
        wheels: WheelLock::read(&folder.join("wheels.lock"), &recipe)?,
    };
    for (name, url) in &inputs.mirrors {
        if let Some(archive) = recipe
            .archives
            .iter_mut()
            .find(|archive| archive.name == *name)
        {
            archive.mirror.clone_from(url);
        }
    }
    Ok((recipe, locks))
}

/// The steps in their order.
fn assemble(
    work: &Path,
    inputs: &Inputs,
    recipe: &Recipe,
    locks: &Locks,
    hash: String,
    progress: &dyn Progress,
) -> Result<Manifest> {
    progress.step("getting packages");
    let cache = inputs.output_folder.join("packages");
    let files = fetch::fetch_all(recipe, &locks.packages, &cache, progress)?;
    progress.step("getting wheels");
    let cache = inputs.output_folder.join("wheels");
    let wheel_files = wheels::fetch_all(recipe, &locks.wheels, &cache, progress)?;
    let root = work.join("tree");
    fs::create_dir(&root).map_err(Error::io("create", &root))?;
    tree::make_skeleton(&root, recipe)?;
    progress.step("unpacking");
    for (index, (package, deb)) in files.iter().enumerate() {
        progress.item(index + 1, files.len(), &package.name);
        tree::unpack(&root, recipe, package, deb)?;
    }
    for (index, (wheel, file)) in wheel_files.iter().enumerate() {
        progress.item(index + 1, wheel_files.len(), &wheel.name);
        wheels::unpack(&root, recipe, wheel, file)?;
    }
    tree::copy_runner(&root, recipe, &inputs.recipe_folder.join("runner"))?;
    progress.step("compiling the library and the wheels");
    python::compile(&root, recipe)?;
    let (name, fonts) = python::list_fonts(&root, recipe)?;
    let fonts_file = Path::new(tree::FONTS_FOLDER).join(name);
    tree::write_file(&root, recipe, &fonts_file, &mut fonts.as_slice())?;
    progress.step("importing every module inside the tree");
    let checked = python::check(&root, recipe)?;
    progress.step(&format!(
        "Python {}: {} modules import; hashing",
        checked.version, checked.imported
    ));
    let manifest = Manifest {
        recipe_hash: hash,
        architecture: recipe.architecture.clone(),
        python_version: checked.version,
        packages: locks.packages.packages.iter().map(record).collect(),
        wheels: locks.wheels.wheels.iter().map(record_wheel).collect(),
        ..Manifest::of_tree(&root)?
    };
    audit::audit(&root, &manifest, recipe)?;
    manifest.write(&work.join("manifest.json"))?;
    Ok(manifest)
}

fn record(package: &LockedPackage) -> PackageRecord {
    PackageRecord {
        name: package.name.clone(),
        version: package.version.clone(),
        sha256: package.sha256.clone(),
    }
}

fn record_wheel(wheel: &LockedWheel) -> PackageRecord {
    PackageRecord {
        name: wheel.name.clone(),
        version: wheel.version.clone(),
        sha256: wheel.sha256.clone(),
    }
}

/// Hash over everything that decides what the tree will be.
fn recipe_hash(inputs: &Inputs) -> Result<String> {
    let folder = &inputs.recipe_folder;
    let mut text = format!("{} {LAYOUT_VERSION}\n", env!("CARGO_PKG_VERSION"));
    let runner = folder.join("runner");
    let mut files = INPUT_FILES.map(|name| folder.join(name)).to_vec();
    files.extend(tree::runner_files(&runner)?);
    for file in files {
        let name = file.strip_prefix(folder).expect("listed below this folder");
        text.push_str(&format!(
            "{}\0{}\n",
            name.display(),
            digest::of_file(&file)?
        ));
    }
    Ok(digest::of_bytes(text.as_bytes())[..16].to_owned())
}

fn check_host(recipe: &Recipe) -> Result<()> {
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    if machine != recipe.architecture {
        return Err(Error::Architecture {
            recipe: recipe.architecture.clone(),
            machine: machine.to_owned(),
        });
    }
    if nix::unistd::geteuid().is_root() {
        Ok(())
    } else {
        Err(Error::NotRoot)
    }
}

/// Waits for another build in the same folder to end.
fn exclusive(output: &Path) -> Result<fs::File> {
    let path = output.join(".lock");
    let file = fs::File::create(&path).map_err(Error::io("create", &path))?;
    file.lock().map_err(Error::io("lock", &path))?;
    Ok(file)
}

/// Removes what an interrupted build left.
fn sweep(output: &Path) -> Result<()> {
    for name in names_in(output)? {
        if name.starts_with(BUILDING_PREFIX) {
            let path = output.join(name);
            fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}

/// Makes `rootfs-current` point to the build, in one step.
fn point_current(output: &Path, folder: &Path) -> Result<()> {
    let target = folder.file_name().expect("a build's folder has a name");
    let link = output.join(CURRENT);
    if fs::read_link(&link).is_ok_and(|current| current == Path::new(target)) {
        return Ok(());
    }
    let temporary = output.join(format!("{BUILDING_PREFIX}current"));
    let _ = fs::remove_file(&temporary);
    symlink(target, &temporary).map_err(Error::io("create link", &temporary))?;
    fs::rename(&temporary, &link).map_err(Error::io("replace", &link))
}

/// Removes all but the newest builds. A running sandboxd may still use the one before.
fn prune(output: &Path, current: &Path) -> Result<()> {
    let mut others = Vec::new();
    for name in names_in(output)? {
        let path = output.join(&name);
        if name.starts_with("rootfs-") && name != CURRENT && path != *current {
            let made = path
                .metadata()
                .and_then(|metadata| metadata.modified())
                .unwrap_or(SystemTime::UNIX_EPOCH);
            others.push((made, path));
        }
    }
    others.sort();
    let surplus = others.len().saturating_sub(KEPT_BUILDS - 1);
    for (_, path) in others.into_iter().take(surplus) {
        fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
    }
    Ok(())
}

fn names_in(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).map_err(Error::io("list", folder))?;
    Ok(entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(folder: &Path) -> Inputs {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for name in INPUT_FILES {
            fs::copy(source.join(name), folder.join(name)).unwrap();
        }
        fs::create_dir_all(folder.join("runner")).unwrap();
        Inputs {
            recipe_folder: folder.to_owned(),
            output_folder: folder.join("out"),
            mirrors: Vec::new(),
        }
    }

    #[test]
    fn the_hash_changes_with_each_input_and_with_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let inputs = inputs(folder.path());
        let mut seen = vec![recipe_hash(&inputs).unwrap()];
        for (name, text) in [
            ("runner/runner.py", "1"),
            ("runner/runner.py", "2"),
            ("recipe.toml", ""),
            ("packages.lock", ""),
            ("wheels.lock", ""),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
            let hash = recipe_hash(&inputs).unwrap();
            assert!(!seen.contains(&hash), "{name} must change the hash");
            seen.push(hash);
        }
        fs::write(folder.path().join("runner/notes.txt"), "x").unwrap();
        assert_eq!(recipe_hash(&inputs).unwrap(), *seen.last().unwrap());
    }

    #[test]
    fn current_is_replaced_and_old_builds_are_pruned() {
        let output = tempfile::tempdir().unwrap();
        let mut folders = Vec::new();
        for index in 0..5 {
            let folder = output.path().join(format!("rootfs-{index}"));
            fs::create_dir(&folder).unwrap();
            let made = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1000 + index);
            fs::File::open(&folder).unwrap().set_modified(made).unwrap();
            point_current(output.path(), &folder).unwrap();
            folders.push(folder);
        }
        prune(output.path(), &folders[4]).unwrap();
        let left: Vec<_> = folders.iter().map(|folder| folder.exists()).collect();
        assert_eq!(left, [false, false, true, true, true]);
        assert_eq!(
            fs::read_link(output.path().join(CURRENT)).unwrap(),
            Path::new("rootfs-4")
        );
    }

    #[test]
    fn what_an_interrupted_build_left_is_swept() {
        let output = tempfile::tempdir().unwrap();
        let left = output.path().join(format!("{BUILDING_PREFIX}x/tree/usr"));
        fs::create_dir_all(&left).unwrap();
        sweep(output.path()).unwrap();
        assert!(!left.exists());
    }
}
