//! Renews `wheels.lock`: lets pip choose the newest wheels that fit together and the tree's Python, and
//! writes down which they are. A wheel that the recipe has no rule for is an error, so that nobody's new
//! dependency gets in unread.

use super::{LockedWheel, WheelLock, parse_file_name, pip_download};
use crate::{Error, Progress, Recipe, Result, digest};
use std::{fs, path::Path};

/// Writes new pins for the recipe in `recipe_folder`, and returns what changed, one line per wheel. Blocks;
/// needs the network.
pub(crate) fn update_pins(
    recipe_folder: &Path,
    recipe: &Recipe,
    progress: &dyn Progress,
) -> Result<Vec<String>> {
    progress.step("choosing wheels");
    let folder = tempfile::tempdir().map_err(Error::io(
        "create a temporary folder in",
        std::env::temp_dir(),
    ))?;
    let requires: Vec<_> = recipe.wheels.requires.iter().map(String::as_str).collect();
    pip_download(recipe, folder.path(), &requires)?;
    let lock = WheelLock {
        wheels: wheels_in(folder.path())?,
    };
    let file = recipe_folder.join("wheels.lock");
    lock.matches(recipe)
        .map_err(|problem| Error::LockMismatch {
            lock: file.clone(),
            problem: problem + "; list it there first",
        })?;
    let before = fs::read_to_string(&file)
        .ok()
        .and_then(|text| WheelLock::parse(&text).ok());
    fs::write(&file, lock.to_text()).map_err(Error::io("write", &file))?;
    Ok(changes(before.as_ref(), &lock))
}

/// Pins of the wheels in a folder, by name.
fn wheels_in(folder: &Path) -> Result<Vec<LockedWheel>> {
    let mut wheels = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::io("list", folder))? {
        let path = entry.map_err(Error::io("list", folder))?.path();
        let filename = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let Some((name, version)) = parse_file_name(&filename) else {
            return Err(Error::Invalid {
                path,
                problem: "pip brought what is no wheel".into(),
            });
        };
        let size = path.metadata().map_err(Error::io("inspect", &path))?.len();
        wheels.push(LockedWheel {
            name,
            version,
            filename,
            size,
            sha256: digest::of_file(&path)?,
        });
    }
    wheels.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(wheels)
}

fn changes(before: Option<&WheelLock>, after: &WheelLock) -> Vec<String> {
    let old = |name: &str| before?.wheels.iter().find(|wheel| wheel.name == name);
    let lines = after.wheels.iter().filter_map(|wheel| {
        let LockedWheel {
            name,
            version,
            sha256,
            ..
        } = wheel;
        match old(name) {
            Some(old) if old.sha256 == *sha256 => None,
            Some(old) => Some(format!("{name} {} -> {version}", old.version)),
            None => Some(format!("{name} {version} (new)")),
        }
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::super::lock::tests::locked;
    use super::*;

    #[test]
    fn downloaded_wheels_become_pins_and_anything_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let expected = locked(b"content");
        fs::write(folder.path().join(&expected.filename), b"content").unwrap();
        assert_eq!(wheels_in(folder.path()).unwrap(), [expected]);
        fs::write(folder.path().join("made_up-1.0.tar.gz"), b"x").unwrap();
        assert!(wheels_in(folder.path()).is_err());
    }

    #[test]
    fn changes_name_what_is_new_and_what_is_newer() {
        let lock = |content: &[u8], version: &str| WheelLock {
            wheels: vec![LockedWheel {
                version: version.into(),
                ..locked(content)
            }],
        };
        let (old, new) = (lock(b"old", "1.0"), lock(b"new", "1.1"));
        assert_eq!(changes(None, &old), ["made-up 1.0 (new)"]);
        assert_eq!(changes(Some(&old), &new), ["made-up 1.0 -> 1.1"]);
        assert!(changes(Some(&new), &new).is_empty());
    }
}
