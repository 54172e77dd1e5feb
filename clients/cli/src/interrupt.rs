//! Ctrl-C while a program runs: the first stops it on the server, and its end is awaited as
//! always; the second leaves at once. Runs beside the output, which a full pipe may hold up.

use std::io;

use coderunner_client::Client;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::failure::{End, Failure};

/// Handles interrupts of one run.
pub struct Interrupts {
    run_id: oneshot::Sender<String>,
}

impl Interrupts {
    /// From now on an interrupt cancels the run, as soon as its id is known.
    pub fn handle(client: Client) -> io::Result<Self> {
        let signals = [
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
        ];
        let (run_id, known) = oneshot::channel();
        tokio::spawn(cancel_then_leave(client, known, signals));
        Ok(Interrupts { run_id })
    }

    /// Tells which run it is.
    pub fn run_is(self, run_id: &str) {
        // The receiver is gone only when this program is about to leave.
        let _ = self.run_id.send(run_id.to_owned());
    }
}

async fn cancel_then_leave(
    client: Client,
    run_id: oneshot::Receiver<String>,
    [mut interrupt, mut terminate]: [Signal; 2],
) {
    either(&mut interrupt, &mut terminate).await;
    eprintln!("\ncoderunner: stopping the program; once more to leave at once");
    let cancel = async {
        let Ok(run_id) = run_id.await else {
            return;
        };
        if let Err(error) = client.cancel_run(&run_id).await {
            eprintln!("coderunner: {}", Failure::from(error));
        }
    };
    let leave = async {
        either(&mut interrupt, &mut terminate).await;
        std::process::exit(End::Cancelled.code());
    };
    tokio::join!(cancel, leave);
}

async fn either(interrupt: &mut Signal, terminate: &mut Signal) {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
