//! The simulated runner over its real gRPC interface.

use std::time::Duration;

use coderunner_proto::common::v1::{Outcome, Program};
use coderunner_proto::sandbox::v1::execute_response::Event;
use coderunner_proto::sandbox::v1::sandbox_service_client::SandboxServiceClient;
use coderunner_proto::sandbox::v1::{
    CancelRequest, CloseInputRequest, ExecuteRequest, ExecuteResponse, GetStatusRequest,
    WriteInputRequest,
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
