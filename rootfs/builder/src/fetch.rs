//! Gets the pinned package files: from the cache, else the mirror, else the snapshot archive.
//!
//! The download itself is apt's own (`apt-helper download-file`), so that a proxy configured
//! for apt on the host is used here too. Every file's hash is checked on every build, also
//! when it comes from the cache. A wrong hash is never taken as a reason to look elsewhere
//! quietly: it ends the build.

use crate::{Error, LockedPackage, Progress, Recipe, Result, digest, lock::Lock};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const APT_HELPER: &str = "/usr/lib/apt/apt-helper";

/// Makes sure that every pinned file is in `cache`, and returns them in the lock's order.
pub(crate) fn fetch_all(
    recipe: &Recipe,
    lock: &Lock,
    cache: &Path,
    progress: &dyn Progress,
) -> Result<Vec<(LockedPackage, PathBuf)>> {
    fs::create_dir_all(cache).map_err(Error::io("create", cache))?;
    let mut files = Vec::with_capacity(lock.packages.len());
    for (index, package) in lock.packages.iter().enumerate() {
        progress.item(
            index + 1,
            lock.packages.len(),
            &format!("{} {}", package.name, package.version),
        );
        let file = cache.join(format!("{}.deb", package.sha256));
        if !file.exists() {
            download(package, &candidates(recipe, lock, package), cache, &file)?;
        }
        check_hash(package, &file)?;
        files.push((package.clone(), file));
    }
    Ok(files)
}

/// The places that may have the file, best first.
fn candidates(recipe: &Recipe, lock: &Lock, package: &LockedPackage) -> Vec<String> {
    let archive = recipe
        .archive(&package.archive)
        .expect("Lock::read checked the archive's name");
    let filename = package.filename.replace('+', "%2b");
    vec![
        format!("{}/{filename}", archive.mirror.trim_end_matches('/')),
        format!(
            "{}/{}/{filename}",
            archive.snapshot.trim_end_matches('/'),
            lock.snapshot
        ),
    ]
}

fn download(package: &LockedPackage, urls: &[String], cache: &Path, file: &Path) -> Result<()> {
    if !Path::new(APT_HELPER).exists() {
        return Err(Error::MissingProgram {
            program: APT_HELPER,
            package: "apt",
        });
    }
    let partial = file.with_extension("partial");
    let mut attempts = Vec::new();
    for url in urls {
        match download_from(url, &partial) {
            Ok(()) => {
                check_hash(package, &partial)?;
                return fs::rename(&partial, file).map_err(Error::io("move into place", file));
            }
            Err(reason) => attempts.push(format!("  {url}: {reason}")),
        }
    }
    Err(Error::Download {
        package: package.name.clone(),
        version: package.version.clone(),
        attempts: attempts.join("\n"),
        cache: cache.join(format!("{}.deb", package.sha256)),
    })
}

/// One attempt. The error is apt's own last words.
fn download_from(url: &str, target: &Path) -> Result<(), String> {
    let _ = fs::remove_file(target);
    let output = Command::new(APT_HELPER)
        .args([
            "-o",
            "APT::Sandbox::User=root",
            "-o",
            "Acquire::Retries=2",
            "-o",
            "Acquire::http::Timeout=30",
        ])
        .arg("download-file")
        .arg(url)
        .arg(target)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{APT_HELPER} could not be started: {error}"))?;
    if output.status.success() && target.exists() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    Err(apts_reason(&text))
}

/// apt names the cause on the line after `Err:`; its last line only says that it failed.
fn apts_reason(output: &str) -> String {
    let mut lines = output.lines();
    let cause = lines
        .find(|line| line.starts_with("Err:"))
        .and_then(|_| lines.next());
    let line = cause.or(output.lines().last()).unwrap_or("no reason given");
    line.trim().trim_start_matches("E: ").to_owned()
}

fn check_hash(package: &LockedPackage, file: &Path) -> Result<()> {
    let found = digest::of_file(file)?;
    if found == package.sha256 {
        return Ok(());
    }
    let _ = fs::remove_file(file);
    Err(Error::WrongHash {
        file: format!("{} {}", package.name, package.version),
        expected: package.sha256.clone(),
        found,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Silent;

    fn recipe() -> Recipe {
        Recipe::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../recipe.toml")).unwrap()
    }

    fn lock_of(content: &[u8]) -> Lock {
        let package = LockedPackage {
            name: "made-up".into(),
            version: "1+b2".into(),
            archive: "debian".into(),
            filename: "pool/main/m/made-up_1+b2_all.deb".into(),
            size: content.len() as u64,
            sha256: digest::of_bytes(content),
        };
        Lock {
            snapshot: "20260520T000000Z".into(),
            packages: vec![package],
        }
    }

    #[test]
    fn a_cached_file_with_the_pinned_hash_is_used_without_a_network() {
        let cache = tempfile::tempdir().unwrap();
        let lock = lock_of(b"content");
        let file = cache
            .path()
            .join(format!("{}.deb", lock.packages[0].sha256));
        fs::write(&file, b"content").unwrap();
        let files = fetch_all(&recipe(), &lock, cache.path(), &Silent).unwrap();
        assert_eq!(files[0].1, file);
    }

    #[test]
    fn a_cached_file_with_another_hash_is_refused_and_removed() {
        let cache = tempfile::tempdir().unwrap();
        let lock = lock_of(b"content");
        let file = cache
            .path()
            .join(format!("{}.deb", lock.packages[0].sha256));
        fs::write(&file, b"tampered").unwrap();
        let error = fetch_all(&recipe(), &lock, cache.path(), &Silent).unwrap_err();
        assert!(matches!(error, Error::WrongHash { .. }), "{error}");
        assert!(error.to_string().contains("refusing"), "{error}");
        assert!(!file.exists());
    }

    #[test]
    fn apts_cause_is_found_in_its_output() {
        let output =
            "Err:1 http://host/x.deb\n  404  Not Found [IP: 10.0.0.1 80]\nE: Download Failed\n";
        for (output, expected) in [
            (output, "404  Not Found [IP: 10.0.0.1 80]"),
            ("E: Download Failed", "Download Failed"),
            ("", "no reason given"),
        ] {
            assert_eq!(apts_reason(output), expected);
        }
    }

    #[test]
    fn the_snapshot_archive_is_asked_second_for_the_same_file() {
        let lock = lock_of(b"content");
        let urls = candidates(&recipe(), &lock, &lock.packages[0]);
        assert_eq!(
            urls[0],
            "http://deb.debian.org/debian/pool/main/m/made-up_1%2bb2_all.deb"
        );
        assert_eq!(
            urls[1],
            "https://snapshot.debian.org/archive/debian/20260520T000000Z/pool/main/m/made-up_1%2bb2_all.deb"
        );
    }

    #[test]
    fn when_no_place_has_the_file_the_error_lists_the_attempts_and_what_to_do() {
        let cache = tempfile::tempdir().unwrap();
        let lock = lock_of(b"content");
        let mut recipe = recipe();
        for archive in &mut recipe.archives {
            archive.mirror = format!("file://{}/absent", cache.path().display());
            archive.snapshot = "file:///absent-snapshot".into();
        }
        let error = fetch_all(&recipe, &lock, cache.path(), &Silent)
            .unwrap_err()
            .to_string();
        for expected in [
            "made-up 1+b2",
            "/absent/pool",
            "absent-snapshot/20260520T000000Z",
            "update-pins",
        ] {
            assert!(
                error.contains(expected),
                "{error} should mention {expected}"
            );
        }
    }
}
