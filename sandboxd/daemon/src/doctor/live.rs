//! A sandboxd of the doctor's own, and programs in it: one for each limit, which runs against it, and one for each
//! layer, which tries to get through. Everything goes the way of every other run.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use coderunner_proto::common::v1::{Limits as LimitsMessage, Outcome, OutputStream, Program};
use coderunner_proto::sandbox::v1::sandbox_service_client::SandboxServiceClient;
use coderunner_proto::sandbox::v1::{ExecuteRequest, Finished, execute_response::Event};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sandboxd_sandbox::Profile;
use sandboxd_sandbox::cgroup::Parent;
use tempfile::TempDir;
use tonic::transport::Channel;

use super::host::doctors_group;
use super::{Check, Report};
use crate::config::Config;
use crate::exec::connect;

type Client = SandboxServiceClient<Channel>;

const SOCKET: &str = "sandboxd.sock";
/// Sandboxes of the doctor's sandboxd.
const PLACES: u32 = 2;
/// How long it may take to serve, and to end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How much later than its limit a program may be dead. Slow machines need some.
const LATENESS: Duration = Duration::from_secs(2);
/// What a broken limit calls for.
const LIMIT_ADVICE: &str =
    "this limit does not hold on this host: do not serve here, and report it with this output";
/// What a hole calls for.
const HOLE_ADVICE: &str = "a program gets through: do not serve here, and report it as docs say of security holes, with this output";

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

/// One program, and what must become of it.
struct Probe {
    name: &'static str,
    source: &'static str,
    profile: Profile,
    limits: LimitsMessage,
    judge: fn(&Ended, &Config) -> Result<String>,
    advice: &'static str,
}

/// A program that ended.
struct Ended {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    finished: Finished,
}

impl Ended {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    fn wall(&self) -> Duration {
        self.usage(|usage| usage.wall_duration)
    }

    fn cpu(&self) -> Duration {
        self.usage(|usage| usage.cpu_duration)
    }

    fn usage(
        &self,
        of: impl Fn(&coderunner_proto::common::v1::Usage) -> Option<prost_types::Duration>,
    ) -> Duration {
        let duration = self.finished.usage.as_ref().and_then(of);
        duration
            .and_then(|duration| duration.try_into().ok())
            .unwrap_or_default()
    }

    /// That it ended so and not otherwise.
    fn is(&self, outcome: Outcome) -> Result<()> {
        let ended = self.finished.outcome();
        ensure!(
            ended == outcome,
            "ended with {} instead of {}; it wrote {:?} and {:?} {}",
            ended.as_str_name(),
            outcome.as_str_name(),
            shorten(&self.stdout),
            shorten(&self.stderr),
            self.finished.internal_error,
        );
        Ok(())
    }

    fn in_time(&self, limit: Duration) -> Result<String> {
        let wall = self.wall();
        ensure!(
            wall <= limit + LATENESS,
            "a limit of {limit:?} ended it after {wall:?}"
        );
        Ok(format!("{limit:?}, dead after {wall:.3?}"))
    }
}

fn shorten(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.chars().take(300).collect()
}

const WALL: Duration = Duration::from_millis(500);
const CPU: Duration = Duration::from_millis(300);
const PROCESSES: i32 = 8;

