//! A private installation: sandboxd and control-plane with sockets, ports, database, keys, control
//! groups and user ids of their own, in a folder that goes with it.

mod configuration;
mod database;

use std::collections::HashSet;
use std::fs::Permissions;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result, bail};
use coderunner_client::{Client, NewAccount, Settings};
use coderunner_proto::v1::AgeGroup;
use tempfile::TempDir;
use test_postgres::Engine;
use uuid::Uuid;

use crate::Cli;
use crate::http::get;
use crate::process::{Process, clean};
pub use database::Database;

/// A web origin that the stack's configuration allows.
pub const ORIGIN: &str = "https://learn.example.org";

/// How much users of the stack may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quotas {
    /// As much as they like.
    None,
    /// What the product allows by default.
    Default,
}

/// Whether the public port is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encryption {
    None,
    /// With a certificate of the stack's own, `certificate.pem` in its folder.
    Tls,
}

/// A runner host that is there already, behind mTLS. The files are control-plane's.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Such as `https://localhost:7443`.
    pub url: String,
    /// The authority of the host's certificate.
    pub ca: PathBuf,
    /// What control-plane shows.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// A running installation.
pub struct Stack {
    folder: TempDir,
    remote: Option<Remote>,
    quotas: Quotas,
    encryption: Encryption,
    port: u16,
    admin_port: u16,
    ids: u32,
    sandboxd: Option<Process>,
    control_plane: Option<Process>,
    /// None for SQLite in the folder. After the programs, so that it goes after them.
    database: Option<Database>,
}

/// Sandboxes of a stack. Each takes two user ids.
const SANDBOXES: u32 = 4;
/// Stacks of this process so far.
static STACKS: AtomicU32 = AtomicU32::new(0);
/// Ports that stacks of this process were given.
static PORTS: Mutex<Option<HashSet<u16>>> = Mutex::new(None);

impl Stack {
    /// Starts both programs and waits until they are ready.
    pub fn start(quotas: Quotas) -> Result<Self> {
        Stack::start_on(quotas, Engine::Sqlite)
    }

