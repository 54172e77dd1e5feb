//! What is measured: a private PostgreSQL with a large database, control-plane on it without a
//! runner and without quotas, and four accounts.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use coderunner_client::{Client, NewAccount, Settings};
use coderunner_proto::v1::AgeGroup;
use e2e_tests::Process;
use tempfile::TempDir;
use toml::{Table, Value};
use uuid::Uuid;

use crate::seed::{self, Counts, Owners};

/// Limits of control-plane for which 0 means none.
const QUOTAS: [&str; 3] = [
    "calls_per_minute",
    "anonymous_calls_per_minute",
    "logins_per_minute",
];

/// Somebody who calls.
#[derive(Clone)]
pub struct Account {
    /// What kind of somebody.
    pub name: &'static str,
    pub id: String,
    pub client: Client,
    email: String,
    password: String,
}

/// Those who call.
#[derive(Clone)]
pub struct Accounts {
    pub ordinary: Account,
    pub heavy: Account,
    /// Has nothing.
    pub newcomer: Account,
    pub admin: Account,
}

/// A control-plane and its database.
pub struct Place {
    // Dropped in this order: who uses the database goes first.
    control_plane: Option<Process>,
    pub database: test_postgres::Server,
    database_url: String,
    pub accounts: Accounts,
    programs: PathBuf,
    port: u16,
    admin_port: u16,
    folder: TempDir,
}

impl Place {
    /// Makes and fills the database, and starts control-plane on it. Takes minutes. Without counts
    /// there is no more than the sample course, and no plan is logged.
    pub async fn make(programs: &Path, course: &Path, counts: Option<Counts>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("cr-scale-").tempdir()?;
        let database = test_postgres::Server::start()?;
        let database_url = database.make_database()?;
        let (port, admin_port) = (free_port()?, free_port()?);
        let mut place = Self {
            control_plane: None,
            database,
            database_url,
            accounts: Accounts::new(port)?,
            programs: programs.to_owned(),
            port,
            admin_port,
            folder,
        };
        // The sample course: problems whose tests can be opened. A start without it leaves them.
        place.configure(Some(course))?;
        place.init()?;
        place.start()?;
        place.accounts.register().await?;
        place.stop()?;
        place.configure(None)?;
        if let Some(counts) = counts {
            eprintln!("seeding {counts:?}");
            place.seed(counts)?;
            seed::log_plans(place.database.programs(), &place.database_url)?;
        }
        place.start()?;
        let server = place.url();
        place.accounts.log_in(&server).await?;
        Ok(place)
    }

    /// Address of control-plane.
    pub fn url(&self) -> String {
        format!("http://{}", local(self.port))
    }

    fn seed(&self, counts: Counts) -> Result<()> {
        let Accounts {
            ordinary,
            heavy,
            newcomer: _,
            admin,
        } = &self.accounts;
        let owners = Owners {
            heavy: &heavy.id,
            ordinary: &ordinary.id,
            admin: &admin.id,
        };
        seed::seed(
            self.database.programs(),
            &self.database_url,
            counts,
            &owners,
        )
    }

    /// Large tables with their rows.
    pub fn large_tables(&self) -> Result<Vec<(String, u64)>> {
        seed::large_tables(self.database.programs(), &self.database_url)
    }

    /// What the database server has logged so far.
    pub fn database_log(&self) -> Result<String> {
        let file = self.database.log();
        let log = fs::read(&file).with_context(|| format!("read {}", file.display()))?;
        Ok(String::from_utf8_lossy(&log).into_owned())
    }

    /// Bytes of memory that control-plane has now (proc_pid_status(5)).
    pub fn memory_bytes(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process()?.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        let kib: u64 = kib.context("a process has memory")?.parse()?;
        Ok(kib * 1024)
    }

    /// control-plane itself.
    pub fn process(&self) -> Result<&Process> {
        self.control_plane.as_ref().context("it is running")
    }

