//! From a request of the API to an order, checked in full. The only place where the messages of a request
//! are taken apart.

mod cases;

use std::collections::HashSet;
use std::time::Duration;

use coderunner_proto::common::v1::{Limits as LimitsMessage, Program};
use coderunner_proto::sandbox::v1::{ExecuteRequest, FileCollection, FunctionCall};
use sandboxd_sandbox::Profile;
use sandboxd_sandbox::collection::Bounds;
use sandboxd_sandbox::limits::Wishes;
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

use crate::batch;
use crate::config::Config;
use crate::files::Wanted;
use crate::host::Host;
use crate::job::{Code, Job, ProcessLimits};
use crate::run::Order;

/// The name that the main file has in the sandbox.
const MAIN_FILE: &str = "main.py";
/// Files that come back where a request names no number, and bytes of all of them.
const DEFAULT_FILES: u64 = 16;
const DEFAULT_FILES_BYTES: u64 = 4 << 20;
const MAX_RUN_ID: usize = 64;
const MAX_FILES: usize = 64;
/// Main file and further files together.
const MAX_PROGRAM: usize = 1024 * 1024;
const MAX_PATH: usize = 255;
/// Parts of a path; with all files this stays far below the inodes of a sandbox.
const MAX_DEPTH: usize = 16;
/// Bytes of a path that a message shows.
const SHOWN_PATH: usize = 60;
const MAX_STDIN: usize = 16 * 1024 * 1024;
const MAX_ARGUMENTS: usize = 1024 * 1024;
const MAX_FUNCTION_NAME: usize = 100;

