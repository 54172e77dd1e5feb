//! The calls of SandboxService, played from a script.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc as channel};
use std::time::Duration;

use coderunner_proto::common::v1::{Limits, Outcome, OutputStream, Usage};
use coderunner_proto::sandbox::v1::execute_response::Event;
use coderunner_proto::sandbox::v1::sandbox_service_server::SandboxService;
use coderunner_proto::sandbox::v1::{
    CancelRequest, CancelResponse, CloseInputRequest, CloseInputResponse, CollectedFiles,
    DrainRequest, DrainResponse, ExecuteRequest, ExecuteResponse, File, Finished, GetStatusRequest,
    GetStatusResponse, Output, Started, WriteInputRequest, WriteInputResponse,
};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::input::{Input, Refusal};
use crate::script::{Fault, Script, Step, ending};

/// What becomes of a request that is executed for the nth time (from 1).
pub type Behaviour = Arc<dyn Fn(&ExecuteRequest, u32) -> Script + Send + Sync>;

/// Bytes in one output message.
const CHUNK: usize = 64 * 1024;

/// A call of Execute, as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The request.
    pub request: ExecuteRequest,
    /// Its text metadata, by key.
    pub metadata: HashMap<String, String>,
}

/// What the calls and the test share.
pub(crate) struct Shared {
    behaviour: Behaviour,
    stop: channel::Sender<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    capacity: u32,
    draining: bool,
    delay: Duration,
    live: HashMap<String, Live>,
    seen: Vec<Seen>,
    times: HashMap<String, u32>,
    cancelled: Vec<String>,
}

#[derive(Clone)]
struct Live {
    input: Arc<Input>,
    cancel: CancellationToken,
}

impl Shared {
    pub(crate) fn new(behaviour: Behaviour, capacity: u32, stop: channel::Sender<()>) -> Self {
        Self {
            behaviour,
            stop,
            state: Mutex::new(State {
                capacity,
                ..State::default()
            }),
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nobody panics while holding the state")
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state().seen.clone()
    }

    pub(crate) fn running(&self) -> usize {
        self.state().live.len()
    }

    pub(crate) fn cancelled(&self) -> Vec<String> {
        self.state().cancelled.clone()
    }

    pub(crate) fn set_capacity(&self, capacity: u32) {
        self.state().capacity = capacity;
    }

    pub(crate) fn set_draining(&self, draining: bool) {
        self.state().draining = draining;
    }

    pub(crate) fn set_delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    async fn wait(&self) {
        let delay = self.state().delay;
        tokio::time::sleep(delay).await;
    }

    fn find(&self, run_id: &str) -> Result<Live, Status> {
        self.state()
            .live
            .get(run_id)
            .cloned()
            .ok_or_else(|| Status::not_found("no such run"))
    }

    /// Notes the call and takes a sandbox for it.
    fn admit(&self, seen: Seen) -> Result<(Live, Script), Status> {
        let request = seen.request.clone();
        let mut state = self.state();
        state.seen.push(seen);
        let source = request
            .program
            .as_ref()
            .map_or("", |program| program.source.as_str());
        let times = state.times.entry(source.to_owned()).or_default();
        *times += 1;
        let script = (self.behaviour)(&request, *times);
        if state.draining {
            return Err(Status::unavailable("draining"));
        }
        if script.steps.contains(&Step::Fault(Fault::Refuse))
            || state.live.len() >= state.capacity as usize
        {
            return Err(refusal("no free sandbox"));
        }
        if state.live.contains_key(&request.run_id) {
            return Err(Status::already_exists("run_id is running"));
        }
        let input = Arc::new(Input::new(request.stdin, request.interactive));
        let live = Live {
            input,
            cancel: CancellationToken::new(),
        };
        state.live.insert(request.run_id, live.clone());
        Ok((live, script))
    }
}

/// RESOURCE_EXHAUSTED that says when to come back.
fn refusal(message: &str) -> Status {
    let mut details = ErrorDetails::new();
    details.set_retry_info(Some(Duration::from_millis(20)));
    Status::with_error_details(tonic::Code::ResourceExhausted, message, details)
}

/// One program being played.
struct Play {
    shared: Arc<Shared>,
    run_id: String,
    live: Live,
    events: mpsc::Sender<Result<ExecuteResponse, Status>>,
    usage: Usage,
    collects: bool,
    collected: CollectedFiles,
}

/// The play ends before the script does.
enum Cut {
    /// By request.
    Cancelled,
    /// Nobody listens, or the fault says so.
    Silent,
}

impl Play {
    async fn run(mut self, script: Script) {
        let begun = tokio::time::Instant::now();
        let (cancel, events) = (self.live.cancel.clone(), self.events.clone());
        let cut = tokio::select! {
            cut = self.steps(&script.steps) => cut.err(),
            () = cancel.cancelled() => Some(Cut::Cancelled),
            () = events.closed() => Some(Cut::Silent),
        };
        let finished = match cut {
            None if script.steps.contains(&Step::Fault(Fault::Fail)) => {
                Some(ending(Outcome::InternalError, None))
            }
            None => Some(script.finished),
            Some(Cut::Cancelled) => Some(ending(Outcome::Cancelled, None)),
            Some(Cut::Silent) => None,
        };
        if matches!(cut, Some(Cut::Cancelled)) || self.events.is_closed() {
            self.shared.state().cancelled.push(self.run_id.clone());
        }
        self.shared.state().live.remove(&self.run_id);
        if let Some(finished) = finished {
            let wall = begun.elapsed().try_into().expect("a short time");
            let usage = Usage {
                wall_duration: Some(wall),
                cpu_duration: Some(wall),
                ..self.usage
            };
            let told = finished.collected_files.clone().unwrap_or_default();
            let collected = CollectedFiles {
                left_out: told.left_out,
                ..self.collected
            };
            let finished = Finished {
                usage: Some(usage),
                collected_files: self.collects.then_some(collected),
                ..finished
            };
            let _ = self
                .events
                .send(Ok(ExecuteResponse {
                    event: Some(Event::Finished(finished)),
                }))
                .await;
        }
    }

