//! The machine as a runner host: what the stages ask of it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use test_harness::binaries;
use vm_tests::image::{self, Extra, Image};
use vm_tests::machine::{Forward, Machine};

use crate::promises;
use crate::suites;

/// Natively each takes a second or a few.
pub const PATIENCE: Duration = Duration::from_secs(180);
/// Where the packages come from: what `cargo xtask package` makes, of two versions.
const PACKAGE: &str = "CODERUNNER_TEST_PACKAGE";
const NEXT_PACKAGE: &str = "CODERUNNER_TEST_NEXT_PACKAGE";
/// sandboxd's port inside.
const PORT: u16 = 7443;

/// Functions for the guest's shell. `state` is what there is of sandboxd and its programs; `programs` lists jobs that
/// have a program: those that wait read (call 0) from descriptor 3.
const LIBRARY: &str = r#"
unit=/sys/fs/cgroup/system.slice/sandboxd.service
launcher() { systemctl show -P MainPID sandboxd; }
sandboxes() { ps -eo pid=,uid= | awk '$2 >= 2000000 && $2 < 2002048 { print $1 }'; }
programs() {
    for pid in $(ps -eo pid=,uid= | awk '$2 >= 2000000 && $2 < 2000008 && $2 % 2 == 1 { print $1 }'); do
        # One that is gone by now is no program any more.
        grep -qs '^0 0x3 ' "/proc/$pid/syscall" || [ ! -e "/proc/$pid" ] || echo "$pid"
    done
}
state() {
    echo "service=$(systemctl is-active sandboxd)" \
        "groups=$(find $unit/runs -mindepth 1 -type d 2>/dev/null | wc -l)" \
        "processes=$(sandboxes | wc -l)" \
        "mounts=$(grep -c /run/sandboxd /proc/mounts)" \
        "images=$(grep -c /run/coderunner/rootfs /proc/mounts)" \
        "programs=$(programs | wc -l)"
}
"#;

/// Four sandboxes at rest: each has its slot's group with two inside, and keeper, zygote, first process and job;
/// besides there is the template.
pub const REST: &str = "service=active groups=12 processes=17 mounts=0 images=1 programs=0";

/// See the module.
pub struct Host {
    machine: Option<Machine>,
    image: Image,
    folder: PathBuf,
    /// The port here that leads to sandboxd's.
    pub port: u16,
    /// Every file and every user before the installation.
    pub before: String,
}

impl Host {
    /// Makes the disk and boots it.
    pub fn boot() -> Result<Self> {
        let folder = binaries::workspace().join("target/vm");
        fs::create_dir_all(&folder).context("making the machine's folder")?;
        let folder = folder.canonicalize().context("finding it again")?;
        let image = image::make(&folder, &extras(&folder)?).context("making the disk")?;
        // Free a moment ago; taken again by QEMU.
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .context("finding a free port")?
            .port();
        let mut host = Self {
            machine: None,
            image,
            folder,
            port,
            before: String::new(),
        };
        host.power_on()?;
        let system = host.must("uname -r; stat -fc %T /sys/fs/cgroup")?;
        println!("{system}");
        ensure!(system.ends_with("cgroup2fs"), "not a unified host");
        Ok(host)
    }

    /// Boots the disk as it is.
    pub fn power_on(&mut self) -> Result<()> {
        let forward = Forward {
            host: self.port,
            guest: PORT,
        };
        let started = Instant::now();
        self.machine = Some(Machine::boot(&self.image, &self.folder, forward)?);
        println!("    booted in {:.0} s", started.elapsed().as_secs_f64());
        Ok(())
    }

    /// What the guest's kernel has not written is lost.
    pub fn cut_power(&mut self) {
        if let Some(machine) = self.machine.take() {
            machine.cut_power();
        }
    }

    /// Runs a script that must end well; gives what it wrote.
    pub fn must(&mut self, script: &str) -> Result<String> {
        self.must_within(script, PATIENCE)
    }

    /// The same with a patience of its own.
    pub fn must_within(&mut self, script: &str, patience: Duration) -> Result<String> {
        let machine = self.machine.as_mut().context("the machine is off")?;
        machine.must(&format!("{LIBRARY}{script}"), patience)
    }

