//! One search: libFuzzer with one target, what it says on the way and what came of it.

use super::{Place, Target, files};
use anyhow::{Context, Result};
use comfy_table::{CellAlignment, Table, presets};
use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, ExitStatus, Stdio},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// An input that takes longer than so many seconds is a finding.
const SLOW_SECONDS: u32 = 10;
/// A target that needs more memory than so many MiB is a finding.
const MOST_MEMORY: u32 = 1024;
/// How often a search that goes on says so.
const PULSE: Duration = Duration::from_secs(15);

/// What came of a search.
#[derive(Debug)]
pub(super) struct Search {
    pub target: String,
    said: Said,
    pub finding: Option<Finding>,
}

/// Something that does not hold.
#[derive(Debug)]
pub(super) struct Finding {
    pub what: String,
    /// The input that shows it.
    pub input: PathBuf,
}

/// The figures that libFuzzer told last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Said {
    executions: u64,
    per_second: u64,
    /// Branches reached.
    coverage: u64,
    /// Inputs that reach something that no other does.
    corpus: u64,
    peak_mebibytes: u64,
}

impl Said {
    /// Takes in a line such as `#8192 pulse cov: 31 ft: 45 corp: 9/80b exec/s: 4096 rss: 52Mb`, or one of the
    /// statistics at the end.
    fn hear(&mut self, line: &str) {
        if let Some((name, number)) = line
            .strip_prefix("stat::")
            .and_then(|statistic| statistic.split_once(':'))
        {
            let Ok(number) = number.trim().parse() else {
                return;
            };
            match name {
                "number_of_executed_units" => self.executions = number,
                "average_exec_per_sec" => self.per_second = number,
                "peak_rss_mb" => self.peak_mebibytes = number,
                _ => {}
            }
            return;
        }
        let Some(rest) = line.strip_prefix('#') else {
            return;
        };
        let mut words = rest.split_whitespace();
        let number = |word: Option<&str>| {
            let word = word.unwrap_or_default();
            let end = word.find(|character: char| !character.is_ascii_digit());
            word[..end.unwrap_or(word.len())].parse().ok()
        };
        self.executions = number(words.next()).unwrap_or(self.executions);
        while let Some(word) = words.next() {
            let field = match word {
                "cov:" => &mut self.coverage,
                "corp:" => &mut self.corpus,
                "exec/s:" => &mut self.per_second,
                "rss:" => &mut self.peak_mebibytes,
                _ => continue,
            };
            *field = number(words.next()).unwrap_or(*field);
        }
    }
}