    async fn steps(&mut self, steps: &[Step]) -> Result<(), Cut> {
        self.send(Event::Started(Started {
            startup_duration: None,
        }))
        .await?;
        for step in steps {
            match step {
                Step::Stdout(data) => self.write(OutputStream::Stdout, data).await?,
                Step::Stderr(data) => self.write(OutputStream::Stderr, data).await?,
                Step::Flood(bytes) => {
                    self.write(OutputStream::Stdout, &vec![b'x'; *bytes])
                        .await?
                }
                Step::File(path, content, media_type) => {
                    self.send_file(path, content, media_type).await?
                }
                Step::Sleep(time) => tokio::time::sleep(*time).await,
                Step::Read => {
                    let line = self.live.input.line().await;
                    let text = line.map_or(b"eof\n".to_vec(), |line| {
                        [b"got ", &line[..], b"\n"].concat()
                    });
                    self.write(OutputStream::Stdout, &text).await?;
                }
                Step::Fault(fault) => self.fault(*fault).await?,
            }
        }
        Ok(())
    }

    async fn fault(&self, fault: Fault) -> Result<(), Cut> {
        match fault {
            Fault::HangUp => {
                let _ = self
                    .events
                    .send(Err(Status::unavailable("the runner hung up")))
                    .await;
                Err(Cut::Silent)
            }
            Fault::Stall => std::future::pending().await,
            Fault::Vanish => {
                let _ = self.shared.stop.send(());
                std::future::pending().await
            }
            Fault::Refuse | Fault::Fail => Ok(()),
        }
    }

    async fn write(&mut self, stream: OutputStream, data: &[u8]) -> Result<(), Cut> {
        match stream {
            OutputStream::Stderr => self.usage.stderr_bytes += data.len() as i64,
            _ => self.usage.stdout_bytes += data.len() as i64,
        }
        for chunk in data.chunks(CHUNK) {
            self.send(Event::Output(Output {
                stream: stream.into(),
                data: chunk.to_vec(),
            }))
            .await?;
        }
        Ok(())
    }

