//! Messages between the halves of sandboxd; either may have been taken over.

use std::fmt::Debug;

use sandboxd_launcher::wire::{self, Event, MAX_MESSAGE, Request};
use sandboxd_sandbox::KernelLimits;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A request means the same when it is written anew, and limits that pass are within what a sandbox may ever have.
pub fn request(bytes: &[u8]) {
    let Some(request) = read_and_write::<Request>(bytes) else {
        return;
    };
    let (Request::Spawn { limits, .. } | Request::Limit { limits, .. }) = request else {
        return;
    };
    if limits.check(&KernelLimits::WIDEST).is_ok() {
        assert!(limits.memory_bytes <= 16 << 30 && limits.scratch_bytes <= 4 << 30);
        assert!((1..=4096).contains(&limits.processes));
        assert!(limits.cpu_millicores <= 64_000 && limits.cpu_seconds <= 600);
        assert!(limits.file_bytes <= 4 << 30 && limits.open_files <= 65_536);
    }
}

/// An event means the same when it is written anew.
pub fn event(bytes: &[u8]) {
    read_and_write::<Event>(bytes);
}

fn read_and_write<T>(bytes: &[u8]) -> Option<T>
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let message: T = wire::decode(bytes).ok()?;
    let written = wire::encode(&message).expect("not longer than what was read");
    assert!(written.len() <= bytes.len().min(MAX_MESSAGE));
    let again: T = wire::decode(&written).expect("written by us");
    assert_eq!(again, message);
    Some(message)
}
