//! Programs of the doctor: one for each limit, which runs against it, and one for each layer, which tries to get
//! through; and what must become of each.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use coderunner_proto::common::v1::{Limits as LimitsMessage, Outcome};
use coderunner_proto::sandbox::v1::Finished;
use sandboxd_sandbox::Profile;

use crate::config::Config;

/// How much later than its limit a program may be dead. Slow machines need some.
const LATENESS: Duration = Duration::from_secs(2);
/// What a broken limit calls for.
const LIMIT_ADVICE: &str =
    "this limit does not hold on this host: do not serve here, and report it with this output";
/// What a hole calls for.
const HOLE_ADVICE: &str = "a program gets through: do not serve here, and report it as docs say of security holes, with this output";

/// One program, and what must become of it.
pub struct Probe {
    /// Its name in the report.
    pub name: &'static str,
    /// The program.
    pub source: &'static str,
    /// What it runs with.
    pub profile: Profile,
    /// Limits that it asks for.
    pub limits: LimitsMessage,
    /// Whether all is well: what was found, or what is wrong.
    pub judge: fn(&Ended, &Config) -> Result<String>,
    /// What to do when it is not.
    pub advice: &'static str,
}

/// A program that ended.
pub struct Ended {
    /// Its output.
    pub stdout: Vec<u8>,
    /// Its complaints.
    pub stderr: Vec<u8>,
    /// How it ended.
    pub finished: Finished,
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

const WALL: Duration = Duration::from_millis(250);
const CPU: Duration = Duration::from_millis(150);
const PROCESSES: i32 = 8;

/// All of them, in the order in which the doctor runs them.
pub fn probes(config: &Config) -> Vec<Probe> {
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
}
