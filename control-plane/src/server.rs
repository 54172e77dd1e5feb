//! The assembly: builds every system on the platform, mounts them on the public port behind the
//! guard, serves, and drains.
//!
//! The public port speaks gRPC over HTTP/2, gRPC-web over HTTP/1.1 and HTTP/2, and serves
//! `/.well-known/jwks.json` and the web app. A request passes the front (`platform::front`), then
//! the guard, then its handler. The admin port is `platform::admin`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use axum::Router;
use axum::routing::get;
use coderunner_proto::v1 as pb;
use http::header;
use pb::auth_service_server::AuthServiceServer;
use pb::class_service_server::ClassServiceServer;
use pb::execution_service_server::ExecutionServiceServer;
use pb::problem_service_server::ProblemServiceServer;
use pb::progress_service_server::ProgressServiceServer;
use pb::runner_service_server::RunnerServiceServer;
use pb::service_account_service_server::ServiceAccountServiceServer;
use pb::snippet_service_server::SnippetServiceServer;
use pb::submission_service_server::SubmissionServiceServer;
use pb::test_case_service_server::TestCaseServiceServer;
use pb::user_service_server::UserServiceServer;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::codec::CompressionEncoding;
use tonic::service::Routes;
use tonic::transport::Server as Transport;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower_http::cors::CorsLayer;

use crate::auth::api::AuthApi;
use crate::auth::bearers::Bearers;
use crate::auth::service::Auth;
use crate::auth::tokens::AccessTokens;
use crate::classes::api::ClassApi;
use crate::classes::service::Classes;
use crate::execution::api::ExecutionApi;
use crate::execution::engine::{Engine, Running};
use crate::execution::runners::{RunnerHealth, Runners};
use crate::execution::service::Execution;
use crate::platform::Platform;
use crate::platform::admin::{self, Admin, RunnerState};
use crate::platform::clock::SharedClock;
use crate::platform::config::Config;
use crate::platform::front::Front;
use crate::platform::guard::Guard;
use crate::platform::keys::Keys;
use crate::platform::metrics;
use crate::platform::ports::{close, cors, listen, transport};
use crate::problems::api::ProblemApi;
use crate::problems::authoring::api::AuthorApi;
use crate::problems::authoring::service::Authoring;
use crate::problems::package::api::PackageApi;
use crate::problems::package::service::Packages;
use crate::problems::service::Problems;
use crate::progress::api::ProgressApi;
use crate::progress::service::Progress;
use crate::retention::service::Retention;
use crate::runners::api::RunnerApi;
use crate::service_accounts::api::ServiceAccountApi;
use crate::service_accounts::service::ServiceAccounts;
use crate::snippets::api::SnippetApi;
use crate::snippets::service::Snippets;
use crate::submissions::api::SubmissionApi;
use crate::submissions::service::Submissions;
use crate::testcases::api::TestCaseApi;
use crate::testcases::service::TestCases;
use crate::testcases::validation::service::Validations;
use crate::users::api::UserApi;
use crate::users::service::Users;
use crate::web::WebApp;

const KEYS_EVERY: Duration = Duration::from_secs(2);

/// All systems, and the ports that they will be served on.
pub struct Server {
    platform: Platform,
    systems: Systems,
    engine: Engine,
    transport: Transport,
    cors: CorsLayer,
    listener: TcpListener,
    admin_listener: TcpListener,
}

/// Every system of the control-plane.
struct Systems {
    auth: Auth,
    users: Users,
    service_accounts: ServiceAccounts,
    tests: TestCases,
    problems: Problems,
    progress: Progress,
    execution: Arc<Execution>,
    submissions: Arc<Submissions>,
    snippets: Snippets,
    classes: Classes,
    runners: Arc<Runners>,
}

impl Server {
    /// Opens the database, builds every system, and opens the ports. Nothing is served yet.
    pub async fn build(config: Config, keys: Keys, clock: SharedClock) -> anyhow::Result<Self> {
        metrics::start();
        let platform = Platform::open(Arc::new(config), clock).await?;
        let engine = Engine::new(&platform)?;
        let systems = Systems::build(&platform, keys, &engine)?;
        let config = &platform.config;
        let transport = transport(config)?;
        let cors = cors(&config.cors_origins)?;
        let listener = listen(config.listen, "listen").await?;
        let admin_listener = listen(config.admin_listen, "admin_listen").await?;
        Ok(Self {
            platform,
            systems,
            engine,
            transport,
            cors,
            listener,
            admin_listener,
        })
    }

