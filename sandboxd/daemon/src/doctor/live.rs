//! A sandboxd of the doctor's own, and programs in it: one for each limit, which runs against it, and one for each
//! layer, which tries to get through. Everything goes the way of every other run.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail};
use coderunner_proto::common::v1::{OutputStream, Program};
use coderunner_proto::sandbox::v1::sandbox_service_client::SandboxServiceClient;
use coderunner_proto::sandbox::v1::{ExecuteRequest, execute_response::Event};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandboxd_sandbox::cgroup::Parent;
use tempfile::TempDir;
use tonic::transport::Channel;

use super::host::doctors_group;
use super::probes::{Ended, Probe, probes};
use super::{Check, Report};
use crate::config::Config;
use crate::exec::connect;

type Client = SandboxServiceClient<Channel>;

const SOCKET: &str = "sandboxd.sock";
/// Sandboxes of the doctor's sandboxd.
const PLACES: u32 = 2;
/// How long it may take to serve, and to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// Everything, in order. The host is looked at once more when the doctor's sandboxd has ended.
pub(super) fn try_all(config: &Config, text: &str, report: &mut Report) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let tried = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(try_with(config, text, report)));
    if let Err(error) = tried {
        report.add(Check::failed(
            "programs",
            format!("{error:#}"),
            "sandboxd does not work on this host: its message says why",
        ));
    }
}

async fn try_with(config: &Config, text: &str, report: &mut Report) -> Result<()> {
    let mut own = OwnSandboxd::start(config, text)?;
    let mut client = own.connect().await?;
    for probe in probes(config) {
        let ended = run(&mut client, &probe).await;
        report.add(
            match ended.and_then(|ended| (probe.judge)(&ended, config)) {
                Ok(found) => Check::ok(probe.name, found),
                Err(error) => Check::failed(probe.name, format!("{error:#}"), probe.advice),
            },
        );
    }
    let group = doctors_group(config);
    // It waits for its callers to hang up.
    drop(client);
    own.stop().await?;
    report.add(leftovers(&group));
    Ok(())
}

/// What the doctor's own sandboxes left, which is what those of every day leave.
fn leftovers(group: &str) -> Check {
    let roots = ["", "memory", "cpu", "cpuacct", "pids", "unified"];
    let folders = roots.map(|root| Path::new("/sys/fs/cgroup").join(root).join(group));
    let left: Vec<_> = folders
        .iter()
        .filter(|folder| folder.exists())
        .map(|folder| folder.display().to_string())
        .collect();
    if left.is_empty() {
        Check::ok("leftovers", "none")
    } else {
        Check::failed(
            "leftovers",
            left.join(", "),
            "look at the processes in these groups",
        )
    }
}

/// The doctor's sandboxd. Dropping it kills it, if it lives, and removes what it left.
struct OwnSandboxd {
    folder: TempDir,
    process: Child,
    group: String,
}

impl OwnSandboxd {
    fn start(config: &Config, text: &str) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("sandboxd-doctor-")
            .tempdir()
            .context("making a folder")?;
        // The daemon's other half is nobody, and has to see the socket's folder.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755))
            .context("opening the folder")?;
        let settings = folder.path().join("sandboxd.toml");
        let socket = folder.path().join(SOCKET);
        fs::write(&settings, derive(config, text, &socket)?).context("writing its settings")?;
        let log = File::create(folder.path().join("log")).context("making its log")?;
        let process = Command::new("/proc/self/exe")
            .arg("serve")
            .arg("--config")
            .arg(&settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .context("starting sandboxd")?;
        Ok(Self {
            folder,
            process,
            group: doctors_group(config),
        })
    }

    /// The first call waits until it serves.
    async fn connect(&mut self) -> Result<Client> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.process.try_wait()? {
                bail!("it ended at its start: {status}; {}", self.end_of_log());
            }
            match connect(&self.folder.path().join(SOCKET)).await {
                Ok(channel) => return Ok(SandboxServiceClient::new(channel)),
                Err(error) if begin.elapsed() > PATIENCE => return Err(error),
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn stop(mut self) -> Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.process.id())?);
        kill(pid, Signal::SIGTERM).context("asking it to stop")?;
        let begin = Instant::now();
        loop {
            match self.process.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("it failed at its end: {status}; {}", self.end_of_log()),
                None if begin.elapsed() > PATIENCE => bail!("it does not end"),
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}

impl Drop for OwnSandboxd {
    fn drop(&mut self) {
        if matches!(self.process.try_wait(), Ok(Some(status)) if status.success()) {
            return;
        }
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        // What can't be removed now, the next doctor's sandboxd sweeps.
        if let Ok(parent) = Parent::prepare(&self.group) {
            let _ = parent.sweep();
            parent.remove();
        }
    }
}

