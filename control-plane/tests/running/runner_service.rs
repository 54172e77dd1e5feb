//! RunnerService: what an admin sees of the runner hosts, and what draining one does.

use coderunner_proto::v1 as pb;
use pb::runner_service_client::RunnerServiceClient;
use sandboxd_sim::{Script, Sim};
use tonic::Code;

use crate::support::{Client, SOON, refused, run_of, start_with};

const TWO: &str = "[[runners]]\nid = \"one\"\naddress = \"unix:one.sock\"\n\
    [[runners]]\nid = \"two\"\naddress = \"unix:away.sock\"\n";

async fn listed(runners: &mut RunnerServiceClient<Client>) -> Vec<pb::Runner> {
    let answer = runners
        .list_runners(pb::ListRunnersRequest::default())
        .await;
    answer.unwrap().into_inner().runners
}

async fn capacity(runners: &mut RunnerServiceClient<Client>) -> pb::GetCapacityResponse {
    let answer = runners.get_capacity(pb::GetCapacityRequest {}).await;
    answer.unwrap().into_inner()
}

fn drain(id: &str) -> pb::DrainRunnerRequest {
    pb::DrainRunnerRequest {
        runner_id: id.into(),
    }
}

fn resume(id: &str) -> pb::ResumeRunnerRequest {
    pb::ResumeRunnerRequest {
        runner_id: id.into(),
    }
}

#[tokio::test]
async fn a_drained_runner_gets_no_work_until_it_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let runner = Sim::behaving(|_, _| Script::printing("hi"))
        .listen_unix(&folder.path().join("one.sock"))
        .unwrap();
    let server = start_with(TWO, runner, folder).await;
    let admin = server.client(server.token_as("root", "admin").await);
    let mut runners = RunnerServiceClient::new(admin.client.clone());

    let [one, two] = listed(&mut runners).await.try_into().unwrap();
    assert_eq!(
        (one.id.as_str(), one.health()),
        ("one", pb::RunnerHealth::Healthy)
    );
    assert!(one.capacity > 0 && one.last_seen_time.is_some() && !one.version.is_empty());
    assert_eq!(
        (two.id.as_str(), two.health()),
        ("two", pb::RunnerHealth::Unhealthy)
    );
    assert_eq!(
        (two.capacity, two.last_seen_time, two.version.as_str()),
        (0, None, "")
    );
    let all = capacity(&mut runners).await;
    assert_eq!((all.healthy_runner_count, all.capacity), (1, one.capacity));

    for _ in 0..2 {
        let drained = runners
            .drain_runner(drain("one"))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(drained.runner.unwrap().health(), pb::RunnerHealth::Draining);
    }
    let none = capacity(&mut runners).await;
    assert_eq!((none.healthy_runner_count, none.capacity), (0, 0));
    let mut student = server.client(server.token_as("ada", "student").await);
    let run = student
        .runs
        .create_run(run_of("# sim: print hi"))
        .await
        .unwrap();
    let run_id = run.into_inner().run.unwrap().id;
    // Nothing takes it: the runner has seen no program when the pause of a busy one is long over.
    let taken = tokio::time::timeout(SOON / 40, student.finished(&run_id)).await;
    assert!(taken.is_err(), "a drained runner ran {taken:?}");
    assert!(server.runner.seen().is_empty());

    for _ in 0..2 {
        let resumed = runners
            .resume_runner(resume("one"))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(resumed.runner.unwrap().health(), pb::RunnerHealth::Healthy);
    }
    let ended = tokio::time::timeout(SOON, student.finished(&run_id)).await;
    ended.expect("the run that waited is run");
    server.stop().await;
}

#[tokio::test]
async fn unknown_runners_are_not_found_and_lists_are_paged() {
    let folder = tempfile::tempdir().unwrap();
    let runner = Sim::behaving(|_, _| Script::printing("hi"))
        .listen_unix(&folder.path().join("one.sock"))
        .unwrap();
    let server = start_with(TWO, runner, folder).await;
    let admin = server.client(server.token_as("root", "admin").await);
    let mut runners = RunnerServiceClient::new(admin.client);
    for id in ["", "three", "../one", "ONE"] {
        let refusal = runners.drain_runner(drain(id)).await;
        refused(refusal, Code::NotFound, "NOT_FOUND");
        let refusal = runners.resume_runner(resume(id)).await;
        refused(refusal, Code::NotFound, "NOT_FOUND");
    }
    let mut ids = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListRunnersRequest {
            page_size: 1,
            page_token,
        };
        let page = runners.list_runners(request).await.unwrap().into_inner();
        ids.extend(page.runners.into_iter().map(|runner| runner.id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(ids, ["one", "two"]);
    let author = server.client(server.token_as("eva", "author").await);
    let mut runners = RunnerServiceClient::new(author.client);
    let refusal = runners
        .list_runners(pb::ListRunnersRequest::default())
        .await;
    refused(refusal, Code::PermissionDenied, "ROLE_REQUIRED");
    server.stop().await;
}
