//! Programs that must behave in the sandbox as they do anywhere ([`Program`]), with what their headers
//! expect. `programs/README.md` says how one is written.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use test_harness::{Header, Job, JobLimits, Outcome, Report, binaries, header};

const KEYS: [&str; 17] = [
    "about",
    "outcome",
    "exit-code",
    "signal",
    "stdout",
    "stdout-contains",
    "stdout-lacks",
    "stdout-bytes",
    "stderr",
    "stderr-contains",
    "stderr-lacks",
    "stdin",
    "stdin-raw",
    "compile-error",
    "limits",
    "ends-within",
    "profile",
];
/// A key of a few programs only: how the source is encoded before it is sent.
const ENCODING: &str = "source-encoding";

/// What one stream must hold.
#[derive(Debug, Clone, Default)]
struct StreamExpectation {
    /// The whole of it.
    exactly: Option<String>,
    contains: Vec<String>,
    lacks: Vec<String>,
}

/// Where a compile error must be found.
#[derive(Debug, Clone)]
struct CompileErrorExpectation {
    line: i32,
    column: i32,
    kind: String,
}

/// One program and what must become of it.
#[derive(Debug, Clone)]
pub struct Program {
    source: String,
    stdin: Vec<u8>,
    limits: JobLimits,
    profile: String,
    outcome: Outcome,
    exit_code: Option<i32>,
    signal: Option<i32>,
    stdout: StreamExpectation,
    stdout_bytes: Option<usize>,
    stderr: StreamExpectation,
    compile_error: Option<CompileErrorExpectation>,
    ends_within: Option<Duration>,
}

/// The folder with the programs.
pub fn folder() -> PathBuf {
    binaries::tests().join("conformance/programs")
}

/// All programs, by name.
///
/// # Errors
/// Names the first one with a faulty header.
pub fn load() -> Result<BTreeMap<String, Program>> {
    let folder = folder();
    let mut programs = BTreeMap::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let file = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let Some(name) = file.strip_suffix(".py") else {
            continue;
        };
        let source =
            fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        let program = Program::parse(&source).with_context(|| format!("in {}", path.display()))?;
        programs.insert(name.to_owned(), program);
    }
    Ok(programs)
}

impl Program {
    fn parse(source: &str) -> Result<Self> {
        let known: Vec<&str> = KEYS.into_iter().chain([ENCODING]).collect();
        let header = Header::parse(source, &known)?;
        header.required("about")?;
        let outcome = match header::outcomes(header.required("outcome")?)?[..] {
            [outcome] => outcome,
            _ => bail!("a program has exactly one outcome"),
        };
        Ok(Self {
            source: encode(source, header.optional(ENCODING)?)?,
            stdin: stdin(&header)?,
            limits: header.limits()?.unwrap_or_default(),
            profile: header.optional("profile")?.unwrap_or_default().to_owned(),
            outcome,
            exit_code: header.number("exit-code")?,
            signal: header.number("signal")?,
            stdout: stream(&header, ["stdout", "stdout-contains", "stdout-lacks"]),
            stdout_bytes: header.number("stdout-bytes")?,
            stderr: stream(&header, ["stderr", "stderr-contains", "stderr-lacks"]),
            compile_error: header
                .optional("compile-error")?
                .map(compile_error)
                .transpose()?,
            ends_within: header.ends_within()?,
        })
    }

    /// The outcome that it must have.
    pub fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The job that runs it.
    pub fn job(&self) -> Job {
        Job::new(self.source.clone())
            .stdin(self.stdin.clone())
            .limits(self.limits.clone())
            .profile(self.profile.clone())
    }

    /// Everything that is not as it must be, one thing a line.
    pub fn judge(&self, report: &Report) -> Vec<String> {
        let mut wrong = self.judge_untimed(report);
        if let Some(most) = self.ends_within
            && report.elapsed > most
        {
            wrong.push(format!("it took {:?}, more than {most:?}", report.elapsed));
        }
        wrong
    }

