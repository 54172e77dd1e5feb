//! SnippetService over gRPC. The guard authorises its calls; none of them does anything yet.

use coderunner_proto::v1 as pb;
use pb::snippet_service_server::SnippetService;
use tonic::{Request, Response, Status};

use crate::platform::errors::Error;

/// The gRPC side of the snippets.
pub struct SnippetApi;

#[tonic::async_trait]
impl SnippetService for SnippetApi {
    async fn create_snippet(
        &self,
        _: Request<pb::CreateSnippetRequest>,
    ) -> Result<Response<pb::CreateSnippetResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn get_snippet(
        &self,
        _: Request<pb::GetSnippetRequest>,
    ) -> Result<Response<pb::GetSnippetResponse>, Status> {
        Err(Error::Unimplemented.into())
    }
}
