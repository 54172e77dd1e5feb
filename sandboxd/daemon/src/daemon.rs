//! The unprivileged half: reads its keys, gives up root, makes sure that its sandbox holds, serves.

use std::os::fd::OwnedFd;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::Signal;
use nix::unistd::{Gid, Uid, setgroups, setresgid, setresuid};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::config::{Config, DaemonIds};
use crate::host::Host;
use crate::launcher_client::LauncherClient;
use crate::listen::{self, TlsMaterial};
use crate::notify;
use crate::pool::Pool;
use crate::service::Service;
use crate::start_checks;

/// How long running programs may take to end once the daemon was asked to stop: the longest wall-clock
/// limit and some more.
const DRAIN_PATIENCE: Duration = Duration::from_secs(40);

/// Runs until asked to stop or until the launcher is gone.
///
/// # Errors
/// What could not be set up, or why it had to stop.
pub fn run(config: Config, launcher_socket: i32, listener: i32) -> Result<()> {
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)
        .context("binding the daemon's life to the launcher")?;
    let launcher = sandboxd_sys::descriptors::inherited(launcher_socket)
        .context("taking over the launcher's socket")?;
    let listener = sandboxd_sys::descriptors::inherited(listener)
        .context("taking over the listening socket")?;
    // Keys are root's; they are read now or never.
    let tls = config
        .listen
        .tls
        .as_ref()
        .map(TlsMaterial::read)
        .transpose()?;
    give_up_root(config.identity.daemon()?)?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?
        .block_on(serve(config, launcher, listener, tls))
}

/// After this the daemon owns nothing of the host, can't get anything back, and can't be looked into by
/// processes of its own user.
fn give_up_root(DaemonIds { uid, gid }: DaemonIds) -> Result<()> {
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    setgroups(&[]).context("leaving supplementary groups")?;
    setresgid(gid, gid, gid).context("giving up root's group")?;
    setresuid(uid, uid, uid).context("giving up root")?;
    nix::sys::prctl::set_no_new_privs().context("setting no_new_privs")?;
    nix::sys::prctl::set_dumpable(false).context("becoming not dumpable")?;
    // Changing user cleared it.
    nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)
        .context("binding the daemon's life to the launcher")?;
    ensure!(
        setresuid(Uid::from_raw(0), Uid::from_raw(0), Uid::from_raw(0)).is_err(),
        "root was not given up"
    );
    Ok(())
}

async fn serve(
    config: Config,
    launcher: OwnedFd,
    listener: OwnedFd,
    tls: Option<TlsMaterial>,
) -> Result<()> {
    let (launcher, facts) = LauncherClient::connect(launcher)
        .await
        .context("the launcher did not start")?;
    if facts.swept > 0 {
        tracing::warn!(
            count = facts.swept,
            "swept away what an earlier sandboxd left behind"
        );
    }
    let host = Host::describe(&config.rootfs.path, config.profiles.science.enabled, facts)?;
    let dispatcher = tokio::spawn({
        let launcher = launcher.clone();
        async move { launcher.dispatch().await }
    });
    let pool = Pool::new(launcher.clone(), config.pool(&host));
    for (profile, _) in host.profiles() {
        // A profile that begins with its first run is not made to begin here.
        if config.starts(profile) {
            start_checks::pass(&config, &pool, profile)
                .await
                .with_context(|| {
                    format!(
                        "the sandbox with {} does not hold on this host",
                        profile.name()
                    )
                })?;
        }
    }
    let doors = listen::open(&config, listener, tls).await?;
    let service = Service::new(config.clone(), host, pool);
    let stop = stop_on_sigterm(service.clone())?;
    notify::ready();
    tokio::spawn(notify::tell(launcher, service.clone()));
    tracing::info!(socket = %config.listen.socket.display(), tcp = ?config.listen.tcp, capacity = config.pool.max_sandboxes, "serving");
    tokio::select! {
        served = doors.serve(service, stop) => served,
        gone = dispatcher => match gone {
            Ok(error) => bail!("{error}"),
            Err(error) => bail!("the conversation with the launcher broke: {error}"),
        },
    }
}

/// On SIGTERM: take no new runs, let the running ones end, then the watch turns true and the servers stop.
fn stop_on_sigterm(service: Service) -> Result<watch::Receiver<bool>> {
    let mut terminate = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    // Ctrl-C in a terminal reaches both halves; the launcher passes it on as SIGTERM.
    let mut interrupt = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    tokio::spawn(async move { while interrupt.recv().await.is_some() {} });
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        terminate.recv().await;
        tracing::info!(running = service.running(), "draining");
        notify::stopping();
        service.drain();
        if tokio::time::timeout(DRAIN_PATIENCE, service.wait_until_empty())
            .await
            .is_err()
        {
            tracing::warn!("programs still run after the longest limit; stopping all the same");
        }
        // The receivers are gone only when the servers are.
        let _ = sender.send(true);
    });
    Ok(receiver)
}
