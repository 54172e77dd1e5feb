//! What a run draws: followed like its output and apart from it, kept with it up to a limit of its own, asked for by
//! runs and by nothing else; and that a program that waits to be typed to has the time for it.

use futures::StreamExt;
use sandboxd_sim::Sim;

use super::super::lab::{Lab, SOON, lab, lab_with, request};
use super::super::model::{OutputStream, Run, State};
use super::super::service::RunRequest;
use super::super::watch::{Heard, What};
use crate::platform::context::Caller;

const DRAWS: &str =
    "# sim: print a\n# sim: draw [0]\n# sim: error oops\n# sim: draw [10]\n# sim: print b";

fn of_stream(heard: &[Heard], wanted: OutputStream) -> Vec<u8> {
    let pieces = heard.iter().filter_map(|heard| match &heard.what {
        What::Output(stream, data) if *stream == wanted => Some(data.clone()),
        _ => None,
    });
    pieces.flatten().collect()
}

async fn followed(lab: &Lab, user: Caller, run: &Run, after: u64) -> Vec<Heard> {
    let stream = lab.execution.watch(user, run.id, after).await.unwrap();
    let all = stream.map(|heard| heard.unwrap()).collect();
    tokio::time::timeout(SOON, all).await.unwrap()
}

#[tokio::test]
async fn a_drawing_is_followed_and_kept_apart_from_the_output() {
    let lab = lab().await;
    let user = lab.user().await;
    let id = lab.run(user, DRAWS).await;
    let run = lab.finished(user, id).await;
    let expected = (&b"a\nb\n"[..], &b"oops\n"[..], &b"[0]\n[10]\n"[..]);
    assert_eq!(
        (&run.stdout[..], &run.stderr[..], &run.drawing[..]),
        expected
    );
    let usage = run.ending.as_ref().unwrap().usage.unwrap();
    assert_eq!((usage.drawing_bytes, usage.drawing_truncated), (9, false));
    let heard = followed(&lab, user, &run, 1).await;
    let [stdout, stderr, drawing] = [
        OutputStream::Stdout,
        OutputStream::Stderr,
        OutputStream::Drawing,
    ]
    .map(|stream| of_stream(&heard, stream));
    assert_eq!((&stdout[..], &stderr[..], &drawing[..]), expected);
    // It was read from the database. Each in its place, so that a picture and the words about it come in their order.
    let streams: Vec<_> = heard
        .iter()
        .filter_map(|heard| match heard.what {
            What::Output(stream, _) => Some(stream),
            _ => None,
        })
        .collect();
    use OutputStream::{Drawing, Stderr, Stdout};
    assert_eq!(streams, [Stdout, Drawing, Stderr, Drawing, Stdout]);
    let What::Finished(finished) = &heard.last().unwrap().what else {
        panic!("the end is last");
    };
    assert_eq!(finished.drawing, expected.2);
    // From anywhere in the middle nothing comes twice and nothing is missed.
    let middle = heard
        .iter()
        .find(|heard| matches!(heard.what, What::Output(Drawing, _)))
        .unwrap();
    let rest = followed(&lab, user, &run, middle.sequence).await;
    assert_eq!(of_stream(&rest, Drawing), b"[10]\n");
    assert_eq!(of_stream(&rest, Stdout), b"b\n");
}

#[tokio::test]
async fn a_drawing_has_a_limit_of_its_own() {
    let lab = lab_with("[limits]\ndrawing_bytes = 1024\n", vec![Sim::default()]).await;
    let user = lab.user().await;
    let line = "x".repeat(99);
    let source = format!(
        "# sim: print here\n{}",
        format!("# sim: draw {line}\n").repeat(20)
    );
    let id = lab.run(user, &source).await;
    let run = lab.finished(user, id).await;
    assert_eq!((run.drawing.len(), &run.stdout[..]), (1024, &b"here\n"[..]));
    let request = lab.runners[0].seen().pop().unwrap().request;
    assert!(request.drawing);
    assert_eq!(request.limits.unwrap().drawing_limit_bytes, 1024);
}

#[tokio::test]
async fn who_waits_to_be_typed_to_is_waited_for() {
    let settings = "[limits]\nrun_wall_time_ms = 100\ninput_wait_ms = 77000\n";
    let lab = lab_with(settings, vec![Sim::default()]).await;
    let user = lab.user().await;
    let interactive = RunRequest {
        interactive: true,
        ..request("# sim: read")
    };
    let id = lab.try_run(user, interactive).await.unwrap();
    lab.until(user, id, |run| run.state == State::Running).await;
    let asked = lab.runners[0].seen().pop().unwrap().request;
    let limits = asked.limits.unwrap();
    assert_eq!(limits.input_wait_limit.unwrap().seconds, 77);
    lab.execution
        .send_input(user, id, "", b"at last\n")
        .await
        .unwrap();
    assert_eq!(lab.finished(user, id).await.stdout, b"got at last\n");
}