async fn run(client: &mut Client, probe: &Probe) -> Result<Ended> {
    let request = ExecuteRequest {
        run_id: format!("doctor-{}", probe.name.replace('_', "-")),
        program: Some(Program {
            source: probe.source.to_owned(),
            ..Program::default()
        }),
        limits: Some(probe.limits),
        profile: probe.profile.name().to_owned(),
        ..ExecuteRequest::default()
    };
    let mut events = client
        .execute(request)
        .await
        .map_err(|status| anyhow!("refused: {}", status.message()))?
        .into_inner();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    loop {
        let message = events
            .message()
            .await
            .map_err(|status| anyhow!("broke off: {}", status.message()))?;
        match message.and_then(|message| message.event) {
            Some(Event::Output(output)) => match output.stream() {
                OutputStream::Stderr => stderr.extend(output.data),
                _ => stdout.extend(output.data),
            },
            Some(Event::Finished(finished)) => {
                return Ok(Ended {
                    stdout,
                    stderr,
                    finished,
                });
            }
            Some(_) => {}
            None => bail!("ended without a result"),
        }
    }
}

/// The operator's settings, but for what two sandboxds on one host can't have both.
fn derive(config: &Config, text: &str, socket: &Path) -> Result<String> {
    let mut settings: toml::Table = text.parse().context("reading the configuration again")?;
    let mut set = |section: &str, key: &str, value: Option<toml::Value>| {
        let section = settings
            .entry(section)
            .or_insert_with(|| toml::Table::new().into());
        if let Some(section) = section.as_table_mut() {
            match value {
                Some(value) => section.insert(key.to_owned(), value),
                None => section.remove(key),
            };
        }
    };
    let socket = socket.to_string_lossy().into_owned();
    set("listen", "socket", Some(socket.into()));
    set("listen", "socket_owner", Some(0.into()));
    set("listen", "allowed_uids", Some(vec![0].into()));
    set("listen", "tcp", None);
    set("listen", "tls", None);
    set("cgroup", "parent", Some(doctors_group(config).into()));
    // The doctor is called from a shell, which is no unit.
    set("cgroup", "delegated", None);
    let behind = config.identity.uid_base + 2 * (config.pool.max_sandboxes + 1);
    set("identity", "uid_base", Some(i64::from(behind).into()));
    set("pool", "max_sandboxes", Some(i64::from(PLACES).into()));
    set("pool", "parked", Some(1.into()));
    set("pool", "batch_sandboxes", None);
    toml::to_string(&settings).context("writing the doctor's settings")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sandboxd_that_did_not_end_by_itself_leaves_no_group() {
        let group = format!("doctor-unit-{}", std::process::id());
        Parent::prepare(&group).expect("root, with control groups");
        let left = Path::new("/sys/fs/cgroup");
        let places = || {
            let folders = ["", "memory", "pids"].map(|root| left.join(root).join(&group));
            folders.into_iter().filter(|folder| folder.exists()).count()
        };
        assert!(places() > 0, "the group is there");
        drop(OwnSandboxd {
            folder: tempfile::tempdir().expect("a folder"),
            process: Command::new("sleep").arg("60").spawn().expect("it starts"),
            group: group.clone(),
        });
        assert_eq!(places(), 0);
    }

    #[test]
    fn the_doctors_settings_are_the_operators_but_for_what_two_cant_have() {
        let text = "[listen]\nsocket = \"/run/a\"\ntcp = \"0.0.0.0:7443\"\n[listen.tls]\ncertificate = \"a\"\nkey = \
                    \"b\"\nclient_ca = \"c\"\n[pool]\nmax_sandboxes = 40\nbatch_sandboxes = 30\n[cgroup]\ndelegated = true\n[limits]\nopen_files = \
                    100\n";
        let config: Config = toml::from_str(text).expect("settings");
        let derived = derive(&config, text, Path::new("/tmp/x/s.sock")).expect("derived");
        let derived: Config = toml::from_str(&derived).expect("settings again");
        assert_eq!(derived.listen.socket, Path::new("/tmp/x/s.sock"));
        assert!(derived.listen.tcp.is_none() && derived.listen.tls.is_none());
        assert_eq!(derived.limits.open_files, 100);
        assert_eq!(derived.pool.max_sandboxes, PLACES);
        assert_ne!(derived.cgroup.parent, config.cgroup.parent);
        assert!(!derived.cgroup.delegated);
        assert!(derived.identity.uid_base >= config.identity.uid_base + 82);
    }
}
