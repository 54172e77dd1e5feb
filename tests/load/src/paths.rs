//! The three ways to run `print("hello")` that are compared. Each checks that the program
//! really printed it.

use anyhow::{Context, Result, bail, ensure};
use coderunner_client::{Client, NewAccount, NewRun, RunEvent, Settings};
use coderunner_proto::{
    common::v1::{Outcome, OutputStream, Program},
    sandbox::v1::{
        ExecuteRequest, execute_response::Event, sandbox_service_client::SandboxServiceClient,
    },
};
use futures::{StreamExt, future::BoxFuture};
use std::{path::PathBuf, process::Stdio};
use tokio::process::Command;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

const SOURCE: &str = "print(\"hello\")";
const EXPECTED: &[u8] = b"hello\n";

/// One way to run the program once.
pub trait Path: Send + Sync {
    fn name(&self) -> &'static str;

    /// Runs it and checks what it printed.
    fn run(&self) -> BoxFuture<'_, Result<()>>;
}

/// `python3.11 -c` of the root filesystem, without any isolation: what cannot be beaten without
/// an interpreter that is started already. It is started through the tree's own dynamic linker,
/// so that the host's libraries and its Python, if any, play no part.
pub struct BarePython {
    linker: PathBuf,
    libraries: PathBuf,
    python: PathBuf,
    home: PathBuf,
}

impl BarePython {
    pub fn new(rootfs: &std::path::Path) -> Result<Self> {
        let libraries = rootfs.join("usr/lib/x86_64-linux-gnu");
        let linker = libraries.join("ld-linux-x86-64.so.2");
        ensure!(
            linker.exists(),
            "{} is no root filesystem: it has no dynamic linker",
            rootfs.display()
        );
        Ok(Self {
            linker,
            libraries,
            python: rootfs.join("usr/bin/python3.11"),
            home: rootfs.join("usr"),
        })
    }
}

impl Path for BarePython {
    fn name(&self) -> &'static str {
        "python"
    }

    fn run(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            let output = Command::new(&self.linker)
                .arg("--library-path")
                .arg(&self.libraries)
                .arg(&self.python)
                .args(["-c", SOURCE])
                .env_clear()
                .env("PYTHONHOME", &self.home)
                .env("LANG", "C.UTF-8")
                .stdin(Stdio::null())
                .output()
                .await
                .context("python did not start")?;
            ensure!(
                output.status.success(),
                "python ended with {}",
                output.status
            );
            check(&output.stdout)
        })
    }
}

/// `Execute` of sandboxd.
pub struct SandboxPath(SandboxServiceClient<Channel>);

impl SandboxPath {
    pub async fn connect(socket: &std::path::Path) -> Result<Self> {
        let endpoint = Endpoint::from_shared(format!("unix:{}", socket.display()))?;
        let channel = endpoint
            .connect()
            .await
            .with_context(|| format!("could not reach {}", socket.display()))?;
        Ok(Self(SandboxServiceClient::new(channel)))
    }
}

impl Path for SandboxPath {
    fn name(&self) -> &'static str {
        "sandboxd"
    }

    fn run(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            let request = ExecuteRequest {
                run_id: Uuid::new_v4().to_string(),
                program: Some(Program {
                    source: SOURCE.to_owned(),
                    files: Vec::new(),
                }),
                ..ExecuteRequest::default()
            };
            let mut events = self.0.clone().execute(request).await?.into_inner();
            let mut printed = Vec::new();
            while let Some(message) = events.message().await? {
                match message.event {
                    Some(Event::Output(output)) if output.stream() == OutputStream::Stdout => {
                        printed.extend(output.data);
                    }
                    Some(Event::Finished(finished)) => {
                        let outcome = finished.outcome();
                        ensure!(
                            outcome == Outcome::Ok,
                            "{} {}",
                            outcome.as_str_name(),
                            finished.internal_error
                        );
                        return check(&printed);
                    }
                    _ => {}
                }
            }
            bail!("the stream ended without a result")
        })
    }
}

/// `CreateRun` and `WatchRun` of control-plane, as a user's program makes them.
pub struct FullPath(Client);

impl FullPath {
    pub async fn log_in(server: &str) -> Result<Self> {
        let client = Client::new(Settings::new(server))?;
        let account = NewAccount {
            email: format!("load-{}@example.org", Uuid::new_v4()),
            password: Uuid::new_v4().to_string(),
            display_name: "Load".to_owned(),
            age_group: Default::default(),
        };
        client
            .register(account)
            .await
            .with_context(|| format!("could not make an account on {server}"))?;
        Ok(Self(client))
    }
}

impl Path for FullPath {
    fn name(&self) -> &'static str {
        "full"
    }

    fn run(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            let mut started = self.0.run(NewRun::of_source(SOURCE)).await?;
            while let Some(event) = started.events.next().await {
                if let RunEvent::Finished(run) = event? {
                    ensure!(
                        run.outcome() == Outcome::Ok,
                        "{}",
                        run.outcome().as_str_name()
                    );
                    return check(&run.stdout);
                }
            }
            bail!("the stream ended without a result")
        })
    }
}

fn check(printed: &[u8]) -> Result<()> {
    ensure!(
        printed == EXPECTED,
        "it printed {:?}",
        String::from_utf8_lossy(printed)
    );
    Ok(())
}
