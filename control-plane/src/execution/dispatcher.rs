//! Brings tickets and runners together. The dispatcher takes tickets from the queue as sandboxes
//! become free, and hands each as a *slot* to whoever does the work: runs, submissions, or a
//! submission that waits with its next tests. A slot runs one program on a runner, or one program
//! for some inputs.

mod batch;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::future::BoxFuture;
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant as TokioInstant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::model::{Ending, Outcome, OutputStream};
use super::order::{Ended, Failure, FunctionResult, Happening, Order};
use super::runner_client::RunnerClient;
use super::runners::{Lease, Runners};
use crate::platform::queue::{Job, Queue, Ticket};
pub use batch::BatchListener;

/// How often a slot asks runners that turn out to be full.
const TRIES: u32 = 5;
/// A runner has so long to take or refuse a program.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// A program's end may come so long after its wall-clock limit, for start and clean-up.
const GRACE: Duration = Duration::from_secs(10);
/// A cancelled program's end may take so long.
const CANCEL_LIMIT: Duration = Duration::from_secs(3);
/// Wall-clock time of a program without a limit of its own.
const LONGEST: Duration = Duration::from_secs(30);

/// Does one job from its first slot to its end.
pub type Work = Arc<dyn Fn(Slot) -> BoxFuture<'static, ()> + Send + Sync>;

/// Hears what a program does while it does it. Must not block: whoever is slow to watch may not
/// slow the program.
pub trait Listener: Send {
    /// It is on its way to this runner, of this name.
    fn placed(&mut self, _name: &str, _runner: &RunnerClient) {}
    /// It started.
    fn started(&mut self) {}
    /// It wrote something.
    fn output(&mut self, stream: OutputStream, data: &[u8]);
}

/// Hands out slots.
pub struct Dispatcher {
    queue: Arc<dyn Queue>,
    runners: Arc<Runners>,
    waiting: Mutex<HashMap<(Job, u32), oneshot::Sender<Slot>>>,
    /// Jobs that have begun.
    active: watch::Sender<usize>,
}

/// The right to have one sandbox, or more when it was widened; given back when dropped.
pub struct Slot {
    ticket: Ticket,
    since: Instant,
    /// Sandboxes besides the first.
    further: usize,
    /// Milliseconds for which its programs waited for somebody to type.
    waited: AtomicU64,
    dispatcher: Arc<Dispatcher>,
}

impl Dispatcher {
    /// Brings a queue and runners together.
    pub fn new(queue: Arc<dyn Queue>, runners: Arc<Runners>) -> Arc<Self> {
        Arc::new(Self {
            queue,
            runners,
            waiting: Mutex::default(),
            active: watch::Sender::new(0),
        })
    }

    /// Serves the queue for ever.
    pub async fn serve(self: Arc<Self>, runs: Work, submissions: Work) {
        loop {
            let ticket = self.queue.pop().await;
            let slot = Slot {
                ticket,
                since: Instant::now(),
                further: 0,
                waited: AtomicU64::new(0),
                dispatcher: self.clone(),
            };
            let work = match (ticket.step, ticket.job) {
                (0, Job::Run(_)) => runs(slot),
                (0, Job::Submission(_)) => submissions(slot),
                _ => {
                    self.hand_over(slot);
                    continue;
                }
            };
            let begun = Begun::new(self.clone());
            tokio::spawn(async move {
                work.await;
                drop(begun);
            });
        }
    }

    /// A slot for further tests of a submission that has begun. None when the submission was
    /// forgotten meanwhile.
    pub async fn next_slot(&self, ticket: Ticket) -> Option<Slot> {
        let (sender, receiver) = oneshot::channel();
        self.waiting().insert((ticket.job, ticket.step), sender);
        self.queue.push(ticket);
        receiver.await.ok()
    }

    /// Takes a job's waiting tickets away; says how many there were.
    pub fn forget(&self, job: Job) -> usize {
        let removed = self.queue.remove(job);
        self.waiting().retain(|(waiting, _), _| *waiting != job);
        removed
    }

    /// The queue.
    pub fn queue(&self) -> &dyn Queue {
        &*self.queue
    }

    /// The runners.
    pub fn runners(&self) -> &Arc<Runners> {
        &self.runners
    }

    /// Starts no more jobs, and waits until those that have begun are done; false when some still
    /// are not after `limit`.
    pub async fn drain(&self, limit: Duration) -> bool {
        self.queue.close();
        let mut active = self.active.subscribe();
        timeout(limit, active.wait_for(|count| *count == 0))
            .await
            .is_ok()
    }

