//! A private installation in one folder: where its files are, and the two configurations that
//! are written there. `up` keeps one in `target/up`, `bench` makes one for itself.

use anyhow::{Context, Result};
use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

/// What the two programs are told.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Folder of configurations, keys, database, logs, socket.
    pub state: PathBuf,
    /// Tree that sandboxes run in.
    pub rootfs: PathBuf,
    /// Course that is loaded.
    pub content: PathBuf,
    /// Built web app that is served, if there is one.
    pub web_root: Option<PathBuf>,
    pub port: u16,
    pub admin_port: u16,
    /// Sandboxes at one time.
    pub max_sandboxes: u32,
    /// Sandboxes that wait for runs; sandboxd's default when not said.
    pub parked: Option<u32>,
    /// Sandboxes of the profile science that wait for runs from the start; none before the first run of it when
    /// not said.
    pub science_parked: Option<u32>,
    /// Whether users have quotas; load tests have none.
    pub quotas: bool,
    /// What keeps this sandboxd apart from others on the same machine.
    pub place: Place,
}

/// A control group's name and the first of the user ids of a sandboxd's sandboxes.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub cgroup: &'static str,
    pub uid_base: u32,
}

impl Place {
    pub const UP: Self = Self {
        cgroup: "coderunner-up",
        uid_base: 910_000,
    };
    pub const BENCH: Self = Self {
        cgroup: "coderunner-bench",
        uid_base: 920_000,
    };
    pub const BENCH_COLD: Self = Self {
        cgroup: "coderunner-bench-cold",
        uid_base: 930_000,
    };
    pub const BENCH_SCIENCE: Self = Self {
        cgroup: "coderunner-bench-science",
        uid_base: 940_000,
    };
}

/// Limits of control-plane for which 0 means none.
const QUOTAS: &[&str] = &[
    "runs_per_minute",
    "runs_per_hour",
    "runs_per_day",
    "calls_per_minute",
    "inputs_per_minute",
    "anonymous_calls_per_minute",
    "logins_per_minute",
    "queue_wait_ms",
    "queue_length",
];

impl Installation {
    /// Makes both folders and writes both configurations.
    pub fn write(&self) -> Result<()> {
        make_folder(&self.run_folder(), 0o755)?;
        self.write_state()
    }

    fn write_state(&self) -> Result<()> {
        make_folder(&self.state, 0o700)?;
        write(&self.sandboxd_config(), &self.sandboxd_text())?;
        write(&self.control_plane_config(), &self.control_plane_text())
    }

    /// The socket itself is for root only.
    pub fn socket(&self) -> PathBuf {
        self.run_folder().join("sandboxd.sock")
    }

    /// Where sandboxd has its socket and mount points. Not in `state`, which others can't enter:
    /// sandboxes reach their mount point as users of their own. Also short enough for a socket's
    /// address, wherever the repository is.
    fn run_folder(&self) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        self.state.hash(&mut hasher);
        PathBuf::from(format!(
            "/run/{}-{:08x}",
            self.place.cgroup,
            hasher.finish() as u32
        ))
    }

    /// Removes what must not outlive the programs.
    pub fn clean(&self) -> Result<()> {
        let run = self.run_folder();
        match fs::remove_dir_all(&run) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).with_context(|| format!("could not remove {}", run.display()))
            }
            _ => Ok(()),
        }
    }

    pub fn sandboxd_config(&self) -> PathBuf {
        self.state.join("sandboxd.toml")
    }

    pub fn control_plane_config(&self) -> PathBuf {
        self.state.join("control-plane.toml")
    }

    /// Address of the public port.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn sandboxd_text(&self) -> String {
        let mut root = Table::new();
        root.insert(
            "listen".into(),
            table([
                ("socket", path(&self.socket())),
                ("allowed_uids", vec![0].into()),
            ]),
        );
        root.insert("rootfs".into(), table([("path", path(&self.rootfs))]));
        let most = ("max_sandboxes", self.max_sandboxes);
        let pool = [Some(most), self.parked.map(|parked| ("parked", parked))];
        root.insert(
            "pool".into(),
            table(
                pool.into_iter()
                    .flatten()
                    .map(|(key, count)| (key, i64::from(count).into())),
            ),
        );
        if let Some(parked) = self.science_parked {
            let science = table([
                ("parked", i64::from(parked).into()),
                ("at_start", true.into()),
            ]);
            root.insert("profiles".into(), table([("science", science)]));
        }
        root.insert(
            "identity".into(),
            table([("uid_base", i64::from(self.place.uid_base).into())]),
        );
        root.insert(
            "cgroup".into(),
            table([("parent", self.place.cgroup.into())]),
        );
        root.to_string()
    }

    fn control_plane_text(&self) -> String {
        let mut root = Table::new();
        let address = format!("unix:{}", self.socket().display());
        let values: [(&str, Value); 6] = [
            ("mode", "development".into()),
            ("listen", format!("127.0.0.1:{}", self.port).into()),
            (
                "admin_listen",
                format!("127.0.0.1:{}", self.admin_port).into(),
            ),
            ("database_url", "sqlite:coderunner.db".into()),
            ("keys_dir", "keys".into()),
            ("content_dir", path(&self.content)),
        ];
        if let Some(web_root) = &self.web_root {
            root.insert("web_root".into(), path(web_root));
        }
        root.extend(values.map(|(key, value)| (key.to_owned(), value)));
        root.insert(
            "runners".into(),
            vec![table([("id", "local".into()), ("address", address.into())])].into(),
        );
        if !self.quotas {
            root.insert(
                "limits".into(),
                table(QUOTAS.iter().map(|key| (*key, Value::from(0)))),
            );
        }
        root.to_string()
    }
}

