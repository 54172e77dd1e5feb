//! Starts a server, and speaks to it.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use coderunner_proto::v1 as pb;
use control_plane::platform::Platform;
use control_plane::platform::clock::TestClock;
use control_plane::platform::config::{Config, Mode};
use control_plane::platform::keys;
use control_plane::problems::course::folder::read_course;
use control_plane::problems::course::model::Ceilings;
use control_plane::problems::course::service::store_course;
use control_plane::server::Server;
use control_plane::testcases::service::TestCases;
use figment::Figment;
use figment::providers::{Format, Toml};
use pb::auth_service_client::AuthServiceClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_types::{ErrorDetails, StatusExt};

pub const PASSWORD: &str = "correct horse battery";

/// No limit of frequency, for tests of other things.
pub const UNLIMITED: &str = "[limits]\ncalls_per_minute = 0\nanonymous_calls_per_minute = 0\n\
    logins_per_minute = 0\n";

/// A server at work.
pub struct Running {
    pub channel: Channel,
    pub address: std::net::SocketAddr,
    pub admin: std::net::SocketAddr,
    pub clock: Arc<TestClock>,
    pub platform: Platform,
    folder: tempfile::TempDir,
    database: String,
    settings: String,
    stop: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

/// Starts a server with the sample course and some settings, on a database of the engine that
/// `CODERUNNER_TEST_DATABASE` names.
pub async fn start(settings: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let url = test_postgres::database_url(folder.path());
    start_in(folder, &url, settings, new_clock()).await
}

/// Starts a server on a database.
pub async fn start_on(url: &str, settings: &str) -> Running {
    start_in(tempfile::tempdir().unwrap(), url, settings, new_clock()).await
}

/// Starts a second server beside another: same database, same keys.
pub async fn start_beside(first: &Running, settings: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("keys");
    std::fs::create_dir(&keys).unwrap();
    for entry in std::fs::read_dir(first.folder.path().join("keys")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), keys.join(entry.file_name())).unwrap();
    }
    let url = match first.database.strip_prefix("sqlite:") {
        Some(file) => format!("sqlite:{}", first.folder.path().join(file).display()),
        None => first.database.clone(),
    };
    start_in(folder, &url, settings, new_clock()).await
}

fn new_clock() -> Arc<TestClock> {
    Arc::new(TestClock::at("2030-01-01T00:00:00Z".parse().unwrap()))
}

async fn start_in(
    folder: tempfile::TempDir,
    url: &str,
    settings: &str,
    clock: Arc<TestClock>,
) -> Running {
    let config = config_on(folder.path(), url, settings);
    keys::create(&config.keys_dir).unwrap();
    let read = || keys::load(&config.keys_dir, Mode::Production).unwrap();
    let server = Server::build(config.clone(), read(), clock.clone())
        .await
        .unwrap();
    load_sample(server.platform(), read()).await;
    let (address, admin) = (server.address().unwrap(), server.admin_address().unwrap());
    let platform = server.platform().clone();
    let stop = CancellationToken::new();
    let task = tokio::spawn(server.serve(stop.clone().cancelled_owned()));
    let endpoint = Channel::from_shared(format!("http://{address}")).unwrap();
    let channel = endpoint.connect().await.unwrap();
    Running {
        channel,
        address,
        admin,
        clock,
        platform,
        folder,
        database: url.to_owned(),
        settings: settings.to_owned(),
        stop,
        task,
    }
}

/// Settings with free ports and the files in a folder.
pub fn config(folder: &Path, settings: &str) -> Config {
    config_on(folder, &test_postgres::database_url(folder), settings)
}

fn config_on(folder: &Path, url: &str, settings: &str) -> Config {
    let text = format!(
        "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\nkeys_dir = \"keys\"\n\
         database_url = \"{url}\"\ndrain_limit_s = 5\n\
         cors_origins = [\"https://learn.example.org\"]\n{settings}"
    );
    Config::from_figment(&Figment::from(Toml::string(&text)), folder).unwrap()
}

