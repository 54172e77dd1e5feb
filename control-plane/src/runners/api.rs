//! RunnerService over gRPC. The guard authorises its calls; none of them does anything yet.

use coderunner_proto::v1 as pb;
use pb::runner_service_server::RunnerService;
use tonic::{Request, Response, Status};

use crate::platform::errors::Error;

/// The gRPC side of the runner hosts.
pub struct RunnerApi;

#[tonic::async_trait]
impl RunnerService for RunnerApi {
    async fn list_runners(
        &self,
        _: Request<pb::ListRunnersRequest>,
    ) -> Result<Response<pb::ListRunnersResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn drain_runner(
        &self,
        _: Request<pb::DrainRunnerRequest>,
    ) -> Result<Response<pb::DrainRunnerResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn resume_runner(
        &self,
        _: Request<pb::ResumeRunnerRequest>,
    ) -> Result<Response<pb::ResumeRunnerResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn get_capacity(
        &self,
        _: Request<pb::GetCapacityRequest>,
    ) -> Result<Response<pb::GetCapacityResponse>, Status> {
        Err(Error::Unimplemented.into())
    }
}
