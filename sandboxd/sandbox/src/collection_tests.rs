//! The frames of a collection: what is written is read back, and no bytes at all do harm.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

const BOUNDS: Bounds = Bounds {
    files: 4,
    file_bytes: 100,
    total_bytes: 150,
};

fn stream(files: &[(&str, &[u8])], left_out: &Tally) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (path, content) in files {
        write_file_header(&mut bytes, path, content.len() as u64).expect("in memory");
        bytes.extend(*content);
    }
    write_end(&mut bytes, left_out).expect("in memory");
    bytes
}

#[test]
fn orders_survive_and_garbage_is_an_error() {
    let known = [("main.py".to_owned(), 7), ("a/ü".to_owned(), 200)];
    let order = Order {
        bounds: BOUNDS,
        known: known.into(),
    };
    let bytes = order.encode();
    let read = Order::receive(&mut &bytes[..]).expect("the same");
    assert_eq!(read, order);
    let most = Bounds {
        files: 6,
        file_bytes: 200,
        total_bytes: 357,
    };
    assert_eq!(order.most(), most);
    for length in 0..bytes.len() {
        assert!(Order::receive(&mut &bytes[..length]).is_err(), "{length}");
    }
    let huge = [&u32::MAX.to_le_bytes()[..], &vec![0; 1 << 20]].concat();
    assert!(Order::receive(&mut &huge[..]).is_err());
}

#[test]
fn which_paths_fit() {
    let longest = "x".repeat(MAX_PATH);
    let deepest = vec!["d"; MAX_DEPTH].join("/");
    for path in [
        "a",
        "a/b.txt",
        "...",
        "grün/日本.txt",
        " ",
        &longest,
        &deepest,
    ] {
        assert_eq!(fit_path(path.as_bytes()), Some(path));
    }
    let too_long = "x".repeat(MAX_PATH + 1);
    let too_deep = vec!["d"; MAX_DEPTH + 1].join("/");
    for path in [
        "", "/", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\nb", "a\0b", "\u{7f}",
        "\u{9b}", &too_long, &too_deep,
    ] {
        assert_eq!(fit_path(path.as_bytes()), None, "{path:?}");
    }
    assert_eq!(fit_path(b"\xff"), None);
}

#[test]
fn a_cut_stream_has_what_came_before_and_is_not_complete() {
    let whole = stream(&[("a", b"1"), ("b", b"22")], &Tally::default());
    let parsed = parse(&whole, BOUNDS);
    assert!(parsed.complete && parsed.files.len() == 2);
    for length in 0..whole.len() {
        let parsed = parse(&whole[..length], BOUNDS);
        assert!(!parsed.complete, "{length}");
    }
    assert_eq!(parse(&whole[..8], BOUNDS).files, parsed.files[..1]);
}

#[test]
fn what_breaks_a_rule_ends_the_stream() {
    let none = Tally::default();
    let hundred = [0; 100];
    for (files, kept) in [
        (vec![("a", &b""[..]), ("a", b"")], 1),
        (vec![("b", b""), ("a", b"")], 1),
        (vec![("a/../b", b"")], 0),
        (vec![("a\nb", b"")], 0),
        (vec![("a", &[0; 101])], 0),
        (vec![("a", &hundred), ("b", &hundred)], 1),
        (
            vec![("a", b""), ("b", b""), ("c", b""), ("d", b""), ("e", b"")],
            4,
        ),
    ] {
        let bytes = stream(&files, &none);
        let parsed = parse(&bytes, BOUNDS);
        assert_eq!((parsed.files.len(), parsed.complete), (kept, false));
    }
    let mut longer = stream(&[], &none);
    longer.push(0);
    assert!(!parse(&longer, BOUNDS).complete);
    let mut liar = Tally::default();
    liar.note(Reason::TooMany, "a/../b");
    assert!(!parse(&stream(&[], &liar), BOUNDS).complete);
}

#[test]
fn what_is_left_out_is_counted_with_the_first_path_that_can_be_shown() {
    let mut tally = Tally::default();
    for (reason, path) in [
        (Reason::BadName, ""),
        (Reason::BadName, "a"),
        (Reason::TooLarge, "b"),
        (Reason::BadName, "c"),
    ] {
        tally.note(reason, path);
    }
    let bytes = stream(&[], &tally);
    let parsed = parse(&bytes, BOUNDS);
    let entries: Vec<_> = parsed.left_out.entries().collect();
    assert_eq!(
        entries,
        [(Reason::TooLarge, 1, "b"), (Reason::BadName, 3, "a")]
    );
}

/// Frames that nearly make sense, and any bytes between them.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let file = (
        vec(any::<u8>(), 0..20),
        any::<u32>(),
        vec(any::<u8>(), 0..40),
    )
        .prop_map(|(path, size, content)| {
            let size = if size % 2 == 0 {
                content.len() as u32
            } else {
                size
            };
            let length = u8::try_from(path.len()).expect("short");
            [&[FILE, length][..], &path, &size.to_le_bytes(), &content].concat()
        });
    let end = vec(any::<u8>(), 0..60).prop_map(|rest| [&[END][..], &rest].concat());
    let piece = prop_oneof![4 => file, 1 => end, 1 => vec(any::<u8>(), 0..30)];
    vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_bytes_are_read_within_the_bounds(bytes in hostile()) {
        let parsed = parse(&bytes, BOUNDS);
        prop_assert!(parsed.files.len() <= BOUNDS.files as usize);
        let total: usize = parsed.files.iter().map(|file| file.content.len()).sum();
        prop_assert!(total as u64 <= BOUNDS.total_bytes);
        for file in &parsed.files {
            prop_assert_eq!(fit_path(file.path.as_bytes()), Some(file.path));
            prop_assert!(file.content.len() as u64 <= BOUNDS.file_bytes);
        }
        prop_assert!(parsed.files.is_sorted_by(|one, next| one.path < next.path));
        for (_, _, path) in parsed.left_out.entries() {
            prop_assert!(path.is_empty() || fit_path(path.as_bytes()).is_some());
        }
    }

    #[test]
    fn what_is_written_is_read_back(
        files in btree_map("[a-zé]{1,9}(/[a-z ]{1,9}){0,2}", vec(any::<u8>(), 0..60), 0..4),
    ) {
        let files: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(path, content)| (path.as_str(), content.as_slice()))
            .collect();
        let total_bytes = 4 * 60;
        let bounds = Bounds { total_bytes, ..BOUNDS };
        let mut tally = Tally::default();
        tally.note(Reason::NoRoom, "x");
        let bytes = stream(&files, &tally);
        prop_assert!(bytes.len() as u64 <= bounds.stream_bytes());
        let parsed = parse(&bytes, bounds);
        let read: Vec<_> = parsed.files.iter().map(|file| (file.path, file.content)).collect();
        prop_assert_eq!(read, files);
        prop_assert!(parsed.complete);
        prop_assert_eq!(parsed.left_out, tally);
    }
}