/// Searches all targets, some at one time.
pub(super) fn all(
    place: &Place,
    targets: &[Target],
    seconds: u32,
    jobs: usize,
) -> Result<Vec<Search>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..jobs.min(targets.len()) {
            scope.spawn(|| {
                while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let searched = one(place, target, seconds);
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    done.push(searched);
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut searches: Vec<_> = done.into_iter().collect::<Result<_>>()?;
    searches.sort_by(|one: &Search, other| one.target.cmp(&other.target));
    Ok(searches)
}

fn one(place: &Place, target: &Target, seconds: u32) -> Result<Search> {
    let name = &target.name;
    let earlier = findings(place, name)?;
    let mut command = Command::new(&place.reader);
    command
        .arg(name)
        .current_dir(&place.folder)
        .env("BOLERO_LIBFUZZER_ARGS", arguments(target, seconds))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("could not start {}", place.reader.display()))?;
    let log = place.folder.join(format!("log/{name}.log"));
    fs::create_dir_all(place.folder.join("log"))
        .with_context(|| format!("could not make the folder of {}", log.display()))?;
    let mut file =
        fs::File::create(&log).with_context(|| format!("could not write {}", log.display()))?;
    let mut said = Said::default();
    let mut told = Instant::now();
    let stderr = child.stderr.take().context("its output is piped")?;
    for line in BufReader::new(stderr)
        .split(b'\n')
        .map_while(std::result::Result::ok)
    {
        let line = String::from_utf8_lossy(&line);
        // The log is a convenience.
        let _ = writeln!(file, "{line}");
        said.hear(&line);
        if told.elapsed() >= PULSE {
            told = Instant::now();
            tell(name, said);
        }
    }
    let status = child
        .wait()
        .with_context(|| format!("could not wait for the search of {name}"))?;
    tell(name, said);
    let new = findings(place, name)?
        .into_iter()
        .find(|input| !earlier.contains(input));
    Ok(Search {
        target: name.clone(),
        said,
        finding: finding(status, new, log),
    })
}

/// Relative, because bolero takes them apart at spaces.
fn arguments(Target { name, longest }: &Target, seconds: u32) -> String {
    format!(
        "found/{name} seeds/{name} -artifact_prefix=findings/{name}/ -max_total_time={seconds} \
         -max_len={longest} -timeout={SLOW_SECONDS} -rss_limit_mb={MOST_MEMORY} -print_final_stats=1"
    )
}

fn findings(place: &Place, name: &str) -> Result<Vec<PathBuf>> {
    files(&place.folder.join("findings").join(name))
}

fn finding(status: ExitStatus, input: Option<PathBuf>, log: PathBuf) -> Option<Finding> {
    match (status.success(), input) {
        (true, None) => None,
        (_, Some(input)) => Some(Finding {
            what: format!(
                "does not hold for {}; {} says why",
                input.display(),
                log.display()
            ),
            input,
        }),
        // An input of the corpus may be the one.
        (false, None) => Some(Finding {
            what: format!("ended with {status}; {} says why", log.display()),
            input: PathBuf::from("INPUT"),
        }),
    }
}

fn tell(name: &str, said: Said) {
    println!(
        "    {name}: {} executions, {}/s, coverage {}, corpus {}",
        said.executions, said.per_second, said.coverage, said.corpus
    );
}

/// All searches.
pub(super) fn table(searches: &[Search]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL_CONDENSED);
    table.set_header([
        "target",
        "executions",
        "executions/s",
        "coverage",
        "corpus",
        "peak MiB",
        "found",
    ]);
    for Search {
        target,
        said,
        finding,
    } in searches
    {
        let figures = [
            said.executions,
            said.per_second,
            said.coverage,
            said.corpus,
            said.peak_mebibytes,
        ];
        let mut row = vec![target.clone()];
        row.extend(figures.map(|figure| figure.to_string()));
        row.push(finding.as_ref().map_or("", |_| "yes").to_owned());
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1).take(5) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_libfuzzer_says_is_read() {
        let mut said = Said::default();
        for line in [
            "INFO: seed corpus: files: 9 min: 1b max: 20b total: 80b rss: 40Mb",
            "#2\tINITED cov: 30 ft: 31 corp: 1/1b exec/s: 0 rss: 41Mb",
            "#8192\tpulse  cov: 31 ft: 45 corp: 9/80b lim: 80 exec/s: 4096 rss: 52Mb",
            "#9000\tNEW    cov: 33 ft: 47 corp: 10/84b lim: 80 exec/s: 4500 rss: 52Mb L: 4/20 MS: 1 EraseBytes-",
            "#notes: cov: none",
        ] {
            said.hear(line);
        }
        let expected = Said {
            executions: 9000,
            per_second: 4500,
            coverage: 33,
            corpus: 10,
            peak_mebibytes: 52,
        };
        assert_eq!(said, expected);
        said.hear("stat::number_of_executed_units: 12345");
        said.hear("stat::peak_rss_mb:              61");
        assert_eq!((said.executions, said.peak_mebibytes), (12_345, 61));
    }

    #[test]
    fn a_search_that_breaks_off_is_a_finding() {
        use std::os::unix::process::ExitStatusExt;
        let (well, ill) = (ExitStatus::from_raw(0), ExitStatus::from_raw(77 << 8));
        let log = || PathBuf::from("x.log");
        assert!(finding(well, None, log()).is_none());
        let found = finding(ill, Some("crash-1".into()), log()).unwrap();
        assert_eq!(found.input, PathBuf::from("crash-1"));
        assert!(finding(ill, None, log()).unwrap().what.contains("77"));
    }
}