    /// The address of the public port.
    pub fn address(&self) -> anyhow::Result<SocketAddr> {
        self.listener
            .local_addr()
            .context("read the address of the public port")
    }

    /// The address of the admin port.
    pub fn admin_address(&self) -> anyhow::Result<SocketAddr> {
        self.admin_listener
            .local_addr()
            .context("read the address of the admin port")
    }

    /// The shared parts.
    pub fn platform(&self) -> &Platform {
        &self.platform
    }

    /// Serves until `stop`, then drains: no new work, running programs end or run into the
    /// configured limit, streams get their last event, connections close, the database closes.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let Self {
            platform,
            systems,
            engine,
            transport,
            cors,
            listener,
            admin_listener,
        } = self;
        let runners = engine.dispatcher().runners().clone();
        let health = HealthReporter::new();
        set_health(&health, ServingStatus::Serving).await;
        let services = systems.services(&platform, &health)?;
        let front = systems.front(&platform, cors);
        let admin = Admin {
            platform: platform.clone(),
            runners: Arc::new(move || runners.views().into_iter().map(runner_state).collect()),
        };
        let background = systems.spawn_background(&platform);
        let running = engine
            .start(systems.execution.clone(), systems.submissions.clone())
            .await
            .context("start the queue")?;

        let closing = CancellationToken::new();
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
        let closed = closing.clone().cancelled_owned();
        let public = transport
            .layer(front)
            .add_routes(services)
            .serve_with_incoming_shutdown(incoming, closed);
        let mut public = tokio::spawn(public);
        let admin = axum::serve(admin_listener, admin::routes(admin));
        let admin = admin.with_graceful_shutdown(closing.clone().cancelled_owned());
        let admin = tokio::spawn(async move { admin.await });

        tokio::select! {
            () = stop => {}
            ended = &mut public => bail!("the public port ended by itself: {ended:?}"),
        }
        drain(&platform, &health, running).await;
        closing.cancel();
        close(public, "public").await;
        close(admin, "admin").await;
        for task in background {
            task.abort();
        }
        platform.db.close().await;
        Ok(())
    }
}

async fn drain(platform: &Platform, health: &HealthReporter, running: Running) {
    tracing::info!("draining: no new work");
    platform.draining.cancel();
    set_health(health, ServingStatus::NotServing).await;
    running.drain().await;
}

impl Systems {
    fn build(platform: &Platform, keys: Keys, engine: &Engine) -> anyhow::Result<Self> {
        let Keys { master, token_keys } = keys;
        let lifetime = platform.config.limits.access_token_lifetime;
        let tokens = AccessTokens::new(&token_keys, lifetime)?;
        let tests = TestCases::new(platform.db.clone(), Arc::new(master));
        let problems = Problems::new(platform.clone(), tests.clone());
        let execution = Execution::new(platform.clone(), engine.dispatcher());
        Ok(Self {
            auth: Auth::new(platform.clone(), tokens)?,
            users: Users::new(platform.clone()),
            service_accounts: ServiceAccounts::new(platform.clone()),
            progress: Progress::new(platform.clone(), problems.clone()),
            submissions: Submissions::new(platform.clone(), execution.clone(), problems.clone()),
            runners: engine.dispatcher().runners().clone(),
            snippets: Snippets::new(platform.clone()),
            classes: Classes::new(platform.clone(), problems.clone()),
            execution,
            problems,
            tests,
        })
    }

    /// What stands around the services on the public port.
    fn front(&self, platform: &Platform, cors: CorsLayer) -> Front {
        let guard = Arc::new(Guard {
            authenticator: Arc::new(Bearers {
                auth: self.auth.clone(),
                service_accounts: self.service_accounts.clone(),
            }),
            rate_limits: platform.rate_limits.clone(),
            trusted_proxies: platform.config.trusted_proxies.clone(),
            origins: platform.config.cors_origins.clone(),
        });
        let auth = self.auth.clone();
        let key_set = move || async move {
            let headers = [
                (header::CONTENT_TYPE, "application/json"),
                // A new key is published for longer than this before it signs.
                (header::CACHE_CONTROL, "public, max-age=60"),
            ];
            (headers, auth.key_set())
        };
        let config = &platform.config;
        Front {
            guard,
            cors,
            open: Router::new().route("/.well-known/jwks.json", get(key_set)),
            web: WebApp::new(config.web_root.clone(), config.tls.is_some()),
        }
    }

