//! A server with a keeper: a small shell that starts it, stops it by its process id, and removes
//! its folder. The keeper reads orders from a pipe; the end of the pipe, which comes with the end
//! of this process however it ends, is the order to stop and clean up.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::programs::Programs;

/// Machines may be slow, and busy with other tests.
const START_LIMIT: Duration = Duration::from_secs(120);
const USER: &str = "tester";
/// Not named as those of tests are, which are dropped.
const TEMPLATE: &str = "template_of_tests";

/// `$1` is the folder, the rest is the server's command line. SIGQUIT ends the server at once, as
/// a crash would, but takes its processes with it.
const KEEPER: &str = r#"
folder=$1
shift
server=
begin() {
    "$@" >>"$folder/log" 2>&1 </dev/null &
    server=$!
}
end() {
    if [ -n "$server" ]; then
        kill -QUIT "$server"
        wait "$server"
        server=
    fi
}
begin "$@"
while read -r order; do
    case $order in
        start) begin "$@" ;;
        stop) end ;;
    esac
    echo done
done
end
rm -rf "$folder"
"#;

/// A private server. Dropping it stops it and removes its data.
#[derive(Debug)]
pub struct Server {
    programs: Programs,
    address: String,
    folder: PathBuf,
    keeper: Child,
    pipes: Mutex<Option<(ChildStdin, BufReader<ChildStdout>)>>,
}

impl Server {
    /// Makes a data folder and starts a server on it; waits until it answers.
    pub fn start() -> anyhow::Result<Self> {
        Self::start_below(&std::env::temp_dir())
    }

    /// The same, with its data in a folder of its own below another.
    pub fn start_below(parent: &Path) -> anyhow::Result<Self> {
        let programs = Programs::find()?;
        let account = Account::find()?;
        let folder = make_folder(parent, &account)?;
        let made = Self::start_in(programs, &account, folder.clone());
        if made.is_err() {
            let _ = fs::remove_dir_all(&folder);
        }
        made.with_context(|| format!("start PostgreSQL in {}", folder.display()))
    }