/// A field and what is wrong with it.
type Violation = (&'static str, String);

/// What a request asks for.
#[derive(Debug)]
pub enum Work {
    /// One run.
    Run(Order),
    /// A run for each of some inputs.
    Batch(batch::Order),
}

/// Checks a request and makes an order of it.
///
/// # Errors
/// INVALID_ARGUMENT with the field in BadRequest.
pub fn work(
    config: &Config,
    host: &Host,
    request: ExecuteRequest,
) -> Result<(String, Work), Status> {
    checked(config, host, request).map_err(|(field, problem)| {
        let details = ErrorDetails::with_bad_request_violation(field, &problem);
        Status::with_error_details(
            tonic::Code::InvalidArgument,
            format!("{field}: {problem}"),
            details,
        )
    })
}

fn checked(
    config: &Config,
    host: &Host,
    request: ExecuteRequest,
) -> Result<(String, Work), Violation> {
    let ExecuteRequest {
        run_id,
        program,
        limits,
        stdin,
        interactive,
        function_call,
        profile,
        file_collection,
        drawing,
        cases,
        max_parallel,
        stop_on_first_failure,
    } = request;
    check_run_id(&run_id)?;
    let profile = check_profile(host, &profile)?;
    let batch_wishes = cases::Wishes {
        max_parallel,
        stop_on_first_failure,
    };
    let cases = cases::check(cases, &batch_wishes)?;
    let Program { source, files } = program.ok_or(("program", "is missing".to_owned()))?;
    let files = check_files(&source, files)?;
    if stdin.len() > MAX_STDIN {
        return Err(("stdin", format!("is over {MAX_STDIN} bytes")));
    }
    let function = function_call.map(check_function).transpose()?;
    let limits = config
        .ceilings()
        .resolve(&wishes(limits.unwrap_or_default())?)
        .map_err(|error| (error.field, error.to_string()))?;
    let kernel_limits = config.kernel_limits(&limits);
    if let Some(cases) = cases {
        let single = cases::Single {
            stdin: !stdin.is_empty(),
            interactive,
            function_call: function.is_some(),
            file_collection: file_collection.is_some(),
            drawing,
        };
        single.check_unset()?;
        let order = batch::Order {
            source: source.into_bytes(),
            files,
            profile,
            max_parallel: batch_wishes.parallel(config.batch_sandboxes(), cases.len()),
            cases,
            stop_on_first_failure,
            limits,
            kernel_limits,
        };
        return Ok((run_id, Work::Batch(order)));
    }
    if drawing && function.is_some() {
        return Err(("drawing", "must be unset with function_call".to_owned()));
    }
    let job = Job {
        limits: ProcessLimits::of(&kernel_limits),
        source: source.as_bytes(),
        code: Code::Compile,
        files: &files,
        function: function
            .as_ref()
            .map(|(name, arguments)| (name.as_str(), arguments.as_str())),
        drawing,
    };
    let order = Order {
        profile,
        job: job.encode(),
        files: file_collection
            .map(|collection| wanted(config, collection, &source, &files))
            .transpose()?,
        wants_result: function.is_some(),
        wants_drawing: drawing,
        stdin,
        interactive,
        kernel_limits,
        limits,
        compiling: None,
    };
    Ok((run_id, Work::Run(order)))
}

/// What is to come back, and what the working directory has at the start.
fn wanted(
    config: &Config,
    collection: FileCollection,
    source: &str,
    files: &[(String, Vec<u8>)],
) -> Result<Wanted, Violation> {
    let FileCollection {
        file_count_limit,
        file_limit_bytes,
        total_limit_bytes,
    } = collection;
    let most = config.most_files();
    let number = |field, wish: i64, default: u64, most: u64| match u64::try_from(wish) {
        Ok(0) => Ok(default.min(most)),
        Ok(number) if number <= most => Ok(number),
        _ => Err((field, format!("must be 0 to {most}, not {wish}"))),
    };
    let files_most = u64::from(most.files);
    let count = number(
        "file_collection.file_count_limit",
        file_count_limit.into(),
        DEFAULT_FILES,
        files_most,
    )?;
    let total_bytes = number(
        "file_collection.total_limit_bytes",
        total_limit_bytes,
        DEFAULT_FILES_BYTES,
        most.total_bytes,
    )?;
    let file_bytes = number(
        "file_collection.file_limit_bytes",
        file_limit_bytes,
        total_bytes,
        most.file_bytes,
    )?;
    let main = (MAIN_FILE.to_owned(), source.as_bytes().to_vec());
    Ok(Wanted {
        bounds: Bounds {
            files: u32::try_from(count).unwrap_or(most.files),
            file_bytes,
            total_bytes,
        },
        sent: files.iter().cloned().chain([main]).collect(),
    })
}

/// The same rule for every call that names a run.
pub fn check_run_id(id: &str) -> Result<(), Violation> {
    let plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if id.is_empty() || id.len() > MAX_RUN_ID || !plain {
        return Err((
            "run_id",
            format!("must be 1 to {MAX_RUN_ID} of [A-Za-z0-9-]"),
        ));
    }
    Ok(())
}

fn check_profile(host: &Host, name: &str) -> Result<Profile, Violation> {
    match Profile::parse(name) {
        Some(profile) if host.offers(profile) => Ok(profile),
        _ => {
            let known: Vec<_> = host.profiles().map(|(profile, _)| profile.name()).collect();
            Err(("profile", format!("must be one of {}", known.join(", "))))
        }
    }
}

fn check_files(
    source: &str,
    files: Vec<coderunner_proto::common::v1::SourceFile>,
) -> Result<Vec<(String, Vec<u8>)>, Violation> {
    if files.len() > MAX_FILES {
        return Err(("program.files", format!("are over {MAX_FILES}")));
    }
    let total = source.len() + files.iter().map(|file| file.content.len()).sum::<usize>();
    if total > MAX_PROGRAM {
        return Err(("program", format!("is over {MAX_PROGRAM} bytes")));
    }
    let mut seen = HashSet::from([MAIN_FILE.to_owned()]);
    let mut checked = Vec::with_capacity(files.len());
    for file in files {
        check_path(&file.path)?;
        if !seen.insert(file.path.clone()) {
            return Err((
                "program.files.path",
                format!("{} is there twice", shown(&file.path)),
            ));
        }
        checked.push((file.path, file.content));
    }
    for path in &seen {
        if let Some(folder) = folders_of(path).find(|folder| seen.contains(*folder)) {
            let (folder, path) = (shown(folder), shown(path));
            let problem = format!("{folder} can't be a file and the folder of {path}");
            return Err(("program.files.path", problem));
        }
    }
    Ok(checked)
}

/// Each folder on the way to a path: "a" and "a/b" for "a/b/c".
fn folders_of(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

fn check_path(path: &str) -> Result<(), Violation> {
    let good_part = |part: &str| !part.is_empty() && part != "." && part != "..";
    let good = path.len() <= MAX_PATH
        && path.split('/').count() <= MAX_DEPTH
        && !path.contains('\0')
        && path.split('/').all(good_part);
    if good {
        Ok(())
    } else {
        Err((
            "program.files.path",
            format!(
                "{} must be relative, without empty parts, \".\" and \"..\", of at most {MAX_PATH} bytes and {MAX_DEPTH} parts",
                shown(path)
            ),
        ))
    }
}

/// The beginning of a path, for a message: that travels in headers, which have no room for a megabyte.
fn shown(path: &str) -> String {
    let (beginning, rest) = path.split_at(path.floor_char_boundary(SHOWN_PATH));
    let more = if rest.is_empty() { "" } else { "..." };
    format!("{beginning:?}{more}")
}

fn check_function(call: FunctionCall) -> Result<(String, String), Violation> {
    let FunctionCall {
        function_name,
        arguments_json,
    } = call;
    let mut characters = function_name.chars();
    let starts_well = characters
        .next()
        .is_some_and(|first| first.is_alphabetic() || first == '_');
    let goes_on_well = characters.all(|next| next.is_alphanumeric() || next == '_');
    if !starts_well || !goes_on_well || function_name.len() > MAX_FUNCTION_NAME {
        return Err((
            "function_call.function_name",
            "must be a Python identifier of at most 100 bytes".to_owned(),
        ));
    }
    if arguments_json.len() > MAX_ARGUMENTS {
        return Err((
            "function_call.arguments_json",
            format!("is over {MAX_ARGUMENTS} bytes"),
        ));
    }
    match serde_json::from_str::<Vec<serde::de::IgnoredAny>>(&arguments_json) {
        Ok(_) => Ok((function_name, arguments_json)),
        Err(error) => Err((
            "function_call.arguments_json",
            format!("must be a JSON array: {error}"),
        )),
    }
}

/// Zero and unset mean the default.
fn wishes(message: LimitsMessage) -> Result<Wishes, Violation> {
    let LimitsMessage {
        wall_time_limit,
        cpu_time_limit,
        memory_limit_bytes,
        output_limit_bytes,
        process_limit,
        input_wait_limit,
        drawing_limit_bytes,
    } = message;
    let time = |field, wish: Option<prost_types::Duration>| match wish.map(duration) {
        None | Some(Some(Duration::ZERO)) => Ok(None),
        Some(Some(time)) => Ok(Some(time)),
        Some(None) => Err((field, "must not be negative".to_owned())),
    };
    let number = |field, wish: i64| match u64::try_from(wish) {
        Ok(0) => Ok(None),
        Ok(number) => Ok(Some(number)),
        Err(_) => Err((field, "must not be negative".to_owned())),
    };
    Ok(Wishes {
        wall_time: time("wall_time_limit", wall_time_limit)?,
        cpu_time: time("cpu_time_limit", cpu_time_limit)?,
        memory_bytes: number("memory_limit_bytes", memory_limit_bytes)?,
        output_bytes: number("output_limit_bytes", output_limit_bytes)?,
        processes: number("process_limit", process_limit.into())?
            .map(|count| u32::try_from(count).unwrap_or(u32::MAX)),
        input_wait: time("input_wait_limit", input_wait_limit)?,
        drawing_bytes: number("drawing_limit_bytes", drawing_limit_bytes)?,
    })
}

/// None for a negative one. The library's conversion alone overflows at the least number of seconds.
fn duration(message: prost_types::Duration) -> Option<Duration> {
    let message = Some(message).filter(|message| message.seconds >= 0)?;
    message.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use coderunner_proto::common::v1::SourceFile;

    fn request() -> ExecuteRequest {
        let program = Program {
            source: "print(1)".to_owned(),
            files: Vec::new(),
        };
        ExecuteRequest {
            run_id: "run-1".to_owned(),
            program: Some(program),
            ..ExecuteRequest::default()
        }
    }

    fn refused_field(change: impl FnOnce(&mut ExecuteRequest)) -> &'static str {
        let mut request = request();
        change(&mut request);
        checked(&Config::default(), &Host::for_tests(false), request)
            .expect_err("it must be refused")
            .0
    }

    fn file(request: &mut ExecuteRequest, path: &str) {
        let program = request.program.as_mut().expect("there is one");
        program.files.push(SourceFile {
            path: path.to_owned(),
            content: Vec::new(),
        });
    }

    impl Work {
        fn profile(&self) -> Profile {
            match self {
                Self::Run(order) => order.profile,
                Self::Batch(order) => order.profile,
            }
        }

        fn files(self) -> Option<Wanted> {
            match self {
                Self::Run(order) => order.files,
                Self::Batch(_) => None,
            }
        }
    }

    #[test]
    fn a_collection_is_within_the_ceilings_and_knows_what_was_sent() {
        let collect = |collection: FileCollection| {
            let mut request = request();
            file(&mut request, "data/in.txt");
            request.file_collection = Some(collection);
            let checked = checked(&Config::default(), &Host::for_tests(false), request);
            checked.map(|(_, work)| work.files().expect("wanted"))
        };
        let wanted = collect(FileCollection::default()).expect("the defaults");
        let defaults = Bounds {
            files: 16,
            file_bytes: 4 << 20,
            total_bytes: 4 << 20,
        };
        assert_eq!(wanted.bounds, defaults);
        let sent: Vec<_> = wanted.sent.iter().map(|(path, _)| path.as_str()).collect();
        assert_eq!(sent, ["data/in.txt", "main.py"]);
        let (_, plain) =
            checked(&Config::default(), &Host::for_tests(false), request()).expect("fine");
        assert!(plain.files().is_none());
        for (collection, field) in [
            (
                FileCollection {
                    file_count_limit: 65,
                    ..FileCollection::default()
                },
                "file_collection.file_count_limit",
            ),
            (
                FileCollection {
                    file_limit_bytes: -1,
                    ..FileCollection::default()
                },
                "file_collection.file_limit_bytes",
            ),
            (
                FileCollection {
                    total_limit_bytes: i64::MAX,
                    ..FileCollection::default()
                },
                "file_collection.total_limit_bytes",
            ),
        ] {
            assert_eq!(collect(collection).expect_err("too much").0, field);
        }
    }

    #[test]
    fn a_plain_request_is_fine() {
        let (_, work) =
            checked(&Config::default(), &Host::for_tests(false), request()).expect("it is fine");
        assert_eq!(work.profile(), Profile::Python);
    }

    #[test]
    fn a_profile_must_be_one_that_the_host_offers() {
        for (offered, name, expected) in [
            (true, "python", Some(Profile::Python)),
            (true, "science", Some(Profile::Science)),
            (false, "science", None),
            (true, "Python", None),
            (true, "../science", None),
        ] {
            let mut request = request();
            request.profile = name.to_owned();
            let host = Host::for_tests(offered);
            let found = checked(&Config::default(), &host, request);
            match (found, expected) {
                (Ok((_, work)), Some(profile)) => assert_eq!(work.profile(), profile),
                (Err((field, _)), None) => assert_eq!(field, "profile", "{name}"),
                (found, _) => panic!("{name} on a host with science {offered}: {found:?}"),
            }
        }
    }

    #[test]
    fn paths_that_leave_the_working_directory_are_refused() {
        for path in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "./a",
            "a/",
            "a\0b",
            "main.py",
        ] {
            assert_eq!(
                refused_field(|request| file(request, path)),
                "program.files.path",
                "{path:?}"
            );
        }
        assert_eq!(
            refused_field(|request| file(request, &"x".repeat(256))),
            "program.files.path"
        );
    }

    #[test]
    fn a_refusal_is_short_however_long_the_path() {
        for paths in [
            ["\u{1}".repeat(1 << 20), "a".to_owned()],
            ["\u{1}".repeat(MAX_PATH), "\u{1}".repeat(MAX_PATH)],
            ["ä".repeat(120), format!("{}/a", "ä".repeat(120))],
        ] {
            let mut request = request();
            paths.iter().for_each(|path| file(&mut request, path));
            let host = Host::for_tests(false);
            let status = work(&Config::default(), &host, request).expect_err("refused");
            assert!(status.message().len() < 1000, "{}", status.message().len());
        }
    }

    #[test]
    fn a_file_is_no_folder() {
        for paths in [["a", "a/b"], ["a/b/c", "a/b"], ["main.py/x", "y"]] {
            let clash =
                |request: &mut ExecuteRequest| paths.iter().for_each(|path| file(request, path));
            assert_eq!(refused_field(clash), "program.files.path", "{paths:?}");
        }
        assert_eq!(
            refused_field(|request| file(request, &format!("{}x", "a/".repeat(16)))),
            "program.files.path"
        );
    }

    #[test]
    fn each_bad_field_is_named() {
        assert_eq!(
            refused_field(|request| request.run_id = "a/b".to_owned()),
            "run_id"
        );
        assert_eq!(refused_field(|request| request.run_id.clear()), "run_id");
        assert_eq!(refused_field(|request| request.program = None), "program");
        assert_eq!(
            refused_field(|request| request.stdin = vec![0; MAX_STDIN + 1]),
            "stdin"
        );
        let call = |name: &str, arguments: &str| {
            Some(FunctionCall {
                function_name: name.to_owned(),
                arguments_json: arguments.to_owned(),
            })
        };
        assert_eq!(
            refused_field(|request| request.function_call = call("1a", "[]")),
            "function_call.function_name"
        );
        assert_eq!(
            refused_field(|request| request.function_call = call("a b", "[]")),
            "function_call.function_name"
        );
        assert_eq!(
            refused_field(|request| request.function_call = call("a", "{}")),
            "function_call.arguments_json"
        );
        let limits = LimitsMessage {
            memory_limit_bytes: -1,
            ..LimitsMessage::default()
        };
        assert_eq!(
            refused_field(|request| request.limits = Some(limits)),
            "memory_limit_bytes"
        );
        for (seconds, nanos) in [(-1, 0), (0, -1), (i64::MIN, 0), (i64::MIN, i32::MIN)] {
            let limits = LimitsMessage {
                cpu_time_limit: Some(prost_types::Duration { seconds, nanos }),
                ..LimitsMessage::default()
            };
            assert_eq!(
                refused_field(|request| request.limits = Some(limits)),
                "cpu_time_limit"
            );
        }
        let limits = LimitsMessage {
            wall_time_limit: Some(prost_types::Duration {
                seconds: 31,
                nanos: 0,
            }),
            ..LimitsMessage::default()
        };
        assert_eq!(
            refused_field(|request| request.limits = Some(limits)),
            "wall_time_limit"
        );
    }
}