async fn load_sample(platform: &Platform, keys: keys::Keys) {
    let limits = &platform.config.limits;
    let ceilings = Ceilings {
        wall_time: limits.wall_time_ceiling,
        memory_bytes: limits.memory_bytes,
        source_bytes: limits.source_bytes,
    };
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/content/sample");
    let course = read_course(Path::new(sample), &ceilings).unwrap();
    let tests = TestCases::new(platform.db.clone(), Arc::new(keys.master));
    store_course(platform, &tests, &course).await.unwrap();
}

impl Running {
    pub fn auth(&self) -> AuthServiceClient<Channel> {
        AuthServiceClient::new(self.channel.clone())
    }

    /// A new student, logged in.
    pub async fn student(&self, name: &str) -> pb::RegisterResponse {
        self.auth()
            .register(registration(name))
            .await
            .unwrap()
            .into_inner()
    }

    /// A new account with a role, logged in; answers its access token.
    pub async fn token(&self, name: &str, role: &str) -> String {
        let registered = self.student(name).await;
        let mut tx = self.platform.db.write().await.unwrap();
        let id = registered.user.unwrap().id.parse().unwrap();
        let role = role.parse().unwrap();
        control_plane::users::store::set_role(&mut tx, id, role)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        registered.tokens.unwrap().access_token
    }

    /// Tells the server to end and waits until it did.
    pub async fn stop(self) {
        end(self.stop, self.task).await;
    }

    /// Ends the server and starts it again with the same database and keys.
    pub async fn restart(self) -> Self {
        drop((self.channel, self.platform));
        end(self.stop, self.task).await;
        start_in(self.folder, &self.database, &self.settings, self.clock).await
    }
}

async fn end(stop: CancellationToken, task: JoinHandle<anyhow::Result<()>>) {
    stop.cancel();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), task);
    ended
        .await
        .expect("the server did not drain")
        .unwrap()
        .unwrap();
}

pub fn registration(name: &str) -> pb::RegisterRequest {
    pb::RegisterRequest {
        request_id: String::new(),
        email: format!("{name}@example.org"),
        password: PASSWORD.into(),
        display_name: name.into(),
        age_group: pb::AgeGroup::AgeGroup11To14.into(),
    }
}

pub fn credentials(name: &str, password: &str) -> pb::LoginRequest {
    pb::LoginRequest {
        email: format!("{name}@example.org"),
        password: password.into(),
    }
}

/// A request with an access token.
pub fn with<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let value: MetadataValue<_> = format!("Bearer {token}").parse().unwrap();
    request.metadata_mut().insert("authorization", value);
    request
}

/// Checks code and reason of a refusal, and that every refusal of ours has a reason.
#[track_caller]
pub fn refused<T: std::fmt::Debug>(
    result: Result<T, Status>,
    code: Code,
    reason: &str,
) -> ErrorDetails {
    let status = result.expect_err("the call should be refused");
    let details = status.get_error_details();
    let found = details
        .error_info()
        .map(|info| (info.reason.as_str(), info.domain.as_str()));
    assert_eq!(
        (status.code(), found),
        (code, Some((reason, "coderunner"))),
        "{status:?}"
    );
    details
}

/// One HTTP/1.1 request; the whole answer as text.
pub async fn http(address: std::net::SocketAddr, head: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head =
        format!("{head}\r\nhost: test\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).to_lowercase()
}

/// What this process logs from now on, in more detail than any installation would.
pub fn listening() -> Lines {
    static LINES: OnceLock<Lines> = OnceLock::new();
    let listen = || {
        let lines = Lines::default();
        let filter = "info,control_plane=trace,sqlx=debug,tonic=trace,tower_http=trace";
        tracing_subscriber::fmt()
            .json()
            .with_env_filter(tracing_subscriber::EnvFilter::new(filter))
            .with_writer(lines.clone())
            .init();
        lines
    };
    LINES.get_or_init(listen).clone()
}

/// Log lines.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
