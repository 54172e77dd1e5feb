//! Messages of the processes inside, and the frames of collectors.

use std::fs::File;
use std::os::fd::OwnedFd;

use sandboxd_sandbox::cgroup;
use sandboxd_sandbox::child::Report;
use sandboxd_sandbox::collection::{
    self, Bounds, Collection, Order, fit_path, write_end, write_file_header,
};
use sandboxd_sandbox::keeper::Make;
use sandboxd_sandbox::zygote::Reply;

use crate::input;

/// Longest text of an error number.
const LONGEST_ERROR: usize = 200;

/// A report says what its first bytes say, whatever follows, and is no longer than a report may be.
pub fn child_report(bytes: &[u8]) {
    let Some(report) = Report::parse(bytes) else {
        return;
    };
    let followed = [bytes, b"x\0\0\0\0"].concat();
    assert_eq!(Report::parse(&followed).as_ref(), Some(&report));
    let number = number_at(bytes, 1);
    match report {
        Report::Exited(code) => assert_eq!((bytes[0], code), (b'x', number)),
        Report::Signaled(signal) => assert_eq!((bytes[0], signal), (b's', number)),
        Report::Failed(text) => assert!(text.len() <= 3 * 255 + LONGEST_ERROR),
    }
}

/// A slot has a zygote only when a descriptor came.
pub fn zygote_reply(bytes: &[u8]) {
    let (choice, message) = input::choice(bytes);
    let with_descriptor = choice % 2 == 1;
    let descriptor = with_descriptor.then(|| {
        let file = File::open("/dev/null").expect("every system has it");
        OwnedFd::from(file)
    });
    match Reply::parse(message, descriptor) {
        None | Some(Reply::Loaded | Reply::Ready) => {}
        Some(Reply::Gone) => assert!(message.is_empty()),
        Some(Reply::Joined { slot, zygote: _ }) => {
            assert!(with_descriptor && message.len() == 5);
            assert_eq!(slot.cast_signed(), number_at(message, 1));
        }
        Some(Reply::Failed { slot, reason }) => {
            assert!(!with_descriptor);
            assert_eq!(slot.cast_signed(), number_at(message, 1));
            assert!(reason.len() <= 3 * message.len() + LONGEST_ERROR);
        }
    }
}

/// What is read as an order is written as the same bytes.
pub fn keeper_order(bytes: &[u8]) {
    if let Some(order) = Make::parse(bytes) {
        assert_eq!(order.encode(), bytes);
    }
}

/// What is read as an order can be written and read again.
pub fn collection_order(bytes: &[u8]) {
    let Ok(order) = Order::receive(&mut &bytes[..]) else {
        return;
    };
    let written = order.encode();
    assert!(written.len() <= bytes.len());
    let again = Order::receive(&mut &written[..]).expect("written by us");
    assert_eq!(again, order);
}

/// Files of a stream are within the bounds, sorted, and of good paths; the stream means the same when it is written
/// anew, and a part of it is never complete.
pub fn collection_frames(bytes: &[u8]) {
    let Some(([files, file_bytes, total_bytes, cut], stream)) = bytes.split_first_chunk() else {
        return;
    };
    let bounds = Bounds {
        files: u32::from(*files) % 32,
        file_bytes: u64::from(*file_bytes) * 8,
        total_bytes: u64::from(*total_bytes) * 16,
    };
    let came = collection::parse(stream, bounds);
    check_bounds(&came, bounds);
    let written = write(&came);
    assert!(written.len() as u64 <= bounds.stream_bytes());
    assert_eq!(collection::parse(&written, bounds), came);
    let cut = written.len() * usize::from(*cut) / 256;
    let part = collection::parse(&written[..cut], bounds);
    assert!(!part.complete && came.files.starts_with(&part.files));
}

/// What holds for every collection.
pub fn check_bounds(came: &Collection<'_>, bounds: Bounds) {
    let sizes = || came.files.iter().map(|file| file.content.len() as u64);
    assert!(came.files.len() as u64 <= u64::from(bounds.files));
    assert!(sizes().all(|size| size <= bounds.file_bytes));
    assert!(sizes().sum::<u64>() <= bounds.total_bytes);
    assert!(came.files.is_sorted_by(|one, next| one.path < next.path));
    let examples = came.left_out.entries().map(|(_, _, path)| path);
    for path in came.files.iter().map(|file| file.path) {
        check_path(path);
    }
    for path in examples.filter(|path| !path.is_empty()) {
        check_path(path);
    }
}

fn check_path(path: &str) {
    assert_eq!(fit_path(path.as_bytes()), Some(path));
    let parts: Vec<_> = path.split('/').collect();
    assert!(parts.len() <= 16 && path.len() <= 255);
    assert!(!parts.iter().any(|part| ["", ".", ".."].contains(part)));
}

fn write(came: &Collection<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in &came.files {
        write_file_header(&mut bytes, file.path, file.content.len() as u64).expect("in memory");
        bytes.extend(file.content);
    }
    if came.complete {
        write_end(&mut bytes, &came.left_out).expect("in memory");
    }
    bytes
}

/// Lower priority: a file of the kernel.
pub fn cpu_clock(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if cgroup::parse_cpu(&text).is_some() {
        assert!(text.contains(|character: char| character.is_ascii_digit()));
    }
}

fn number_at(bytes: &[u8], at: usize) -> i32 {
    let number = bytes[at..at + 4].try_into().expect("four bytes");
    i32::from_le_bytes(number)
}
