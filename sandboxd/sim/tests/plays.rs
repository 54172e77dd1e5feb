//! The simulated runner over its real gRPC interface.

use std::time::Duration;

use coderunner_proto::common::v1::{Outcome, Program};
use coderunner_proto::sandbox::v1::execute_response::Event;
use coderunner_proto::sandbox::v1::sandbox_service_client::SandboxServiceClient;
use coderunner_proto::sandbox::v1::{
    BatchEnd, BatchFinished, CancelRequest, Case, CloseInputRequest, ExecuteRequest,
    ExecuteResponse, GetStatusRequest, WriteInputRequest,
};
use sandboxd_sim::{Sim, SimServer};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};

async fn connect(runner: &SimServer) -> SandboxServiceClient<Channel> {
    let endpoint = Endpoint::from_shared(runner.address().to_owned()).unwrap();
    SandboxServiceClient::new(endpoint.connect().await.unwrap())
}

async fn execute(
    client: &mut SandboxServiceClient<Channel>,
    run_id: &str,
    source: &str,
) -> Result<Streaming<ExecuteResponse>, Status> {
    let request = ExecuteRequest {
        run_id: run_id.into(),
        program: Some(Program {
            source: source.into(),
            files: Vec::new(),
        }),
        interactive: true,
        ..ExecuteRequest::default()
    };
    Ok(client.execute(request).await?.into_inner())
}

/// Reads to the end: output and outcome.
async fn read(mut stream: Streaming<ExecuteResponse>) -> Result<(String, Outcome), Status> {
    let mut text = String::new();
    while let Some(message) = stream.message().await? {
        match message.event.unwrap() {
            Event::Started(_) => {}
            Event::File(file) => text.push_str(&format!("{} {}\n", file.path, file.data.len())),
            Event::Output(output) => text.push_str(&String::from_utf8_lossy(&output.data)),
            Event::Finished(finished) => return Ok((text, finished.outcome())),
            Event::BatchFinished(_) => return Err(Status::internal("the end of a batch")),
        }
    }
    Err(Status::data_loss("no finished event"))
}

#[tokio::test]
async fn plays_output_input_and_endings() {
    let folder = std::env::temp_dir().join(format!("sandboxd-sim-{}", std::process::id()));
    let runner = Sim::default().listen_unix(&folder).unwrap();
    let mut client = connect(&runner).await;

    let stream = execute(
        &mut client,
        "f",
        "# sim: file a.png 70000 image/png\n# sim: file b 0 text/plain",
    )
    .await
    .unwrap();
    assert_eq!(
        read(stream).await.unwrap(),
        ("a.png 65536\na.png 4464\nb 0\n".into(), Outcome::Ok)
    );

    let stream = execute(
        &mut client,
        "a",
        "# sim: print hi\n# sim: outcome time_limit",
    )
    .await
    .unwrap();
    assert_eq!(
        read(stream).await.unwrap(),
        ("hi\n".into(), Outcome::TimeLimit)
    );

    let stream = execute(&mut client, "b", "# sim: read\n# sim: read")
        .await
        .unwrap();
    client
        .write_input(WriteInputRequest {
            run_id: "b".into(),
            data: b"x\n".into(),
        })
        .await
        .unwrap();
    client
        .close_input(CloseInputRequest { run_id: "b".into() })
        .await
        .unwrap();
    assert_eq!(
        read(stream).await.unwrap(),
        ("got x\neof\n".into(), Outcome::Ok)
    );

    let stream = execute(&mut client, "c", "# sim: sleep 60000")
        .await
        .unwrap();
    client
        .cancel(CancelRequest { run_id: "c".into() })
        .await
        .unwrap();
    assert_eq!(read(stream).await.unwrap().1, Outcome::Cancelled);
    assert_eq!(runner.cancelled(), ["c"]);
    std::fs::remove_file(folder).unwrap();
}