    /// Runs a script for which any exit code will do, and gives that with what it wrote.
    pub fn try_to(&mut self, script: &str, patience: Duration) -> Result<(i32, String)> {
        let machine = self.machine.as_mut().context("the machine is off")?;
        let answer = machine.call(&format!("{LIBRARY}{script}"), patience)?;
        Ok((answer.code, answer.text))
    }

    /// Runs a long script, showing what it writes.
    pub fn watch(&mut self, script: &str, patience: Duration) -> Result<String> {
        self.write("/run/long", script.as_bytes())?;
        self.must("rm -f /run/long.code; (bash /run/long > /run/long.log 2>&1; echo $? > /run/long.code) &")?;
        let (deadline, mut seen) = (Instant::now() + patience, 0);
        loop {
            let (over, _) = self.try_to("sleep 5; test -s /run/long.code", PATIENCE)?;
            let log = self.must("cat /run/long.log")?;
            // Whole lines only.
            let end = log.rfind('\n').map_or(seen, |end| end + 1).max(seen);
            print!("{}", &log[seen..end]);
            seen = end;
            if over == 0 {
                ensure!(self.must("cat /run/long.code")? == "0", "it failed:\n{log}");
                return Ok(log);
            }
            ensure!(
                Instant::now() < deadline,
                "not done in {patience:?}:\n{log}"
            );
        }
    }

    /// Writes a file in the guest.
    pub fn write(&mut self, path: &str, content: &[u8]) -> Result<()> {
        use base64::Engine;
        let content = base64::engine::general_purpose::STANDARD.encode(content);
        self.must(&format!("base64 -d > {path} <<'END'\n{content}\nEND\n"))?;
        Ok(())
    }

    /// Waits until sandboxd is at rest, and runs a program.
    pub fn expect_rest(&mut self) -> Result<()> {
        let wait = "for _ in $(seq 400); do s=$(state); [ \"$s\" = \"$REST\" ] && break; sleep 0.3; done; echo \"$s\"";
        let state = self.must(&format!("REST='{REST}'\n{wait}"))?;
        if state != REST {
            let log = self.must(
                "ps -eo pid,ppid,uid,cgroup,args | grep -v ' 0::/$'; journalctl -u sandboxd -n 40",
            )?;
            bail!("{state}\ninstead of {REST}\n{log}");
        }
        let said = self.must("sandboxd exec /opt/guest/hello.py")?;
        ensure!(said.starts_with("Hello"), "{said}");
        Ok(())
    }

    /// The end of sandboxd's log, for messages.
    pub fn last_words(&mut self) -> String {
        let script = "systemctl status sandboxd | head -20; journalctl -u sandboxd -n 30";
        match self.try_to(script, PATIENCE) {
            Ok((_, text)) => format!("the machine says:\n{text}"),
            Err(error) => format!("the machine says nothing: {error:#}"),
        }
    }

    /// A folder here for a stage's files.
    pub fn fresh_folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.folder.join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).with_context(|| format!("making {}", folder.display()))?;
        Ok(folder)
    }
}

/// Runs a script of the manual that is meant for another machine than the runner host: here.
pub fn run_here(script: &str, folder: &Path) -> Result<()> {
    let output = Command::new("bash")
        .args(["-c", script])
        .current_dir(folder)
        .output()
        .context("starting bash")?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "{} of:\n{script}\n{text}",
        output.status
    );
    Ok(())
}

fn extras(folder: &Path) -> Result<Vec<Extra>> {
    let package = |variable: &str, name: &str| {
        let path = std::env::var_os(variable).with_context(|| {
            format!("{variable} names no package: `cargo xtask test --only vm` makes one")
        })?;
        let to = Path::new("/root").join(name);
        anyhow::Ok(Extra {
            from: PathBuf::from(path),
            to: to.join("sandboxd_test_amd64.deb"),
        })
    };
    let attacks = binaries::workspace().join("tests/security/attacks");
    let programs = binaries::workspace().join("tests/conformance/programs");
    let at = |from: PathBuf, to: &str| Extra {
        from,
        to: Path::new("/opt/guest").join(to),
    };
    let mut extras = vec![
        package(PACKAGE, "first")?,
        package(NEXT_PACKAGE, "next")?,
        at(programs, "programs"),
        at(attacks, "attacks"),
    ];
    extras.extend(match promises::wanted() {
        Some(_) => promises::extras(folder)?,
        None => suites::extras(folder)?,
    });
    Ok(extras)
}
