//! The way of one run from its slot to its stored end: claim it, have a runner execute it, store
//! the result, tell the watchers. Also what happens when the runner is lost on the way, and to
//! runs that an earlier process left.
//!
//! Writes cost a disk's patience each, so there are no more than needed:
//!
//! 1. The accepted run (`service`): durable before its owner hears of it.
//! 2. The claim of an attempt, which counts it. A first attempt is claimed when it takes longer
//!    than a moment, beside the work. If this process dies before, the run is still queued, and
//!    begins again with another number (`store::recover`). Any further attempt is claimed before
//!    its work: a run that brings the process down must not be tried for ever.
//! 3. The result, conditional on the attempt's number. One that comes before the claim writes it
//!    in the same transaction.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use super::attempts::{Attempted, attempt_work, persistently};
use super::dispatcher::{Listener, Slot};
use super::kept::Collected;
use super::live::{LiveRun, Place};
use super::model::{Ending, Event, MAX_LOSSES, Outcome, OutputStream, Program};
use super::notes::How;
use super::order::{Ended, Failure, Order};
use super::runner_client::RunnerClient;
use super::service::Execution;
use super::store;
use crate::explain::{Explanation, explain};
use crate::platform::clock::SharedClock;
use crate::platform::errors::Error;
use crate::platform::queue::{Job, Ticket};

/// A run that no runner takes waits so long before it asks again.
const UNREACHABLE_PAUSE: Duration = Duration::from_millis(200);

impl Execution {
    /// Does the work of a slot that was given to a run.
    pub async fn work(self: Arc<Self>, slot: Slot) {
        let Job::Run(id) = slot.ticket().job else {
            return;
        };
        let Some(run) = self.live.get(id) else { return };
        // Nothing of an attempt that was taken away goes on; its program dies with its stream.
        run.replaced
            .run_until_cancelled(self.attempt(&run, slot))
            .await;
    }

    async fn attempt(&self, run: &Arc<LiveRun>, slot: Slot) {
        let (id, ticket) = (run.id(), slot.ticket());
        let read = || async { Ok(store::work(self.platform.db.read(), id).await?) };
        let Some(work) = persistently("read a run", read).await else {
            return;
        };
        let before = work.attempt;
        let attempt = before + 1;
        run.attempted(attempt);
        run.notes.begin(attempt, self.platform.clock.now());
        let Some(order) = self.order(run, work, attempt).await else {
            return self.give_up(run, before).await;
        };
        let mut watchers = ToWatchers {
            run,
            name: &order.name,
            clock: &self.platform.clock,
        };
        let execution = slot.execute(&order, &run.cancel, &mut watchers);
        let attempted = attempt_work(before, self.claim(run, before), execution).await;
        drop(slot);
        let explained = |ended| End::explained(ended, &order.program, run);
        match attempted {
            Attempted::Claimed(result) => {
                self.settle(run, ticket, result.map(explained)).await;
            }
            Attempted::Unclaimed(result) => {
                self.settle_unclaimed(run, ticket, result.map(explained), before)
                    .await
            }
            Attempted::Void => {}
        }
    }

    /// Settles an attempt that was too short to be claimed.
    async fn settle_unclaimed(
        &self,
        run: &Arc<LiveRun>,
        ticket: Ticket,
        result: Result<End, Failure>,
        before: u32,
    ) {
        match result {
            Ok(end) => self.finish_with(run, end, Some(before)).await,
            // It will be tried again: its number must be used up.
            failed if self.claim(run, before).await => self.settle(run, ticket, failed).await,
            _ => {}
        }
    }

    /// What is asked of the runner. None when typed input would be needed again and is not kept.
    async fn order(&self, run: &LiveRun, work: store::Work, attempt: u32) -> Option<Order> {
        let typed = run.input.lock().await;
        let mut stdin = work.stdin;
        stdin.extend(typed.replay()?);
        Some(Order {
            name: format!("{}-{attempt}", run.id()),
            program: work.program,
            profile: work.profile,
            limits: self.run_limits(),
            stdin,
            interactive: run.interactive && !typed.closed,
            call: None,
            collect: work.collect_files.then(|| self.collection()),
            drawing: true,
            call_id: work.call_id,
        })
    }

