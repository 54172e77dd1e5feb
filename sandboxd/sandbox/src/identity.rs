//! Who a sandbox is on the host: two user ids of its own, useful for nothing else.
//!
//! Kernel quotas are kept per host user (keys, pending signals, inotify, pipe pages), so two live
//! sandboxes never share one.

/// User id of the job inside its user namespace.
pub const JOB_UID: u32 = 1000;
/// Smallest host id that may be given to sandboxes; below are users of the host.
pub const LOWEST_BASE: u32 = 100_000;
/// Host ids that one sandbox takes.
const IDS_PER_SANDBOX: u32 = 2;

/// Host ids of one sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Root inside, nobody outside: the sandbox's first process.
    pub init: u32,
    /// The job.
    pub job: u32,
}

impl Identity {
    /// The ids of slot `slot` in a range that starts at `base`.
    ///
    /// Returns `None` when the ids would touch users of the host or overflow.
    pub fn of_slot(base: u32, slot: u32) -> Option<Self> {
        let init = base.checked_add(slot.checked_mul(IDS_PER_SANDBOX)?)?;
        let job = init.checked_add(1)?;
        // The largest id means "none" to the kernel; stay far below.
        (base >= LOWEST_BASE && job < u32::MAX / 2).then_some(Self { init, job })
    }

    /// The text for /proc/PID/uid_map and gid_map: one level, host 0 not in it.
    pub fn map(&self) -> String {
        format!("0 {} 1\n{JOB_UID} {} 1\n", self.init, self.job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_slots_share_an_id() {
        let mut seen = std::collections::HashSet::new();
        for slot in 0..200 {
            let identity = Identity::of_slot(LOWEST_BASE, slot).expect("a valid range");
            assert!(seen.insert(identity.init) && seen.insert(identity.job));
        }
    }

    #[test]
    fn host_users_and_overflow_are_refused() {
        assert_eq!(Identity::of_slot(0, 0), None);
        assert_eq!(Identity::of_slot(LOWEST_BASE - 1, 0), None);
        assert_eq!(Identity::of_slot(u32::MAX - 1, 0), None);
        assert_eq!(Identity::of_slot(LOWEST_BASE, u32::MAX), None);
    }
}
