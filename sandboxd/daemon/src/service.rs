//! SandboxService: admission, the table of living runs, and the calls on them. No request changes the
//! isolation that the operator configured.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use coderunner_proto::common::v1::{Limits as LimitsMessage, Profile as ProfileMessage};
use coderunner_proto::sandbox::v1::sandbox_service_server::SandboxService;
use coderunner_proto::sandbox::v1::{
    CancelRequest, CancelResponse, CloseInputRequest, CloseInputResponse, DrainRequest,
    DrainResponse, ExecuteRequest, ExecuteResponse, FileCollection, GetStatusRequest,
    GetStatusResponse, ProfileStatus, WriteInputRequest, WriteInputResponse,
    execute_response::Event,
};
use sandboxd_sandbox::Limits;
use sandboxd_sandbox::collection::Bounds;
use tokio::sync::{Notify, mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::batch::{self, Sandboxes};
use crate::config::{self, Config};
use crate::host::Host;
use crate::input::{Input, InputError};
use crate::output::EventSender;
use crate::pool::Pool;
use crate::request::{self, Work};
use crate::run::{self, End, Handle, Order};

/// Events of a run that may wait for a slow reader, each of at most 64 KiB.
const EVENTS_WAITING: usize = 16;
/// When a caller should ask again.
const RETRY: Duration = Duration::from_millis(200);
/// When a caller who has no other host should ask again.
const RETRY_ELSEWHERE: Duration = Duration::from_secs(2);
const MAX_INPUT_PIECE: usize = 64 * 1024;

/// See the module. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Service {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: Config,
    host: Host,
    pool: Pool,
    batch_sandboxes: Sandboxes,
    runs: Mutex<HashMap<String, Living>>,
    draining: Arc<AtomicBool>,
    emptied: Notify,
}

/// A run or a batch in the table.
#[derive(Debug)]
struct Living {
    handle: Handle,
    /// Cases of a batch that have a sandbox or wait for one; none for a single run.
    cases: Option<Arc<AtomicUsize>>,
}

