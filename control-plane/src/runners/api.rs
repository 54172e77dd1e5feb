//! RunnerService over gRPC, for admins.

use std::sync::Arc;

use coderunner_proto::v1 as pb;
use pb::runner_service_server::RunnerService;
use tonic::{Request, Response, Status};

use crate::execution::runners::{RunnerHealth, RunnerView, Runners};
use crate::platform::errors::Error;
use crate::platform::pagination::Page;
use crate::platform::wire::timestamp;

/// The gRPC side of the runner hosts.
pub struct RunnerApi(Arc<Runners>);

impl RunnerApi {
    /// Serves these runners.
    pub fn new(runners: Arc<Runners>) -> Self {
        Self(runners)
    }

    fn set_drained(&self, id: &str, drained: bool) -> Result<pb::Runner, Error> {
        let view = self.0.set_drained(id, drained);
        let view = view.ok_or(Error::NotFound("runner"))?;
        tracing::info!(runner = view.id, drained, "an operator changed a runner");
        Ok(runner_out(view))
    }
}

#[tonic::async_trait]
impl RunnerService for RunnerApi {
    async fn list_runners(
        &self,
        request: Request<pb::ListRunnersRequest>,
    ) -> Result<Response<pb::ListRunnersResponse>, Status> {
        let pb::ListRunnersRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let page = Page::<String>::parse(page_size, &page_token, "runners")?;
        let mut views = self.0.views();
        views.retain(|view| page.after.as_ref().is_none_or(|after| view.id > *after));
        let (views, next_page_token) = page.finish(views, |view| view.id.clone());
        Ok(Response::new(pb::ListRunnersResponse {
            runners: views.into_iter().map(runner_out).collect(),
            next_page_token,
        }))
    }

    async fn drain_runner(
        &self,
        request: Request<pb::DrainRunnerRequest>,
    ) -> Result<Response<pb::DrainRunnerResponse>, Status> {
        let pb::DrainRunnerRequest { runner_id } = request.into_inner();
        let runner = Some(self.set_drained(&runner_id, true)?);
        Ok(Response::new(pb::DrainRunnerResponse { runner }))
    }

    async fn resume_runner(
        &self,
        request: Request<pb::ResumeRunnerRequest>,
    ) -> Result<Response<pb::ResumeRunnerResponse>, Status> {
        let pb::ResumeRunnerRequest { runner_id } = request.into_inner();
        let runner = Some(self.set_drained(&runner_id, false)?);
        Ok(Response::new(pb::ResumeRunnerResponse { runner }))
    }

    async fn get_capacity(
        &self,
        _: Request<pb::GetCapacityRequest>,
    ) -> Result<Response<pb::GetCapacityResponse>, Status> {
        let views = self.0.views();
        let healthy = || {
            views
                .iter()
                .filter(|view| view.health == RunnerHealth::Healthy)
        };
        Ok(Response::new(pb::GetCapacityResponse {
            healthy_runner_count: count(healthy().count()),
            capacity: count(healthy().map(|view| view.capacity).sum()),
            running_count: count(views.iter().map(|view| view.running).sum()),
        }))
    }
}

fn runner_out(view: RunnerView) -> pb::Runner {
    let RunnerView {
        id,
        health,
        capacity,
        running,
        version,
        last_seen,
    } = view;
    pb::Runner {
        id,
        health: health_out(health).into(),
        capacity: count(capacity),
        running_count: count(running),
        version,
        last_seen_time: last_seen.map(timestamp),
    }
}

fn health_out(health: RunnerHealth) -> pb::RunnerHealth {
    match health {
        RunnerHealth::Healthy => pb::RunnerHealth::Healthy,
        RunnerHealth::Unhealthy => pb::RunnerHealth::Unhealthy,
        RunnerHealth::Draining => pb::RunnerHealth::Draining,
    }
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}
