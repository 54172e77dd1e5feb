//! Gets the pinned wheels: from the cache, else through pip. Every file's hash is checked on every build,
//! by pip and by us, and also when it comes from the cache.

use super::{LockedWheel, WheelLock, pip_download};
use crate::{Error, Progress, Recipe, Result, digest};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// Makes sure that every pinned wheel is in `cache`, and returns them in the lock's order.
pub(crate) fn fetch_all(
    recipe: &Recipe,
    lock: &WheelLock,
    cache: &Path,
    progress: &dyn Progress,
) -> Result<Vec<(LockedWheel, PathBuf)>> {
    fs::create_dir_all(cache).map_err(Error::io("create", cache))?;
    let file_of = |wheel: &LockedWheel| cache.join(format!("{}.whl", wheel.sha256));
    let missing: Vec<_> = lock
        .wheels
        .iter()
        .filter(|wheel| !file_of(wheel).exists())
        .collect();
    if !missing.is_empty() {
        progress.item(0, missing.len(), "wheels");
        download(recipe, &missing, cache)?;
    }
    let mut files = Vec::with_capacity(lock.wheels.len());
    for wheel in &lock.wheels {
        let file = file_of(wheel);
        check_hash(wheel, &file)?;
        files.push((wheel.clone(), file));
    }
    Ok(files)
}

fn download(recipe: &Recipe, missing: &[&LockedWheel], cache: &Path) -> Result<()> {
    let folder = tempfile::Builder::new()
        .prefix(".downloading-")
        .tempdir_in(cache)
        .map_err(Error::io("create a temporary folder in", cache))?;
    let list = folder.path().join("requirements.txt");
    fs::write(&list, requirements(missing)).map_err(Error::io("write", &list))?;
    let arguments = [
        "--no-deps",
        "--require-hashes",
        "--requirement",
        &list.to_string_lossy(),
    ];
    pip_download(recipe, folder.path(), &arguments)?;
    for wheel in missing {
        let got = folder.path().join(&wheel.filename);
        check_hash(wheel, &got)?;
        let file = cache.join(format!("{}.whl", wheel.sha256));
        fs::rename(&got, &file).map_err(Error::io("move into place", &file))?;
    }
    Ok(())
}

/// pip's list of what to get, with the only hash that each may have.
fn requirements(wheels: &[&LockedWheel]) -> String {
    let mut text = String::new();
    for LockedWheel {
        name,
        version,
        sha256,
        ..
    } in wheels
    {
        writeln!(text, "{name}=={version} --hash=sha256:{sha256}")
            .expect("writing to a string succeeds");
    }
    text
}

fn check_hash(wheel: &LockedWheel, file: &Path) -> Result<()> {
    let found = digest::of_file(file)?;
    if found == wheel.sha256 {
        return Ok(());
    }
    let _ = fs::remove_file(file);
    Err(Error::WrongHash {
        file: wheel.filename.clone(),
        expected: wheel.sha256.clone(),
        found,
    })
}

#[cfg(test)]
mod tests {
    use super::super::lock::tests::{locked, our_recipe};
    use super::*;
    use crate::Silent;

    fn lock_of(content: &[u8]) -> WheelLock {
        WheelLock {
            wheels: vec![locked(content)],
        }
    }

    #[test]
    fn a_cached_wheel_with_the_pinned_hash_is_used_without_a_network() {
        let cache = tempfile::tempdir().unwrap();
        let lock = lock_of(b"content");
        let file = cache.path().join(format!("{}.whl", lock.wheels[0].sha256));
        fs::write(&file, b"content").unwrap();
        let files = fetch_all(&our_recipe(), &lock, cache.path(), &Silent).unwrap();
        assert_eq!(files[0].1, file);
    }

    #[test]
    fn a_cached_wheel_with_another_hash_is_refused_and_removed() {
        let cache = tempfile::tempdir().unwrap();
        let lock = lock_of(b"content");
        let file = cache.path().join(format!("{}.whl", lock.wheels[0].sha256));
        fs::write(&file, b"tampered").unwrap();
        let error = fetch_all(&our_recipe(), &lock, cache.path(), &Silent).unwrap_err();
        assert!(matches!(error, Error::WrongHash { .. }), "{error}");
        assert!(!file.exists());
    }

    #[test]
    fn pip_is_told_the_only_hash_that_it_may_accept() {
        let wheel = locked(b"content");
        let expected = format!("made-up==1.0 --hash=sha256:{}\n", wheel.sha256);
        assert_eq!(requirements(&[&wheel]), expected);
    }
}