fn probes(config: &Config) -> Vec<Probe> {
    let plain = |name, source, judge| Probe {
        name,
        source,
        profile: Profile::Python,
        limits: LimitsMessage::default(),
        judge,
        advice: LIMIT_ADVICE,
    };
    let hole = |name, source, judge| Probe {
        advice: HOLE_ADVICE,
        ..plain(name, source, judge)
    };
    let mut probes = vec![
        plain("programs", "print('ready')", |ended, _| {
            ended.is(Outcome::Ok)?;
            ensure!(ended.stdout == b"ready\n", "it wrote {:?}", ended.text());
            Ok(format!("run, in {:.3?}", ended.wall()))
        }),
        Probe {
            limits: LimitsMessage {
                wall_time_limit: WALL.try_into().ok(),
                ..LimitsMessage::default()
            },
            ..plain("wall_time", "import time\ntime.sleep(60)", |ended, _| {
                ended.is(Outcome::TimeLimit)?;
                ended.in_time(WALL)
            })
        },
        Probe {
            limits: LimitsMessage {
                cpu_time_limit: CPU.try_into().ok(),
                ..LimitsMessage::default()
            },
            ..plain("cpu_time", "while True:\n    pass", |ended, _| {
                ended.is(Outcome::TimeLimit)?;
                let cpu = ended.cpu();
                ensure!(cpu >= CPU && cpu <= CPU + LATENESS, "it used {cpu:?}");
                Ok(format!("{CPU:?}, dead after {cpu:.3?}"))
            })
        },
        plain(
            "cpu_share",
            "import time\nend = time.monotonic() + 1\nwhile time.monotonic() < end:\n    pass",
            |ended, config| {
                ended.is(Outcome::Ok)?;
                let share = ended.cpu().as_secs_f64() / ended.wall().as_secs_f64();
                let most = f64::from(config.limits.cpu_millicores) / 1000.0;
                ensure!(
                    share <= most * 1.25,
                    "it had {share:.2} of a core, not {most}"
                );
                Ok(format!(
                    "{share:.2} of a core in a second, for a limit of {most}"
                ))
            },
        ),
        plain(
            "memory",
            "blocks = []\nwhile True:\n    blocks.append(bytes([1]) * (1 << 20))",
            |ended, config| {
                ended.is(Outcome::MemoryLimit)?;
                let peak = ended
                    .finished
                    .usage
                    .as_ref()
                    .map_or(0, |usage| usage.peak_memory_bytes);
                let most = config.limits.memory_bytes;
                ensure!(
                    u64::try_from(peak)? <= most,
                    "it had {peak} bytes, not {most}"
                );
                Ok(format!("{} MiB", most >> 20))
            },
        ),
        Probe {
            limits: LimitsMessage {
                process_limit: PROCESSES,
                ..LimitsMessage::default()
            },
            ..plain(
                "processes",
                "import os, time\nwhile True:\n    if os.fork() == 0:\n        time.sleep(60)\n    print('child', flush=True)",
                |ended, _| {
                    ended.is(Outcome::ProcessLimit)?;
                    let children = ended.text().lines().count();
                    let most = usize::try_from(PROCESSES)?;
                    ensure!(children < most, "it had {children} children, not {most}");
                    Ok(format!("{most}"))
                },
            )
        },
        plain(
            "output",
            "while True:\n    print('x' * 1000)",
            |ended, config| {
                ended.is(Outcome::OutputLimit)?;
                let most = usize::try_from(config.limits.output_bytes)?;
                let came = ended.stdout.len();
                ensure!(came <= most + (64 << 10), "{came} bytes came, not {most}");
                Ok(format!("{most} bytes"))
            },
        ),
        plain(
            "open_files",
            "files = []\ntry:\n    while True:\n        files.append(open('/dev/null'))\nexcept OSError as error:\n    \
             print(len(files), error.errno)",
            |ended, config| {
                ended.is(Outcome::Ok)?;
                let (count, errno) = pair(&ended.text())?;
                let most = config.limits.open_files;
                ensure!(
                    errno == 24 && count <= most,
                    "{count} files, errno {errno}, not {most}"
                );
                Ok(format!("{most}"))
            },
        ),
        plain(
            "file_size",
            "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nsize = 0\nfile = open('/tmp/file', 'wb', \
             buffering=0)\ntry:\n    while True:\n        size += file.write(bytes(1 << 16))\nexcept OSError as \
             error:\n    print(size, error.errno)",
            |ended, config| {
                ended.is(Outcome::Ok)?;
                let (size, errno) = pair(&ended.text())?;
                let most = config.limits.file_bytes.min(config.limits.scratch_bytes);
                ensure!(size <= most, "{size} bytes, errno {errno}, not {most}");
                Ok(format!("{most} bytes"))
            },
        ),
        plain(
            "scratch_files",
            "import os\ncount = 0\ntry:\n    while True:\n        os.mkdir(f'/tmp/{count}')\n        count += 1\nexcept \
             OSError as error:\n    print(count, error.errno)",
            |ended, config| {
                ended.is(Outcome::Ok)?;
                let (count, errno) = pair(&ended.text())?;
                let most = u64::from(config.limits.scratch_inodes);
                ensure!(
                    errno == 28 && count <= most,
                    "{count} files, errno {errno}, not {most}"
                );
                Ok(format!("{most}"))
            },
        ),
        hole(
            "namespaces",
            "import os\nfor name in os.listdir('/proc/self/ns'):\n    print(name, os.readlink(f'/proc/self/ns/{name}'))",
            namespaces,
        ),
        hole(
            "identity",
            include_str!("probes/identity.py"),
            nothing_found,
        ),
        hole(
            "system_calls",
            include_str!("probes/system_calls.py"),
            nothing_found,
        ),
        hole("network", include_str!("probes/network.py"), nothing_found),
        hole(
            "filesystem",
            include_str!("probes/filesystem.py"),
            nothing_found,
        ),
    ];
    if config.profiles.science.enabled {
        probes.push(Probe {
            profile: Profile::Science,
            ..plain(
                "science",
                "import numpy\nprint(int(numpy.arange(5).sum()))",
                |ended, _| {
                    ended.is(Outcome::Ok)?;
                    ensure!(ended.stdout == b"10\n", "it wrote {:?}", ended.text());
                    Ok("runs".to_owned())
                },
            )
        });
    }
    probes
}

