//! The configuration file of sandboxd. Read and checked in full before anything starts; every problem is
//! named at once. Unknown keys are problems too.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sandboxd_launcher::LauncherConfig;
use sandboxd_sandbox::collection::Bounds;
use sandboxd_sandbox::identity::{Identity, LOWEST_BASE};
use sandboxd_sandbox::restrict::ProcessLimits;
use sandboxd_sandbox::{Ceilings, KernelLimits, Limits, Profile};
use serde::Deserialize;

use crate::fairness::Fairness;
use crate::host::Host;
use crate::pool::PoolOptions;

/// Where the package puts it.
pub const PATH: &str = "/etc/coderunner/sandboxd.toml";

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Who may connect, and where.
    pub listen: Listen,
    /// What programs see.
    pub rootfs: Rootfs,
    /// How many sandboxes.
    pub pool: Pool,
    /// What programs can have besides the standard library.
    pub profiles: Profiles,
    /// Host user ids.
    pub identity: Ids,
    /// Control groups.
    pub cgroup: Group,
    /// Limits of a run.
    pub limits: RunLimits,
    /// Logs.
    pub log: Log,
}

/// `[listen]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Listen {
    /// Unix socket, made with mode 0600. Its folder holds the lock file and the launcher's mount point.
    pub socket: PathBuf,
    /// Owner of the socket: the user that control-plane runs as.
    pub socket_owner: u32,
    /// Users that may talk through the socket.
    pub allowed_uids: Vec<u32>,
    /// Address for mTLS, for example "0.0.0.0:7443". None by default.
    pub tcp: Option<SocketAddr>,
    /// Certificates for `tcp`.
    pub tls: Option<Tls>,
}

/// `[listen.tls]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM file with this host's certificate.
    pub certificate: PathBuf,
    /// PEM file with its key.
    pub key: PathBuf,
    /// PEM file with the authority whose clients are let in.
    pub client_ca: PathBuf,
}

/// `[rootfs]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rootfs {
    /// The root file system's tree; `manifest.json` lies beside it.
    pub path: PathBuf,
}

/// `[pool]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pool {
    /// Sandboxes that may live at one time, 1 to 1000. Five for each core by default.
    pub max_sandboxes: u32,
    /// Sandboxes of the standard library that are kept ready for runs when nothing runs, at most
    /// `max_sandboxes`. Five for each core by default. More are kept for a while after they were needed.
    pub parked: u32,
    /// Sandboxes that all batches together may hold, 1 to `max_sandboxes`; the others are for single
    /// runs. Three quarters by default.
    pub batch_sandboxes: Option<u32>,
    /// Runs that may wait for a sandbox when all are taken; more are refused. 256 by default.
    pub max_waiting: u32,
    /// How long sandboxes are copied from one interpreter, in seconds, at least 1; all its copies have the
    /// same hash seed and the same addresses. 600 by default.
    pub template_seconds: u64,
    /// How long a sandbox may take until Python is ready, in milliseconds.
    pub startup_time_ms: u64,
}

/// `[profiles]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Profiles {
    /// numpy, pandas and matplotlib.
    pub science: Science,
}

/// `[profiles.science]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Science {
    /// Whether programs may have it; true by default. A host on which nobody uses it pays nothing for it.
    pub enabled: bool,
    /// Sandboxes of this profile that are kept ready, from the first run that wanted it on; at most
    /// `pool.max_sandboxes`. If that is too few for this and `pool.parked` together, they share it. 0 makes
    /// each on demand. 1 by default.
    pub parked: u32,
    /// Get ready at the start of sandboxd instead of at the first run, which else waits for some seconds.
    /// Takes some 100 MiB of memory. False by default.
    pub at_start: bool,
}

/// `[identity]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ids {
    /// First of the host ids for sandboxes; each takes two. At least 100000.
    pub uid_base: u32,
    /// Host id of the daemon's unprivileged half, for user and group; 99900 by default.
    pub daemon_uid: u32,
    /// Name of the user that the unprivileged half becomes instead, with that user's own group. None by default.
    pub daemon_user: Option<String>,
}