    /// Ends control-plane, and expects that it ends well.
    pub fn stop(&mut self) -> Result<()> {
        self.control_plane.take().map_or(Ok(()), Process::stop)
    }

    fn init(&self) -> Result<()> {
        let config = self.config();
        let arguments = [Path::new("init"), Path::new("--config"), &config];
        let mut init = Process::start(
            "init",
            &self.programs.join("control-plane"),
            arguments,
            self.folder.path(),
        )?;
        let status = init.wait()?;
        if !status.success() {
            bail!(
                "control-plane init ended with {status}\n{}",
                init.last_words()
            );
        }
        Ok(())
    }

    fn start(&mut self) -> Result<()> {
        let config = self.config();
        let arguments = [Path::new("serve"), Path::new("--config"), &config];
        let mut process = Process::start(
            "control-plane",
            &self.programs.join("control-plane"),
            arguments,
            self.folder.path(),
        )?;
        // Not "ready": there is no runner, and none is needed.
        let admin = local(self.admin_port);
        process.wait_until_ready(|| {
            e2e_tests::get(admin, "/health").is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
        })?;
        self.control_plane = Some(process);
        Ok(())
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("control-plane.toml")
    }

    fn configure(&self, course: Option<&Path>) -> Result<()> {
        let mut table = Table::new();
        let values: [(&str, Value); 6] = [
            ("mode", "development".into()),
            ("listen", local(self.port).to_string().into()),
            ("admin_listen", local(self.admin_port).to_string().into()),
            ("database_url", self.database_url.clone().into()),
            ("keys_dir", "keys".into()),
            (
                "limits",
                Value::Table(
                    QUOTAS
                        .map(|key| (key.to_owned(), Value::Integer(0)))
                        .into_iter()
                        .collect(),
                ),
            ),
        ];
        table.extend(values.map(|(key, value)| (key.to_owned(), value)));
        if let Some(course) = course {
            let course = course.to_string_lossy().into_owned();
            table.insert("content_dir".into(), course.into());
        }
        fs::write(self.config(), table.to_string())?;
        Ok(())
    }
}

impl Accounts {
    fn new(port: u16) -> Result<Self> {
        let account = |name| -> Result<Account> {
            Ok(Account {
                name,
                id: String::new(),
                client: Client::new(Settings::new(format!("http://127.0.0.1:{port}")))?,
                email: format!("{name}@example.org"),
                password: Uuid::new_v4().to_string(),
            })
        };
        Ok(Self {
            ordinary: account("ordinary")?,
            heavy: account("heavy")?,
            newcomer: account("newcomer")?,
            admin: account("admin")?,
        })
    }

    fn all(&mut self) -> [&mut Account; 4] {
        let Self {
            ordinary,
            heavy,
            newcomer,
            admin,
        } = self;
        [ordinary, heavy, newcomer, admin]
    }

    async fn register(&mut self) -> Result<()> {
        for account in self.all() {
            let new = NewAccount {
                email: account.email.clone(),
                password: account.password.clone(),
                display_name: account.name.to_owned(),
                age_group: AgeGroup::AgeGroup11To14,
            };
            account.id = account.client.register(new).await?.id;
        }
        Ok(())
    }

    /// On new connections: the server was started anew.
    async fn log_in(&mut self, server: &str) -> Result<()> {
        for account in self.all() {
            account.client = Client::new(Settings::new(server))?;
            account
                .client
                .login(&account.email, &account.password)
                .await?;
        }
        Ok(())
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// The folder of the program that runs, where the others are too.
pub fn programs() -> Result<PathBuf> {
    let own = std::env::current_exe().context("find this program")?;
    let folder = own.parent().context("a program is in a folder")?;
    Ok(folder.to_owned())
}

/// A port that nobody uses now.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(local(0)).context("find a free port")?;
    Ok(listener.local_addr()?.port())
}