fn pair(text: &str) -> Result<(u64, i32)> {
    let parsed = text.trim().split_once(' ').and_then(|(one, other)| {
        let one = one.parse().ok()?;
        Some((one, other.parse().ok()?))
    });
    parsed.with_context(|| format!("it wrote {text:?}"))
}

/// Kinds of namespaces that a sandbox must not share with the host.
const OWN_NAMESPACES: [&str; 7] = ["user", "pid", "mnt", "net", "ipc", "uts", "cgroup"];

fn namespaces(ended: &Ended, _config: &Config) -> Result<String> {
    ended.is(Outcome::Ok)?;
    let text = ended.text();
    let inside: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| line.split_once(' '))
        .collect();
    for name in OWN_NAMESPACES {
        let outside = fs::read_link(format!("/proc/self/ns/{name}"))
            .with_context(|| format!("this kernel has no {name} namespaces"))?;
        let inside = inside
            .get(name)
            .with_context(|| format!("no {name} namespace inside"))?;
        ensure!(
            outside.to_string_lossy() != **inside,
            "the {name} namespace is the host's"
        );
    }
    Ok(format!("{} of its own", OWN_NAMESPACES.join(", ")))
}

/// A program that tries one thing after another writes a line for each: "ok" or "HOLE", and what.
fn nothing_found(ended: &Ended, _config: &Config) -> Result<String> {
    let text = ended.text();
    let holes: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("ok "))
        .collect();
    ensure!(holes.is_empty(), "{}", holes.join("; "));
    // Only after that: a program that got through and was killed for it has got through.
    ended.is(Outcome::Ok)?;
    let tried = text.lines().count();
    ensure!(tried >= 10, "only {tried} things were tried");
    Ok(format!("{tried} tried, none possible"))
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

    fn ended(outcome: Outcome, stdout: &str, wall: Duration, cpu: Duration) -> Ended {
        let usage = coderunner_proto::common::v1::Usage {
            wall_duration: wall.try_into().ok(),
            cpu_duration: cpu.try_into().ok(),
            peak_memory_bytes: 1 << 20,
            ..Default::default()
        };
        Ended {
            stdout: stdout.as_bytes().to_vec(),
            stderr: Vec::new(),
            finished: Finished {
                outcome: outcome.into(),
                usage: Some(usage),
                ..Finished::default()
            },
        }
    }

    fn judged(name: &str, ended: &Ended) -> Result<String> {
        let config = Config::default();
        let probes = probes(&config);
        let probe = probes.iter().find(|probe| probe.name == name);
        (probe.expect("there is such a probe").judge)(ended, &config)
    }

    #[test]
    fn a_limit_that_does_not_hold_is_seen() {
        let second = Duration::from_secs(1);
        let short = Duration::from_millis(510);
        let lines = |count: usize| "child\n".repeat(count);
        let table = [
            (
                "wall_time",
                ended(Outcome::TimeLimit, "", short, short),
                true,
            ),
            (
                "wall_time",
                ended(Outcome::TimeLimit, "", 5 * second, short),
                false,
            ),
            ("wall_time", ended(Outcome::Ok, "", short, short), false),
            ("cpu_time", ended(Outcome::TimeLimit, "", second, CPU), true),
            (
                "cpu_time",
                ended(Outcome::TimeLimit, "", second, second / 10),
                false,
            ),
            (
                "cpu_time",
                ended(Outcome::TimeLimit, "", second, 9 * second),
                false,
            ),
            (
                "cpu_share",
                ended(Outcome::Ok, "", second, second / 2),
                true,
            ),
            ("cpu_share", ended(Outcome::Ok, "", second, second), false),
            (
                "memory",
                ended(Outcome::MemoryLimit, "", second, second),
                true,
            ),
            (
                "memory",
                ended(Outcome::RuntimeError, "", second, second),
                false,
            ),
            (
                "processes",
                ended(Outcome::ProcessLimit, &lines(7), second, second),
                true,
            ),
            (
                "processes",
                ended(Outcome::ProcessLimit, &lines(20), second, second),
                false,
            ),
            (
                "processes",
                ended(Outcome::TimeLimit, &lines(7), second, second),
                false,
            ),
            (
                "open_files",
                ended(Outcome::Ok, "253 24\n", second, second),
                true,
            ),
            (
                "open_files",
                ended(Outcome::Ok, "1021 24\n", second, second),
                false,
            ),
            (
                "open_files",
                ended(Outcome::Ok, "253 23\n", second, second),
                false,
            ),
            ("open_files", ended(Outcome::Ok, "", second, second), false),
            (
                "file_size",
                ended(Outcome::Ok, "99000000000 28\n", second, second),
                false,
            ),
            (
                "scratch_files",
                ended(Outcome::Ok, "1000000 28\n", second, second),
                false,
            ),
            (
                "programs",
                ended(Outcome::Ok, "ready\n", second, second),
                true,
            ),
            ("programs", ended(Outcome::Ok, "", second, second), false),
        ];
        for (name, ended, holds) in table {
            let judged = judged(name, &ended);
            assert_eq!(judged.is_ok(), holds, "{name}: {judged:?}");
        }
    }

    #[test]
    fn a_hole_is_seen_and_so_is_a_program_that_tried_nothing() {
        let tried = |lines: &str| {
            let moment = Duration::from_millis(1);
            judged("network", &ended(Outcome::Ok, lines, moment, moment))
        };
        assert!(tried(&"ok a way out\n".repeat(12)).is_ok());
        assert!(tried("").is_err(), "it tried nothing");
        assert!(tried(&"ok\n".repeat(12)).is_err(), "it says nothing");
        let hole = "ok a way out\n".repeat(12) + "HOLE AF_INET\n";
        assert_eq!(
            tried(&hole).expect_err("a hole").to_string(),
            "HOLE AF_INET"
        );
        let moment = Duration::from_millis(1);
        let died = ended(Outcome::RuntimeError, &"ok x\n".repeat(12), moment, moment);
        assert!(judged("network", &died).is_err());
    }

    #[test]
    fn a_namespace_of_the_host_is_seen() {
        let own = OWN_NAMESPACES.map(|name| format!("{name} {name}:[1]\n"));
        let moment = Duration::from_millis(1);
        let judge = |text: &str| judged("namespaces", &ended(Outcome::Ok, text, moment, moment));
        assert!(judge(&own.concat()).is_ok());
        assert!(judge(&own[1..].concat()).is_err(), "one is missing");
        let host = fs::read_link("/proc/self/ns/net").expect("it is there");
        let shared = own.concat().replace("net:[1]", &host.to_string_lossy());
        assert_eq!(
            judge(&shared).expect_err("shared").to_string(),
            "the net namespace is the host's"
        );
    }

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
