//! Attack programs and their headers.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use test_harness::{FunctionStatus, Header, JobLimits, LeftOutReason, Outcome, binaries, header};

/// Families of attacks: the folders below `attacks/`.
pub const FAMILIES: [&str; 11] = [
    "escape",
    "filesystem",
    "collection",
    "processes",
    "syscalls",
    "network",
    "resources",
    "output",
    "lifecycle",
    "between-runs",
    "grading",
];

const KEYS: [&str; 15] = [
    "attack",
    "family",
    "expect",
    "stops-it",
    "pair",
    "limits",
    "ends-within",
    "exit-code",
    "signal",
    "function",
    "function-status",
    "result",
    "stdin-bytes",
    "collects",
    "left-out",
];

/// What must become of a program. Whatever it is, no line of its output may claim an escape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// It ends well and says that every way was refused.
    Blocked,
    /// It ends with one of these outcomes.
    Outcome(Vec<Outcome>),
}

/// A function call and what it must come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Name of the function.
    pub name: String,
    /// Arguments as a JSON array.
    pub arguments: String,
    /// Acceptable ends of the call.
    pub statuses: Vec<FunctionStatus>,
    /// The value as JSON, where one is returned.
    pub result: Option<String>,
}

/// What must come of the files that a program left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// Paths that come back, sorted; `NAME*` stands for any that begin so.
    pub paths: Vec<String>,
    /// Why others do not, and how many where that is certain.
    pub left_out: Vec<(LeftOutReason, Option<i32>)>,
}

/// One attack program.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its text.
    pub source: String,
    /// What it tries.
    pub attack: String,
    /// Its family.
    pub family: String,
    /// What must become of it.
    pub expect: Expectation,
    /// The layers that stop it.
    pub stops_it: String,
    /// Limits other than the usual ones.
    pub limits: Option<JobLimits>,
    /// The most time that its run may take.
    pub ends_within: Option<Duration>,
    /// Exit code that it must have.
    pub exit_code: Option<i32>,
    /// Signal that must end it.
    pub signal: Option<i32>,
    /// A function to be called.
    pub call: Option<Call>,
    /// Bytes of further standard input.
    pub stdin_bytes: usize,
    /// Its files are asked for, and this must come of it.
    pub files: Option<Files>,
    pair: Option<String>,
}

/// When the second program of a pair runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meeting {
    /// After the first has ended.
    After,
    /// While the first lives; the first says READY when it is time.
    Live,
}

/// One attack: a program, or a pair of which the second looks for what the first did.
#[derive(Debug, Clone)]
pub enum Attack {
    /// One program.
    Single(Box<Program>),
    /// Two programs in two sandboxes.
    Pair(Box<Program>, Meeting, Box<Program>),
}

impl Attack {
    /// The program whose aim counts.
    pub fn program(&self) -> &Program {
        match self {
            Self::Single(program) | Self::Pair(_, _, program) => program,
        }
    }
}

/// The folder with the attack programs.
pub fn folder() -> PathBuf {
    binaries::tests().join("security/attacks")
}

/// What every program finds beside it as kit.py.
///
/// # Errors
/// When it can't be read.
pub fn kit() -> Result<Vec<u8>> {
    let path = folder().join("kit.py");
    fs::read(&path).with_context(|| format!("reading {}", path.display()))
}

/// All attacks, by name (`family/program`).
///
/// # Errors
/// Names the first program with a faulty header, an unknown family, or half a pair.
pub fn load() -> Result<BTreeMap<String, Attack>> {
    let mut programs = BTreeMap::new();
    for family in FAMILIES {
        let folder = folder().join(family);
        let entries =
            fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            let file = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            let Some(name) = file.strip_suffix(".py") else {
                bail!("{} is no program", path.display())
            };
            let source =
                fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            let program =
                parse(source, family).with_context(|| format!("in {}", path.display()))?;
            programs.insert(format!("{family}/{name}"), program);
        }
    }
    pair_up(programs)
}

fn pair_up(mut programs: BTreeMap<String, Program>) -> Result<BTreeMap<String, Attack>> {
    let mut attacks = BTreeMap::new();
    for name in programs.keys().cloned().collect::<Vec<_>>() {
        let Some(program) = programs.remove(&name) else {
            continue;
        };
        let Some(stem) = name.strip_suffix(".first") else {
            if name.ends_with(".second") {
                bail!("{name} has no first half");
            }
            if program.pair.is_some() {
                bail!("{name} says when a second half runs, but is no first half");
            }
            attacks.insert(name, Attack::Single(Box::new(program)));
            continue;
        };
        let second = programs
            .remove(&format!("{stem}.second"))
            .with_context(|| format!("{name} has no second half"))?;
        let meeting = match program.pair.as_deref() {
            Some("after") => Meeting::After,
            Some("live") => Meeting::Live,
            other => bail!("{name} must say `pair: after` or `pair: live`, not {other:?}"),
        };
        attacks.insert(
            stem.to_owned(),
            Attack::Pair(Box::new(program), meeting, Box::new(second)),
        );
    }
    Ok(attacks)
}

