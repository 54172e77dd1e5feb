//! Takes out of a wheel what the recipe keeps. A wheel is a zip file of somebody else's making: every name in
//! it must be a plain path below its folder, every entry a regular file or a folder of a sane size. One entry
//! that is something else refuses the whole wheel, also where the recipe would not have kept it.

use crate::{
    Error, Recipe, Result,
    recipe::{PackageRule, is_plain_relative},
    tree,
};
use std::{
    fs,
    io::{Read, Seek},
    path::Path,
};
use zip::ZipArchive;

use super::LockedWheel;

/// The largest file that a wheel may bring.
const MOST_BYTES: u64 = 64 << 20;
const TYPE_BITS: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// Unpacks what the recipe keeps of one wheel. A pattern that keeps nothing is an error: the wheel has changed
/// under the recipe.
pub(crate) fn unpack(tree: &Path, recipe: &Recipe, wheel: &LockedWheel, file: &Path) -> Result<()> {
    let rule = recipe
        .wheel(&wheel.name)
        .expect("WheelLock::read checked the wheel's name");
    let source = fs::File::open(file).map_err(Error::io("open", file))?;
    let used = unpack_archive(tree, recipe, rule, source)?;
    match used.iter().position(|used| !used) {
        None => Ok(()),
        Some(index) => Err(Error::UnusedPattern {
            package: wheel.name.clone(),
            version: wheel.version.clone(),
            pattern: rule.keep[index].text().to_owned(),
        }),
    }
}

/// Returns for each `keep` pattern whether it kept something.
fn unpack_archive(
    tree: &Path,
    recipe: &Recipe,
    rule: &PackageRule,
    source: impl Read + Seek,
) -> Result<Vec<bool>> {
    let unreadable = |error: zip::result::ZipError| {
        Error::Audit(vec![format!(
            "the wheel {} is no zip file: {error}",
            rule.name
        )])
    };
    let mut archive = ZipArchive::new(source).map_err(unreadable)?;
    let mut used = vec![false; rule.keep.len()];
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(unreadable)?;
        let name = entry.name().map_err(unreadable)?.into_owned();
        let path = checked_path(&name, entry.unix_mode(), entry.size())
            .map_err(|problem| Error::Audit(vec![format!("the wheel {} {problem}", rule.name)]))?;
        let Some(path) = path else { continue };
        let Some(pattern) = rule.keeps(&path) else {
            continue;
        };
        if recipe
            .wheels
            .drop
            .iter()
            .any(|pattern| pattern.matches(&path))
        {
            continue;
        }
        used[pattern] = true;
        let target = Path::new(&recipe.wheels.folder).join(&path);
        tree::write_file(tree, recipe, &target, &mut entry.by_ref().take(MOST_BYTES))?;
    }
    Ok(used)
}

