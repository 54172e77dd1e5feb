//! A zygote's loop: copies itself into one sandbox after another and sees each copy to its end. Which system calls
//! that takes is in tables that `rootfs/runner/zygote.py` makes; nothing is decided here.
//!
//! It is no Python, because each page that Python touches has to be copied again after each fork: 2 pages
//! instead of 53. What an interpreter does around fork(2) is done here as `os.fork` does it, except that
//! the zygote stays as it is before a fork: it runs no Python any more.

use core::ffi::{c_int, c_long};

const CLD_EXITED: c_int = 1;
/// Room for the descriptors of one message.
const CONTROL: usize = 256;
/// Where in a waitid(2) the process is.
const PROCESS: usize = 1;

#[link(name = "c")]
unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn fork() -> c_int;
    fn _exit(code: c_int) -> !;
}

// Those of the interpreter that has loaded this library.
unsafe extern "C" {
    fn PyOS_BeforeFork();
    fn PyOS_AfterFork_Child();
}

/// One system call.
#[repr(C)]
pub struct Call {
    number: c_long,
    arguments: [c_long; 6],
}

impl Call {
    /// # Safety
    /// What the call needs is its table's promise.
    unsafe fn make(&self) -> c_long {
        let [a, b, c, d, e, f] = self.arguments;
        // SAFETY: the caller's promise.
        unsafe { syscall(self.number, a, b, c, d, e, f) }
    }
}

/// The beginning of the kernel's siginfo_t for a child.
#[repr(C)]
pub struct ChildStatus {
    signal: c_int,
    error: c_int,
    code: c_int,
    gap: c_int,
    process: c_int,
    user: u32,
    status: c_int,
}

/// The tables.
#[repr(C)]
pub struct Serving {
    /// Takes the next sandbox's descriptors.
    receive: Call,
    /// Joins its pid namespace.
    join: Call,
    /// Waits for exactly the job, whose number is put in.
    wait: Call,
    /// Tells how it ended.
    report: Call,
    /// Kills the sandbox's first process.
    kill: Call,
    /// Waits for any child there still is.
    collect: Call,
    /// Closes the sandbox's descriptors.
    close: Call,
    /// How a copy enters the sandbox and gives up every right, in this order.
    steps: *const Call,
    step_count: usize,
    /// Where `receive` is told how much room for descriptors there is.
    control_length: *mut usize,
    /// Where `wait` puts what it knows.
    status: *const ChildStatus,
    /// The five bytes that `report` writes.
    said: *mut u8,
}

/// Serves until the keeper is gone. Returns in a job's process only: -1 when it is ready for its program, else the
/// number of the step that the kernel refused, with `errno` as it was left.
///
/// # Safety
/// `serving` and all that it points to is there and nobody else's; its calls are sound; the caller holds the
/// interpreter's lock, and the process has one thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn coderunner_serve(serving: *mut Serving) -> c_long {
    // SAFETY: the caller's promise.
    unsafe {
        let serving = &mut *serving;
        PyOS_BeforeFork();
        loop {
            *serving.control_length = CONTROL;
            if serving.receive.make() <= 0 {
                _exit(0);
            }
            if serving.join.make() == 0 {
                match fork() {
                    0 => return enter(serving),
                    // The sandbox was killed before its job was there, which says it all.
                    -1 => {}
                    job => see_to_its_end(serving, job),
                }
            }
            serving.close.make();
        }
    }
}

/// # Safety
/// See [`coderunner_serve`]; in a copy that was just made.
unsafe fn enter(serving: &Serving) -> c_long {
    // SAFETY: the caller's promise.
    unsafe {
        PyOS_AfterFork_Child();
        for at in 0..serving.step_count {
            if (*serving.steps.add(at)).make() < 0 {
                return at as c_long;
            }
        }
    }
    -1
}

/// # Safety
/// See [`coderunner_serve`].
unsafe fn see_to_its_end(serving: &mut Serving, job: c_int) {
    serving.wait.arguments[PROCESS] = c_long::from(job);
    // SAFETY: the caller's promise; `said` is five bytes.
    unsafe {
        if serving.wait.make() == 0 {
            let ChildStatus { code, status, .. } = *serving.status;
            *serving.said = if code == CLD_EXITED { b'x' } else { b's' };
            serving.said.add(1).cast::<[u8; 4]>().write(status.to_le_bytes());
            // It may have been killed as a whole, and nobody waits for a report any more.
            serving.report.make();
        }
        // Whatever else lives in the sandbox; it may be dead already.
        serving.kill.make();
        // A job that made itself siblings has left them to this process. While one is not collected, the
        // sandbox's first process can't end.
        while serving.collect.make() == 0 {}
    }
}
