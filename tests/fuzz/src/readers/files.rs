//! Files that a program left, all the way: from the collector through the daemon to control-plane and to the user's
//! folder.

use std::path::Path;

use coderunner_cli::collect;
use coderunner_proto::common::v1::Outcome;
use coderunner_proto::sandbox::v1::{ExecuteResponse, Finished, execute_response::Event};
use control_plane::execution::kept::{Arriving, Collection};
use control_plane::execution::order::Happening;
use control_plane::execution::runner_client::happening;
use prost::Message;
use sandboxd::files::Wanted;
use sandboxd_sandbox::collection::Bounds;

use crate::input;

/// Types that a file may seem to be of.
const TYPES: [&str; 10] = [
    "application/json",
    "application/octet-stream",
    "application/pdf",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/svg+xml",
    "image/webp",
    "text/csv",
    "text/plain",
];

const BOUNDS: Bounds = Bounds {
    files: 4,
    file_bytes: 512,
    total_bytes: 1024,
};

/// The type is of the closed list, and text only for text.
pub fn media_type(bytes: &[u8]) {
    let (path, content) = input::two(bytes);
    let path = String::from_utf8_lossy(path);
    let found = sandboxd::media_type::media_type(&path, content);
    assert!(TYPES.contains(&found), "{found}");
    if found.starts_with("text/") || found.contains("json") || found.contains("xml") {
        assert!(std::str::from_utf8(content).is_ok() && !content.contains(&0));
    }
}

/// Whatever a collector sends, what the daemon makes of it is what control-plane accepts: files that are new or
/// changed, within the bounds, each with a path that can be saved.
pub fn returned_files(bytes: &[u8]) {
    let wanted = Wanted {
        bounds: BOUNDS,
        sent: vec![
            ("main.py".to_owned(), b"x = 1".to_vec()),
            ("data/in.txt".to_owned(), b"1".to_vec()),
        ],
    };
    let (events, summary) = wanted.take_apart(bytes);
    let finished = Event::Finished(Finished {
        outcome: Outcome::Ok.into(),
        collected_files: Some(summary.clone()),
        ..Finished::default()
    });
    let mut files = Arriving::default();
    for event in events {
        let told = happening(Some(event), &mut files, bounds());
        assert!(told.is_none(), "{told:?}");
    }
    let ended = match happening(Some(finished), &mut files, bounds()) {
        Some(Ok(Happening::Finished(ended))) => ended,
        other => panic!("{other:?}"),
    };
    let collected = ended.files.expect("a collection");
    assert_eq!(collected.files.len(), summary.file_count as usize);
    assert_eq!(collected.bytes(), summary.total_bytes as u64);
    for (file, content) in &collected.files {
        assert!(collect::below(Path::new("folder"), &file.path).is_some());
        assert!(TYPES.contains(&file.media_type.as_str()));
        assert!(!wanted.sent.contains(&(file.path.clone(), content.clone())));
    }
}

/// A runner that was taken over: what is kept of its events is within the bounds that it was told.
pub fn runner_events(mut bytes: &[u8]) {
    let mut files = Arriving::default();
    while let Ok(response) = ExecuteResponse::decode_length_delimited(&mut bytes) {
        let Some(told) = happening(response.event, &mut files, bounds()) else {
            continue;
        };
        match told {
            Ok(Happening::Finished(ended)) => {
                let collected = ended.files.unwrap_or_default();
                assert!(collected.files.len() <= BOUNDS.files as usize);
                assert!(collected.bytes() <= BOUNDS.total_bytes);
                for (file, content) in &collected.files {
                    assert!(content.len() as u64 == file.size_bytes);
                    assert!(file.size_bytes <= BOUNDS.file_bytes);
                }
                assert!(collected.files.is_sorted_by_key(|(file, _)| &file.path));
            }
            Ok(Happening::Started | Happening::Output(..)) => {}
            // The stream is given up.
            Err(_) => return,
        }
    }
}

fn bounds() -> Option<Collection> {
    Some(Collection {
        files: BOUNDS.files,
        file_bytes: BOUNDS.file_bytes,
        total_bytes: BOUNDS.total_bytes,
    })
}