    /// Starts both programs on this engine; PostgreSQL is a server of the stack's own.
    pub fn start_on(quotas: Quotas, engine: Engine) -> Result<Self> {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Database::start()?),
        };
        Stack::start_with(quotas, Encryption::None, None, database)
    }

    /// Starts control-plane alone, without quotas, with a runner elsewhere.
    pub fn start_beside(remote: Remote) -> Result<Self> {
        Stack::start_with(Quotas::None, Encryption::None, Some(remote), None)
    }

    /// Starts both programs, with TLS on the public port.
    pub fn start_with_tls() -> Result<Self> {
        Stack::start_with(Quotas::None, Encryption::Tls, None, None)
    }

    fn start_with(
        quotas: Quotas,
        encryption: Encryption,
        remote: Option<Remote>,
        database: Option<Database>,
    ) -> Result<Self> {
        let number = STACKS.fetch_add(1, Ordering::Relaxed);
        let mut stack = Stack {
            // Sandboxes reach their mount points in here as users of their own.
            folder: tempfile::Builder::new()
                .prefix("cr-e2e-")
                .permissions(Permissions::from_mode(0o755))
                .tempdir()?,
            remote,
            quotas,
            encryption,
            port: free_port()?,
            admin_port: free_port()?,
            // Two runs of the tests side by side must not share ids: the kernel gives each
            // process id once, and a process starts fewer than 16 stacks.
            ids: 20_000_000 + (std::process::id() % 100_000) * 1000 + number % 16 * 50,
            sandboxd: None,
            control_plane: None,
            database,
        };
        stack.write_configurations()?;
        stack.control_plane_command(&["init", "--config"])?;
        if stack.remote.is_none() {
            stack.start_sandboxd()?;
        }
        stack.start_control_plane()?;
        Ok(stack)
    }

    /// Starts sandboxd and waits until it takes connections.
    pub fn start_sandboxd(&mut self) -> Result<()> {
        let config = self.sandboxd_config();
        let arguments = [Path::new("serve"), Path::new("--config"), &config];
        let mut process = Process::start(
            "sandboxd",
            &program("sandboxd"),
            arguments,
            self.folder.path(),
        )?;
        let socket = self.socket();
        process.wait_until_ready(|| UnixStream::connect(&socket).is_ok())?;
        self.sandboxd = Some(process);
        Ok(())
    }

    /// Starts control-plane and waits until it says that it is ready.
    pub fn start_control_plane(&mut self) -> Result<()> {
        let config = self.control_plane_config();
        let arguments = [Path::new("serve"), Path::new("--config"), &config];
        let mut process = Process::start(
            "control-plane",
            &program("control-plane"),
            arguments,
            self.folder.path(),
        )?;
        let admin = local(self.admin_port);
        process.wait_until_ready(|| is_ready(admin))?;
        self.control_plane = Some(process);
        Ok(())
    }

    /// Waits until the running control-plane says that it has all that it needs.
    pub fn wait_until_ready(&mut self) -> Result<()> {
        let admin = local(self.admin_port);
        self.control_plane()?.wait_until_ready(|| is_ready(admin))
    }

    /// The stack's own PostgreSQL.
    pub fn database(&self) -> Result<&Database> {
        self.database.as_ref().context("the stack is on SQLite")
    }

    /// The running sandboxd; it may be signalled and waited for.
    pub fn sandboxd(&mut self) -> Result<&mut Process> {
        self.sandboxd.as_mut().context("sandboxd is not running")
    }

    /// The running control-plane; it may be signalled and waited for.
    pub fn control_plane(&mut self) -> Result<&mut Process> {
        self.control_plane
            .as_mut()
            .context("control-plane is not running")
    }

    /// Stops both programs and expects that they end well.
    pub fn stop(mut self) -> Result<()> {
        for process in [self.control_plane.take(), self.sandboxd.take()] {
            process.map_or(Ok(()), Process::stop)?;
        }
        Ok(())
    }

    /// The end of both logs.
    pub fn last_words(&self) -> String {
        let words = [&self.sandboxd, &self.control_plane].map(|process| {
            process
                .as_ref()
                .map(Process::last_words)
                .unwrap_or_default()
        });
        words.join("\n")
    }

    /// All that control-plane has logged, over all its starts.
    pub fn control_plane_log(&self) -> PathBuf {
        self.folder.path().join("control-plane.log")
    }

    /// The public port.
    pub fn address(&self) -> SocketAddr {
        local(self.port)
    }

    /// The public port as a URL.
    pub fn url(&self) -> String {
        match self.encryption {
            Encryption::None => format!("http://{}", self.address()),
            Encryption::Tls => format!("https://localhost:{}", self.port),
        }
    }

    /// The certificate that clients have to trust.
    pub fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// The key that control-plane signs access tokens with.
    pub fn signing_key(&self) -> PathBuf {
        self.folder.path().join("keys/signing-1.pem")
    }

    /// Group below which sandboxd makes its control groups.
    pub fn cgroup_parent(&self) -> String {
        format!("coderunner-e2e-{}", self.ids)
    }

    /// Control groups of sandboxes that there are now, in all hierarchies.
    pub fn sandbox_groups(&self) -> Result<Vec<PathBuf>> {
        let mut groups = Vec::new();
        for hierarchy in hierarchies()? {
            let Ok(entries) = std::fs::read_dir(hierarchy.join(self.cgroup_parent())) else {
                continue;
            };
            for entry in entries {
                let entry = entry?;
                if entry.file_type()?.is_dir() {
                    groups.push(entry.path());
                }
            }
        }
        Ok(groups)
    }

    /// Processes of programs in the sandboxes. A job's host id is the second of its slot's two; one that waits for
    /// its program reads from its socket, descriptor 3.
    pub fn programs(&self) -> Result<Vec<u32>> {
        let waits = format!("{} 0x3 ", nix::libc::SYS_read);
        let mut programs = Vec::new();
        let slots = self.sandbox_groups()?;
        // On cgroup v2 a run has a group of its own inside its slot's.
        let groups = slots
            .iter()
            .flat_map(|slot| [slot.clone(), slot.join("run")]);
        for group in groups {
            // A group, or a process, may go while it is looked at.
            let listed = std::fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
            for process in listed.lines().filter_map(|line| line.parse::<u32>().ok()) {
                let folder = PathBuf::from(format!("/proc/{process}"));
                let Ok(facts) = std::fs::metadata(&folder) else {
                    continue;
                };
                let is_job = facts.uid() > self.ids && (facts.uid() - self.ids) % 2 == 1;
                let call = std::fs::read_to_string(folder.join("syscall")).unwrap_or_default();
                if is_job && !call.starts_with(&waits) {
                    programs.push(process);
                }
            }
        }
        Ok(programs)
    }

    /// A client without a session.
    pub fn client(&self) -> Result<Client> {
        let _runtime = crate::RUNTIME.enter();
        Ok(Client::new(Settings::new(self.url()))?)
    }

    /// A client of an account made for it.
    pub async fn student(&self) -> Result<Client> {
        let client = self.client()?;
        client.register(new_account()).await?;
        Ok(client)
    }

    /// The command line, logged in as an account made for it.
    pub fn cli(&self) -> Result<Cli> {
        let cli = Cli::new(&program("coderunner"), self.url())?;
        let account = new_account();
        let arguments = [
            "register",
            &account.email,
            "--name",
            "Mira",
            "--password-stdin",
        ];
        cli.call(&arguments, format!("{}\n", account.password))?
            .expect_code(0)?;
        Ok(cli)
    }

    /// The command line without a session.
    pub fn cli_without_session(&self) -> Result<Cli> {
        Cli::new(&program("coderunner"), self.url())
    }

    /// Puts the course of this folder in the place of the one that was loaded. The server notices
    /// within seconds.
    pub fn load_course(&self, folder: &Path) -> Result<()> {
        let folder = folder.to_string_lossy();
        self.control_plane_command(&["content", "load", &folder, "--config"])
    }

    /// Calls `control-plane ARGUMENTS CONFIG` and expects that it ends well.
    fn control_plane_command(&self, arguments: &[&str]) -> Result<()> {
        let output = clean(&program("control-plane"))
            .args(arguments)
            .arg(self.control_plane_config())
            .output()
            .context("starting control-plane; is it built?")?;
        if !output.status.success() {
            let errors = String::from_utf8_lossy(&output.stderr);
            bail!(
                "control-plane {} ended with {}:\n{errors}",
                arguments.join(" "),
                output.status
            );
        }
        Ok(())
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("sandboxd.sock")
    }

    fn sandboxd_config(&self) -> PathBuf {
        self.folder.path().join("sandboxd.toml")
    }

    fn control_plane_config(&self) -> PathBuf {
        self.folder.path().join("control-plane.toml")
    }
}