    /// False when the run is somebody else's or has ended; then it is stopped here.
    async fn claim(&self, run: &LiveRun, before: u32) -> bool {
        let id = run.id();
        let notes = &run.notes.take();
        let repeat = &AtomicBool::new(false);
        let claim = || async move {
            let mut tx = self.platform.db.write_beside().await?;
            let repeat = repeat.swap(true, Ordering::Relaxed);
            let ours = store::claim(&mut tx, id, before, notes).await?
                || repeat && store::is_claimed(&mut tx, id, before + 1).await?;
            tx.commit().await?;
            Ok(ours)
        };
        let ours = persistently("claim a run", claim).await;
        if !ours {
            run.cancel.cancel();
            self.live.remove(run);
        }
        ours
    }

    async fn settle(&self, run: &Arc<LiveRun>, ticket: Ticket, result: Result<End, Failure>) {
        match result {
            Ok(end) => self.finish_with(run, end, None).await,
            Err(Failure::Cancelled) => {
                self.finish(run, Ending::without_program(Outcome::Cancelled))
                    .await
            }
            Err(Failure::Refused { retry_after }) => match self.wait(run, How::Refused).await {
                Some(_) => self.again(run, ticket, retry_after).await,
                None => self.live.remove(run),
            },
            Err(Failure::Unreachable(_)) => match self.wait(run, How::Unreachable).await {
                Some(_) => self.again(run, ticket, UNREACHABLE_PAUSE).await,
                None => self.live.remove(run),
            },
            Err(Failure::Lost(_)) => match self.wait(run, How::Lost).await {
                Some(losses) if losses < MAX_LOSSES => {
                    self.again(run, ticket, Duration::ZERO).await
                }
                Some(_) => {
                    self.finish(run, Ending::without_program(Outcome::InternalError))
                        .await
                }
                None => self.live.remove(run),
            },
            Err(failure @ Failure::Rejected(_)) => {
                tracing::error!(run_id = %run.id(), %failure, "a run could not be executed");
                self.finish(run, Ending::without_program(Outcome::InternalError))
                    .await;
            }
        }
    }

    /// Queues a run again, in its old place.
    async fn again(&self, run: &Arc<LiveRun>, ticket: Ticket, pause: Duration) {
        run.cancel
            .run_until_cancelled(tokio::time::sleep(pause))
            .await;
        self.dispatcher.queue().push(ticket);
        // A cancel that came before the push found nothing to take away.
        if run.cancel.is_cancelled() && self.dispatcher.forget(ticket.job) > 0 {
            self.finish(run, Ending::without_program(Outcome::Cancelled))
                .await;
        }
    }

    /// Notes that an attempt is over and the run waits for another, so that the next start does not take it for one
    /// that was in a sandbox. Says how often it has lost its runner; none when it is somebody else's.
    async fn wait(&self, run: &LiveRun, why: How) -> Option<u32> {
        let (id, attempt) = (run.id(), run.attempt());
        self.note_end(run, why);
        let notes = &run.notes.take();
        // A repeat after a commit whose answer was lost must not count once more.
        let counted = &Mutex::new(None);
        let wait = || async move {
            let mut tx = self.platform.db.write_beside().await?;
            let before = *counted.lock().expect("nobody panics while holding it");
            let losses = match before {
                Some(losses) => Some(losses),
                None => store::losses(&mut tx, id, attempt)
                    .await?
                    .map(|losses| losses + u32::from(why == How::Lost)),
            };
            *counted.lock().expect("nobody panics while holding it") = losses;
            let waits = match losses {
                Some(losses) => store::wait(&mut tx, id, attempt, losses, notes).await?,
                None => false,
            };
            tx.commit().await?;
            Ok(losses.filter(|_| waits))
        };
        persistently("note that a run waits again", wait).await
    }

    fn note_end(&self, run: &LiveRun, how: How) {
        let now = self.platform.clock.now();
        run.notes.end(run.attempt(), how, now);
    }

    async fn give_up(&self, run: &Arc<LiveRun>, before: u32) {
        tracing::warn!(run_id = %run.id(), "a run can't be tried again: too much was typed into it");
        if self.claim(run, before).await {
            self.finish(run, Ending::without_program(Outcome::InternalError))
                .await;
        }
    }

    /// The end of a run that left no files.
    pub(super) async fn finish(&self, run: &Arc<LiveRun>, ending: Ending) {
        let end = End {
            ending,
            files: None,
            explanation: None,
        };
        self.finish_with(run, end, None).await;
    }