    /// The same, but for how long it took: on a machine that is kept busy on purpose that says nothing.
    pub fn judge_untimed(&self, report: &Report) -> Vec<String> {
        let mut wrong = Vec::new();
        if report.outcome != self.outcome {
            wrong.push(format!(
                "the outcome is {}, expected {}",
                report.outcome.as_str_name(),
                self.outcome.as_str_name()
            ));
        }
        if self.exit_code.is_some() && (report.exit_code, report.signal) != (self.exit_code, None) {
            wrong.push(format!(
                "exit code {:?} and signal {:?}, expected exit code {:?}",
                report.exit_code, report.signal, self.exit_code
            ));
        }
        if self.signal.is_some() && (report.signal, report.exit_code) != (self.signal, None) {
            wrong.push(format!(
                "signal {:?} and exit code {:?}, expected signal {:?}",
                report.signal, report.exit_code, self.signal
            ));
        }
        wrong.extend(judge_stream(
            "standard output",
            &self.stdout,
            &report.stdout_text(),
        ));
        wrong.extend(judge_stream(
            "standard error",
            &self.stderr,
            &report.stderr_text(),
        ));
        if self
            .stdout_bytes
            .is_some_and(|expected| expected != report.stdout.len())
        {
            wrong.push(format!(
                "{} bytes of standard output, expected {:?}",
                report.stdout.len(),
                self.stdout_bytes
            ));
        }
        wrong.extend(judge_compile_error(self.compile_error.as_ref(), report));
        wrong.extend(judge_any(report));
        wrong
    }
}

fn judge_stream(name: &str, expected: &StreamExpectation, actual: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Some(exactly) = &expected.exactly
        && actual != exactly
    {
        wrong.push(format!("{name} must be exactly\n{exactly}"));
    }
    let missing = expected
        .contains
        .iter()
        .filter(|part| !actual.contains(part.as_str()));
    wrong.extend(missing.map(|part| format!("{name} lacks {part:?}")));
    let unwanted = expected
        .lacks
        .iter()
        .filter(|part| actual.contains(part.as_str()));
    wrong.extend(unwanted.map(|part| format!("{name} holds {part:?}")));
    wrong
}

fn judge_compile_error(
    expected: Option<&CompileErrorExpectation>,
    report: &Report,
) -> Option<String> {
    match (expected, &report.compile_error) {
        (None, None) => None,
        (Some(CompileErrorExpectation { line, column, kind }), Some(actual)) => {
            let found = (
                actual.file.as_str(),
                actual.line,
                actual.column,
                actual.kind.as_str(),
            );
            (found != ("main.py", *line, *column, kind.as_str())).then(|| {
                format!(
                    "the compile error is {found:?}, expected {kind} at {line}:{column} of main.py"
                )
            })
        }
        (expected, actual) => Some(format!(
            "the compile error is {actual:?}, expected {expected:?}"
        )),
    }
}

/// What holds for every run.
fn judge_any(report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    let usage = &report.usage;
    let kept = [
        ("output", usage.stdout_bytes, &report.stdout),
        ("error", usage.stderr_bytes, &report.stderr),
    ];
    for (name, counted, bytes) in kept {
        if usize::try_from(counted).ok() != Some(bytes.len()) {
            wrong.push(format!(
                "{counted} bytes of standard {name} were counted, {} sent",
                bytes.len()
            ));
        }
    }
    let truncated = usage.stdout_truncated || usage.stderr_truncated;
    if truncated != (report.outcome == Outcome::OutputLimit) {
        wrong.push(format!(
            "output was cut: {truncated}, with {}",
            report.outcome.as_str_name()
        ));
    }
    // Libraries of the profile science are below the runner's folder, and may be shown.
    let shown = report
        .stderr_text()
        .replace("/usr/lib/coderunner/science/", "");
    if shown.contains("/usr/lib/coderunner") {
        wrong.push("standard error shows lines of the runner".to_owned());
    }
    if report.wall().is_zero() || report.wall() > report.elapsed || usage.peak_memory_bytes <= 0 {
        wrong.push("the usage figures are impossible".to_owned());
    }
    wrong
}