    async fn send_file(&mut self, path: &str, content: &[u8], media_type: &str) -> Result<(), Cut> {
        let size_bytes = content.len() as i64;
        self.collected.file_count += 1;
        self.collected.total_bytes += size_bytes;
        let whole = File {
            path: path.to_owned(),
            media_type: media_type.to_owned(),
            size_bytes,
            data: Vec::new(),
        };
        if content.is_empty() {
            return self.send(Event::File(whole)).await;
        }
        for chunk in content.chunks(CHUNK) {
            let data = chunk.to_vec();
            self.send(Event::File(File {
                data,
                ..whole.clone()
            }))
            .await?;
        }
        Ok(())
    }

    async fn send(&self, event: Event) -> Result<(), Cut> {
        self.events
            .send(Ok(ExecuteResponse { event: Some(event) }))
            .await
            .map_err(|_| Cut::Silent)
    }
}

/// The server's side of SandboxService.
pub struct Service(pub(crate) Arc<Shared>);

#[tonic::async_trait]
impl SandboxService for Service {
    type ExecuteStream = Pin<Box<dyn Stream<Item = Result<ExecuteResponse, Status>> + Send>>;

    async fn execute(
        &self,
        request: Request<ExecuteRequest>,
    ) -> Result<Response<Self::ExecuteStream>, Status> {
        self.0.wait().await;
        let metadata = text_metadata(&request);
        let request = request.into_inner();
        let run_id = request.run_id.clone();
        let collects = request.file_collection.is_some();
        let (live, script) = self.0.admit(Seen { request, metadata })?;
        // A narrow channel: a caller that doesn't read holds the program up, as a pipe would.
        let (events, stream) = mpsc::channel(1);
        let play = Play {
            shared: self.0.clone(),
            run_id,
            live,
            events,
            usage: Usage::default(),
            collects,
            collected: CollectedFiles::default(),
        };
        tokio::spawn(play.run(script));
        Ok(Response::new(Box::pin(ReceiverStream::new(stream))))
    }

    async fn write_input(
        &self,
        request: Request<WriteInputRequest>,
    ) -> Result<Response<WriteInputResponse>, Status> {
        let WriteInputRequest { run_id, data } = request.into_inner();
        match self.0.find(&run_id)?.input.write(&data) {
            Ok(()) => Ok(Response::new(WriteInputResponse {})),
            Err(Refusal::Closed) => Err(Status::failed_precondition("input is closed")),
            Err(Refusal::Full) => Err(refusal("the program isn't reading")),
        }
    }

    async fn close_input(
        &self,
        request: Request<CloseInputRequest>,
    ) -> Result<Response<CloseInputResponse>, Status> {
        self.0.find(&request.into_inner().run_id)?.input.close();
        Ok(Response::new(CloseInputResponse {}))
    }

    async fn cancel(
        &self,
        request: Request<CancelRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.0.find(&request.into_inner().run_id)?.cancel.cancel();
        Ok(Response::new(CancelResponse {}))
    }

    async fn get_status(
        &self,
        _: Request<GetStatusRequest>,
    ) -> Result<Response<GetStatusResponse>, Status> {
        self.0.wait().await;
        let state = self.0.state();
        Ok(Response::new(GetStatusResponse {
            version: "0.1.0-sim".into(),
            python_version: "3.11.2".into(),
            rootfs_digest: "sim".into(),
            capacity: state.capacity.try_into().unwrap_or(i32::MAX),
            running: state.live.len().try_into().unwrap_or(i32::MAX),
            draining: state.draining,
            enforcements: Vec::new(),
            default_limits: Some(Limits::default()),
            limit_ceilings: Some(Limits::default()),
            parked: 0,
            file_collection_ceilings: None,
        }))
    }

    async fn drain(&self, _: Request<DrainRequest>) -> Result<Response<DrainResponse>, Status> {
        let mut state = self.0.state();
        state.draining = true;
        Ok(Response::new(DrainResponse {
            running: state.live.len().try_into().unwrap_or(i32::MAX),
        }))
    }
}

fn text_metadata(request: &Request<ExecuteRequest>) -> HashMap<String, String> {
    let mut metadata = HashMap::new();
    for entry in request.metadata().iter() {
        if let tonic::metadata::KeyAndValueRef::Ascii(key, value) = entry
            && let Ok(value) = value.to_str()
        {
            metadata.insert(key.as_str().to_owned(), value.to_owned());
        }
    }
    metadata
}