/// `[cgroup]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Group {
    /// Group below which sandboxes get theirs, relative to the root of the hierarchy. "sandboxd" by default.
    pub parent: String,
    /// On a unified host, use the group that systemd delegated to our unit instead of `parent`. False by default.
    pub delegated: bool,
}

/// `[limits]`: defaults of a run, and with `most_` the ceilings for requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(
    missing_docs,
    reason = "each name says what it is, and with which unit"
)]
pub struct RunLimits {
    pub wall_time_ms: u64,
    pub cpu_time_ms: u64,
    pub memory_bytes: u64,
    pub output_bytes: u64,
    pub processes: u32,
    pub input_wait_ms: u64,
    pub drawing_bytes: u64,
    pub most_wall_time_ms: u64,
    pub most_cpu_time_ms: u64,
    pub most_memory_bytes: u64,
    pub most_output_bytes: u64,
    pub most_processes: u32,
    pub most_input_wait_ms: u64,
    pub most_drawing_bytes: u64,
    pub most_collected_files: u32,
    pub most_collected_bytes: u64,
    pub cpu_millicores: u32,
    pub scratch_bytes: u64,
    pub scratch_inodes: u32,
    pub file_bytes: u64,
    pub open_files: u64,
}

/// `[log]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// tracing's filter, for example "info" or "sandboxd=debug".
    pub filter: String,
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            socket: "/run/sandboxd/sandboxd.sock".into(),
            socket_owner: 0,
            allowed_uids: vec![0],
            tcp: None,
            tls: None,
        }
    }
}

impl Default for Rootfs {
    fn default() -> Self {
        Self {
            path: "/var/lib/sandboxd/rootfs/tree".into(),
        }
    }
}

/// Processors that sandboxd may use.
fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Default for Pool {
    fn default() -> Self {
        let cores = processors();
        Self {
            max_sandboxes: u32::try_from(cores * 5).unwrap_or(5),
            parked: u32::try_from(cores * 5).unwrap_or(5),
            batch_sandboxes: None,
            max_waiting: 256,
            template_seconds: 600,
            startup_time_ms: 10_000,
        }
    }
}

impl Default for Science {
    fn default() -> Self {
        Self {
            enabled: true,
            parked: 1,
            at_start: false,
        }
    }
}

impl Default for Ids {
    fn default() -> Self {
        Self {
            uid_base: 2_000_000,
            daemon_uid: 99_900,
            daemon_user: None,
        }
    }
}

