//! The limits of an installation, with their defaults. For the ones that are `Option`, 0 in the
//! file means no limit.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use super::reader::Section;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// What users and programs may use.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Bytes of the main file of a program.
    pub source_bytes: u64,
    /// More files of a program.
    pub files: u64,
    /// Bytes of a program with all its files.
    pub program_bytes: u64,
    /// Bytes of a request, after decompression.
    pub request_bytes: u64,

    /// Runs and submissions of one user.
    pub runs_per_minute: Option<NonZeroU32>,
    pub runs_per_hour: Option<NonZeroU32>,
    pub runs_per_day: Option<NonZeroU32>,
    /// Other calls of one user.
    pub calls_per_minute: Option<NonZeroU32>,
    /// Pieces of input that one user sends to running programs.
    pub inputs_per_minute: Option<NonZeroU32>,
    /// Calls without login of one network address.
    pub anonymous_calls_per_minute: Option<NonZeroU32>,
    /// Reads of public content without login of one network address.
    pub content_calls_per_minute: Option<NonZeroU32>,
    /// Refreshes of one network address.
    pub refreshes_per_minute: Option<NonZeroU32>,
    /// Codes of classes that one user tries; ten times as many of one network address.
    pub joins_per_minute: Option<NonZeroU32>,
    /// Logins of one account from one address.
    pub logins_per_minute: Option<NonZeroU32>,
    /// Failed logins before an account is locked for a growing while.
    pub lockout_failures: Option<NonZeroU32>,

    /// Longest wait for a free sandbox that a run is accepted with.
    pub queue_wait: Option<Duration>,
    /// Most runs that wait.
    pub queue_length: Option<NonZeroU32>,

    pub access_token_lifetime: Duration,
    pub refresh_token_lifetime: Duration,
    /// How long a new key for tokens is published before it signs.
    pub signing_key_delay: Duration,
    pub password_min_chars: u64,

    /// Wall-clock time of a run, and of each test of a submission.
    pub run_wall_time: Duration,
    pub test_wall_time: Duration,
    /// What no request and no problem may go beyond.
    pub wall_time_ceiling: Duration,
    pub memory_bytes: u64,
    /// Bytes on each of standard output and standard error.
    pub output_bytes: u64,
    /// Bytes of what a run draws.
    pub drawing_bytes: u64,
    /// How long a run may wait for input in all without that its wall-clock time passes.
    pub input_wait: Duration,
    /// Processes and threads of a program.
    pub processes: u64,

    /// Classes of one teacher, and members of one class.
    pub classes_per_teacher: u32,
    pub members_per_class: u32,

    /// Files that a run may leave, bytes of each, and bytes of all of a run and of all runs of a user.
    pub kept_files: u32,
    pub kept_file_bytes: u64,
    pub kept_run_bytes: u64,
    pub kept_user_bytes: Option<NonZeroU64>,
    /// Bytes of all code that a user shares by links.
    pub snippet_user_bytes: Option<NonZeroU64>,

    /// Confirms limits of 0 in production.
    pub allow_unlimited: bool,
}

impl Default for Limits {
    fn default() -> Self {
        let mut problems = Vec::new();
        let mut nothing = Section::root(Default::default(), &mut problems);
        Self::read(&mut nothing)
    }
}

