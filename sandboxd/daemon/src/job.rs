//! What the daemon and the runner in the sandbox say to each other; the runner's own text describes the
//! order. What comes from the sandbox is hostile bytes: bounded, and read as data only.

use coderunner_proto::common::v1::CompileError;
use coderunner_proto::sandbox::v1::FunctionStatus;
use sandboxd_sandbox::KernelLimits;
use serde::Deserialize;

/// First byte from the runner: the interpreter is ready for a job.
pub const HELLO: u8 = b'H';
/// Longest code that is handed on to the other cases of a batch; the runner knows it too.
pub const MAX_CODE: usize = 4 * 1024 * 1024;
/// Longest answer to a job.
pub const MAX_ANSWER: usize = 64 * 1024;
/// Longest return value, as JSON.
pub const MAX_RESULT: usize = 1024 * 1024;

/// Resource limits that the runner sets before the program runs: a second line behind the limits of the
/// control group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessLimits {
    cpu_seconds: u64,
    processes: u32,
}

impl ProcessLimits {
    /// What stands behind these limits.
    pub fn of(limits: &KernelLimits) -> Self {
        Self {
            cpu_seconds: limits.cpu_seconds,
            // The control group's limit must be the one that is hit, because it is counted.
            processes: limits.processes + 16,
        }
    }

    fn encode(self) -> [u8; 8] {
        let cpu_seconds = u32::try_from(self.cpu_seconds).unwrap_or(u32::MAX);
        let number = u64::from(self.processes) << 32 | u64::from(cpu_seconds);
        number.to_le_bytes()
    }
}

/// Where a program's code comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code<'a> {
    /// The runner compiles the source.
    Compile,
    /// It compiles the source and hands the code on, for the other cases of a batch.
    CompileForAll,
    /// The runner of another case has compiled it: hostile bytes, which nobody reads outside of a
    /// sandbox. At least two.
    Given(&'a [u8]),
}

impl<'a> Code<'a> {
    fn encode(self) -> &'a [u8] {
        match self {
            Self::Compile => b"",
            // Code is never that short.
            Self::CompileForAll => b"?",
            Self::Given(code) => code,
        }
    }
}

/// One job for the runner.
#[derive(Debug)]
pub struct Job<'a> {
    /// Resource limits.
    pub limits: ProcessLimits,
    /// The main file.
    pub source: &'a [u8],
    /// Where its code comes from.
    pub code: Code<'a>,
    /// Path and content of the others.
    pub files: &'a [(String, Vec<u8>)],
    /// Function to call and its arguments.
    pub function: Option<(&'a str, &'a str)>,
    /// The result pipe takes what the program draws; not with a function.
    pub drawing: bool,
}

impl Job<'_> {
    /// The job as the runner reads it.
    pub fn encode(&self) -> Vec<u8> {
        let (mode, name, arguments) = match self.function {
            Some((name, arguments)) => ("function", name, arguments),
            None if self.drawing => ("drawing", "", ""),
            None => ("script", "", ""),
        };
        let limits = self.limits.encode();
        let mut fields = vec![
            limits.as_slice(),
            mode.as_bytes(),
            self.source,
            self.code.encode(),
            name.as_bytes(),
            arguments.as_bytes(),
        ];
        for (path, content) in self.files {
            fields.extend([path.as_bytes(), content.as_slice()]);
        }
        message(&fields)
    }
}

/// A message to the runner.
pub fn message(fields: &[&[u8]]) -> Vec<u8> {
    let size = fields.iter().map(|field| field.len() + 4).sum::<usize>() + 4;
    let mut bytes = Vec::with_capacity(size);
    put_number(&mut bytes, size);
    for field in fields {
        put_number(&mut bytes, field.len());
        bytes.extend_from_slice(field);
    }
    bytes
}

fn put_number(bytes: &mut Vec<u8>, number: usize) {
    let number = u32::try_from(number).expect("a request is far smaller than 4 GiB");
    bytes.extend(number.to_le_bytes());
}

