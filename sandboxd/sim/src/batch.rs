//! A batch being played: case after case, several at one time, and its end.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use coderunner_proto::common::v1::Outcome;
use coderunner_proto::sandbox::v1::execute_response::Event;
use coderunner_proto::sandbox::v1::{BatchEnd, BatchFinished, ExecuteResponse};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::input::Input;
use crate::play::Play;
use crate::script::Script;
use crate::service::{Live, Shared};

/// One call of Execute with cases.
pub(crate) struct Batch {
    pub(crate) shared: Arc<Shared>,
    pub(crate) run_id: String,
    pub(crate) live: Live,
    pub(crate) events: mpsc::Sender<Result<ExecuteResponse, Status>>,
    /// Zero for all sandboxes.
    pub(crate) max_parallel: usize,
    pub(crate) stop_on_first_failure: bool,
}

impl Batch {
    pub(crate) async fn run(self, cases: Vec<(Script, Arc<Input>)>) {
        let case_count = cases.len();
        let compiles = cases
            .first()
            .is_none_or(|(script, _)| script.finished.outcome() != Outcome::CompileError);
        let most = match self.max_parallel {
            _ if !compiles => 1,
            0 => self.shared.capacity(),
            most => most.min(self.shared.capacity()),
        };
        let mut cases = cases.into_iter().enumerate();
        let mut playing = JoinSet::new();
        let (mut begun, mut end) = (0, None);
        // Stops the cases, by whatever reason; a cancel of the call does as well.
        let stop = self.live.cancel.child_token();
        loop {
            while end.is_none() && playing.len() < most {
                let Some((index, (script, input))) = cases.next() else {
                    break;
                };
                begun += 1;
                playing.spawn(self.case(index, input, &stop).run_case(script));
            }
            self.live.programs.store(playing.len(), Ordering::Relaxed);
            tokio::select! {
                ended = playing.join_next() => {
                    let Some(Ok(outcome)) = ended else { break };
                    end = end.or_else(|| self.end_after(outcome));
                    if end.is_some() {
                        stop.cancel();
                    }
                }
                () = self.live.cancel.cancelled(), if end.is_none() => {
                    end = Some(BatchEnd::Cancelled);
                }
            }
        }
        let cut = self.live.cancel.is_cancelled() || self.events.is_closed();
        self.shared.ended(&self.run_id, cut);
        let count = |number: usize| i32::try_from(number).unwrap_or(i32::MAX);
        let finished = BatchFinished {
            end: end.unwrap_or(BatchEnd::Completed).into(),
            run_count: count(begun),
            skipped_count: count(case_count - begun),
        };
        let whole = Play::new(self.shared, self.run_id, self.live, self.events);
        let _ = whole.send(Event::BatchFinished(finished)).await;
    }

    /// Whether the batch ends because a case ended so; none when nobody was told.
    fn end_after(&self, outcome: Option<Outcome>) -> Option<BatchEnd> {
        match outcome {
            None => Some(BatchEnd::Cancelled),
            Some(Outcome::CompileError) => Some(BatchEnd::CompileError),
            Some(Outcome::Ok) => None,
            Some(_) => self.stop_on_first_failure.then_some(BatchEnd::Failure),
        }
    }

    fn case(&self, index: usize, input: Arc<Input>, stop: &CancellationToken) -> Play {
        let live = Live {
            input,
            cancel: stop.clone(),
            ..self.live.clone()
        };
        let (shared, run_id) = (self.shared.clone(), self.run_id.clone());
        Play::new(shared, run_id, live, self.events.clone()).of_case(index)
    }
}

impl Play {
    /// Plays one case; how it ended, none when nobody was told.
    async fn run_case(mut self, script: Script) -> Option<Outcome> {
        let finished = self.play(script).await.0?;
        let outcome = finished.outcome();
        let told = self.send(Event::Finished(finished)).await.is_ok();
        told.then_some(outcome)
    }
}
