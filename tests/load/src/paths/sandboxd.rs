//! `SandboxService.Execute` over the Unix socket, from request to `finished`.

use super::{Path, SCIENCE_SOURCE, SOURCE, check};
use anyhow::{Context, Result, bail, ensure};
use coderunner_proto::{
    common::v1::{Outcome, OutputStream, Program},
    sandbox::v1::{
        ExecuteRequest, ExecuteResponse, GetStatusRequest, execute_response::Event,
        sandbox_service_client::SandboxServiceClient,
    },
};
use futures::future::BoxFuture;
use tonic::{
    Streaming,
    transport::{Channel, Endpoint},
};
use uuid::Uuid;

/// A connection to one sandboxd. Cheap to clone; clones share it.
#[derive(Debug, Clone)]
pub struct Sandboxd(SandboxServiceClient<Channel>);

impl Sandboxd {
    pub async fn connect(socket: &std::path::Path) -> Result<Self> {
        let endpoint = Endpoint::from_shared(format!("unix:{}", socket.display()))?;
        let channel = endpoint
            .connect()
            .await
            .with_context(|| format!("could not reach {}", socket.display()))?;
        Ok(Self(SandboxServiceClient::new(channel)))
    }

    pub fn stub(&self) -> SandboxServiceClient<Channel> {
        self.0.clone()
    }

    /// A program of one file with the host's limits and a name of its own.
    pub fn request(source: &str) -> ExecuteRequest {
        ExecuteRequest {
            run_id: Uuid::new_v4().to_string(),
            program: Some(Program {
                source: source.to_owned(),
                files: Vec::new(),
            }),
            ..ExecuteRequest::default()
        }
    }

    /// Starts a run; what it prints can be read while it runs.
    pub async fn execute(&self, request: ExecuteRequest) -> Result<Printed> {
        Ok(Printed {
            events: self.stub().execute(request).await?.into_inner(),
            unread: Vec::new(),
        })
    }

    /// Runs a program to its end and returns what it printed.
    async fn output_of(&self, source: &str) -> Result<Vec<u8>> {
        self.execute(Self::request(source)).await?.rest().await
    }

    /// Sandboxes that wait for a program.
    async fn parked(&self) -> Result<i32> {
        let status = self.stub().get_status(GetStatusRequest {}).await?;
        Ok(status.into_inner().parked)
    }
}

/// What a run prints to standard output, as it comes. Dropping it cancels the run.
#[derive(Debug)]
pub struct Printed {
    events: Streaming<ExecuteResponse>,
    unread: Vec<u8>,
}

impl Printed {
    /// Waits until the program has been handed over: from then on it takes input.
    pub async fn started(&mut self) -> Result<()> {
        loop {
            match self.next().await? {
                Event::Started(_) => return Ok(()),
                Event::Output(_) | Event::File(_) => {}
                Event::Finished(_) | Event::BatchFinished(_) => {
                    bail!("it ended without having started")
                }
            }
        }
    }

    /// Waits for so many bytes.
    pub async fn exactly(&mut self, bytes: usize) -> Result<Vec<u8>> {
        while self.unread.len() < bytes {
            if let Event::Finished(_) = self.next().await? {
                bail!("it ended before it had printed enough");
            }
        }
        let later = self.unread.split_off(bytes);
        Ok(std::mem::replace(&mut self.unread, later))
    }

    /// Waits for the end, which must be a good one, and returns what was not read yet.
    pub async fn rest(mut self) -> Result<Vec<u8>> {
        loop {
            if let Event::Finished(finished) = self.next().await? {
                let outcome = finished.outcome();
                ensure!(
                    outcome == Outcome::Ok,
                    "{} {}",
                    outcome.as_str_name(),
                    finished.internal_error
                );
                return Ok(self.unread);
            }
        }
    }

    /// The next event; its bytes of standard output are kept.
    async fn next(&mut self) -> Result<Event> {
        while let Some(message) = self.events.message().await? {
            let Some(event) = message.event else { continue };
            if let Event::Output(output) = &event
                && output.stream() == OutputStream::Stdout
            {
                self.unread.extend(&output.data);
            }
            return Ok(event);
        }
        bail!("the stream ended without a result")
    }
}

/// A sandboxd that has sandboxes ready.
pub struct WarmSandbox(pub Sandboxd);

impl Path for WarmSandbox {
    fn name(&self) -> &'static str {
        "sandboxd-warm"
    }

    fn run(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { check(&self.0.output_of(SOURCE).await?) })
    }
}

/// A sandboxd that has sandboxes of the profile science ready.
pub struct ScienceSandbox(pub Sandboxd);

impl Path for ScienceSandbox {
    fn name(&self) -> &'static str {
        "sandboxd-warm-science"
    }

    fn run(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            let request = ExecuteRequest {
                profile: "science".to_owned(),
                ..Sandboxd::request(SCIENCE_SOURCE)
            };
            check(&self.0.execute(request).await?.rest().await?)
        })
    }
}

/// A sandboxd that makes each sandbox when a run asks for it.
pub struct ColdSandbox(pub Sandboxd);

impl Path for ColdSandbox {
    fn name(&self) -> &'static str {
        "sandboxd-cold"
    }

    fn run(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { check(&self.0.output_of(SOURCE).await?) })
    }

    fn caveat(&self) -> BoxFuture<'_, Result<Option<String>>> {
        Box::pin(async {
            let parked = self.0.parked().await?;
            Ok((parked > 0).then(|| {
                format!("is not cold: its sandboxd keeps sandboxes ready ({parked} wait now)")
            }))
        })
    }
}
