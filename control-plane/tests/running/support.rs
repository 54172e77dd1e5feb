//! Starts a server with the sample course and a simulated runner that knows all right answers.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use coderunner_proto::sandbox::v1::ExecuteRequest;
use coderunner_proto::v1 as pb;
use control_plane::platform::Platform;
use control_plane::platform::clock::TestClock;
use control_plane::platform::config::{Config, Mode};
use control_plane::platform::keys;
use control_plane::problems::course::folder::read_course;
use control_plane::problems::course::model::{Ceilings, Course};
use control_plane::problems::course::service::store_course;
use control_plane::server::Server;
use control_plane::testcases::service::TestCases;
use figment::Figment;
use figment::providers::{Format, Toml};
use pb::auth_service_client::AuthServiceClient;
use pb::execution_service_client::ExecutionServiceClient;
use pb::submission_service_client::SubmissionServiceClient;
use sandboxd_sim::{Script, Sim, SimServer};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::{ErrorDetails, StatusExt};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/content/sample");

/// Nothing in a test takes longer.
pub const SOON: Duration = Duration::from_secs(20);

/// Where the runner of `start` listens, in the configuration.
pub const UNIX_RUNNER: &str = "[[runners]]\nid = \"one\"\naddress = \"unix:one.sock\"\n";

/// A server at work.
pub struct Running {
    pub channel: Channel,
    pub runner: SimServer,
    pub clock: Arc<TestClock>,
    pub platform: Platform,
    _folder: tempfile::TempDir,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

/// A client that is logged in.
pub type Client = InterceptedService<Channel, Token>;

/// Adds the access token to every call.
#[derive(Clone)]
pub struct Token(String);

impl Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request
            .metadata_mut()
            .insert("authorization", self.0.parse().unwrap());
        Ok(request)
    }
}

/// A user with clients for both services.
pub struct User {
    pub client: Client,
    pub runs: ExecutionServiceClient<Client>,
    pub submissions: SubmissionServiceClient<Client>,
}

/// Starts a server with some settings.
pub async fn start(settings: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let runner = all_knowing()
        .listen_unix(&folder.path().join("one.sock"))
        .unwrap();
    start_with(&format!("{settings}{UNIX_RUNNER}"), runner, folder).await
}

/// Starts a server whose course is the sample with a change.
pub async fn start_changed(settings: &str, change: impl FnOnce(&Path)) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let course = folder.path().join("course");
    copy(Path::new(SAMPLE), &course);
    change(&course);
    let runner = all_knowing()
        .listen_unix(&folder.path().join("one.sock"))
        .unwrap();
    let settings = format!("{settings}{UNIX_RUNNER}");
    start_folder(&settings, runner, folder, &course, |_| {}).await
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// Starts a server with this runner.
pub async fn start_with(settings: &str, runner: SimServer, folder: tempfile::TempDir) -> Running {
    start_course(settings, runner, folder, |_| {}).await
}

/// The same with a change of what was read of the course.
pub async fn start_course(
    settings: &str,
    runner: SimServer,
    folder: tempfile::TempDir,
    change: impl FnOnce(&mut Course),
) -> Running {
    start_folder(settings, runner, folder, Path::new(SAMPLE), change).await
}

async fn start_folder(
    settings: &str,
    runner: SimServer,
    folder: tempfile::TempDir,
    course: &Path,
    change: impl FnOnce(&mut Course),
) -> Running {
    let url = test_postgres::database_url(folder.path());
    let text = format!(
        "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\nkeys_dir = \"keys\"\n\
         database_url = \"{url}\"\ndrain_limit_s = 5\n{settings}"
    );
    let config = Config::from_figment(&Figment::from(Toml::string(&text)), folder.path()).unwrap();
    keys::create(&config.keys_dir).unwrap();
    let read = || keys::load(&config.keys_dir, Mode::Production).unwrap();
    let clock = Arc::new(TestClock::at("2030-01-01T00:00:00Z".parse().unwrap()));
    let server = Server::build(config.clone(), read(), clock.clone())
        .await
        .unwrap();
    let mut course = read_course(course, &ceilings(&config)).unwrap();
    change(&mut course);
    let platform = server.platform();
    let tests = TestCases::new(platform.db.clone(), Arc::new(read().master));
    store_course(platform, &tests, &course).await.unwrap();
    let platform = platform.clone();
    let address = server.address().unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(server.serve(stop.clone().cancelled_owned()));
    let channel = Channel::from_shared(format!("http://{address}"))
        .unwrap()
        .connect()
        .await
        .unwrap();
    Running {
        channel,
        runner,
        clock,
        platform,
        _folder: folder,
        stop,
        task,
    }
}

fn ceilings(config: &Config) -> Ceilings {
    Ceilings {
        wall_time: config.limits.wall_time_ceiling,
        memory_bytes: config.limits.memory_bytes,
        source_bytes: config.limits.source_bytes,
    }
}

/// A runner whose programs print the expected output of the sample's tests when they say
/// `# right`, and else do what their comments say.
pub fn all_knowing() -> Sim {
    let answers = answers();
    Sim::behaving(move |request: &ExecuteRequest, nth| {
        let source = &request.program.as_ref().unwrap().source;
        match answers.get(&request.stdin) {
            Some(answer) if source.contains("# right") => Script::printing(answer),
            _ => Script::from_comments(request, nth),
        }
    })
}

