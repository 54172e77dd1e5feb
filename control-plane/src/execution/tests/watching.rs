//! Watchers: everything in order, from anywhere, at any pace.

use futures::StreamExt;

use super::super::lab::{SOON, lab};
use super::super::model::{OutputStream, State};
use super::super::watch::{HEARTBEAT_EVERY, Heard, What};

fn stdout(heard: &[Heard]) -> Vec<u8> {
    let of_stdout = heard.iter().filter_map(|heard| match &heard.what {
        What::Output(OutputStream::Stdout, data) => Some(data.clone()),
        _ => None,
    });
    of_stdout.flatten().collect()
}

#[tokio::test]
async fn the_snapshot_is_first_the_end_last_and_sequences_rise() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab
        .run(user, "# sim: read\n# sim: error oops\n# sim: print b")
        .await;
    let mut stream = Box::pin(lab.execution.watch(user, id, 0).await.unwrap());
    let first = stream.next().await.unwrap().unwrap();
    assert!(matches!(first.what, What::Snapshot(_)));
    lab.until(user, id, |run| run.state == State::Running).await;
    lab.execution
        .send_input(user, id, "", b"a\n")
        .await
        .unwrap();
    let rest: Vec<_> = tokio::time::timeout(SOON, stream.map(|heard| heard.unwrap()).collect())
        .await
        .unwrap();
    let sequences: Vec<_> = rest.iter().map(|heard| heard.sequence).collect();
    assert!(sequences.is_sorted_by(|left, right| left < right) && sequences[0] > first.sequence);
    assert!(rest.iter().any(|heard| heard.what == What::Started));
    assert_eq!(stdout(&rest), b"got a\nb\n");
    assert!(
        rest.iter()
            .any(|heard| heard.what == What::Output(OutputStream::Stderr, b"oops\n".into()))
    );
    let What::Finished(run) = &rest.last().unwrap().what else {
        panic!("no end")
    };
    assert_eq!(run.stdout, b"got a\nb\n");
}

#[tokio::test]
async fn a_watcher_goes_on_anywhere_live_or_stored() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab
        .run(user, "# sim: print abc\n# sim: error e\n# sim: print def")
        .await;
    let all = lab.hear(user, id, 0).await;
    let What::Finished(ended) = &all.last().unwrap().what else {
        panic!("no end")
    };
    assert_eq!(ended.stdout, b"abc\ndef\n");
    let begin = 1u64 << 32;
    for read in 0..=8u64 {
        // The start is one event, then come ten bytes: abc, newline, e, newline, def, newline.
        let heard = lab.hear(user, id, begin + 1 + read).await;
        let What::Snapshot(snapshot) = &heard[0].what else {
            panic!("no snapshot")
        };
        assert!(
            snapshot.stdout.is_empty() && snapshot.stderr.is_empty(),
            "the missed output follows"
        );
        let all = b"abc\ndef\n";
        let missed = match read {
            0..=4 => &all[read as usize..],
            5..=6 => &all[4..],
            _ => &all[read as usize - 2..],
        };
        assert_eq!(stdout(&heard), missed, "after {read} bytes");
        assert!(matches!(heard.last().unwrap().what, What::Finished(_)));
    }
    let late = lab.hear(user, id, begin + 1000).await;
    assert_eq!(late.len(), 2);
    assert!(late[1].sequence > late[0].sequence);
}

#[tokio::test]
async fn a_slow_watcher_holds_nobody_up() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab
        .run(user, "# sim: flood 1000000\n# sim: print end")
        .await;
    let mut slow = Box::pin(lab.execution.watch(user, id, 0).await.unwrap());
    slow.next().await;
    // It reads nothing more, and the program ends all the same.
    let run = lab.finished(user, id).await;
    assert_eq!(run.stdout.len(), 1_000_004);
    let rest: Vec<_> = tokio::time::timeout(SOON, slow.map(|heard| heard.unwrap()).collect())
        .await
        .unwrap();
    assert_eq!(stdout(&rest).len(), 1_000_004, "nothing is lost for it");
}

#[tokio::test]
async fn output_is_kept_up_to_the_limit_only() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.run(user, "# sim: flood 5000000").await;
    assert_eq!(lab.finished(user, id).await.stdout.len(), 1024 * 1024);
}

#[tokio::test]
async fn dropping_the_stream_does_not_cancel() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab
        .run(user, "# sim: sleep 100\n# sim: print survived")
        .await;
    let mut stream = Box::pin(lab.execution.watch(user, id, 0).await.unwrap());
    stream.next().await;
    drop(stream);
    assert_eq!(lab.finished(user, id).await.stdout, b"survived\n");
}

#[tokio::test]
async fn silence_brings_a_heartbeat_with_the_last_sequence() {
    use super::super::live::LiveRun;
    use crate::platform::clock::SystemClock;
    use crate::platform::ids::{RunId, UserId};
    let run = super::super::model::Run {
        id: RunId::new(),
        user: UserId::new(),
        state: State::Queued,
        ending: None,
        stdout: Vec::new(),
        stderr: Vec::new(),
        drawing: Vec::new(),
        queue_position: None,
        create_time: jiff::Timestamp::UNIX_EPOCH,
        start_time: None,
        finish_time: None,
        files: None,
        explanation: None,
    };
    let live = LiveRun::new(run, false, 1, 100);
    let stream = super::super::watch::watch(
        live,
        0,
        std::sync::Arc::new(SystemClock),
        Default::default(),
    );
    let mut stream = Box::pin(stream);
    let snapshot = stream.next().await.unwrap().unwrap();
    let before = std::time::Instant::now();
    let heartbeat = stream.next().await.unwrap().unwrap();
    assert_eq!(
        (heartbeat.what, heartbeat.sequence),
        (What::Heartbeat, snapshot.sequence)
    );
    assert!(before.elapsed() >= HEARTBEAT_EVERY);
}