/// An account that nobody has yet.
pub fn new_account() -> NewAccount {
    NewAccount {
        email: format!("{}@example.org", Uuid::new_v4()),
        password: Uuid::new_v4().to_string(),
        display_name: "Mira".to_owned(),
        age_group: AgeGroup::AgeGroup11To14,
    }
}

/// A program under test.
fn program(name: &str) -> PathBuf {
    let folder = std::env::var_os("CODERUNNER_TEST_BINARIES").map(PathBuf::from);
    folder
        .unwrap_or_else(|| repository().join("target/debug"))
        .join(name)
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Where control group hierarchies are mounted, of both versions.
fn hierarchies() -> Result<Vec<PathBuf>> {
    let mounts = std::fs::read_to_string("/proc/self/mounts")?;
    let groups = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        let (folder, kind) = (words.next()?, words.next()?);
        matches!(kind, "cgroup" | "cgroup2").then(|| PathBuf::from(folder))
    });
    Ok(groups.collect())
}

fn is_ready(admin: SocketAddr) -> bool {
    get(admin, "/ready").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// A port that nobody uses now and no other stack of this process was given.
fn free_port() -> Result<u16> {
    let mut given = PORTS
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let given = given.get_or_insert_default();
    loop {
        let port = TcpListener::bind(local(0))
            .context("finding a free port")?
            .local_addr()?
            .port();
        if given.insert(port) {
            return Ok(port);
        }
    }
}
