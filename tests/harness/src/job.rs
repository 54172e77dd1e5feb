//! What a test asks sandboxd to run.

use std::time::Duration;

use coderunner_proto::common::v1::{Limits, Program, SourceFile};
use coderunner_proto::sandbox::v1::{ExecuteRequest, FileCollection, FunctionCall};

/// Limits of a job; `None` takes the server's default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobLimits {
    /// Wall-clock time.
    pub wall: Option<Duration>,
    /// CPU time of all processes together.
    pub cpu: Option<Duration>,
    /// Memory in bytes.
    pub memory_bytes: Option<i64>,
    /// Bytes on each of standard output and standard error.
    pub output_bytes: Option<i64>,
    /// Processes and threads alive at one time.
    pub processes: Option<i32>,
    /// Time in which it may wait for input.
    pub input_wait: Option<Duration>,
    /// Bytes of what it draws.
    pub drawing_bytes: Option<i64>,
}

/// One program with its input and limits.
#[derive(Debug, Clone, Default)]
pub struct Job {
    /// Text of main.py.
    pub source: String,
    /// Further files: path and bytes.
    pub files: Vec<(String, Vec<u8>)>,
    /// Standard input that is there from the start.
    pub stdin: Vec<u8>,
    /// Standard input stays open after that.
    pub interactive: bool,
    /// Name of a function to call, and its arguments as a JSON array.
    pub function: Option<(String, String)>,
    /// Its limits.
    pub limits: JobLimits,
    /// What it can import; empty for the standard library.
    pub profile: String,
    /// Which of the files that it leaves come back.
    pub collect: Option<FileCollection>,
    /// What it draws comes.
    pub drawing: bool,
}

impl Job {
    /// A job of nothing but a source.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            ..Self::default()
        }
    }

    /// With standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// With standard input left open.
    #[must_use]
    pub fn interactive(mut self) -> Self {
        self.interactive = true;
        self
    }

    /// With a further file beside main.py.
    #[must_use]
    pub fn file(mut self, path: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.into(), content.into()));
        self
    }

    /// Calls a function after the program's top level has run.
    #[must_use]
    pub fn function(mut self, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        self.function = Some((name.into(), arguments.into()));
        self
    }

    /// With the files that it leaves, as many as the server gives by default.
    #[must_use]
    pub fn collect(mut self) -> Self {
        self.collect = Some(FileCollection::default());
        self
    }

    /// With what it draws.
    #[must_use]
    pub fn drawing(mut self) -> Self {
        self.drawing = true;
        self
    }

    /// With limits of its own.
    #[must_use]
    pub fn limits(mut self, limits: JobLimits) -> Self {
        self.limits = limits;
        self
    }

    /// With a profile other than the standard library.
    #[must_use]
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = name.into();
        self
    }

    pub(crate) fn into_request(self, run_id: String) -> ExecuteRequest {
        let Self {
            source,
            files,
            stdin,
            interactive,
            function,
            limits,
            profile,
            collect,
            drawing,
        } = self;
        let JobLimits {
            wall,
            cpu,
            memory_bytes,
            output_bytes,
            processes,
            input_wait,
            drawing_bytes,
        } = limits;
        let duration = |time: Duration| {
            prost_types::Duration::try_from(time).expect("a limit is a short time")
        };
        let files = files
            .into_iter()
            .map(|(path, content)| SourceFile { path, content })
            .collect();
        ExecuteRequest {
            run_id,
            program: Some(Program { source, files }),
            limits: Some(Limits {
                wall_time_limit: wall.map(duration),
                cpu_time_limit: cpu.map(duration),
                memory_limit_bytes: memory_bytes.unwrap_or_default(),
                output_limit_bytes: output_bytes.unwrap_or_default(),
                process_limit: processes.unwrap_or_default(),
                input_wait_limit: input_wait.map(duration),
                drawing_limit_bytes: drawing_bytes.unwrap_or_default(),
            }),
            stdin,
            interactive,
            function_call: function.map(call),
            profile,
            file_collection: collect,
            drawing,
            ..ExecuteRequest::default()
        }
    }
}

/// A call of a function of this name with these arguments.
pub(crate) fn call((function_name, arguments_json): (String, String)) -> FunctionCall {
    FunctionCall {
        function_name,
        arguments_json,
    }
}
