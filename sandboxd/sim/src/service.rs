//! The calls of SandboxService, played from a script.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc as channel};
use std::time::Duration;

use coderunner_proto::common::v1::{Limits, Module, Profile};
use coderunner_proto::sandbox::v1::sandbox_service_server::SandboxService;
use coderunner_proto::sandbox::v1::{
    CancelRequest, CancelResponse, Case, CloseInputRequest, CloseInputResponse, DrainRequest,
    DrainResponse, ExecuteRequest, ExecuteResponse, GetStatusRequest, GetStatusResponse,
    ProfileStatus, WriteInputRequest, WriteInputResponse,
};
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::batch::Batch;
use crate::input::{Input, Refusal};
use crate::play::Play;
use crate::script::{Fault, Script, Step};

/// What becomes of a request that is executed for the nth time (from 1). Of a batch it is asked for each
/// case, as if that had come alone; the batch as a whole is executed once.
pub type Behaviour = Arc<dyn Fn(&ExecuteRequest, u32) -> Script + Send + Sync>;

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
    profiles: Vec<String>,
    draining: bool,
    delay: Duration,
    live: HashMap<String, Live>,
    seen: Vec<Seen>,
    times: HashMap<String, u32>,
    cancelled: Vec<String>,
}

/// A call of Execute at work.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) input: Arc<Input>,
    pub(crate) cancel: CancellationToken,
    /// Programs that it runs now.
    pub(crate) programs: Arc<AtomicUsize>,
}

/// What is to be played for a call.
enum Work {
    Run(Box<Script>),
    Batch(Vec<(Script, Arc<Input>)>),
}

impl State {
    fn running(&self) -> usize {
        let programs = |live: &Live| live.programs.load(Ordering::Relaxed);
        self.live.values().map(programs).sum()
    }
}

impl Shared {
    pub(crate) fn new(
        behaviour: Behaviour,
        capacity: u32,
        profiles: Vec<String>,
        stop: channel::Sender<()>,
    ) -> Self {
        Self {
            behaviour,
            stop,
            state: Mutex::new(State {
                capacity,
                profiles,
                ..State::default()
            }),
        }
    }

    fn offers(&self, profile: &str) -> bool {
        let name = if profile.is_empty() {
            "python"
        } else {
            profile
        };
        self.state().profiles.iter().any(|known| known == name)
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
        self.state().running()
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

    /// Forgets a call that has ended, or was cut short.
    pub(crate) fn ended(&self, run_id: &str, cut: bool) {
        let mut state = self.state();
        if cut {
            state.cancelled.push(run_id.to_owned());
        }
        state.live.remove(run_id);
    }

    fn find(&self, run_id: &str) -> Result<Live, Status> {
        self.state()
            .live
            .get(run_id)
            .cloned()
            .ok_or_else(|| Status::not_found("no such run"))
    }

    /// Breaks all connections and stops listening.
    pub(crate) fn vanish(&self) {
        // The receiver is gone when it has vanished already.
        let _ = self.stop.send(());
    }

    /// Notes the call and takes a sandbox for it.
    fn admit(&self, seen: Seen) -> Result<(Live, Work), Status> {
        let request = seen.request.clone();
        let mut state = self.state();
        state.seen.push(seen);
        let source = request
            .program
            .as_ref()
            .map_or("", |program| program.source.as_str());
        let times = state.times.entry(source.to_owned()).or_default();
        *times += 1;
        let nth = *times;
        let cases = request.cases.iter().cloned();
        let cases: Vec<_> = cases
            .map(|case| self.script_of(&request, case, nth))
            .collect();
        let first = match cases.first() {
            Some((script, _)) => script.clone(),
            None => (self.behaviour)(&request, nth),
        };
        if state.draining {
            return Err(Status::unavailable("draining"));
        }
        if first.steps.contains(&Step::Fault(Fault::Refuse))
            || state.running() >= state.capacity as usize
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
            programs: Arc::new(AtomicUsize::new(1)),
        };
        state.live.insert(request.run_id, live.clone());
        let work = if cases.is_empty() {
            Work::Run(Box::new(first))
        } else {
            Work::Batch(cases)
        };
        Ok((live, work))
    }

    /// What becomes of a case, and its input.
    fn script_of(&self, request: &ExecuteRequest, case: Case, nth: u32) -> (Script, Arc<Input>) {
        let Case {
            stdin,
            function_call,
        } = case;
        let alone = ExecuteRequest {
            stdin: stdin.clone(),
            function_call,
            cases: Vec::new(),
            ..request.clone()
        };
        let input = Arc::new(Input::new(stdin, false));
        ((self.behaviour)(&alone, nth), input)
    }

    /// Sandboxes in all.
    pub(crate) fn capacity(&self) -> usize {
        self.state().capacity as usize
    }
}

/// RESOURCE_EXHAUSTED that says when to come back.
fn refusal(message: &str) -> Status {
    let mut details = ErrorDetails::new();
    details.set_retry_info(Some(Duration::from_millis(20)));
    Status::with_error_details(tonic::Code::ResourceExhausted, message, details)
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
        if !self.0.offers(&request.profile) {
            let details = ErrorDetails::with_bad_request_violation("profile", "is not here");
            let message = "profile: is not here";
            let code = tonic::Code::InvalidArgument;
            return Err(Status::with_error_details(code, message, details));
        }
        let (max_parallel, stop_on_first_failure) =
            (request.max_parallel, request.stop_on_first_failure);
        let collects = request.file_collection.is_some();
        let (live, work) = self.0.admit(Seen { request, metadata })?;
        // A narrow channel: a caller that doesn't read holds the program up, as a pipe would.
        let (events, stream) = mpsc::channel(1);
        let shared = self.0.clone();
        match work {
            Work::Run(script) => {
                let play = Play::new(shared, run_id, live, events).collecting(collects);
                tokio::spawn(play.run(*script));
            }
            Work::Batch(cases) => {
                let batch = Batch {
                    max_parallel: usize::try_from(max_parallel).unwrap_or(0),
                    stop_on_first_failure,
                    shared,
                    run_id,
                    live,
                    events,
                };
                tokio::spawn(batch.run(cases));
            }
        }
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
            running: state.running().try_into().unwrap_or(i32::MAX),
            draining: state.draining,
            enforcements: Vec::new(),
            default_limits: Some(Limits::default()),
            limit_ceilings: Some(Limits::default()),
            parked: 0,
            profiles: state.profiles.iter().map(|name| profile(name)).collect(),
            file_collection_ceilings: None,
        }))
    }

    async fn drain(&self, _: Request<DrainRequest>) -> Result<Response<DrainResponse>, Status> {
        let mut state = self.0.state();
        state.draining = true;
        Ok(Response::new(DrainResponse {
            running: state.running().try_into().unwrap_or(i32::MAX),
        }))
    }
}

/// A profile as a real runner would describe it.
fn profile(name: &str) -> ProfileStatus {
    let modules = match name {
        "python" => Vec::new(),
        _ => vec![Module {
            name: "numpy".into(),
            version: "2.4.6".into(),
        }],
    };
    ProfileStatus {
        profile: Some(Profile {
            name: name.to_owned(),
            python_version: "3.11.2".into(),
            modules,
        }),
        parked: 0,
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