fn parse(source: String, family: &str) -> Result<Program> {
    let header = Header::parse(&source, &KEYS)?;
    let named = header.required("family")?;
    if named != family {
        bail!("the program of family {named:?} lies in the folder {family}");
    }
    Ok(Program {
        attack: header.required("attack")?.to_owned(),
        family: family.to_owned(),
        expect: expectation(header.required("expect")?)?,
        stops_it: header.required("stops-it")?.to_owned(),
        limits: header.limits()?,
        ends_within: header.ends_within()?,
        exit_code: header.number("exit-code")?,
        signal: header.number("signal")?,
        call: call(&header)?,
        stdin_bytes: header.number("stdin-bytes")?.unwrap_or_default(),
        files: files(&header)?,
        pair: header.optional("pair")?.map(str::to_owned),
        source,
    })
}

fn expectation(text: &str) -> Result<Expectation> {
    match text.split_once(' ') {
        None if text == "blocked" => Ok(Expectation::Blocked),
        Some(("outcome", names)) => Ok(Expectation::Outcome(header::outcomes(names)?)),
        _ => bail!("expect must be `blocked` or `outcome OUTCOME_X`, not {text:?}"),
    }
}

fn files(header: &Header) -> Result<Option<Files>> {
    let left_out = header.optional("left-out")?;
    let Some(paths) = header.optional("collects")? else {
        if left_out.is_some() {
            bail!("left-out needs collects");
        }
        return Ok(None);
    };
    let paths = match paths {
        "nothing" => Vec::new(),
        paths => paths.split(' ').map(str::to_owned).collect(),
    };
    let reasons = left_out.unwrap_or_default().split_whitespace();
    let reasons = reasons.map(|text| {
        let (name, count) = text.split_once('=').unwrap_or((text, ""));
        let reason = LeftOutReason::from_str_name(&format!("LEFT_OUT_REASON_{name}"))
            .with_context(|| format!("{name:?} is no reason"))?;
        let count = match count {
            "" => None,
            count => Some(count.parse().context("a count is a number")?),
        };
        Ok((reason, count))
    });
    Ok(Some(Files {
        paths,
        left_out: reasons.collect::<Result<_>>()?,
    }))
}

fn call(header: &Header) -> Result<Option<Call>> {
    let statuses = header
        .optional("function-status")?
        .map(statuses)
        .transpose()?;
    let result = header.optional("result")?.map(str::to_owned);
    let Some(function) = header.optional("function")? else {
        if statuses.is_some() || result.is_some() {
            bail!("function-status and result need a function");
        }
        return Ok(None);
    };
    let (name, arguments) = function
        .split_once(' ')
        .context("function must be a name and a JSON array")?;
    Ok(Some(Call {
        name: name.to_owned(),
        arguments: arguments.to_owned(),
        statuses: statuses.unwrap_or_default(),
        result,
    }))
}

fn statuses(text: &str) -> Result<Vec<FunctionStatus>> {
    text.split('|')
        .map(|name| {
            FunctionStatus::from_str_name(&format!("FUNCTION_STATUS_{name}"))
                .with_context(|| format!("{name:?} is no function status"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "# attack: a\n# family: escape\n# expect: blocked\n# stops-it: seccomp\n";

    #[test]
    fn all_programs_of_the_suite_are_well_formed() {
        let attacks = load().expect("every header is right");
        assert!(attacks.len() >= 50, "only {} attacks", attacks.len());
        for family in FAMILIES {
            assert!(
                attacks
                    .values()
                    .any(|attack| attack.program().family == family),
                "nothing in {family}"
            );
        }
    }

    #[test]
    fn a_missing_key_is_an_error() {
        assert!(parse(GOOD.to_owned(), "escape").is_ok());
        for line in GOOD.lines() {
            let without = GOOD.replace(&format!("{line}\n"), "");
            assert!(parse(without, "escape").is_err(), "without {line}");
        }
    }

    #[test]
    fn mistakes_in_a_header_are_errors() {
        for line in [
            "# colour: red",
            "# expect: blocked",
            "# limits: patience=3",
            "# ends-within: soon",
            "# result: 5",
            "# function: solve",
            "# function-status: NOT_DATA",
            "# left-out: TOO_MANY=1",
            "# collects: nothing\n# left-out: TIRED",
            "# collects: nothing\n# left-out: TOO_MANY=x",
        ] {
            assert!(
                parse(format!("{GOOD}{line}\n"), "escape").is_err(),
                "{line}"
            );
        }
        for expect in [
            "free",
            "outcome",
            "outcome OUTCOME_FINE",
            "blocked OUTCOME_OK",
        ] {
            let source = GOOD.replace("blocked", expect);
            assert!(parse(source, "escape").is_err(), "{expect}");
        }
        assert!(parse(GOOD.to_owned(), "network").is_err());
    }

    #[test]
    fn half_a_pair_is_an_error() {
        let program = || parse(GOOD.to_owned(), "escape").expect("well-formed");
        let first = || parse(format!("{GOOD}# pair: live\n"), "escape").expect("well-formed");
        let load = |entries: Vec<(&str, Program)>| {
            pair_up(
                entries
                    .into_iter()
                    .map(|(name, program)| (name.to_owned(), program))
                    .collect(),
            )
        };
        assert!(load(vec![("x.first", first())]).is_err());
        assert!(load(vec![("x.second", program())]).is_err());
        assert!(load(vec![("x.first", program()), ("x.second", program())]).is_err());
        assert!(load(vec![("x", first())]).is_err());
        let pairs = load(vec![("x.first", first()), ("x.second", program())]).expect("a pair");
        assert!(matches!(pairs["x"], Attack::Pair(_, Meeting::Live, _)));
    }
}