impl Default for Group {
    fn default() -> Self {
        Self {
            parent: "sandboxd".to_owned(),
            delegated: false,
        }
    }
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            wall_time_ms: 5_000,
            cpu_time_ms: 5_000,
            memory_bytes: 128 << 20,
            output_bytes: 1 << 20,
            processes: 50,
            input_wait_ms: 600_000,
            drawing_bytes: 4 << 20,
            most_wall_time_ms: 30_000,
            most_cpu_time_ms: 30_000,
            most_memory_bytes: 512 << 20,
            most_output_bytes: 16 << 20,
            most_processes: 200,
            most_input_wait_ms: 3_600_000,
            most_drawing_bytes: 16 << 20,
            most_collected_files: 64,
            most_collected_bytes: 16 << 20,
            cpu_millicores: 500,
            scratch_bytes: 50 << 20,
            scratch_inodes: 4096,
            file_bytes: 50 << 20,
            open_files: 256,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
        }
    }
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it can't be read, or with all of its problems in one text.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("reading the configuration {}", path.display()))?;
        let config: Self = toml::from_str(&text)
            .with_context(|| format!("in the configuration {}", path.display()))?;
        let problems = config.problems();
        if !problems.is_empty() {
            bail!(
                "the configuration {} has problems:\n- {}",
                path.display(),
                problems.join("\n- ")
            );
        }
        Ok(config)
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut must = |holds: bool, problem: String| {
            if !holds {
                problems.push(problem);
            }
        };
        let Config {
            listen,
            rootfs,
            pool,
            profiles: Profiles { science },
            identity,
            cgroup,
            limits,
            log: _,
        } = self;
        must(
            listen.socket.is_absolute(),
            "listen.socket must be an absolute path".to_owned(),
        );
        must(
            !listen.allowed_uids.is_empty(),
            "listen.allowed_uids lets nobody in".to_owned(),
        );
        must(
            listen.tcp.is_none() || listen.tls.is_some(),
            "listen.tcp needs listen.tls: there is no port without mTLS".to_owned(),
        );
        must(
            rootfs.path.join("usr/bin/python3").exists(),
            format!(
                "rootfs.path: no usr/bin/python3 in {}; build the root file system first",
                rootfs.path.display()
            ),
        );
        must(
            (1..=1000).contains(&pool.max_sandboxes),
            "pool.max_sandboxes must be 1 to 1000".to_owned(),
        );
        must(
            science.parked <= pool.max_sandboxes,
            "profiles.science.parked must be at most pool.max_sandboxes".to_owned(),
        );
        must(
            science.enabled || !science.at_start,
            "profiles.science.at_start needs profiles.science.enabled".to_owned(),
        );
        must(
            pool.batch_sandboxes
                .is_none_or(|most| (1..=pool.max_sandboxes).contains(&most)),
            "pool.batch_sandboxes must be 1 to pool.max_sandboxes".to_owned(),
        );
        must(
            pool.template_seconds >= 1,
            "pool.template_seconds must be at least 1".to_owned(),
        );
        must(
            pool.startup_time_ms >= 100,
            "pool.startup_time_ms must be at least 100".to_owned(),
        );
        must(
            Identity::of_slot(identity.uid_base, pool.max_sandboxes).is_some(),
            format!(
                "identity.uid_base must be at least {LOWEST_BASE} and leave room for all sandboxes"
            ),
        );
        match identity.daemon() {
            Ok(daemon) => {
                must(
                    daemon.uid != 0 && daemon.gid != 0,
                    "identity.daemon_uid and daemon_user must not be root".to_owned(),
                );
                // One more pair of ids is the template's.
                let sandboxes = (pool.max_sandboxes + 1) * 2;
                let sandboxes = identity.uid_base..identity.uid_base.saturating_add(sandboxes);
                must(
                    !sandboxes.contains(&daemon.uid),
                    "identity.daemon_uid and daemon_user must not have an id of a sandbox"
                        .to_owned(),
                );
            }
            Err(error) => must(false, format!("identity.daemon_user: {error:#}")),
        }
        let plain = cgroup
            .parent
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
        must(
            plain,
            "cgroup.parent must be a relative path without empty parts and dots".to_owned(),
        );
        for (name, default, most) in limits.pairs() {
            must(
                default <= most,
                format!("limits.{name} is over limits.most_{name}"),
            );
        }
        must(
            limits.most_collected_files <= 512,
            "limits.most_collected_files must be at most 512".to_owned(),
        );
        must(
            limits.most_collected_bytes <= 32 << 20,
            "limits.most_collected_bytes must be at most 32 MiB".to_owned(),
        );
        if let Err(error) = self
            .kernel_limits(&self.ceilings().most)
            .check(&KernelLimits::WIDEST)
        {
            problems.push(format!("limits: {error}"));
        }
        problems
    }

    /// Defaults and ceilings for requests.
    pub fn ceilings(&self) -> Ceilings {
        let RunLimits {
            wall_time_ms,
            cpu_time_ms,
            memory_bytes,
            output_bytes,
            processes,
            input_wait_ms,
            drawing_bytes,
            ..
        } = self.limits;
        let defaults = Limits {
            wall_time: Duration::from_millis(wall_time_ms),
            cpu_time: Duration::from_millis(cpu_time_ms),
            memory_bytes,
            output_bytes,
            processes,
            input_wait: Duration::from_millis(input_wait_ms),
            drawing_bytes,
        };
        let most = Limits {
            wall_time: Duration::from_millis(self.limits.most_wall_time_ms),
            cpu_time: Duration::from_millis(self.limits.most_cpu_time_ms),
            memory_bytes: self.limits.most_memory_bytes,
            output_bytes: self.limits.most_output_bytes,
            processes: self.limits.most_processes,
            input_wait: Duration::from_millis(self.limits.most_input_wait_ms),
            drawing_bytes: self.limits.most_drawing_bytes,
        };
        Ceilings { defaults, most }
    }

    /// The most files that a request may ask for.
    pub fn most_files(&self) -> Bounds {
        Bounds {
            files: self.limits.most_collected_files,
            file_bytes: self.limits.most_collected_bytes,
            total_bytes: self.limits.most_collected_bytes,
        }
    }

    /// The kernel's part of a run's limits.
    pub fn kernel_limits(&self, limits: &Limits) -> KernelLimits {
        KernelLimits {
            memory_bytes: limits.memory_bytes,
            processes: limits.processes,
            cpu_millicores: self.limits.cpu_millicores,
            // Behind the limit read from the control group: start-up and one second of slack.
            cpu_seconds: limits.cpu_time.as_secs() + 3,
            scratch_bytes: self.limits.scratch_bytes,
            scratch_inodes: self.limits.scratch_inodes,
            file_bytes: self.limits.file_bytes,
            open_files: self.limits.open_files,
        }
    }

    /// Whether a profile gets ready at the start of sandboxd.
    pub fn starts(&self, profile: Profile) -> bool {
        match profile {
            Profile::Python => true,
            Profile::Science => self.profiles.science.at_start,
        }
    }

    /// How the daemon keeps sandboxes ready of the profiles that the host offers.
    pub fn pool(&self, host: &Host) -> PoolOptions {
        let parked = |profile| match profile {
            Profile::Python => self.pool.parked.min(self.pool.max_sandboxes),
            Profile::Science => self.profiles.science.parked,
        };
        PoolOptions {
            most: self.pool.max_sandboxes as usize,
            parked: Profile::ALL.map(|profile| parked(profile) as usize),
            at_start: Profile::ALL.map(|profile| host.offers(profile) && self.starts(profile)),
            limits: self.kernel_limits(&self.ceilings().defaults),
            startup_time: Duration::from_millis(self.pool.startup_time_ms),
            fairness: Fairness::new(processors(), self.pool.max_sandboxes as usize),
        }
    }

    /// Sandboxes that all batches together may hold.
    pub fn batch_sandboxes(&self) -> usize {
        let most = self.pool.max_sandboxes;
        let three_quarters = (most - most / 4).min(most.saturating_sub(1)).max(1);
        self.pool.batch_sandboxes.unwrap_or(three_quarters) as usize
    }

    /// The folder of the socket.
    pub fn runtime_folder(&self) -> PathBuf {
        self.listen
            .socket
            .parent()
            .map_or_else(|| PathBuf::from("/"), Path::to_owned)
    }

    /// What the launcher is started with; `cgroup` is the parent of all sandboxes' groups.
    pub fn launcher(&self, cgroup: String) -> LauncherConfig {
        LauncherConfig {
            rootfs: self.rootfs.path.clone(),
            stage: self.runtime_folder().join("stage"),
            slots: self.pool.max_sandboxes,
            uid_base: self.identity.uid_base,
            cgroup,
            limits: ProcessLimits {
                file_bytes: self.limits.file_bytes,
                open_files: self.limits.open_files,
            },
            most: self.kernel_limits(&self.ceilings().most),
            template_age: Duration::from_secs(self.pool.template_seconds),
        }
    }
}

