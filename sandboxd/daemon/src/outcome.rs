//! From what the kernel and our own clock say to one word. Nothing that the program prints or sends
//! takes part.

use coderunner_proto::common::v1::Outcome;
use nix::sys::signal::Signal;
use sandboxd_sandbox::{Exit, Usage};

/// Why the daemon killed a run; the first reason counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KillReason {
    /// By request, or because nobody listens any more.
    Cancelled,
    /// The wall clock.
    WallTime,
    /// CPU time, which is the kernel's to say: it was used, however the program ended.
    CpuTime,
    /// Too much on one stream.
    Output,
}

/// What is known of a run that ended.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// Why we killed it, if we did.
    pub killed: Option<KillReason>,
    /// How the main process ended.
    pub exit: &'a Exit,
    /// What it used and hit.
    pub usage: &'a Usage,
    /// The runner said that the program does not compile, before any of it ran.
    pub compile_error: bool,
    /// The runner spoke, or the program's text alone used up its CPU time.
    pub began: bool,
}

impl Evidence<'_> {
    /// Whether the main process had ended by itself when the kill for wall-clock time came: a host that is busy can
    /// be slow to tell of an end, and that is never the program's fault. A signal 9 is taken for ours.
    pub fn ended_before_its_kill(&self) -> bool {
        let by_itself = match self.exit {
            Exit::Exited(_) => true,
            Exit::Signaled(signal) => *signal != Signal::SIGKILL as i32,
            Exit::Killed | Exit::Failed(_) => false,
        };
        self.killed == Some(KillReason::WallTime) && by_itself
    }

    /// Whether somebody killed the runner before any of the program ran: the host for want of memory, or an operator.
    pub fn was_killed_by_others(&self) -> bool {
        let by_signal =
            matches!(self.exit, Exit::Signaled(signal) if *signal == Signal::SIGKILL as i32);
        self.killed.is_none() && !self.began && by_signal
    }
}

/// One word for it.
pub fn judge(evidence: &Evidence<'_>) -> Outcome {
    let Evidence {
        killed,
        exit,
        usage,
        compile_error,
        began: _,
    } = evidence;
    if let Exit::Failed(_) = exit {
        return Outcome::InternalError;
    }
    match killed {
        Some(KillReason::Cancelled) => return Outcome::Cancelled,
        Some(KillReason::Output) => return Outcome::OutputLimit,
        Some(KillReason::WallTime | KillReason::CpuTime) | None => {}
    }
    if usage.memory_exceeded {
        return Outcome::MemoryLimit;
    }
    if killed.is_some() && !evidence.ended_before_its_kill() {
        // A program that spends its time on forks that fail hit that limit first.
        return if usage.refused_forks > 0 {
            Outcome::ProcessLimit
        } else {
            Outcome::TimeLimit
        };
    }
    match exit {
        _ if evidence.was_killed_by_others() => Outcome::InternalError,
        _ if *compile_error => Outcome::CompileError,
        Exit::Exited(0) => Outcome::Ok,
        Exit::Killed | Exit::Failed(_) => Outcome::InternalError,
        Exit::Exited(_) | Exit::Signaled(_) if usage.refused_forks > 0 => Outcome::ProcessLimit,
        Exit::Exited(_) | Exit::Signaled(_) => Outcome::RuntimeError,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(
        killed: Option<KillReason>,
        exit: Exit,
        memory_exceeded: bool,
        refused_forks: u64,
    ) -> Outcome {
        let usage = Usage {
            memory_exceeded,
            refused_forks,
            ..Usage::default()
        };
        judge(&Evidence {
            killed,
            exit: &exit,
            usage: &usage,
            compile_error: false,
            began: true,
        })
    }

    /// A program can't send signals before it runs; the kernel's end of its memory is told apart.
    #[test]
    fn who_is_killed_before_the_program_runs_is_not_the_programs_fault() {
        use Exit::{Exited, Killed, Signaled};
        let late = Some(KillReason::WallTime);
        for (killed, exit, memory_exceeded, expected) in [
            (None, Signaled(9), false, Outcome::InternalError),
            (None, Signaled(9), true, Outcome::MemoryLimit),
            (late, Signaled(9), false, Outcome::TimeLimit),
            (late, Killed, false, Outcome::TimeLimit),
            // A text that breaks the compiler, or does not leave it the memory that it needs.
            (None, Signaled(11), false, Outcome::RuntimeError),
            (None, Exited(1), false, Outcome::RuntimeError),
        ] {
            let usage = Usage {
                memory_exceeded,
                ..Usage::default()
            };
            let evidence = Evidence {
                killed,
                exit: &exit,
                usage: &usage,
                compile_error: false,
                began: false,
            };
            assert_eq!(judge(&evidence), expected, "{evidence:?}");
        }
    }

    #[test]
    fn each_ending_has_its_word() {
        use Exit::{Exited, Failed, Killed, Signaled};
        let [late, used_up, flood, cancelled] = [
            KillReason::WallTime,
            KillReason::CpuTime,
            KillReason::Output,
            KillReason::Cancelled,
        ]
        .map(Some);
        let table = [
            (None, Exited(0), false, 0, Outcome::Ok),
            (None, Exited(0), false, 3, Outcome::Ok),
            (None, Exited(1), false, 0, Outcome::RuntimeError),
            (None, Exited(1), false, 3, Outcome::ProcessLimit),
            // Signal 9 alone proves nothing: a program can send it to itself.
            (None, Signaled(9), false, 0, Outcome::RuntimeError),
            (None, Signaled(11), false, 0, Outcome::RuntimeError),
            (None, Signaled(24), false, 0, Outcome::RuntimeError),
            (None, Killed, true, 0, Outcome::MemoryLimit),
            // A child's death for memory counts even when the main process goes on and exits well.
            (None, Exited(0), true, 0, Outcome::MemoryLimit),
            (late, Killed, false, 0, Outcome::TimeLimit),
            (late, Killed, false, 9, Outcome::ProcessLimit),
            (late, Signaled(9), false, 0, Outcome::TimeLimit),
            (used_up, Killed, false, 0, Outcome::TimeLimit),
            // It was over before we heard of it; but CPU time that was used was used.
            (late, Exited(0), false, 0, Outcome::Ok),
            (late, Exited(0), true, 0, Outcome::MemoryLimit),
            (late, Exited(1), false, 0, Outcome::RuntimeError),
            (late, Signaled(11), false, 0, Outcome::RuntimeError),
            (used_up, Exited(0), false, 0, Outcome::TimeLimit),
            (flood, Killed, false, 0, Outcome::OutputLimit),
            (flood, Exited(0), false, 0, Outcome::OutputLimit),
            (cancelled, Killed, false, 0, Outcome::Cancelled),
            (cancelled, Exited(0), false, 0, Outcome::Cancelled),
            (None, Killed, false, 0, Outcome::InternalError),
            (
                None,
                Failed("mounting".to_owned()),
                false,
                0,
                Outcome::InternalError,
            ),
        ];
        for (killed, exit, memory, forks, expected) in table {
            let shown = format!("{killed:?} {exit:?} {memory} {forks}");
            assert_eq!(outcome(killed, exit, memory, forks), expected, "{shown}");
        }
    }
}