    /// Every service. No message may be larger than the limit, counted after decompression.
    fn services(&self, platform: &Platform, health: &HealthReporter) -> anyhow::Result<Routes> {
        let limits = &platform.config.limits;
        let most = usize::try_from(limits.request_bytes).unwrap_or(usize::MAX);
        macro_rules! service {
            ($server:ident, $api:expr) => {
                $server::new($api)
                    .max_decoding_message_size(most)
                    .accept_compressed(CompressionEncoding::Gzip)
            };
        }
        let auth = AuthApi::new(self.auth.clone(), self.users.clone(), limits.clone());
        let users = UserApi::new(self.users.clone(), platform.idempotency.clone());
        let authoring = Authoring::new(platform.clone(), self.tests.clone(), self.problems.clone());
        let validations =
            Validations::new(platform.clone(), authoring.clone(), self.execution.clone());
        let authors = AuthorApi::new(authoring.clone(), platform.idempotency.clone());
        let packages = Packages::new(platform.clone(), authoring.clone(), self.problems.clone());
        let ids = platform.idempotency.clone();
        let packages = PackageApi::new(packages, authoring.clone(), ids);
        let problems = ProblemApi::new(self.problems.clone(), authors, packages, limits.clone());
        let submissions = SubmissionApi::new(self.submissions.clone());
        let service_accounts =
            ServiceAccountApi::new(self.service_accounts.clone(), platform.idempotency.clone());
        let mut routes = Routes::builder();
        routes
            .add_service(service!(AuthServiceServer, auth))
            .add_service(service!(UserServiceServer, users))
            .add_service(service!(ServiceAccountServiceServer, service_accounts))
            .add_service(service!(ProblemServiceServer, problems))
            .add_service(service!(
                TestCaseServiceServer,
                TestCaseApi::new(
                    self.tests.clone(),
                    authoring,
                    validations,
                    platform.idempotency.clone()
                )
            ))
            .add_service(service!(
                ExecutionServiceServer,
                ExecutionApi::new(self.execution.clone())
            ))
            .add_service(service!(SubmissionServiceServer, submissions))
            .add_service(service!(
                ProgressServiceServer,
                ProgressApi::new(self.progress.clone())
            ))
            .add_service(service!(
                ClassServiceServer,
                ClassApi::new(self.classes.clone(), platform.idempotency.clone())
            ))
            .add_service(service!(
                SnippetServiceServer,
                SnippetApi::new(self.snippets.clone(), platform.idempotency.clone())
            ))
            .add_service(service!(
                RunnerServiceServer,
                RunnerApi::new(self.runners.clone())
            ));
        let health = tonic_health::server::HealthService::from_health_reporter(health.clone());
        routes.add_service(tonic_health::pb::health_server::HealthServer::new(health));
        routes.add_service(reflection().build_v1()?);
        routes.add_service(reflection().build_v1alpha()?);
        Ok(routes.routes())
    }

    fn spawn_background(&self, platform: &Platform) -> [JoinHandle<()>; 3] {
        [
            tokio::spawn(self.problems.clone().follow_changes()),
            tokio::spawn(Retention::new(platform.clone()).keep_house()),
            tokio::spawn(follow_keys(self.auth.clone())),
        ]
    }
}

/// Names of the services that are on the public port. The API of the runner hosts is not.
fn service_names() -> impl Iterator<Item = String> {
    coderunner_proto::DESCRIPTOR_POOL
        .services()
        .filter(|service| service.package_name() == "coderunner.v1")
        .map(|service| service.full_name().to_owned())
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    let builder = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(coderunner_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .with_service_name("grpc.health.v1.Health");
    service_names().fold(builder, |builder, name| builder.with_service_name(name))
}

async fn set_health(health: &HealthReporter, status: ServingStatus) {
    health.set_service_status("", status).await;
    for name in service_names() {
        health.set_service_status(name, status).await;
    }
}

fn runner_state(view: crate::execution::runners::RunnerView) -> RunnerState {
    let health = match view.health {
        RunnerHealth::Healthy => "healthy",
        RunnerHealth::Unhealthy => "unhealthy",
        RunnerHealth::Draining => "draining",
    };
    RunnerState {
        id: view.id,
        health,
    }
}

/// Takes up new keys for tokens without a restart. A folder that can't be read changes nothing.
async fn follow_keys(auth: Auth) {
    let mut known_problem = None;
    loop {
        tokio::time::sleep(KEYS_EVERY).await;
        let problem = auth.reload_keys().err();
        if let Some(problem) = problem.as_ref().filter(|_| problem != known_problem) {
            tracing::warn!(
                problem,
                "the keys that sign tokens can't be read; the old ones stay"
            );
        }
        known_problem = problem;
    }
}
