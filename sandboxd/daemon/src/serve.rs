//! The start of sandboxd, as root: lock, socket, daemon, launcher. The network-facing half is another
//! process, which this one starts first and which gives up root by itself.

use std::fs::{self, File, Permissions};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::Signal;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::{Pid, Uid, setgroups};
use sandboxd_launcher::{Ended, Launcher};
use sandboxd_sandbox::delegated;

use crate::config::Config;
use crate::notify;

/// Runs until the daemon has ended.
///
/// # Errors
/// What could not be set up, or how the daemon failed.
pub fn serve(config: Config, path: &Path) -> Result<()> {
    ensure!(
        Uid::effective().is_root(),
        "sandboxd serve makes namespaces and control groups: start it as root"
    );
    let folder = config.runtime_folder();
    fs::create_dir_all(&folder)
        .with_context(|| format!("making the folder {}", folder.display()))?;
    // Held until this process ends.
    let _lock = take_lock(&folder)?;
    setgroups(&[]).context("leaving supplementary groups")?;
    // Before the daemon is born, which then is in the same group.
    let group = control_group(&config)?;
    let listener = bind(&config)?;
    let (ours, theirs) = socketpair(
        AddressFamily::Unix,
        SockType::SeqPacket,
        None,
        SockFlag::SOCK_CLOEXEC,
    )
    .context("making the socket between launcher and daemon")?;
    let mut daemon = start_daemon(path, &theirs, &listener)?;
    drop((theirs, listener));
    let pid = Pid::from_raw(i32::try_from(daemon.id()).context("the daemon's process id")?);
    let launcher = Launcher::start(&config.launcher(group))
        .context("sandboxd can't isolate programs on this host")?;
    let served = launcher.serve(&ours, pid);
    drop(ours);
    if served.is_err() {
        // It may be stopped, or worse, and would never end by itself.
        let _ = daemon.kill();
    }
    let status = daemon.wait().context("waiting for the daemon")?;
    // The socket's path goes with the service; a new one is made at the next start.
    let _ = fs::remove_file(&config.listen.socket);
    let Ended { asked_to_stop } = served.context("the launcher failed")?;
    // Before it serves there is nothing to drain, and the signal itself ends it.
    let stopped = asked_to_stop && status.signal() == Some(Signal::SIGTERM as i32);
    if !status.success() && !stopped {
        bail!("the daemon failed: {status}");
    }
    Ok(())
}

/// The parent of all sandboxes' groups.
fn control_group(config: &Config) -> Result<String> {
    let delegated = if config.cgroup.delegated {
        delegated::settle().context("using the control group that systemd delegated")?
    } else {
        None
    };
    Ok(delegated.unwrap_or_else(|| config.cgroup.parent.clone()))
}

/// Two of us with one control group would sweep each other's sandboxes.
fn take_lock(folder: &Path) -> Result<Flock<File>> {
    let path = folder.join("lock");
    let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
    Flock::lock(file, FlockArg::LockExclusiveNonblock)
        .map_err(|(_, error)| error)
        .with_context(|| format!("another sandboxd runs: {} is locked", path.display()))
}

fn bind(config: &Config) -> Result<UnixListener> {
    let path = &config.listen.socket;
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error)
                .with_context(|| format!("removing the old socket {}", path.display()));
        }
        _ => {}
    }
    // Nobody can connect between bind and chmod.
    let mask = nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o177));
    let listener = UnixListener::bind(path);
    nix::sys::stat::umask(mask);
    let listener = listener.with_context(|| format!("listening on {}", path.display()))?;
    fs::set_permissions(path, Permissions::from_mode(0o600))
        .context("closing the socket to others")?;
    chown(path, Some(config.listen.socket_owner), None)
        .context("giving the socket to its owner")?;
    Ok(listener)
}

/// Starts the other half, which inherits the two sockets and is told their numbers.
fn start_daemon(path: &Path, launcher: &OwnedFd, listener: &UnixListener) -> Result<Child> {
    let launcher = sandboxd_sys::descriptors::inheritable(launcher.as_fd())?;
    let listener = sandboxd_sys::descriptors::inheritable(listener.as_fd())?;
    let mut command = Command::new("/proc/self/exe");
    command.env_clear().envs(notify::environment());
    #[cfg(feature = "removable-layers")]
    command.envs(std::env::vars().filter(|(name, _)| name == sandboxd_sandbox::layers::VARIABLE));
    command
        .arg("daemon")
        .arg("--config")
        .arg(path)
        .arg("--launcher-socket")
        .arg(launcher.as_raw_fd().to_string())
        .arg("--listener")
        .arg(listener.as_raw_fd().to_string())
        .stdin(Stdio::null())
        .spawn()
        .context("starting the daemon")
}
