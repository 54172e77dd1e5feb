//! Files that programs leave: kept with their run, shown to its owner, and gone with it.

use std::time::Duration;

use sandboxd_sim::Sim;

use super::super::kept::{LeftOut, LeftOutReason, RunFile, RunFiles};
use super::super::lab::{Lab, lab, lab_with, request, start};
use super::super::model::{Outcome, Run};
use super::super::service::RunRequest;
use crate::platform::context::Caller;
use crate::platform::db;
use crate::platform::errors::Error;
use crate::platform::ids::RunId;

/// Runs a program whose files are kept.
async fn run(lab: &Lab, user: Caller, source: &str) -> Run {
    let request = RunRequest {
        collect_files: true,
        ..request(source)
    };
    let id = lab.try_run(user, request).await.unwrap();
    lab.finished(user, id).await
}

fn file(path: &str, size_bytes: u64, media_type: &str) -> RunFile {
    RunFile {
        path: path.into(),
        media_type: media_type.into(),
        size_bytes,
    }
}

async fn content(lab: &Lab, user: Caller, id: RunId, path: &str) -> Option<Vec<u8>> {
    match lab.execution.file(user, id, path).await {
        Ok((_, content)) => Some(content),
        Err(Error::NotFound(_)) => None,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn files_are_kept_with_their_run() {
    let lab = lab().await;
    let user = lab.user().await;
    let source = "# sim: exit 1\n# sim: file a/b.csv 0 text/csv\n\
                  # sim: file plot.png 200000 image/png\n# sim: left-out not_a_file 3";
    let ended = run(&lab, user, source).await;
    assert_eq!(
        ended.ending.as_ref().unwrap().outcome,
        Outcome::RuntimeError
    );
    let expected = RunFiles {
        files: vec![
            file("a/b.csv", 0, "text/csv"),
            file("plot.png", 200_000, "image/png"),
        ],
        left_out: vec![LeftOut {
            reason: LeftOutReason::NotAFile,
            count: 3,
            example_path: "example".into(),
        }],
        incomplete: false,
    };
    assert_eq!(ended.files.as_ref(), Some(&expected));
    // What was stored is what was told.
    assert_eq!(lab.execution.get(user, ended.id).await.unwrap(), ended);
    let all: Vec<u8> = (0..=255).cycle().take(200_000).collect();
    let kept = lab
        .execution
        .file(user, ended.id, "plot.png")
        .await
        .unwrap();
    assert!(kept == (file("plot.png", 200_000, "image/png"), all));
    assert_eq!(content(&lab, user, ended.id, "a/b.csv").await, Some(vec![]));
    for path in ["", "a", "plot.png ", "../plot.png", "PLOT.PNG", "%"] {
        assert_eq!(content(&lab, user, ended.id, path).await, None, "{path:?}");
    }
    let asked = lab.runners[0].seen().pop().unwrap().request.file_collection;
    let asked = asked.expect("files were asked for");
    assert_eq!(
        (
            asked.file_count_limit,
            asked.file_limit_bytes,
            asked.total_limit_bytes
        ),
        (16, 2 << 20, 4 << 20)
    );
}

#[tokio::test]
async fn nothing_is_asked_for_or_taken_without_a_wish() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.run(user, "# sim: print x").await;
    let ended = lab.finished(user, id).await;
    assert_eq!(ended.files, None);
    let seen = lab.runners[0].seen().pop().unwrap();
    assert_eq!(seen.request.file_collection, None);
    // A runner that sends files all the same has broken its word.
    let id = lab.run(user, "# sim: file a 3 text/plain").await;
    let ended = lab.finished(user, id).await;
    assert_eq!(ended.ending.unwrap().outcome, Outcome::InternalError);
}

#[tokio::test]
async fn a_runner_that_sends_too_much_has_broken_its_word() {
    let settings = "[limits]\nkept_files = 1\nkept_file_bytes = 1000\n";
    for source in [
        "# sim: file a 1001 text/plain",
        "# sim: file a 1 text/plain\n# sim: file b 1 text/plain",
        "# sim: file a 1 text/plain\n# sim: file a 1 text/plain",
    ] {
        // Each with a runner of its own: one that breaks its word is left alone for a while.
        let lab = lab_with(settings, vec![Sim::default()]).await;
        let user = lab.user().await;
        let ended = run(&lab, user, source).await;
        assert_eq!(ended.ending.unwrap().outcome, Outcome::InternalError);
        assert_eq!(ended.files, None);
    }
}

#[tokio::test]
async fn a_user_has_room_for_so_much() {
    let settings = "[limits]\nkept_user_bytes = 2500\n";
    let lab = lab_with(settings, vec![Sim::default()]).await;
    let (user, other) = (lab.user().await, lab.user().await);
    let source = "# sim: file a 1000 text/plain";
    for _ in 0..2 {
        let ended = run(&lab, user, source).await;
        assert_eq!(ended.files.unwrap().files.len(), 1);
    }
    let full = run(&lab, user, source).await;
    assert_eq!(content(&lab, user, full.id, "a").await, None);
    let files = full.files.unwrap();
    assert_eq!(files.files, []);
    let reasons: Vec<_> = files
        .left_out
        .iter()
        .map(|left| (left.reason, left.count))
        .collect();
    assert_eq!(reasons, [(LeftOutReason::NoRoom, 1)]);
    let ended = run(&lab, other, source).await;
    assert_eq!(ended.files.unwrap().files.len(), 1);
    let small = run(&lab, user, "# sim: file b 500 text/plain").await;
    assert_eq!(small.files.unwrap().files.len(), 1);
}

#[tokio::test]
async fn others_see_no_files_and_old_ones_go_with_their_run() {
    let lab = lab().await;
    let (user, other) = (lab.user().await, lab.user().await);
    let ended = run(&lab, user, "# sim: file a 10 text/plain").await;
    assert_eq!(content(&lab, other, ended.id, "a").await, None);
    assert!(content(&lab, user, ended.id, "a").await.is_some());
    let later = lab.platform.clock.now() + Duration::from_secs(1);
    assert_eq!(lab.execution.delete_old(later, 10).await.unwrap(), 1);
    assert_eq!(content(&lab, user, ended.id, "a").await, None);
    let left: i64 = db::query_scalar("SELECT COUNT(*) FROM run_files")
        .fetch_one(lab.platform.db.read())
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn files_are_there_after_a_restart() {
    let first = lab().await;
    let user = first.user().await;
    let ended = run(&first, user, "# sim: file a 10 text/plain").await;
    let Lab {
        ground,
        runners,
        running,
        ..
    } = first;
    running.drain().await;
    let second = start(ground, runners).await;
    assert_eq!(second.execution.get(user, ended.id).await.unwrap(), ended);
    let content = content(&second, user, ended.id, "a").await;
    assert_eq!(content.map(|content| content.len()), Some(10));
}