/// Who the unprivileged half is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaemonIds {
    /// Host user.
    pub uid: u32,
    /// Host group.
    pub gid: u32,
}

impl Ids {
    /// Looks the user up, where one is named.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn daemon(&self) -> Result<DaemonIds> {
        let Some(name) = &self.daemon_user else {
            return Ok(DaemonIds {
                uid: self.daemon_uid,
                gid: self.daemon_uid,
            });
        };
        let user = nix::unistd::User::from_name(name)
            .with_context(|| format!("looking up the user {name:?}"))?
            .with_context(|| format!("there is no user {name:?} on this host"))?;
        Ok(DaemonIds {
            uid: user.uid.as_raw(),
            gid: user.gid.as_raw(),
        })
    }
}

impl RunLimits {
    fn pairs(&self) -> [(&'static str, u64, u64); 7] {
        [
            ("wall_time_ms", self.wall_time_ms, self.most_wall_time_ms),
            ("cpu_time_ms", self.cpu_time_ms, self.most_cpu_time_ms),
            ("memory_bytes", self.memory_bytes, self.most_memory_bytes),
            ("output_bytes", self.output_bytes, self.most_output_bytes),
            (
                "processes",
                self.processes.into(),
                self.most_processes.into(),
            ),
            ("input_wait_ms", self.input_wait_ms, self.most_input_wait_ms),
            ("drawing_bytes", self.drawing_bytes, self.most_drawing_bytes),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_problems_are_named_at_once() {
        let text = r#"
            [listen]
            socket = "relative.sock"
            allowed_uids = []
            tcp = "127.0.0.1:7443"
            [identity]
            uid_base = 1000
            daemon_uid = 0
            [cgroup]
            parent = "../escape"
            [limits]
            wall_time_ms = 60000
        "#;
        let config: Config = toml::from_str(text).expect("well-formed");
        let problems = config.problems().join("\n");
        for expected in [
            "listen.socket",
            "allowed_uids",
            "mTLS",
            "uid_base",
            "daemon_uid",
            "cgroup.parent",
            "wall_time_ms",
            "rootfs.path",
        ] {
            assert!(
                problems.contains(expected),
                "{expected} is missing in:\n{problems}"
            );
        }
    }

    #[test]
    fn a_daemon_is_named_by_number_or_by_user_and_never_root() {
        let ids = |text: &str| {
            let config: Config = toml::from_str(text).expect("well-formed");
            let problems = config.problems().join("\n");
            (config.identity.daemon(), problems)
        };
        let (daemon, _) = ids("[identity]\ndaemon_uid = 4711\n");
        let expected = DaemonIds {
            uid: 4711,
            gid: 4711,
        };
        assert_eq!(daemon.expect("a number"), expected);
        let (daemon, problems) = ids("[identity]\ndaemon_user = \"nobody\"\n");
        assert_eq!(daemon.expect("on every host").uid, 65534);
        assert!(!problems.contains("identity"), "{problems}");
        let (_, problems) = ids("[identity]\ndaemon_user = \"root\"\n");
        assert!(problems.contains("must not be root"), "{problems}");
        let (_, problems) = ids("[identity]\ndaemon_user = \"no-such-user\"\n");
        assert!(problems.contains("no user"), "{problems}");
    }

    #[test]
    fn the_manual_page_has_every_key_and_no_other() {
        let page = include_str!("../../../systemd/man/sandboxd.toml.5");
        let documented: std::collections::BTreeSet<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix(".B "))
            .collect();
        // Fields of the file's sections, up to where other types begin.
        let source = include_str!("config.rs");
        let sections = source.split("/// `[listen]`").nth(1).expect("there it is");
        let sections = sections.split("impl Default").next().expect("all of it");
        let fields = sections.lines().filter_map(|line| {
            let (name, kind) = line.strip_prefix("    pub ")?.split_once(": ")?;
            // A section in a section.
            (!matches!(kind, "Science," | "Option<Tls>,")).then_some(name)
        });
        assert_eq!(documented, fields.collect());
    }

    #[test]
    fn the_packages_settings_are_well_formed() {
        let text = include_str!("../../../systemd/sandboxd.toml");
        toml::from_str::<Config>(text).expect("as it is");
        // And with every suggestion taken.
        let suggested = text.replace("\n# ", "\n");
        let is_setting = |line: &&str| line.starts_with('[') || line.contains(" = ");
        let suggested: Vec<_> = suggested.lines().filter(is_setting).collect();
        let config: Config = toml::from_str(&suggested.join("\n")).expect("with all of it");
        assert!(config.listen.tcp.is_some() && config.listen.tls.is_some());
    }

    #[test]
    fn unknown_keys_are_refused() {
        assert!(toml::from_str::<Config>("[pool]\nmax_sandboxs = 3\n").is_err());
    }
}