impl Limits {
    pub(super) fn read(from: &mut Section) -> Self {
        let seconds = Duration::from_secs;
        let mut limits = Self {
            source_bytes: from.number("source_bytes", 100 * KIB, 1, MIB),
            files: from.number("files", 64, 1, 1000),
            program_bytes: from.number("program_bytes", MIB, 1, 3 * MIB),
            request_bytes: from.number("request_bytes", 4 * MIB, 4 * MIB, 64 * MIB),
            runs_per_minute: quota(from, "runs_per_minute", 10),
            runs_per_hour: quota(from, "runs_per_hour", 100),
            runs_per_day: quota(from, "runs_per_day", 500),
            calls_per_minute: quota(from, "calls_per_minute", 60),
            inputs_per_minute: quota(from, "inputs_per_minute", 600),
            anonymous_calls_per_minute: quota(from, "anonymous_calls_per_minute", 30),
            content_calls_per_minute: quota(from, "content_calls_per_minute", 300),
            refreshes_per_minute: quota(from, "refreshes_per_minute", 120),
            joins_per_minute: quota(from, "joins_per_minute", 10),
            logins_per_minute: quota(from, "logins_per_minute", 10),
            lockout_failures: quota(from, "lockout_failures", 5),
            queue_wait: match from.number("queue_wait_ms", 5000, 0, 600_000) {
                0 => None,
                wait => Some(Duration::from_millis(wait)),
            },
            queue_length: quota(from, "queue_length", 200),
            access_token_lifetime: seconds(60 * from.number("access_token_minutes", 15, 1, 1440)),
            refresh_token_lifetime: seconds(86_400 * from.number("refresh_token_days", 7, 1, 90)),
            signing_key_delay: seconds(
                60 * from.number("signing_key_delay_minutes", 15, 2, 10_080),
            ),
            password_min_chars: from.number("password_min_chars", 8, 8, 128),
            run_wall_time: millis(from, "run_wall_time_ms", 5000),
            test_wall_time: millis(from, "test_wall_time_ms", 15_000),
            wall_time_ceiling: millis(from, "wall_time_ceiling_ms", 30_000),
            memory_bytes: from.number("memory_bytes", 128 * MIB, 16 * MIB, 16 * KIB * MIB),
            output_bytes: from.number("output_bytes", MIB, KIB, 64 * MIB),
            drawing_bytes: from.number("drawing_bytes", 4 * MIB, KIB, 16 * MIB),
            input_wait: Duration::from_millis(from.number("input_wait_ms", 600_000, 1, 3_600_000)),
            processes: from.number("processes", 50, 1, 10_000),
            classes_per_teacher: count(from, "classes_per_teacher", 50, 1000),
            members_per_class: count(from, "members_per_class", 200, 2000),
            kept_files: u32::try_from(from.number("kept_files", 16, 1, 64))
                .expect("bounded by the reader"),
            // A file travels in one message, of at most 4 MiB with most clients.
            kept_file_bytes: from.number("kept_file_bytes", 2 * MIB, 1, 3 * MIB),
            kept_run_bytes: from.number("kept_run_bytes", 4 * MIB, 1, 16 * MIB),
            kept_user_bytes: NonZeroU64::new(from.number(
                "kept_user_bytes",
                64 * MIB,
                0,
                MIB * MIB,
            )),
            snippet_user_bytes: NonZeroU64::new(from.number(
                "snippet_user_bytes",
                16 * MIB,
                0,
                MIB * MIB,
            )),
            allow_unlimited: from.or("allow_unlimited", false),
        };
        for (key, time) in [
            ("run_wall_time_ms", &mut limits.run_wall_time),
            ("test_wall_time_ms", &mut limits.test_wall_time),
        ] {
            if *time > limits.wall_time_ceiling {
                from.problem(key, "is over wall_time_ceiling_ms");
                *time = limits.wall_time_ceiling;
            }
        }
        limits
    }

    /// Keys of the limits that are switched off.
    pub fn unlimited(&self) -> Vec<&'static str> {
        [
            ("runs_per_minute", self.runs_per_minute.is_none()),
            ("runs_per_hour", self.runs_per_hour.is_none()),
            ("runs_per_day", self.runs_per_day.is_none()),
            ("calls_per_minute", self.calls_per_minute.is_none()),
            ("inputs_per_minute", self.inputs_per_minute.is_none()),
            (
                "anonymous_calls_per_minute",
                self.anonymous_calls_per_minute.is_none(),
            ),
            (
                "content_calls_per_minute",
                self.content_calls_per_minute.is_none(),
            ),
            ("refreshes_per_minute", self.refreshes_per_minute.is_none()),
            ("joins_per_minute", self.joins_per_minute.is_none()),
            ("logins_per_minute", self.logins_per_minute.is_none()),
            ("lockout_failures", self.lockout_failures.is_none()),
            ("queue_wait_ms", self.queue_wait.is_none()),
            ("queue_length", self.queue_length.is_none()),
            ("kept_user_bytes", self.kept_user_bytes.is_none()),
            ("snippet_user_bytes", self.snippet_user_bytes.is_none()),
        ]
        .into_iter()
        .filter_map(|(key, off)| off.then_some(key))
        .collect()
    }
}

fn quota(from: &mut Section, key: &str, default: u64) -> Option<NonZeroU32> {
    let count = from.number(key, default, 0, 1_000_000_000);
    NonZeroU32::new(u32::try_from(count).expect("bounded by the reader"))
}

fn count(from: &mut Section, key: &str, default: u64, most: u64) -> u32 {
    u32::try_from(from.number(key, default, 1, most)).expect("bounded by the reader")
}

fn millis(from: &mut Section, key: &str, default: u64) -> Duration {
    Duration::from_millis(from.number(key, default, 100, 600_000))
}
