//! Archives and packages, which authors send.

use control_plane::problems::authoring::check::check;
use control_plane::problems::course::tree::{Files, MAX_FILE_BYTES};
use control_plane::problems::model::Slug;
use control_plane::problems::package::archive::{MAX_BYTES, MAX_ENTRIES, pack, unpack};
use control_plane::problems::package::kattis;

use super::course::CEILINGS;

/// What comes out of an archive is bounded, has plain paths, and is the same when it is packed anew.
pub fn archive(bytes: &[u8]) {
    let Ok(files) = unpack(bytes) else {
        return;
    };
    assert!(files.iter().count() <= MAX_ENTRIES);
    let sizes = files.iter().map(|(_, content)| content.len() as u64);
    assert!(sizes.sum::<u64>() <= MAX_BYTES);
    for (path, content) in files.iter() {
        assert!(content.len() as u64 <= MAX_FILE_BYTES);
        assert!(path.is_relative());
        assert!(path.components().all(|part| part.as_os_str() != ".."));
    }
    let packed = pack(&files).expect("what was unpacked can be packed");
    assert_eq!(unpack(&packed).expect("our own archive is read"), files);
}

/// Files, each after a line `=== PATH`. A package that is a right problem gives the same problem when
/// it is written and read anew; one that isn't has a mistake.
pub fn kattis_package(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut files = Files::default();
    for part in text.split("=== ").skip(1) {
        if let Some((path, content)) = part.split_once('\n') {
            files.put(path, content);
        }
    }
    let slug = Slug::parse("package").expect("it is a slug");
    let imported = match kattis::read(&files, Some(slug), &CEILINGS) {
        Ok(imported) => imported,
        Err(mistakes) => return assert!(!mistakes.is_empty()),
    };
    let Ok(problem) = check(&imported.problem, &CEILINGS, "package") else {
        return;
    };
    let exported = kattis::write(&problem).expect("it came from a package");
    let again = kattis::read(&exported.files, None, &CEILINGS).expect("our own package is read");
    let again = check(&again.problem, &CEILINGS, "package").expect("it was right");
    assert_eq!(again, problem);
}