    fn hand_over(&self, slot: Slot) {
        let waiting = self.waiting().remove(&(slot.ticket.job, slot.ticket.step));
        if let Some(waiting) = waiting {
            // Whoever stopped waiting drops the slot, which gives it back.
            let _ = waiting.send(slot);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<(Job, u32), oneshot::Sender<Slot>>> {
        self.waiting
            .lock()
            .expect("nobody panics while holding the list")
    }
}

impl Slot {
    /// What it was given for.
    pub fn ticket(&self) -> Ticket {
        self.ticket
    }

    /// Runs a program to its end. Its output goes to the listener as it comes, and is always
    /// taken at once. A cancelled program ends as cancelled, also when its runner doesn't answer.
    pub async fn execute(
        &self,
        order: &Order,
        cancel: &CancellationToken,
        listener: &mut dyn Listener,
    ) -> Result<Ended, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let lease = self.dispatcher.runners.lease(order.profile, 1);
            let lease = cancel.run_until_cancelled(lease).await;
            let lease = lease.ok_or(Failure::Cancelled)??;
            listener.placed(lease.id(), lease.client());
            let result = run_on(&lease, order, cancel, listener).await;
            lease.report(result.as_ref().err());
            if let Ok(ended) = &result {
                let waited = ended.ending.usage.unwrap_or_default().input_wait;
                let waited = u64::try_from(waited.as_millis()).unwrap_or(0);
                self.waited.fetch_add(waited, Ordering::Relaxed);
            }
            match result {
                Err(Failure::Refused { .. }) if tries < TRIES => {}
                result => return result,
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let sandboxes = u32::try_from(self.sandboxes()).unwrap_or(u32::MAX);
        let queue = &self.dispatcher.queue;
        queue.narrow(&self.ticket, self.further);
        // Who waits to be typed to makes way for others, so it tells nothing of how long they will wait.
        let waited = Duration::from_millis(self.waited.load(Ordering::Relaxed));
        let busy = self.since.elapsed().saturating_sub(waited);
        queue.done(&self.ticket, busy * sandboxes);
    }
}

/// A job that has begun; done when dropped, also by a panic of the work.
struct Begun(Arc<Dispatcher>);

impl Begun {
    fn new(dispatcher: Arc<Dispatcher>) -> Self {
        dispatcher.active.send_modify(|count| *count += 1);
        Self(dispatcher)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        self.0.active.send_modify(|count| *count -= 1);
    }
}

async fn run_on(
    lease: &Lease,
    order: &Order,
    cancel: &CancellationToken,
    listener: &mut dyn Listener,
) -> Result<Ended, Failure> {
    let taken = timeout(ANSWER_LIMIT, lease.client().execute(order.clone()));
    let taken = cancel
        .run_until_cancelled(taken)
        .await
        .ok_or(Failure::Cancelled)?;
    let mut events = taken.map_err(|_| Failure::Unreachable("it gave no answer".into()))??;
    let waits = order.limits.input_wait.filter(|_| order.interactive);
    let longest = order.limits.wall_time.unwrap_or(LONGEST) + waits.unwrap_or_default();
    let mut deadline = TokioInstant::now() + longest + GRACE;
    let mut cancelled = false;
    loop {
        tokio::select! {
            event = events.next() => match event {
                Some(Ok(Happening::Started)) => listener.started(),
                Some(Ok(Happening::Output(stream, data))) => listener.output(stream, &data),
                Some(Ok(Happening::Finished(ended))) => return believe(*ended, cancelled),
                Some(Err(failure)) if !cancelled => return Err(Failure::Lost(failure.to_string())),
                None if !cancelled => return Err(Failure::Lost("its stream ended early".into())),
                Some(Err(_)) | None => return Ok(stopped()),
            },
            () = cancel.cancelled(), if !cancelled => {
                cancelled = true;
                deadline = TokioInstant::now() + CANCEL_LIMIT;
                let (client, name) = (lease.client().clone(), order.name.clone());
                // Beside the loop, which must go on reading. If it fails, closing the stream
                // after the deadline cancels as well.
                tokio::spawn(async move { client.cancel(&name).await });
            }
            () = sleep_until(deadline) => {
                return if cancelled { Ok(stopped()) } else { Err(Failure::Lost("no end in time".into())) };
            }
        }
    }
}

/// An end that nobody asked for, or that the runner calls its own fault, is a lost run.
fn believe(ended: Ended, cancelled: bool) -> Result<Ended, Failure> {
    match ended.ending.outcome {
        Outcome::InternalError if cancelled => Ok(stopped()),
        Outcome::InternalError => Err(Failure::Lost("it failed inside".into())),
        Outcome::Cancelled if !cancelled => Err(Failure::Lost("it cancelled the program".into())),
        _ => Ok(ended),
    }
}

fn stopped() -> Ended {
    Ended {
        ending: Ending::without_program(Outcome::Cancelled),
        function: FunctionResult::NotCalled,
        files: None,
    }
}
