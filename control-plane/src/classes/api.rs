//! ClassService over gRPC. The guard authorises its calls; none of them does anything yet.

use coderunner_proto::v1 as pb;
use pb::class_service_server::ClassService;
use tonic::{Request, Response, Status};

use crate::platform::errors::Error;

/// The gRPC side of the classes.
pub struct ClassApi;

#[tonic::async_trait]
impl ClassService for ClassApi {
    async fn create_class(
        &self,
        _: Request<pb::CreateClassRequest>,
    ) -> Result<Response<pb::CreateClassResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn join_class(
        &self,
        _: Request<pb::JoinClassRequest>,
    ) -> Result<Response<pb::JoinClassResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn list_members(
        &self,
        _: Request<pb::ListMembersRequest>,
    ) -> Result<Response<pb::ListMembersResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn remove_member(
        &self,
        _: Request<pb::RemoveMemberRequest>,
    ) -> Result<Response<pb::RemoveMemberResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn get_class_progress(
        &self,
        _: Request<pb::GetClassProgressRequest>,
    ) -> Result<Response<pb::GetClassProgressResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn list_my_classes(
        &self,
        _: Request<pb::ListMyClassesRequest>,
    ) -> Result<Response<pb::ListMyClassesResponse>, Status> {
        Err(Error::Unimplemented.into())
    }
}