/// What the runner answered to a job.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// It compiled; the program runs.
    Started,
    /// It did not compile.
    CompileError(CompileError),
    /// Nothing that a runner says: it died, or something else spoke.
    Unintelligible,
}

/// The runner's JSON for a compile error.
#[derive(Deserialize)]
struct Description {
    kind: String,
    file: String,
    line: i64,
    column: i64,
    message: String,
    source_line: String,
}

impl Answer {
    /// Reads all that came on the control socket after the job.
    pub fn parse(bytes: &[u8]) -> Self {
        match bytes.split_first() {
            Some((b'S', [])) => Self::Started,
            Some((b'E', json)) => match serde_json::from_slice(json) {
                Ok(description) => Self::CompileError(description_to_error(description)),
                Err(_) => Self::Unintelligible,
            },
            _ => Self::Unintelligible,
        }
    }
}

fn description_to_error(description: Description) -> CompileError {
    let Description {
        kind,
        file,
        line,
        column,
        message,
        source_line,
    } = description;
    let small = |number: i64| i32::try_from(number).unwrap_or(0).max(0);
    CompileError {
        file,
        line: small(line),
        column: small(column),
        message,
        source_line,
        kind,
    }
}

/// Reads all that came on the result pipe, at most [`MAX_RESULT`] and one byte more.
pub fn parse_result(mut bytes: Vec<u8>) -> (FunctionStatus, Vec<u8>) {
    match bytes.first() {
        Some(b'R') if bytes.len() <= MAX_RESULT => {
            bytes.remove(0);
            (FunctionStatus::Returned, bytes)
        }
        Some(b'D') if bytes.len() == 1 => (FunctionStatus::NotDefined, Vec::new()),
        Some(_) => (FunctionStatus::NotData, Vec::new()),
        None => (FunctionStatus::NoResult, Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_a_size_and_fields() {
        let job = Job {
            limits: ProcessLimits {
                cpu_seconds: 5,
                processes: 66,
            },
            source: b"x",
            code: Code::Compile,
            files: &[],
            function: None,
            drawing: false,
        };
        let expected = [
            &43_u32.to_le_bytes()[..],
            &8_u32.to_le_bytes(),
            &5_u32.to_le_bytes(),
            &66_u32.to_le_bytes(),
            &6_u32.to_le_bytes(),
            b"script",
            &1_u32.to_le_bytes(),
            b"x",
            &0_u32.to_le_bytes(),
            &0_u32.to_le_bytes(),
            &0_u32.to_le_bytes(),
        ];
        assert_eq!(job.encode(), expected.concat());
    }

    #[test]
    fn hostile_answers_are_no_answers() {
        let deep = [b"E".as_slice(), "[".repeat(60_000).as_bytes()].concat();
        for bytes in [
            &b""[..],
            b"S!",
            b"E",
            b"E{",
            b"E{\"line\":1}",
            b"H",
            b"\xff\xff",
            &deep,
        ] {
            assert_eq!(Answer::parse(bytes), Answer::Unintelligible);
        }
        let huge = br#"E{"kind":"k","file":"f","line":99999999999,"column":-4,"message":"m","source_line":""}"#;
        let Answer::CompileError(error) = Answer::parse(huge) else {
            panic!("a compile error")
        };
        assert_eq!((error.line, error.column), (0, 0));
    }

    #[test]
    fn results_are_bounded_and_tagged() {
        assert_eq!(
            parse_result(b"R[1]".to_vec()),
            (FunctionStatus::Returned, b"[1]".to_vec())
        );
        assert_eq!(parse_result(b"D".to_vec()).0, FunctionStatus::NotDefined);
        assert_eq!(parse_result(Vec::new()).0, FunctionStatus::NoResult);
        assert_eq!(parse_result(b"garbage".to_vec()).0, FunctionStatus::NotData);
        let mut long = vec![b'1'; MAX_RESULT + 1];
        long[0] = b'R';
        assert_eq!(parse_result(long).0, FunctionStatus::NotData);
    }
}
