//! The system-call policy: `policy/seccomp.json` compiled to BPF once, at start.
//!
//! Filters stand on each other, because one filter has one answer for what it matches: `allowed` answers
//! ENOSYS to whatever is not on its list, `forbidden` and `job` EPERM to calls that exist and that no
//! student needs, `families` EAFNOSUPPORT to sockets that are not local. The kernel runs all of them,
//! the last one installed first, and takes the strictest answer; between two errors the first that
//! it met, so `allowed` goes in first. It lets seccomp(2) pass for the sake of the next two;
//! `forbidden`, the last of the three, does not. A foreign architecture kills (seccompiler's
//! prologue), and so does the x32 bit (ours): nothing honest ever sends either.
//!
//! The first three bind the zygote, and with it every copy of it, for nothing: making a sandbox installs
//! only `job`, which takes the few calls away by which the zygote makes a copy a job.

use std::collections::HashMap;

use crate::layers::{Layer, stands};
use seccompiler::{BpfProgram, TargetArch, sock_filter};

const POLICY: &str = include_str!("../policy/seccomp.json");

/// Offset of the call's number in the kernel's seccomp_data.
const NUMBER_OFFSET: u32 = 0;
/// Bit that marks a call of the x32 ABI.
#[cfg(target_arch = "x86_64")]
const X32_BIT: u32 = 0x4000_0000;

/// The policy is not usable on this machine.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// Not a policy.
    #[error("the system-call policy could not be compiled")]
    Compile(#[source] seccompiler::Error),
    /// A filter is missing.
    #[error("the system-call policy has no filter `{0}`")]
    Missing(&'static str),
    /// Not a machine that the policy knows.
    #[error("there is no system-call policy for this processor")]
    Architecture,
}

/// Compiled filters.
#[derive(Debug)]
pub struct Policy {
    zygote: [BpfProgram; 3],
    job: BpfProgram,
    reaper: BpfProgram,
    collector: BpfProgram,
}

impl Policy {
    /// Compiles the policy for this processor.
    ///
    /// # Errors
    /// When the policy names unknown calls or this processor is not supported.
    pub fn compile() -> Result<Self, PolicyError> {
        let architecture =
            TargetArch::try_from(std::env::consts::ARCH).map_err(|_| PolicyError::Architecture)?;
        let mut programs = seccompiler::compile_from_json(POLICY.as_bytes(), architecture)
            .map_err(PolicyError::Compile)?;
        let take = |programs: &mut HashMap<String, BpfProgram>, name: &'static str| {
            programs.remove(name).ok_or(PolicyError::Missing(name))
        };
        Ok(Self {
            zygote: [
                refuse_x32(take(&mut programs, "allowed")?),
                take(&mut programs, "families")?,
                take(&mut programs, "forbidden")?,
            ],
            job: take(&mut programs, "job")?,
            reaper: refuse_x32(take(&mut programs, "reaper")?),
            collector: refuse_x32(take(&mut programs, "collector")?),
        })
    }

    /// Binds this process and its copies to the zygote's policy, for ever. Sets no_new_privs.
    ///
    /// # Errors
    /// When the kernel refuses a filter.
    pub fn bind_zygote(&self) -> Result<(), seccompiler::Error> {
        if !stands(Layer::Seccomp) {
            return Ok(());
        }
        self.zygote
            .iter()
            .try_for_each(|program| seccompiler::apply_filter(program))
    }

    /// Binds this process as [`Policy::bind_zygote`] does, by the right of CAP_SYS_ADMIN instead of by
    /// no_new_privs.
    ///
    /// # Errors
    /// When the kernel refuses a filter.
    #[cfg(feature = "removable-layers")]
    pub fn bind_zygote_with_privilege(&self) -> std::io::Result<()> {
        if !stands(Layer::Seccomp) {
            return Ok(());
        }
        self.zygote.iter().try_for_each(|program| {
            let instructions: Vec<libc::sock_filter> = program
                .iter()
                .map(|sock_filter { code, jt, jf, k }| libc::sock_filter {
                    code: *code,
                    jt: *jt,
                    jf: *jf,
                    k: *k,
                })
                .collect();
            sandboxd_sys::process::install_filter(&instructions)
        })
    }

    /// The filter that a copy of the zygote installs last, as the kernel reads it: a row of `struct
    /// sock_filter`.
    pub fn job_filter(&self) -> Vec<u8> {
        self.job
            .iter()
            .flat_map(|instruction| {
                let sock_filter { code, jt, jf, k } = instruction;
                let [low, high] = code.to_ne_bytes();
                [vec![low, high, *jt, *jf], k.to_ne_bytes().to_vec()].concat()
            })
            .collect()
    }

    /// Binds this process to what the sandbox's first process does: wait to be killed.
    ///
    /// # Errors
    /// When the kernel refuses the filter.
    pub fn bind_reaper(&self) -> Result<(), seccompiler::Error> {
        if !stands(Layer::ReaperFilter) {
            return Ok(());
        }
        seccompiler::apply_filter(&self.reaper)
    }

    /// Binds this process to what a collector of files does: open beneath a folder, read, write what it read.
    ///
    /// # Errors
    /// When the kernel refuses the filter.
    pub fn bind_collector(&self) -> Result<(), seccompiler::Error> {
        if !stands(Layer::CollectorFilter) {
            return Ok(());
        }
        seccompiler::apply_filter(&self.collector)
    }
}

