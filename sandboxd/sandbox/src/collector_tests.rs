//! The collector's walk over folders that a program could leave. What only holds inside (users, Landlock, filter)
//! is tried in the security suite.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use nix::unistd::mkfifo;

use super::*;
use crate::collection::{Collection, parse};

const BOUNDS: Bounds = Bounds {
    files: 4,
    file_bytes: 1000,
    total_bytes: 2000,
};

/// Collects a folder after `fill` has filled it, and looks at what came.
fn collected(fill: impl FnOnce(&Path), look: impl FnOnce(&Collection<'_>)) {
    let folder = tempfile::tempdir().expect("a folder");
    fill(folder.path());
    let work = OwnedFd::from(File::open(folder.path()).expect("there"));
    let mut stream = Vec::new();
    let order = Order {
        bounds: BOUNDS,
        known: [("known".to_owned(), 1500), ("grown".to_owned(), 1)].into(),
    };
    collect(work.as_fd(), &order, &mut stream).expect("collected");
    let collection = parse(&stream, order.most());
    assert!(collection.complete);
    look(&collection);
}

fn paths<'a>(collection: &Collection<'a>) -> Vec<&'a str> {
    collection.files.iter().map(|file| file.path).collect()
}

fn reasons(collection: &Collection<'_>) -> Vec<(Reason, u32, String)> {
    let entries = collection.left_out.entries();
    entries
        .map(|(reason, count, path)| (reason, count, path.to_owned()))
        .collect()
}

fn write(folder: &Path, path: &str, content: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().expect("below the folder")).expect("made");
    fs::write(path, content).expect("written");
}

#[test]
fn files_come_whole_and_sorted() {
    let content: Vec<u8> = (0..=255).collect();
    collected(
        |folder| {
            write(folder, "b.bin", &content);
            write(folder, "a/ü.txt", b"x");
            write(folder, "empty", b"");
        },
        |collection| {
            assert_eq!(paths(collection), ["a/ü.txt", "b.bin", "empty"]);
            assert_eq!(collection.files[1].content, content);
            assert_eq!(collection.files[2].content, b"");
            assert_eq!(reasons(collection), []);
        },
    );
}

#[test]
fn what_is_no_file_is_named_and_not_followed() {
    collected(
        |folder| {
            symlink("/etc/passwd", folder.join("passwd")).expect("made");
            symlink("/etc", folder.join("etc")).expect("made");
            symlink(".", folder.join("self")).expect("made");
            mkfifo(&folder.join("pipe"), Mode::S_IRWXU).expect("made");
            UnixListener::bind(folder.join("socket")).expect("made");
        },
        |collection| {
            assert_eq!(paths(collection), [""; 0]);
            let [(Reason::NotAFile, 5, _)] = &reasons(collection)[..] else {
                panic!("{:?}", collection.left_out);
            };
        },
    );
}

#[test]
fn a_path_that_turned_into_something_else_is_not_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    symlink("/etc", folder.path().join("etc")).expect("made");
    mkfifo(&folder.path().join("pipe"), Mode::S_IRWXU).expect("made");
    let work = OwnedFd::from(File::open(folder.path()).expect("there"));
    let mut nowhere = Vec::new();
    let order = Order {
        bounds: BOUNDS,
        ..Order::default()
    };
    let mut sending = Sending {
        work: work.as_fd(),
        order: &order,
        room: BOUNDS,
        seen: BTreeSet::new(),
        left_out: Tally::default(),
        to: &mut nowhere,
    };
    for (path, reason) in [
        ("etc/passwd", Reason::NotAFile),
        ("etc", Reason::NotAFile),
        ("../escape", Reason::NotAFile),
        ("/etc/passwd", Reason::NotAFile),
        ("pipe", Reason::NotAFile),
        (".", Reason::NotAFile),
    ] {
        assert_eq!(sending.open(path).map(|_| ()), Err(reason), "{path}");
    }
}

#[test]
fn bounds_hold_and_what_does_not_fit_is_named() {
    collected(
        |folder| {
            write(folder, "a", &[1; 1000]);
            write(folder, "b", &[2; 1001]);
            write(folder, "c", &[3; 999]);
            write(folder, "d", &[4; 2]);
            write(folder, "e", &[5; 1]);
            write(folder, "f", b"");
            write(folder, "g", b"");
            let sparse = File::create(folder.join("h")).expect("made");
            sparse.set_len(10 << 30).expect("holes take no room");
        },
        |collection| {
            assert_eq!(paths(collection), ["a", "c", "e", "f"]);
            let named = [
                (Reason::TooMany, 1, "g".to_owned()),
                (Reason::TooLarge, 2, "b".to_owned()),
                (Reason::NoRoom, 1, "d".to_owned()),
            ];
            assert_eq!(reasons(collection), named);
        },
    );
}

#[test]
fn what_was_there_before_needs_no_room() {
    collected(
        |folder| {
            for name in ["a", "b", "c", "d", "e"] {
                write(folder, name, b"x");
            }
            write(folder, "grown", &[7; 2]);
            write(folder, "known", &[8; 1500]);
        },
        |collection| {
            assert_eq!(paths(collection), ["a", "b", "c", "d", "known"]);
            assert_eq!(reasons(collection), [(Reason::TooMany, 2, "e".to_owned())]);
        },
    );
}

#[test]
fn names_that_can_not_be_shown_are_counted() {
    collected(
        |folder| {
            for name in [&b"new\nline"[..], b"\xff\xfe", b"\x1b[2J"] {
                let path = folder.join(std::ffi::OsStr::from_bytes(name));
                fs::write(path, b"").expect("written");
            }
            let long = "n".repeat(200);
            write(folder, &format!("{long}/{long}"), b"");
            write(folder, &"n".repeat(255), b"");
            write(folder, &vec!["d"; 17].join("/"), b"");
            write(folder, &vec!["e"; 16].join("/"), b"");
        },
        |collection| {
            let names = [vec!["e"; 16].join("/"), "n".repeat(255)];
            assert_eq!(paths(collection), names);
            assert_eq!(reasons(collection), [(Reason::BadName, 5, String::new())]);
        },
    );
}

#[test]
fn a_file_comes_once_whatever_its_names() {
    collected(
        |folder| {
            write(folder, "b", b"x");
            fs::hard_link(folder.join("b"), folder.join("a")).expect("linked");
            fs::hard_link(folder.join("b"), folder.join("c")).expect("linked");
        },
        |collection| {
            assert_eq!(paths(collection), ["a"]);
            assert_eq!(reasons(collection), [(Reason::SameFile, 2, "b".to_owned())]);
        },
    );
}

#[test]
fn a_very_large_tree_is_not_walked_to_its_end() {
    collected(
        |folder| {
            write(folder, "file", b"x");
            for number in 0..MAX_ENTRIES + 50 {
                let name = format!("{number}");
                fs::hard_link(folder.join("file"), folder.join(name)).expect("linked");
            }
        },
        |collection| {
            assert_eq!(collection.files.len(), 1);
            let left_out = reasons(collection);
            assert_eq!((left_out[0].0, left_out[0].1), (Reason::TooMany, 1));
            let looked_at: u32 = left_out.iter().map(|(_, count, _)| count).sum();
            assert_eq!(looked_at, MAX_ENTRIES);
        },
    );
}

#[test]
fn an_empty_folder_is_an_end() {
    collected(
        |_| {},
        |collection| {
            assert_eq!(
                *collection,
                Collection {
                    complete: true,
                    ..Collection::default()
                }
            )
        },
    );
}
