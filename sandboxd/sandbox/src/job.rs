//! The last steps before Python, in the process that becomes it. Order matters: descriptors and limits
//! while there is still power, then the user, then the power goes, then the filters, then execve.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use nix::unistd::{execve, setresgid, setresuid, setsid};

use crate::child::{self, Step, StepError};
use crate::identity::job_inside;
use crate::limits::KernelLimits;
use crate::restrict;
use crate::syscalls::Policy;

/// Descriptor numbers that the program in the sandbox finds; all others are closed.
const AGREED: i32 = 5;

/// The job's ends of its pipes, in the order of their numbers in the job.
#[derive(Debug)]
pub struct JobEnds {
    /// 0.
    pub stdin: OwnedFd,
    /// 1.
    pub stdout: OwnedFd,
    /// 2.
    pub stderr: OwnedFd,
    /// 3: where the program comes from; the runner closes it before any of it runs.
    pub control: OwnedFd,
    /// 4: where a function's return value goes.
    pub result: OwnedFd,
}

/// The program that runs in the sandbox: the runner, which reads the student's program from
/// descriptor 3.
const ARGUMENTS: [&str; 2] = ["/usr/bin/python3", "/usr/lib/coderunner/runner.py"];

/// The whole environment of the job.
const ENVIRONMENT: [&str; 6] = [
    "PYTHONUNBUFFERED=1",
    "PYTHONDONTWRITEBYTECODE=1",
    "PYTHONHASHSEED=random",
    "PATH=/usr/bin",
    "HOME=/work",
    "LANG=C.UTF-8",
];

/// Becomes the job. Returns only when a step failed, after reporting which.
pub fn run(ends: JobEnds, report: OwnedFd, limits: &KernelLimits, policy: &Policy) {
    match arrange_descriptors(ends, report) {
        Ok(report) => match restrict_and_execute(limits, policy) {
            Ok(never) => match never {},
            Err(error) => child::report_failed(report.as_fd(), &error),
        },
        // The pipe may be gone; then no report means that the sandbox failed, which is the truth.
        Err(error) => {
            tracing::error!(step = error.step, error = %error.source, "a job could not start")
        }
    }
}

/// Puts the agreed descriptors at 0 to 4 and keeps the report pipe above them, closed by execve.
/// Nothing else stays open.
fn arrange_descriptors(ends: JobEnds, report: OwnedFd) -> Result<OwnedFd, StepError> {
    use sandboxd_sys::descriptors::{close_from, move_above, place};
    // First out of the way of what is about to be overwritten.
    let clear = AGREED + AGREED;
    let report = move_above(report, clear).step("moving the report pipe")?;
    let mut sources = Vec::new();
    for end in [
        ends.stdin,
        ends.stdout,
        ends.stderr,
        ends.control,
        ends.result,
    ] {
        sources.push(move_above(end, clear).step("moving a descriptor")?);
    }
    for (number, source) in (0..).zip(&sources) {
        place(source.as_fd(), number).step("placing a descriptor")?;
    }
    drop(sources);
    for number in AGREED..report.as_raw_fd() {
        // Most are not open; EBADF is what we want to hear.
        let _ = nix::unistd::close(number);
    }
    close_from(report.as_raw_fd() + 1).step("closing the other descriptors")?;
    Ok(report)
}

fn restrict_and_execute(
    limits: &KernelLimits,
    policy: &Policy,
) -> Result<std::convert::Infallible, StepError> {
    setsid().step("starting a session")?;
    sandboxd_sys::process::set_umask(0o022);
    sandboxd_sys::process::reset_signals();
    restrict::limit_resources(limits)?;
    let (uid, gid) = job_inside();
    setresgid(gid, gid, gid).step("becoming the job's group")?;
    setresuid(uid, uid, uid).step("becoming the job's user")?;
    restrict::drop_capabilities()?;
    nix::sys::prctl::set_no_new_privs().step("setting no_new_privs")?;
    restrict::landlock()?;
    let text = |value: &&str| CString::new(*value).expect("constants have no NUL");
    let arguments: Vec<CString> = ARGUMENTS.iter().map(text).collect();
    let environment: Vec<CString> = ENVIRONMENT.iter().map(text).collect();
    policy
        .bind_job()
        .map_err(std::io::Error::other)
        .step("installing the system-call filters")?;
    execve(&arguments[0], &arguments, &environment).step("executing Python")
}