    /// Stores the end of a run's last attempt, once, and shows it. An attempt that was not claimed yet
    /// comes with the number of the one before it; if it is somebody else's by then, nothing is stored.
    async fn finish_with(&self, run: &Arc<LiveRun>, end: End, unclaimed_after: Option<u32>) {
        let End {
            ending,
            files,
            explanation,
        } = end;
        let event = match ending.outcome {
            Outcome::Cancelled => Event::Cancelled,
            _ => Event::Ended,
        };
        let files = match files {
            Some(files) => Some(self.within_room(run, files).await),
            None => None,
        };
        let summary = files.as_ref().map(Collected::summary);
        let stored = &run.ended(
            ending.clone(),
            summary,
            explanation,
            self.platform.clock.now(),
        );
        let (ending, files) = (&ending, files.map(|files| files.files).unwrap_or_default());
        let files = &files;
        self.note_end(run, How::Finished);
        let notes = &run.notes.take();
        let repeat = &AtomicBool::new(false);
        let finish = || async move {
            let mut tx = self.platform.db.write_beside().await?;
            let repeat = repeat.swap(true, Ordering::Relaxed);
            if repeat && store::is_finished(&mut tx, stored).await? {
                return Ok(true);
            }
            let ours = match unclaimed_after {
                Some(before) => store::claim(&mut tx, stored.run.id, before, "").await?,
                None => true,
            };
            let first = ours && store::finish(&mut tx, stored, ending, files, event, notes).await?;
            tx.commit().await?;
            Ok(first)
        };
        if persistently("store the end of a run", finish).await {
            tracing::info!(run_id = %run.id(), outcome = ending.outcome.word(), "run finished");
            run.publish(stored.clone());
        }
        self.live.remove(run);
    }

    /// The files, or none when their user has no room left for them. Runs that end at the same moment may
    /// go beyond it once.
    async fn within_room(&self, run: &LiveRun, files: Collected) -> Collected {
        let Some(most) = self.platform.config.limits.kept_user_bytes else {
            return files;
        };
        if files.files.is_empty() {
            return files;
        }
        let user = run.user();
        let kept = || async { Ok(store::kept_bytes(self.platform.db.read(), user).await?) };
        let kept = persistently("count kept files", kept).await;
        if kept.saturating_add(files.bytes()) > most.get() {
            return files.without_room();
        }
        files
    }

    /// Queues what an earlier process left. Runs that lost their runner too often end.
    pub async fn recover(&self) -> Result<(), Error> {
        let mut tx = self.platform.db.write().await?;
        let unfinished = store::recover(&mut tx, self.platform.clock.now()).await?;
        tx.commit().await?;
        for left in unfinished {
            let store::Unfinished {
                run,
                interactive,
                attempt,
                losses,
            } = left;
            if losses < MAX_LOSSES {
                self.enqueue(run, interactive, attempt);
                continue;
            }
            let live = LiveRun::new(run, interactive, attempt, 0);
            self.finish(&live, Ending::without_program(Outcome::InternalError))
                .await;
        }
        Ok(())
    }

    /// Deletes up to `count` runs that ended before a time; says how many.
    pub async fn delete_old(&self, before: Timestamp, count: u32) -> Result<u64, Error> {
        let mut tx = self.platform.db.write().await?;
        let deleted = store::delete_old(&mut tx, before, count).await?;
        tx.commit().await?;
        Ok(deleted)
    }
}

/// The end of a run's last attempt.
struct End {
    ending: Ending,
    /// Files that it left, when they were asked for.
    files: Option<Collected>,
    /// Why it failed, when it did.
    explanation: Option<Explanation>,
}

impl End {
    /// An end that is explained from what the program wrote to standard error.
    fn explained(ended: Ended, program: &Program, run: &LiveRun) -> Self {
        let Ended {
            ending,
            function: _,
            files,
        } = ended;
        let explanation = explain(program, &ending, &run.stderr());
        Self {
            ending,
            files,
            explanation,
        }
    }
}

/// Passes what a program does on to its watchers.
struct ToWatchers<'a> {
    run: &'a LiveRun,
    name: &'a str,
    clock: &'a SharedClock,
}

impl Listener for ToWatchers<'_> {
    fn placed(&mut self, name: &str, runner: &RunnerClient) {
        self.run.notes.placed(name);
        self.run.placing(Place {
            runner: runner.clone(),
            name: self.name.to_owned(),
        });
    }

    fn started(&mut self) {
        self.run.started(self.clock.now());
    }

    fn output(&mut self, stream: OutputStream, data: &[u8]) {
        self.run.wrote(stream, data, self.clock.now());
    }
}
