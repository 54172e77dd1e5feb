//! SnippetService over gRPC.

use coderunner_proto::v1 as pb;
use pb::snippet_service_server::SnippetService;
use tonic::{Request, Response, Status};

use super::model::{NewSnippet, Snippet};
use super::service::Snippets;
use crate::execution::api::{profile_in, program_in, program_out};
use crate::platform::context::OpContext;
use crate::platform::idempotency::Idempotency;
use crate::platform::wire::timestamp;

/// The gRPC side of `Snippets`.
pub struct SnippetApi {
    snippets: Snippets,
    idempotency: Idempotency,
}

impl SnippetApi {
    /// Serves this code.
    pub fn new(snippets: Snippets, idempotency: Idempotency) -> Self {
        Self {
            snippets,
            idempotency,
        }
    }
}

#[tonic::async_trait]
impl SnippetService for SnippetApi {
    async fn create_snippet(
        &self,
        request: Request<pb::CreateSnippetRequest>,
    ) -> Result<Response<pb::CreateSnippetResponse>, Status> {
        let context = OpContext::of(&request)?;
        let caller = context.caller()?;
        let request = request.into_inner();
        let new = new_in(&request);
        let work = async {
            let snippet = self.snippets.create(caller, new).await?;
            Ok(pb::CreateSnippetResponse {
                snippet_id: snippet.id.to_string(),
                expire_time: Some(timestamp(snippet.expire_time)),
            })
        };
        let id = &request.request_id;
        let answer = self.idempotency.once(&context, id, &request, work).await?;
        Ok(Response::new(answer))
    }

    async fn get_snippet(
        &self,
        request: Request<pb::GetSnippetRequest>,
    ) -> Result<Response<pb::GetSnippetResponse>, Status> {
        let pb::GetSnippetRequest { snippet_id } = request.into_inner();
        let snippet = self.snippets.get(&snippet_id).await?;
        Ok(Response::new(pb::GetSnippetResponse {
            snippet: Some(snippet_out(snippet)),
        }))
    }
}

fn new_in(request: &pb::CreateSnippetRequest) -> NewSnippet {
    let pb::CreateSnippetRequest {
        request_id: _,
        program,
        profile,
    } = request;
    NewSnippet {
        program: program_in(program.as_ref()),
        profile: profile_in(profile),
    }
}

fn snippet_out(snippet: Snippet) -> pb::Snippet {
    let Snippet {
        id,
        program,
        profile,
        create_time,
        expire_time,
    } = snippet;
    pb::Snippet {
        id: id.to_string(),
        program: Some(program_out(program)),
        profile: profile.word().to_owned(),
        create_time: Some(timestamp(create_time)),
        expire_time: Some(timestamp(expire_time)),
    }
}