#[tokio::test]
async fn plays_faults() {
    let runner = Sim::default().capacity(1).listen_tcp(None).unwrap();
    let mut client = connect(&runner).await;

    let stream = execute(&mut client, "a", "# sim: print hi\n# sim: hang-up 1")
        .await
        .unwrap();
    assert_eq!(read(stream).await.unwrap_err().code(), Code::Unavailable);
    let stream = execute(&mut client, "a", "# sim: print hi\n# sim: hang-up 1")
        .await
        .unwrap();
    assert_eq!(read(stream).await.unwrap(), ("hi\n".into(), Outcome::Ok));
    assert_eq!(
        execute(&mut client, "b", "# sim: refuse")
            .await
            .unwrap_err()
            .code(),
        Code::ResourceExhausted
    );

    let _stalled = execute(&mut client, "c", "# sim: stall").await.unwrap();
    assert_eq!(
        execute(&mut client, "d", "").await.unwrap_err().code(),
        Code::ResourceExhausted
    );
    assert_eq!(
        client
            .get_status(GetStatusRequest {})
            .await
            .unwrap()
            .into_inner()
            .running,
        1
    );

    runner.set_capacity(2);
    let stream = execute(&mut client, "e", "# sim: vanish").await.unwrap();
    let gone = tokio::time::timeout(Duration::from_secs(5), read(stream))
        .await
        .unwrap();
    assert!(gone.is_err());
    assert!(client.get_status(GetStatusRequest {}).await.is_err());
}

/// Outcomes and output by case, and the end.
async fn play_batch(
    client: &mut SandboxServiceClient<Channel>,
    source: &str,
    inputs: &[&str],
    stop_on_first_failure: bool,
) -> (Vec<(String, Outcome)>, BatchEnd, [i32; 2]) {
    let case = |input: &&str| Case {
        stdin: input.as_bytes().to_vec(),
        function_call: None,
    };
    let request = ExecuteRequest {
        run_id: "batch".into(),
        program: Some(Program {
            source: source.into(),
            files: Vec::new(),
        }),
        cases: inputs.iter().map(case).collect(),
        max_parallel: 2,
        stop_on_first_failure,
        ..ExecuteRequest::default()
    };
    let mut stream = client.execute(request).await.unwrap().into_inner();
    let mut cases = vec![(String::new(), Outcome::Unspecified); inputs.len()];
    let mut end = None;
    while let Some(message) = stream.message().await.unwrap() {
        assert_eq!(end, None, "the end is last");
        let (text, outcome) = &mut cases[message.case_index as usize];
        match message.event.unwrap() {
            Event::Started(_) => {}
            Event::Output(output) => text.push_str(&String::from_utf8_lossy(&output.data)),
            Event::Finished(finished) => *outcome = finished.outcome(),
            Event::File(file) => panic!("nobody asked for {}", file.path),
            Event::BatchFinished(finished) => end = Some(finished),
        }
    }
    let finished: BatchFinished = end.expect("an end");
    let counts = [finished.run_count, finished.skipped_count];
    (cases, finished.end(), counts)
}

#[tokio::test]
async fn plays_batches() {
    let runner = Sim::default().listen_tcp(None).unwrap();
    let mut client = connect(&runner).await;
    let (cases, end, counts) = play_batch(&mut client, "# sim: echo", &["a", "b", "c"], true).await;
    assert_eq!((end, counts), (BatchEnd::Completed, [3, 0]));
    let expected = ["a", "b", "c"].map(|text| (text.to_owned(), Outcome::Ok));
    assert_eq!(cases, expected);

    let source = "# sim: compile-error 3 no";
    let (cases, end, counts) = play_batch(&mut client, source, &["a", "b"], false).await;
    assert_eq!((end, counts), (BatchEnd::CompileError, [1, 1]));
    assert_eq!(cases[0].1, Outcome::CompileError);

    let (_, end, [_, skipped]) = play_batch(&mut client, "# sim: exit 1", &["x"; 9], true).await;
    assert_eq!(end, BatchEnd::Failure);
    assert!(skipped > 0);
    let failures = play_batch(&mut client, "# sim: exit 1", &["x"; 9], false).await;
    assert_eq!((failures.1, failures.2), (BatchEnd::Completed, [9, 0]));
    assert_eq!(runner.running(), 0);
    assert!(runner.cancelled().is_empty());
}