fn stream(header: &Header, [exactly, contains, lacks]: [&str; 3]) -> StreamExpectation {
    let lines: Vec<&str> = header.all(exactly).collect();
    let texts = |key| header.all(key).map(str::to_owned).collect();
    StreamExpectation {
        exactly: (!lines.is_empty()).then(|| lines.iter().flat_map(|line| [line, "\n"]).collect()),
        contains: texts(contains),
        lacks: texts(lacks),
    }
}

fn stdin(header: &Header) -> Result<Vec<u8>> {
    let lines: String = header.all("stdin").flat_map(|line| [line, "\n"]).collect();
    match header.optional("stdin-raw")? {
        None => Ok(lines.into_bytes()),
        Some(_) if !lines.is_empty() => bail!("stdin and stdin-raw exclude each other"),
        Some(raw) => unescape(raw),
    }
}

/// Bytes from text with `\n`, `\r`, `\\` and `\xHH`.
fn unescape(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'n') => bytes.push(b'\n'),
            Some(b'r') => bytes.push(b'\r'),
            Some(b'\\') => bytes.push(b'\\'),
            Some(b'x') => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                let byte = u8::from_str_radix(&digits, 16)
                    .ok()
                    .filter(|_| digits.len() == 2);
                bytes.push(byte.with_context(|| format!("{digits:?} after \\x"))?);
            }
            other => bail!("{other:?} after a backslash"),
        }
    }
    Ok(bytes)
}

fn encode(source: &str, encoding: Option<&str>) -> Result<String> {
    match encoding {
        None => Ok(source.to_owned()),
        Some("bom-crlf") => Ok(format!("\u{feff}{}", source.replace('\n', "\r\n"))),
        Some(other) => bail!("unknown source-encoding {other:?}"),
    }
}

fn compile_error(text: &str) -> Result<CompileErrorExpectation> {
    let [line, column, kind] = text.split_whitespace().collect::<Vec<_>>()[..] else {
        bail!("compile-error must be a line, a column and a class, not {text:?}");
    };
    Ok(CompileErrorExpectation {
        line: line.parse()?,
        column: column.parse()?,
        kind: kind.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_programs_are_well_formed_and_cover_every_outcome() {
        let programs = load().expect("every header is right");
        let honest = programs
            .values()
            .filter(|program| program.outcome == Outcome::Ok)
            .count();
        assert!(honest >= 40, "only {honest} honest programs");
        for outcome in [
            Outcome::Ok,
            Outcome::RuntimeError,
            Outcome::CompileError,
            Outcome::TimeLimit,
            Outcome::MemoryLimit,
            Outcome::OutputLimit,
            Outcome::ProcessLimit,
        ] {
            let name = outcome.as_str_name();
            assert!(
                programs.values().any(|program| program.outcome == outcome),
                "nothing for {name}"
            );
        }
    }

    #[test]
    fn mistakes_in_a_header_are_errors() {
        let good = "# about: a\n# outcome: OUTCOME_OK\n";
        assert!(Program::parse(good).is_ok());
        for line in [
            "# outcome: OUTCOME_OK",
            "# stdut: x",
            "# exit-code: none",
            "# compile-error: 3",
            "# stdin-raw: \\q",
            "# source-encoding: latin-1",
        ] {
            assert!(
                Program::parse(&format!("{good}{line}\n")).is_err(),
                "{line}"
            );
        }
        assert!(Program::parse("# outcome: OUTCOME_OK\n").is_err());
        assert!(Program::parse("# about: a\n").is_err());
    }

    #[test]
    fn raw_input_is_bytes() {
        assert_eq!(
            unescape(r"a\n\x00\xff\\").expect("well-formed"),
            b"a\n\0\xff\\"
        );
        assert!(unescape(r"\x1").is_err());
        assert!(unescape("\\").is_err());
    }
}
