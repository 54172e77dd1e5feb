//! The least that a gRPC service can do, to compare with: tonic with one service whose answer is
//! what it was asked, and nothing in front of it. It speaks a service of the API, so that messages
//! are read and written as control-plane's are.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use coderunner_proto::v1 as pb;
use pb::snippet_service_server::{SnippetService, SnippetServiceServer};
use tokio::net::TcpListener;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

struct Echo;

#[tonic::async_trait]
impl SnippetService for Echo {
    async fn create_snippet(
        &self,
        _: Request<pb::CreateSnippetRequest>,
    ) -> Result<Response<pb::CreateSnippetResponse>, Status> {
        Err(Status::unimplemented("only GetSnippet echoes"))
    }

    async fn get_snippet(
        &self,
        request: Request<pb::GetSnippetRequest>,
    ) -> Result<Response<pb::GetSnippetResponse>, Status> {
        let pb::GetSnippetRequest { snippet_id } = request.into_inner();
        let snippet = pb::Snippet {
            id: snippet_id,
            ..pb::Snippet::default()
        };
        Ok(Response::new(pb::GetSnippetResponse {
            snippet: Some(snippet),
        }))
    }
}

/// Serves until the process ends.
pub async fn serve(port: u16) -> Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("open the port {address}"))?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    Server::builder()
        .add_service(SnippetServiceServer::new(Echo))
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}
