//! A program being played: its script step by step, from the first event to the last.

use std::sync::Arc;

use coderunner_proto::common::v1::{Outcome, OutputStream, Usage};
use coderunner_proto::sandbox::v1::execute_response::Event;
use coderunner_proto::sandbox::v1::{
    CollectedFiles, ExecuteResponse, File, Finished, Output, Started,
};
use tokio::sync::mpsc;
use tonic::Status;

use crate::script::{Fault, Script, Step, ending};
use crate::service::{Live, Shared};

/// Bytes in one output message.
const CHUNK: usize = 64 * 1024;

/// One program being played.
pub(crate) struct Play {
    shared: Arc<Shared>,
    run_id: String,
    live: Live,
    events: mpsc::Sender<Result<ExecuteResponse, Status>>,
    usage: Usage,
    case_index: i32,
    collects: bool,
    collected: CollectedFiles,
}

/// The play ends before the script does.
pub(crate) enum Cut {
    /// By request.
    Cancelled,
    /// Nobody listens, or the fault says so.
    Silent,
}

impl Play {
    pub(crate) fn new(
        shared: Arc<Shared>,
        run_id: String,
        live: Live,
        events: mpsc::Sender<Result<ExecuteResponse, Status>>,
    ) -> Self {
        Self {
            shared,
            run_id,
            live,
            events,
            usage: Usage::default(),
            case_index: 0,
            collects: false,
            collected: CollectedFiles::default(),
        }
    }

    /// One whose end tells of its files, or not.
    pub(crate) fn collecting(self, collects: bool) -> Self {
        Self { collects, ..self }
    }

    /// One case of a batch.
    pub(crate) fn of_case(self, index: usize) -> Self {
        let case_index = i32::try_from(index).unwrap_or(i32::MAX);
        Self { case_index, ..self }
    }

    /// Plays a single run to its end.
    pub(crate) async fn run(mut self, script: Script) {
        let (finished, cut) = self.play(script).await;
        self.shared.ended(&self.run_id, cut);
        if let Some(finished) = finished {
            let _ = self.send(Event::Finished(finished)).await;
        }
    }

    /// Plays to the end. None when there is nobody to tell; true when it was cut short.
    pub(crate) async fn play(&mut self, script: Script) -> (Option<Finished>, bool) {
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
        let cut = matches!(cut, Some(Cut::Cancelled)) || self.events.is_closed();
        let wall = begun.elapsed().try_into().expect("a short time");
        let usage = Usage {
            wall_duration: Some(wall),
            cpu_duration: Some(wall),
            ..self.usage
        };
        let finished = finished.map(|finished| Finished {
            usage: Some(usage),
            collected_files: self.collects.then(|| CollectedFiles {
                left_out: finished.collected_files.unwrap_or_default().left_out,
                ..self.collected.clone()
            }),
            ..finished
        });
        (finished, cut)
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
                Step::Drawing(data) => self.write(OutputStream::Drawing, data).await?,
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
                self.shared.vanish();
                std::future::pending().await
            }
            Fault::Refuse | Fault::Fail => Ok(()),
        }
    }

    async fn write(&mut self, stream: OutputStream, data: &[u8]) -> Result<(), Cut> {
        match stream {
            OutputStream::Stderr => self.usage.stderr_bytes += data.len() as i64,
            OutputStream::Drawing => self.usage.drawing_bytes += data.len() as i64,
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

    pub(crate) async fn send(&self, event: Event) -> Result<(), Cut> {
        let event = ExecuteResponse {
            event: Some(event),
            case_index: self.case_index,
        };
        self.events.send(Ok(event)).await.map_err(|_| Cut::Silent)
    }
}