/// Expected output by input, of the problem that the tests use.
fn answers() -> HashMap<Vec<u8>, String> {
    let mut answers = HashMap::new();
    for kind in ["public", "hidden"] {
        let folder = format!("{SAMPLE}/problems/count-vowels/tests/{kind}");
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "in") {
                let expected = std::fs::read_to_string(path.with_extension("out")).unwrap();
                answers.insert(std::fs::read(&path).unwrap(), expected);
            }
        }
    }
    answers
}

impl Running {
    /// A new student, logged in.
    pub async fn user(&self, name: &str) -> User {
        self.client(self.register(name).await.tokens.unwrap().access_token)
    }

    /// A new account with a role, logged in.
    pub async fn user_as(&self, name: &str, role: &str) -> User {
        self.client(self.token_as(name, role).await)
    }

    /// The access token of a new account with a role.
    pub async fn token_as(&self, name: &str, role: &str) -> String {
        let registered = self.register(name).await;
        let id = registered.user.unwrap().id.parse().unwrap();
        let mut tx = self.platform.db.write().await.unwrap();
        let role = role.parse().unwrap();
        control_plane::users::store::set_role(&mut tx, id, role)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        registered.tokens.unwrap().access_token
    }

    /// A new student, as the server answers.
    pub async fn register(&self, name: &str) -> pb::RegisterResponse {
        let request = pb::RegisterRequest {
            request_id: String::new(),
            email: format!("{name}@example.org"),
            password: "correct horse battery".into(),
            display_name: name.into(),
            age_group: pb::AgeGroup::AgeGroup11To14.into(),
        };
        let mut auth = AuthServiceClient::new(self.channel.clone());
        auth.register(request).await.unwrap().into_inner()
    }

    /// Clients that call with this token or key.
    pub fn client(&self, bearer: String) -> User {
        let token = Token(format!("Bearer {bearer}"));
        let client = InterceptedService::new(self.channel.clone(), token);
        let runs = ExecutionServiceClient::new(client.clone()).max_decoding_message_size(8 << 20);
        let submissions = SubmissionServiceClient::new(client.clone());
        User {
            client,
            runs,
            submissions,
        }
    }

    /// Tells the server to end and waits until it did.
    pub async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(SOON, self.task)
            .await
            .expect("the server drains")
            .unwrap()
            .unwrap();
    }
}

/// A program that the simulated runner understands.
pub fn program(source: &str) -> Option<coderunner_proto::common::v1::Program> {
    Some(coderunner_proto::common::v1::Program {
        source: source.into(),
        files: Vec::new(),
    })
}

/// Asks for a run.
pub fn run_of(source: &str) -> pb::CreateRunRequest {
    pb::CreateRunRequest {
        program: program(source),
        interactive: true,
        ..Default::default()
    }
}

/// Asks for the grading of a program.
pub fn submission_of(problem: &str, source: &str) -> pb::CreateSubmissionRequest {
    let problem = problem.into();
    pb::CreateSubmissionRequest {
        request_id: String::new(),
        problem,
        program: program(source),
    }
}

impl User {
    /// Accepts a run; answers its id.
    pub async fn run(&mut self, source: &str) -> String {
        self.runs
            .create_run(run_of(source))
            .await
            .unwrap()
            .into_inner()
            .run
            .unwrap()
            .id
    }

    /// All events of a run to its end.
    pub async fn watch(&mut self, run_id: &str) -> Vec<pb::WatchRunResponse> {
        let request = pb::WatchRunRequest {
            run_id: run_id.into(),
            after_sequence: 0,
        };
        let mut stream = self.runs.watch_run(request).await.unwrap().into_inner();
        let read = async {
            let mut events = Vec::new();
            while let Some(event) = stream.message().await.unwrap() {
                events.push(event);
            }
            events
        };
        tokio::time::timeout(SOON, read)
            .await
            .expect("the run ends")
    }

    /// The run at its end.
    pub async fn finished(&mut self, run_id: &str) -> pb::Run {
        match self.watch(run_id).await.pop().unwrap().event.unwrap() {
            pb::watch_run_response::Event::Finished(run) => run,
            other => panic!("{other:?} is not the end"),
        }
    }

    /// Submits and waits for the verdict; answers all events.
    pub async fn submit(
        &mut self,
        problem: &str,
        source: &str,
    ) -> Vec<pb::WatchSubmissionResponse> {
        let answer = self
            .submissions
            .create_submission(submission_of(problem, source))
            .await
            .unwrap();
        let submission_id = answer.into_inner().submission.unwrap().id;
        let request = pb::WatchSubmissionRequest {
            submission_id,
            after_sequence: 0,
        };
        let mut stream = self
            .submissions
            .watch_submission(request)
            .await
            .unwrap()
            .into_inner();
        let read = async {
            let mut events = Vec::new();
            while let Some(event) = stream.message().await.unwrap() {
                events.push(event);
            }
            events
        };
        tokio::time::timeout(SOON, read)
            .await
            .expect("the submission ends")
    }
}

/// Checks code and reason of a refusal.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(
    result: Result<T, Status>,
    code: Code,
    reason: &str,
) -> ErrorDetails {
    let status = result.expect_err("the call should be refused");
    let details = status.get_error_details();
    let found = details.error_info().map(|info| info.reason.as_str());
    assert_eq!((status.code(), found), (code, Some(reason)), "{status:?}");
    details
}