/// The path of an entry that is a file, `None` for a folder, or what is wrong with it.
fn checked_path(name: &str, mode: Option<u32>, bytes: u64) -> Result<Option<String>, String> {
    let path = name.strip_suffix('/').unwrap_or(name);
    if !is_plain_relative(path) || path.contains(['\\', '\0']) {
        return Err(format!("has a path that leaves its folder: {name:?}"));
    }
    // Zip files made elsewhere have no mode at all.
    match mode.map_or(0, |mode| mode & TYPE_BITS) {
        0 | REGULAR if path.len() == name.len() => {}
        0 | FOLDER if path.len() < name.len() => return Ok(None),
        _ => return Err(format!("has an entry that is no file: {name:?}")),
    }
    if bytes > MOST_BYTES {
        return Err(format!("has a file of {bytes} bytes: {name:?}"));
    }
    Ok(Some(path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::lock::tests::our_recipe;
    use super::*;
    use std::io::{Cursor, Write};
    use zip::{ZipWriter, write::SimpleFileOptions};

    fn wheel_of(files: &[(&str, &str)]) -> Cursor<Vec<u8>> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            let options = SimpleFileOptions::default().unix_permissions(0o777);
            writer.start_file(*name, options).unwrap();
            writer.write_all(content.as_bytes()).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn only_what_the_recipe_keeps_is_unpacked_and_nothing_can_be_executed() {
        let (recipe, tree) = (our_recipe(), tempfile::tempdir().unwrap());
        let rule = recipe.wheel("cycler").unwrap();
        let wheel = wheel_of(&[
            ("cycler/__init__.py", "x = 1\n"),
            ("cycler/py.typed", ""),
            ("cycler/tests/test_it.py", ""),
            ("cycler-1.0.dist-info/METADATA", "Name: cycler\n"),
            ("cycler-1.0.data/scripts/tool", "#!/bin/sh\n"),
            ("sitecustomize.py", ""),
        ]);
        let used = unpack_archive(tree.path(), &recipe, rule, wheel).unwrap();
        assert_eq!(used, [true, true]);
        let manifest = crate::Manifest::of_tree(tree.path()).unwrap();
        let files: Vec<_> = manifest
            .entries
            .iter()
            .filter(|entry| matches!(entry.kind, crate::Kind::File { .. }))
            .map(|entry| (entry.path.as_str(), entry.mode))
            .collect();
        let expected = ["cycler-1.0.dist-info/METADATA", "cycler/__init__.py"]
            .map(|path| (format!("usr/lib/coderunner/science/{path}"), 0o644));
        let expected: Vec<_> = expected
            .iter()
            .map(|(path, mode)| (path.as_str(), *mode))
            .collect();
        assert_eq!(files, expected);
    }

    #[test]
    fn a_wheel_with_a_path_that_leaves_its_folder_is_refused_and_writes_nothing() {
        for name in [
            "../evil.py",
            "/etc/passwd",
            "cycler/../../evil.py",
            "cycler\\..\\evil.py",
            "cycler//x.py",
        ] {
            let (recipe, tree) = (our_recipe(), tempfile::tempdir().unwrap());
            let rule = recipe.wheel("cycler").unwrap();
            let error =
                unpack_archive(tree.path(), &recipe, rule, wheel_of(&[(name, "")])).unwrap_err();
            assert!(matches!(error, Error::Audit(_)), "{name}: {error}");
            assert_eq!(fs::read_dir(tree.path()).unwrap().count(), 0, "{name}");
        }
    }

    #[test]
    fn a_link_in_a_wheel_is_refused() {
        let (recipe, tree) = (our_recipe(), tempfile::tempdir().unwrap());
        let rule = recipe.wheel("cycler").unwrap();
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer
            .add_symlink("cycler/x.py", "/etc/shadow", SimpleFileOptions::default())
            .unwrap();
        let error =
            unpack_archive(tree.path(), &recipe, rule, writer.finish().unwrap()).unwrap_err();
        assert!(error.to_string().contains("no file"), "{error}");
    }

    #[test]
    fn kinds_and_sizes_are_checked_one_by_one() {
        for (name, mode, bytes, expected) in [
            ("a/b.py", Some(0o100_644), 1, Ok(Some("a/b.py".to_owned()))),
            ("a/b.py", None, 1, Ok(Some("a/b.py".to_owned()))),
            ("a/", Some(0o040_755), 0, Ok(None)),
            ("a/device", Some(0o060_644), 0, Err(())),
            ("a/", Some(0o100_644), 0, Err(())),
            ("a/huge", Some(0o100_644), MOST_BYTES + 1, Err(())),
        ] {
            let found = checked_path(name, mode, bytes).map_err(drop);
            assert_eq!(found, expected, "{name} {mode:?}");
        }
    }

    #[test]
    fn what_is_no_zip_file_is_refused() {
        let (recipe, tree) = (our_recipe(), tempfile::tempdir().unwrap());
        let rule = recipe.wheel("cycler").unwrap();
        let garbage = Cursor::new(b"PK\x03\x04 and so on".to_vec());
        assert!(unpack_archive(tree.path(), &recipe, rule, garbage).is_err());
    }
}
