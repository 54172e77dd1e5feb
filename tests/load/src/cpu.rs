//! CPU time that the whole machine has used, by whomever: all of a run's work counts, also that
//! of the kernel, of daemons and of processes that nobody waits for.
//!
//! The source is the first line of `/proc/stat` (proc_stat(5)): user, nice, system, irq and
//! softirq. Idle and iowait are no work, steal is the work of other machines, and guest is part
//! of user already. What else runs on the machine counts too, so it should be little.

use anyhow::{Context, Result};
use std::{fs, time::Duration};

const FILE: &str = "/proc/stat";
/// Milliseconds of a tick of /proc/stat: USER_HZ is 100 on x86-64, as part of the kernel's interface.
const TICK_MS: u64 = 10;

/// CPU time of all cores since the machine started, in steps of 10 ms.
pub fn used() -> Result<Duration> {
    let text = fs::read_to_string(FILE).with_context(|| format!("could not read {FILE}"))?;
    parse(&text).with_context(|| format!("{FILE} has no line of all cores"))
}

fn parse(text: &str) -> Option<Duration> {
    let line = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
    let ticks: Vec<u64> = line
        .split_whitespace()
        .take(7)
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let [user, nice, system, _idle, _iowait, irq, softirq] = ticks[..] else {
        return None;
    };
    let work: u64 = [user, nice, system, irq, softirq].iter().sum();
    Some(Duration::from_millis(work * TICK_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_counts_and_waiting_and_other_machines_do_not() {
        let text = "cpu  100 20 30 9999 8888 4 5 7777 66 6\ncpu0 1 1 1 1 1 1 1 1 0 0\n";
        assert_eq!(parse(text), Some(Duration::from_millis(1590)));
    }

    #[test]
    fn other_text_is_not_taken_for_the_line() {
        for text in [
            "",
            "cpu0 1 2 3 4 5 6 7\n",
            "cpu 1 2 3\n",
            "cpu 1 2 x 4 5 6 7\n",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn this_machine_has_the_line() {
        assert!(used().unwrap() > Duration::ZERO);
    }
}
