//! A server whose answers are written in the test: one run with a fixed list of events whose
//! stream breaks where the test says, and a session whose first access token is refused.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use coderunner_proto::common::v1::{Outcome, OutputStream, RunState};
use coderunner_proto::v1::auth_service_server::{AuthService, AuthServiceServer};
use coderunner_proto::v1::execution_service_server::{ExecutionService, ExecutionServiceServer};
use coderunner_proto::v1::watch_run_response::Event;
use coderunner_proto::v1::*;
use futures::stream::{self, BoxStream, StreamExt};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// What the server was asked, and when its streams break.
#[derive(Default)]
pub struct Script {
    /// `after_sequence` of each watch, in order.
    pub watched_after: Mutex<Vec<i64>>,
    /// Each watch but the last ends after this many messages.
    pub breaks_after: Mutex<Vec<usize>>,
    /// Refresh tokens that were exchanged, in order.
    pub refreshed: Mutex<Vec<String>>,
}

/// Serves the script on a port of its own.
pub async fn serve(script: Arc<Script>) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tonic::transport::Server::builder()
        .add_service(ExecutionServiceServer::new(Scripted(Arc::clone(&script))))
        .add_service(AuthServiceServer::new(Scripted(script)))
        .serve_with_incoming(TcpListenerStream::new(listener));
    tokio::spawn(server);
    address
}

/// Tokens that last an hour.
pub fn tokens(number: u32) -> Tokens {
    let hour = SystemTime::now() + Duration::from_secs(3600);
    Tokens {
        access_token: format!("access-{number}"),
        access_token_expire_time: Some(hour.into()),
        refresh_token: format!("refresh-{number}"),
        refresh_token_expire_time: Some(hour.into()),
    }
}

struct Scripted(Arc<Script>);

/// All messages of the run, in order; their sequence is their place, from 1.
fn messages() -> Vec<Event> {
    let output = |stream: OutputStream, data: &str| {
        Event::Output(RunOutput {
            stream: stream.into(),
            data: data.into(),
        })
    };
    vec![
        Event::QueueUpdate(QueueUpdate {
            queue_position: Some(QueuePosition {
                position: 1,
                ..QueuePosition::default()
            }),
        }),
        Event::Started(RunStarted::default()),
        output(OutputStream::Stdout, "one "),
        output(OutputStream::Stderr, "oops"),
        output(OutputStream::Stdout, "two "),
        Event::Finished(Run {
            state: RunState::Finished.into(),
            outcome: Outcome::Ok.into(),
            stdout: b"one two three".into(),
            stderr: b"oops".into(),
            drawing: b"[0]\n".into(),
            ..Run::default()
        }),
    ]
}

#[tonic::async_trait]
impl ExecutionService for Scripted {
    type WatchRunStream = BoxStream<'static, Result<WatchRunResponse, Status>>;

    async fn watch_run(
        &self,
        request: Request<WatchRunRequest>,
    ) -> Result<Response<Self::WatchRunStream>, Status> {
        let after = request.into_inner().after_sequence;
        self.0.watched_after.lock().unwrap().push(after);
        let mut breaks = self.0.breaks_after.lock().unwrap();
        let kept = if breaks.is_empty() {
            usize::MAX
        } else {
            breaks.remove(0)
        };

        let all = messages();
        let snapshot = WatchRunResponse {
            sequence: if after == 0 { 0 } else { all.len() as i64 - 1 },
            event: Some(Event::Snapshot(Run::default())),
            ..WatchRunResponse::default()
        };
        let missed = all
            .into_iter()
            .zip(1..)
            .filter(|(_, sequence)| *sequence > after);
        let missed = missed.map(|(event, sequence)| WatchRunResponse {
            sequence,
            event: Some(event),
            ..WatchRunResponse::default()
        });
        let mut answers: Vec<_> = std::iter::once(snapshot).chain(missed).map(Ok).collect();
        if kept < answers.len() {
            answers.truncate(kept);
            answers.push(Err(Status::unavailable("the replica goes away")));
        }
        Ok(Response::new(stream::iter(answers).boxed()))
    }

    async fn create_run(&self, _: Request<CreateRunRequest>) -> Answer<CreateRunResponse> {
        let run = Run {
            id: "run".to_owned(),
            ..Run::default()
        };
        Ok(Response::new(CreateRunResponse { run: Some(run) }))
    }
    async fn get_run(&self, _: Request<GetRunRequest>) -> Answer<GetRunResponse> {
        unscripted()
    }
    async fn get_run_file(&self, _: Request<GetRunFileRequest>) -> Answer<GetRunFileResponse> {
        unscripted()
    }
    async fn send_input(&self, _: Request<SendInputRequest>) -> Answer<SendInputResponse> {
        unscripted()
    }
    async fn close_input(&self, _: Request<CloseInputRequest>) -> Answer<CloseInputResponse> {
        unscripted()
    }
    async fn cancel_run(&self, _: Request<CancelRunRequest>) -> Answer<CancelRunResponse> {
        unscripted()
    }
    async fn get_queue_stats(
        &self,
        _: Request<GetQueueStatsRequest>,
    ) -> Answer<GetQueueStatsResponse> {
        unscripted()
    }
    async fn get_capabilities(
        &self,
        _: Request<GetCapabilitiesRequest>,
    ) -> Answer<GetCapabilitiesResponse> {
        unscripted()
    }
}

#[tonic::async_trait]
impl AuthService for Scripted {
    async fn login(&self, _: Request<LoginRequest>) -> Answer<LoginResponse> {
        let user = Some(User::default());
        Ok(Response::new(LoginResponse {
            user,
            tokens: Some(tokens(1)),
        }))
    }

    async fn refresh(&self, request: Request<RefreshRequest>) -> Answer<RefreshResponse> {
        let mut refreshed = self.0.refreshed.lock().unwrap();
        refreshed.push(request.into_inner().refresh_token);
        Ok(Response::new(RefreshResponse {
            tokens: Some(tokens(1 + refreshed.len() as u32)),
        }))
    }

    async fn get_me(&self, request: Request<GetMeRequest>) -> Answer<GetMeResponse> {
        match request
            .metadata()
            .get("authorization")
            .map(|value| value.as_bytes())
        {
            Some(b"Bearer access-2") => Ok(Response::new(GetMeResponse {
                user: Some(User::default()),
            })),
            _ => Err(Status::unauthenticated("the token has ended")),
        }
    }

    async fn logout(&self, _: Request<LogoutRequest>) -> Answer<LogoutResponse> {
        Ok(Response::new(LogoutResponse {}))
    }
    async fn register(&self, _: Request<RegisterRequest>) -> Answer<RegisterResponse> {
        unscripted()
    }
    async fn list_sessions(&self, _: Request<ListSessionsRequest>) -> Answer<ListSessionsResponse> {
        unscripted()
    }
    async fn revoke_session(
        &self,
        _: Request<RevokeSessionRequest>,
    ) -> Answer<RevokeSessionResponse> {
        unscripted()
    }
    async fn end_sessions(&self, _: Request<EndSessionsRequest>) -> Answer<EndSessionsResponse> {
        unscripted()
    }
}

type Answer<T> = Result<Response<T>, Status>;

fn unscripted<T>() -> Answer<T> {
    Err(Status::unimplemented("the script has no answer to this"))
}
