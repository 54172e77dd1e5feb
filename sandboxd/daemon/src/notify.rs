//! What systemd is told by sd_notify(3): when we serve, what we do, that we still are well, and that we stop.
//! Without systemd all of it does nothing.
//!
//! Well means that the launcher answers: its loop turns, and so does the daemon's. A launcher that hangs is
//! killed by the watchdog, and the unit starts anew.

use std::ffi::OsString;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time;

use crate::launcher_client::LauncherClient;
use crate::service::Service;

/// The socket, and the watchdog's time in microseconds. The name of the process that it is meant for is left out:
/// that is the launcher, and the daemon answers for both.
const VARIABLES: [&str; 2] = ["NOTIFY_SOCKET", "WATCHDOG_USEC"];
/// How often the counts are told without a watchdog.
const UNWATCHED: Duration = Duration::from_secs(10);

/// What the daemon must inherit to talk to systemd.
pub fn environment() -> impl Iterator<Item = (&'static str, OsString)> {
    VARIABLES
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)))
}

/// Programs run and the doors are open.
pub fn ready() {
    send(&[NotifyState::Ready]);
}

/// No new runs are taken.
pub fn stopping() {
    send(&[NotifyState::Stopping]);
}

/// Tells how it goes, for as long as the daemon lives.
pub async fn tell(launcher: LauncherClient, service: Service) {
    let watchdog = sd_notify::watchdog_enabled();
    // A pause and a slow answer together are still in time.
    let pause = watchdog.map_or(UNWATCHED, |limit| limit / 3);
    loop {
        match time::timeout(pause, launcher.ping()).await {
            Ok(Ok(())) => send(&[
                NotifyState::Status(&service.summary()),
                NotifyState::Watchdog,
            ]),
            // It ends, and the daemon with it.
            Ok(Err(_)) => return,
            Err(_) => tracing::error!("the launcher gave no answer in {pause:?}"),
        }
        time::sleep(pause).await;
    }
}

fn send(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd could not be told");
    }
}
