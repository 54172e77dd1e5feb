//! The part of the unified hierarchy that systemd delegated to our unit (`Delegate=yes`), so that everything of
//! sandboxd ends and is counted with its unit:
//!
//! ```text
//! system.slice/sandboxd.service     no process: cgroup v2 wants them in leaves
//! ├── supervisor                    launcher and daemon
//! └── runs                          the parent of all slots
//! ```
//!
//! cgroups(7), "no internal processes" rule; systemd's "Control Group APIs and Delegation".

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cgroup::{CgroupError, unified_mount};

/// Leaf of launcher and daemon. systemd from version 254 on makes it itself, with `DelegateSubgroup=`.
const SUPERVISOR: &str = "supervisor";
/// Parent of all slots.
const RUNS: &str = "runs";

/// Moves this process, which must still be alone in its unit, into a leaf, and names the group for slots, relative
/// to the hierarchy's mount point. `None` where the controllers are on cgroup v1: there no rule forbids a
/// group beside the unit's.
///
/// # Errors
/// When this process is in no unit's group, or the kernel refuses.
pub fn settle() -> Result<Option<String>, CgroupError> {
    let Some(mount) = unified_mount() else {
        return Ok(None);
    };
    let list = PathBuf::from("/proc/self/cgroup");
    let content = fs::read_to_string(&list).map_err(failed("reading", &list))?;
    let Some(unit) = own_unit(&content) else {
        return Err(CgroupError::NotDelegated(content.trim().to_owned()));
    };
    let leaf = mount.join(unit).join(SUPERVISOR);
    match fs::create_dir(&leaf) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(failed("making", &leaf)(error));
        }
        _ => {}
    }
    let processes = leaf.join("cgroup.procs");
    // 0 is whoever writes.
    fs::write(&processes, "0").map_err(failed("moving sandboxd by", &processes))?;
    Ok(Some(format!("{unit}/{RUNS}")))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CgroupError {
    let path = path.to_owned();
    move |source| CgroupError::File {
        action,
        path,
        source,
    }
}

/// The unit's group in the text of /proc/self/cgroup, without the slash at its front.
fn own_unit(content: &str) -> Option<&str> {
    let path = content.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let unit = path
        .strip_suffix(SUPERVISOR)
        .and_then(|unit| unit.strip_suffix('/'))
        .unwrap_or(path);
    unit.ends_with(".service").then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_found_with_and_without_a_group_of_its_own_inside() {
        let unit = Some("system.slice/sandboxd.service");
        assert_eq!(own_unit("0::/system.slice/sandboxd.service\n"), unit);
        assert_eq!(
            own_unit("0::/system.slice/sandboxd.service/supervisor\n"),
            unit
        );
    }

    #[test]
    fn shells_and_the_root_are_no_unit() {
        for content in [
            "0::/\n",
            "0::/user.slice/user-0.slice/session-1.scope\n",
            "5:memory:/system.slice/sandboxd.service\n",
            "",
        ] {
            assert_eq!(own_unit(content), None, "{content}");
        }
    }
}