/// Puts a check in front of a program that kills callers of the x32 ABI, whose calls have other
/// numbers than the ones the filter compares.
#[cfg(target_arch = "x86_64")]
fn refuse_x32(program: BpfProgram) -> BpfProgram {
    use libc::{
        BPF_ABS, BPF_JGE, BPF_JMP, BPF_K, BPF_LD, BPF_RET, BPF_W, SECCOMP_RET_KILL_PROCESS,
    };
    let code = |parts: u32| u16::try_from(parts).expect("BPF codes fit 16 bits");
    let mut whole = vec![
        sock_filter {
            code: code(BPF_LD | BPF_W | BPF_ABS),
            jt: 0,
            jf: 0,
            k: NUMBER_OFFSET,
        },
        sock_filter {
            code: code(BPF_JMP | BPF_JGE | BPF_K),
            jt: 0,
            jf: 1,
            k: X32_BIT,
        },
        sock_filter {
            code: code(BPF_RET | BPF_K),
            jt: 0,
            jf: 0,
            k: SECCOMP_RET_KILL_PROCESS,
        },
    ];
    whole.extend(program);
    whole
}

#[cfg(not(target_arch = "x86_64"))]
fn refuse_x32(program: BpfProgram) -> BpfProgram {
    program
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_compiles() {
        let policy = Policy::compile().expect("a valid policy");
        assert_eq!(policy.job_filter().len(), policy.job.len() * 8);
    }

    #[test]
    fn every_entry_says_who_needs_it_or_why_not() {
        let policy: serde_json::Value = serde_json::from_str(POLICY).expect("valid JSON");
        for (name, filter) in policy.as_object().expect("filters by name") {
            for rule in filter["filter"].as_array().expect("a list of rules") {
                let comment = rule["comment"].as_str().unwrap_or_default();
                assert!(
                    comment.len() > 5,
                    "{name}: {} has no reason",
                    rule["syscall"]
                );
            }
        }
    }

    #[test]
    fn nothing_is_both_allowed_and_forbidden_without_a_condition() {
        let policy: serde_json::Value = serde_json::from_str(POLICY).expect("valid JSON");
        let names = |filter: &str, all: bool| -> std::collections::HashSet<String> {
            let rules = policy[filter]["filter"]
                .as_array()
                .expect("a list of rules");
            rules
                .iter()
                .filter(|rule| all || rule.get("args").is_none())
                .map(|rule| rule["syscall"].as_str().expect("a name").to_owned())
                .collect()
        };
        let both: Vec<String> = names("allowed", true)
            .intersection(&names("forbidden", false))
            .cloned()
            .collect();
        // See the module: needed until the zygote's last filter is in.
        assert_eq!(both, ["seccomp"]);
    }

    #[test]
    fn what_only_the_zygote_needs_is_taken_from_the_job() {
        let policy: serde_json::Value = serde_json::from_str(POLICY).expect("valid JSON");
        let rules = |filter: &str| policy[filter]["filter"].as_array().expect("rules").clone();
        let job: Vec<_> = rules("job")
            .iter()
            .map(|rule| rule["syscall"].clone())
            .collect();
        let zygotes: Vec<_> = rules("allowed")
            .iter()
            .filter(|rule| {
                let comment = rule["comment"].as_str().unwrap_or_default();
                comment.starts_with("zygote only")
            })
            .map(|rule| rule["syscall"].clone())
            .collect();
        assert!(zygotes.len() >= 6, "{zygotes:?}");
        for call in zygotes {
            assert!(job.contains(&call), "{call} stays open to the job");
        }
    }
}