impl Service {
    /// A service without runs.
    pub fn new(config: Config, host: Host, pool: Pool) -> Self {
        let shared = Shared {
            batch_sandboxes: Sandboxes::new(pool.clone(), config.batch_sandboxes()),
            config,
            host,
            pool,
            runs: Mutex::default(),
            draining: Arc::default(),
            emptied: Notify::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Takes no new runs from now on.
    pub fn drain(&self) {
        self.shared.draining.store(true, Ordering::Relaxed);
        self.shared.emptied.notify_waiters();
    }

    /// Returns when no run lives any more.
    pub async fn wait_until_empty(&self) {
        loop {
            let emptied = self.shared.emptied.notified();
            if self.shared.lock().is_empty() {
                return;
            }
            emptied.await;
        }
    }

    /// What the host is doing, in one line for operators.
    pub fn summary(&self) -> String {
        let Shared {
            config,
            host,
            pool,
            draining,
            ..
        } = &*self.shared;
        let state = if draining.load(Ordering::Relaxed) {
            "draining"
        } else {
            "serving"
        };
        let parked: usize = host
            .profiles()
            .map(|(profile, _)| pool.parked(profile))
            .sum();
        format!(
            "{state}: {} programs in {} places, {parked} sandboxes ready",
            self.running(),
            config.pool.max_sandboxes
        )
    }

    /// Programs that run or wait for a sandbox.
    pub fn running(&self) -> usize {
        let count = |living: &Living| match &living.cases {
            Some(cases) => cases.load(Ordering::Relaxed),
            None => 1,
        };
        self.shared.lock().values().map(count).sum()
    }

    fn handle(&self, run_id: &str) -> Result<Handle, Status> {
        self.shared
            .lock()
            .get(run_id)
            .map(|living| living.handle.clone())
            .ok_or_else(|| Status::not_found("there is no such run"))
    }

    fn admit(&self, run_id: &str, cases: Option<Arc<AtomicUsize>>) -> Result<Handle, Status> {
        if self.shared.draining.load(Ordering::Relaxed) {
            let mut details = ErrorDetails::with_error_info("DRAINING", "sandboxd", HashMap::new());
            details.set_retry_info(Some(RETRY_ELSEWHERE));
            return Err(Status::with_error_details(
                tonic::Code::Unavailable,
                "this host is draining and takes no new runs",
                details,
            ));
        }
        let config::Pool {
            max_sandboxes,
            max_waiting,
            ..
        } = self.shared.config.pool;
        let mut runs = self.shared.lock();
        if runs.contains_key(run_id) {
            return Err(Status::already_exists("a run with this run_id is running"));
        }
        if runs.len() >= max_sandboxes as usize + max_waiting as usize {
            let details = ErrorDetails::with_retry_info(Some(RETRY));
            return Err(Status::with_error_details(
                tonic::Code::ResourceExhausted,
                "all sandboxes are taken and too many runs wait for one",
                details,
            ));
        }
        let handle = Handle {
            draining: Arc::clone(&self.shared.draining),
            ..Handle::default()
        };
        let living = Living {
            handle: handle.clone(),
            cases,
        };
        runs.insert(run_id.to_owned(), living);
        Ok(handle)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Living>> {
        // A map stays a map, whatever panicked while holding it.
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn execute(
        self: Arc<Self>,
        run_id: String,
        order: Order,
        handle: Handle,
        events: EventSender,
    ) {
        let entry = Entry {
            shared: &self,
            run_id,
        };
        let End { files, finished } = run::run(&self.pool, order, &handle, &events).await;
        // The place is free before the caller can know, so that its next run finds one.
        drop(entry);
        for event in files.into_iter().chain([Event::Finished(finished)]) {
            // A caller that is gone has cancelled.
            let _ = events.send(event).await;
        }
    }

    async fn execute_batch(
        self: Arc<Self>,
        run_id: String,
        order: batch::Order,
        handle: Handle,
        living: Arc<AtomicUsize>,
        events: EventSender,
    ) {
        let entry = Entry {
            shared: &self,
            run_id,
        };
        // Cases have all of their input from the start.
        let _ = handle.input.set(Input::closed());
        let sandboxes = self.batch_sandboxes.clone();
        let finished = batch::run(sandboxes, order, &handle, living, events.clone()).await;
        drop(entry);
        let _ = events.send(Event::BatchFinished(finished)).await;
    }
}

/// A run's entry in the table, taken out when dropped.
struct Entry<'a> {
    shared: &'a Shared,
    run_id: String,
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        let mut runs = self.shared.lock();
        runs.remove(&self.run_id);
        if runs.is_empty() {
            self.shared.emptied.notify_waiters();
        }
    }
}

#[tonic::async_trait]
impl SandboxService for Service {
    type ExecuteStream = ReceiverStream<Result<ExecuteResponse, Status>>;

    async fn execute(
        &self,
        request: Request<ExecuteRequest>,
    ) -> Result<Response<Self::ExecuteStream>, Status> {
        let (run_id, work) =
            request::work(&self.shared.config, &self.shared.host, request.into_inner())?;
        let (events, receiver) = mpsc::channel(EVENTS_WAITING);
        let events = EventSender::new(events);
        let shared = Arc::clone(&self.shared);
        match work {
            Work::Run(order) => {
                let handle = self.admit(&run_id, None)?;
                tokio::spawn(shared.execute(run_id, order, handle, events));
            }
            Work::Batch(order) => {
                let living = Arc::new(AtomicUsize::new(0));
                let handle = self.admit(&run_id, Some(Arc::clone(&living)))?;
                tokio::spawn(shared.execute_batch(run_id, order, handle, living, events));
            }
        }
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn write_input(
        &self,
        request: Request<WriteInputRequest>,
    ) -> Result<Response<WriteInputResponse>, Status> {
        let WriteInputRequest { run_id, data } = request.into_inner();
        if data.len() > MAX_INPUT_PIECE {
            return Err(Status::invalid_argument(format!(
                "data: is over {MAX_INPUT_PIECE} bytes"
            )));
        }
        let handle = self.handle(&run_id)?;
        let input = handle.input.get().ok_or_else(not_started)?;
        match input.write(data) {
            Ok(()) => Ok(Response::new(WriteInputResponse {})),
            Err(InputError::Closed) => Err(Status::failed_precondition("standard input is closed")),
            Err(InputError::Full) => {
                let details = ErrorDetails::with_retry_info(Some(RETRY));
                Err(Status::with_error_details(
                    tonic::Code::ResourceExhausted,
                    "the program is not reading its input",
                    details,
                ))
            }
        }
    }

    async fn close_input(
        &self,
        request: Request<CloseInputRequest>,
    ) -> Result<Response<CloseInputResponse>, Status> {
        let handle = self.handle(&request.into_inner().run_id)?;
        handle.input.get().ok_or_else(not_started)?.close();
        Ok(Response::new(CloseInputResponse {}))
    }

    async fn cancel(
        &self,
        request: Request<CancelRequest>,
    ) -> Result<Response<CancelResponse>, Status> {
        self.handle(&request.into_inner().run_id)?
            .cancel
            .notify_one();
        Ok(Response::new(CancelResponse {}))
    }

    async fn get_status(
        &self,
        _request: Request<GetStatusRequest>,
    ) -> Result<Response<GetStatusResponse>, Status> {
        let Shared {
            config,
            host,
            draining,
            ..
        } = &*self.shared;
        let ceilings = config.ceilings();
        let profiles: Vec<_> = host
            .profiles()
            .map(|(profile, modules)| ProfileStatus {
                profile: Some(ProfileMessage {
                    name: profile.name().to_owned(),
                    python_version: host.python_version.clone(),
                    modules: modules.to_vec(),
                }),
                parked: i32::try_from(self.shared.pool.parked(profile)).unwrap_or(i32::MAX),
            })
            .collect();
        Ok(Response::new(GetStatusResponse {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            python_version: host.python_version.clone(),
            rootfs_digest: host.rootfs_digest.clone(),
            capacity: i32::try_from(config.pool.max_sandboxes).unwrap_or(i32::MAX),
            running: i32::try_from(self.running()).unwrap_or(i32::MAX),
            draining: draining.load(Ordering::Relaxed),
            enforcements: host.enforcements(),
            parked: profiles.iter().map(|profile| profile.parked).sum(),
            profiles,
            default_limits: Some(limits_message(&ceilings.defaults)),
            limit_ceilings: Some(limits_message(&ceilings.most)),
            file_collection_ceilings: Some(collection_message(config.most_files())),
        }))
    }

    async fn drain(
        &self,
        _request: Request<DrainRequest>,
    ) -> Result<Response<DrainResponse>, Status> {
        Service::drain(self);
        Ok(Response::new(DrainResponse {
            running: i32::try_from(self.running()).unwrap_or(i32::MAX),
        }))
    }
}

fn not_started() -> Status {
    Status::failed_precondition("the program has not started yet")
}

fn collection_message(bounds: Bounds) -> FileCollection {
    let Bounds {
        files,
        file_bytes,
        total_bytes,
    } = bounds;
    FileCollection {
        file_count_limit: i32::try_from(files).unwrap_or(i32::MAX),
        file_limit_bytes: i64::try_from(file_bytes).unwrap_or(i64::MAX),
        total_limit_bytes: i64::try_from(total_bytes).unwrap_or(i64::MAX),
    }
}

fn limits_message(limits: &Limits) -> LimitsMessage {
    let Limits {
        wall_time,
        cpu_time,
        memory_bytes,
        output_bytes,
        processes,
        input_wait,
        drawing_bytes,
    } = limits;
    LimitsMessage {
        wall_time_limit: (*wall_time).try_into().ok(),
        cpu_time_limit: (*cpu_time).try_into().ok(),
        memory_limit_bytes: i64::try_from(*memory_bytes).unwrap_or(i64::MAX),
        output_limit_bytes: i64::try_from(*output_bytes).unwrap_or(i64::MAX),
        process_limit: i32::try_from(*processes).unwrap_or(i32::MAX),
        input_wait_limit: (*input_wait).try_into().ok(),
        drawing_limit_bytes: i64::try_from(*drawing_bytes).unwrap_or(i64::MAX),
    }
}