fn table<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    Value::Table(
        entries
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value))
            .collect(),
    )
}

fn path(path: &Path) -> Value {
    path.to_string_lossy().into_owned().into()
}

fn make_folder(folder: &Path, mode: u32) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(mode))
        .with_context(|| format!("could not set the mode of {}", folder.display()))
}

fn write(file: &Path, text: &str) -> Result<()> {
    let text = format!("# Written by cargo xtask at each start.\n{text}");
    fs::write(file, text).with_context(|| format!("could not write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation(state: &Path) -> Installation {
        Installation {
            state: state.to_owned(),
            rootfs: "/rootfs/tree".into(),
            content: "/content".into(),
            web_root: Some("/web".into()),
            port: 1,
            admin_port: 2,
            max_sandboxes: 4,
            parked: None,
            science_parked: Some(1),
            quotas: true,
            place: Place::UP,
        }
    }

    #[test]
    fn both_configurations_are_toml_and_speak_of_the_same_socket() {
        let folder = tempfile::tempdir().unwrap();
        let installation = installation(&folder.path().join("state"));
        installation.write_state().unwrap();
        let read = |file: PathBuf| fs::read_to_string(file).unwrap().parse::<Table>().unwrap();
        let (sandboxd, control) = (
            read(installation.sandboxd_config()),
            read(installation.control_plane_config()),
        );
        let socket = sandboxd["listen"]["socket"].as_str().unwrap();
        assert_eq!(
            control["runners"][0]["address"].as_str().unwrap(),
            format!("unix:{socket}")
        );
        assert_eq!(control["web_root"].as_str(), Some("/web"));
        assert!(!control.contains_key("limits"));
        let science = &sandboxd["profiles"]["science"];
        assert_eq!(science["parked"].as_integer(), Some(1));
        let mode = fs::metadata(&installation.state)
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn without_quotas_every_limit_is_0() {
        let unlimited = Installation {
            quotas: false,
            ..installation(Path::new("/state"))
        };
        let control: Table = unlimited.control_plane_text().parse().unwrap();
        assert_eq!(control["limits"]["runs_per_minute"].as_integer(), Some(0));
        assert_eq!(control["limits"]["queue_wait_ms"].as_integer(), Some(0));
    }

    #[test]
    fn how_many_sandboxes_wait_is_written_only_when_said() {
        let pool = |parked| {
            let installation = Installation {
                parked,
                ..installation(Path::new("/state"))
            };
            let sandboxd: Table = installation.sandboxd_text().parse().unwrap();
            sandboxd["pool"].clone()
        };
        assert_eq!(pool(Some(0))["parked"].as_integer(), Some(0));
        assert_eq!(pool(Some(0))["max_sandboxes"].as_integer(), Some(4));
        assert!(pool(None).get("parked").is_none());
    }
}