    fn start_in(programs: Programs, account: &Account, folder: PathBuf) -> anyhow::Result<Self> {
        let data = folder.join("data");
        let mut initdb = account.command(&programs.path("initdb"));
        initdb.args(["--no-sync", "--no-instructions", "--auth=trust"]);
        initdb.args(["--encoding=UTF8", "--locale=C.UTF-8"]);
        initdb
            .arg(format!("--username={USER}"))
            .arg("-D")
            .arg(&data);
        let output = initdb
            .current_dir(&folder)
            .output()
            .context("start initdb")?;
        let error = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "initdb: {error}");
        let port = free_port()?;
        let server = account.command(&programs.path("postgres"));
        let mut keeper = Command::new("/bin/sh");
        keeper.args(["-c", KEEPER, "keeper"]).arg(&folder);
        keeper.arg(server.get_program()).args(server.get_args());
        keeper.arg("-D").arg(&data).arg("-p").arg(port.to_string());
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            // What a crash of the machine would do to the data of a test is no matter.
            "fsync=off",
            "full_page_writes=off",
            "max_connections=400",
            "shared_buffers=64MB",
        ] {
            keeper.arg("-c").arg(setting);
        }
        let mut keeper = keeper
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal is for the tests; the keeper ends when they have.
            .process_group(0)
            .spawn()
            .context("start /bin/sh")?;
        let orders = keeper.stdin.take().context("a pipe was asked for")?;
        let answers = keeper.stdout.take().context("a pipe was asked for")?;
        let server = Self {
            programs,
            address: format!("postgres://{USER}@127.0.0.1:{port}"),
            folder,
            keeper,
            pipes: Mutex::new(Some((orders, BufReader::new(answers)))),
        };
        server.wait_until_ready()?;
        Ok(server)
    }

    /// `postgres://USER@127.0.0.1:PORT`, without a database.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What it has logged, in a file.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// The programs that it was started with.
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// A new, empty database on it.
    pub fn make_database(&self) -> anyhow::Result<String> {
        crate::make_database(&self.programs, &self.address, &self.folder, None)
    }

    /// Makes a database of which those of tests are to be copies, has it filled by `fill`, which gets its URL, and
    /// gives its name.
    pub fn make_template(
        &self,
        fill: impl FnOnce(&str) -> anyhow::Result<()>,
    ) -> anyhow::Result<&'static str> {
        let create = format!("CREATE DATABASE {TEMPLATE}");
        self.programs.psql(&self.address, &[&create])?;
        fill(&format!("{}/{TEMPLATE}", self.address))?;
        Ok(TEMPLATE)
    }

    /// Stops the server as a crash would.
    pub fn stop(&self) -> anyhow::Result<()> {
        self.order("stop")
    }

    /// Starts a stopped server again, on the same port with the same data.
    pub fn start_again(&self) -> anyhow::Result<()> {
        self.order("start")?;
        self.wait_until_ready()
    }

    fn order(&self, order: &str) -> anyhow::Result<()> {
        let mut pipes = self
            .pipes
            .lock()
            .expect("nobody panics while giving orders");
        let (orders, answers) = pipes.as_mut().context("the server has its keeper")?;
        writeln!(orders, "{order}").context("tell the keeper")?;
        let mut answer = String::new();
        answers.read_line(&mut answer).context("hear the keeper")?;
        ensure!(answer == "done\n", "the keeper of the server is gone");
        Ok(())
    }

    fn wait_until_ready(&self) -> anyhow::Result<()> {
        let begin = Instant::now();
        loop {
            let Err(error) = self.programs.psql(&self.address, &["SELECT 1"]) else {
                return Ok(());
            };
            if begin.elapsed() > START_LIMIT {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("it does not answer: {error:#}\n{log}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(mut pipes) = self.pipes.lock() {
            pipes.take();
        }
        let _ = self.keeper.wait();
    }
}

/// Whom the server runs as: it refuses to be root.
struct Account {
    /// Name and numbers, where another than ours is needed.
    other: Option<(String, u32, u32)>,
}

impl Account {
    fn find() -> anyhow::Result<Self> {
        let root = fs::metadata("/proc/self").context("look at /proc/self")?;
        if root.uid() != 0 {
            return Ok(Self { other: None });
        }
        let users = fs::read_to_string("/etc/passwd").context("read /etc/passwd")?;
        let found = ["postgres", "nobody"].iter().find_map(|name| {
            let line = users
                .lines()
                .find(|line| line.split(':').next() == Some(*name))?;
            let mut numbers = line.split(':').skip(2).map(str::parse::<u32>);
            let (user, group) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
            Some(((*name).to_owned(), user, group))
        });
        let found = found.context("there is neither a user postgres nor nobody")?;
        Ok(Self { other: Some(found) })
    }

    fn command(&self, program: &Path) -> Command {
        let Some((name, _, group)) = &self.other else {
            return Command::new(program);
        };
        let mut command = Command::new("setpriv");
        command.arg(format!("--reuid={name}"));
        command.arg(format!("--regid={group}"));
        command.args(["--clear-groups", "--"]).arg(program);
        command
    }
}

/// A folder of the server's user, in which nobody else may look.
fn make_folder(parent: &Path, account: &Account) -> anyhow::Result<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("coderunner-postgres-{}-{count}", std::process::id());
    let folder = parent.join(name);
    fs::DirBuilder::new()
        .mode(0o700)
        .create(&folder)
        .with_context(|| format!("make the folder {}", folder.display()))?;
    if let Some((_, user, group)) = &account.other {
        chown(&folder, Some(*user), Some(*group))
            .with_context(|| format!("give away the folder {}", folder.display()))?;
    }
    Ok(folder)
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("find a free port")?;
    Ok(listener.local_addr()?.port())
}
