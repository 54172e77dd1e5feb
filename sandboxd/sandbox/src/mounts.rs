//! File systems inside, in two parts. What a slot keeps: a read-only root with inodes of its own, five
//! devices. What a sandbox has for itself: one writable tmpfs behind /tmp, /work and /dev/shm, and a /proc
//! that shows its own processes only.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

use crate::child::{Step, StepError};
use crate::identity::JOB_UID;
use crate::layers::{Layer, stands};
use crate::stage::Stage;

/// mount(2)'s MS_NOSYMFOLLOW (Linux 5.10): symbolic links on this mount are not followed.
const MS_NOSYMFOLLOW: MsFlags = MsFlags::from_bits_retain(256);

/// Builds the part that a slot keeps and enters it; the old root is gone then.
///
/// # Errors
/// The step that the kernel refused.
pub fn enter_root(stage: &Stage, devices: &Path, processes: Processes) -> Result<(), StepError> {
    let root = stage.new_root.as_path();
    mount_read_only_root(stage, root, devices)?;
    mount_devices(devices, &root.join("dev"))?;
    if processes == Processes::OfSlot {
        mount_proc(&root.join("proc"))?;
    }
    chdir(root).step("entering the new root")?;
    // With the same path twice the old root ends up on top of the new one, from where it is
    // detached: pivot_root(2), "pivot_root(".", ".")".
    if stands(Layer::DetachedRoot) {
        pivot_root(".", ".").step("pivot_root")?;
        umount2(".", MntFlags::MNT_DETACH).step("detaching the old root")?;
    } else {
        pivot_root(".", "tmp").step("pivot_root")?;
    }
    chdir("/").step("entering /")
}

/// Whether a root has a /proc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Processes {
    /// It has none.
    Hidden,
    /// Of the slot's pid namespace. The kernel lets a user namespace mount a /proc only where one is in
    /// sight; every sandbox covers this one with its own.
    OfSlot,
}

/// Mounts what one sandbox has for itself, in a mount namespace of its own inside a slot's root.
///
/// # Errors
/// The step that the kernel refused.
pub fn mount_own(scratch: Scratch) -> Result<(), StepError> {
    mount_scratch(Path::new("/"), scratch)?;
    mount_proc(Path::new("/proc"))
}

/// Size of the writable tmpfs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scratch {
    /// In bytes.
    pub bytes: u64,
    /// Files and folders.
    pub inodes: u32,
}

/// An overlay of the root file system over nothing: a superblock of its own, so that file locks taken
/// on its inodes are seen by no other sandbox.
fn mount_read_only_root(stage: &Stage, root: &Path, devices: &Path) -> Result<(), StepError> {
    // The mount table inside repeats these names; seen from the stage they tell nothing of the host.
    chdir(&stage.folder).step("entering the stage")?;
    let mut layers = format!("lowerdir={}", stage.layers);
    let mut flags = MsFlags::MS_RDONLY | MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    if !stands(Layer::ReadOnlyRoot) {
        let (upper, work) = Stage::writable_layer(devices);
        layers += &format!(",upperdir={},workdir={}", upper.display(), work.display());
        flags.remove(MsFlags::MS_RDONLY);
    }
    mount(
        Some("root"),
        root,
        Some("overlay"),
        standing(flags),
        Some(layers.as_str()),
    )
    .step("mounting the root file system")
}

fn mount_devices(devices: &Path, target: &Path) -> Result<(), StepError> {
    mount(
        Some(devices),
        target,
        None::<&str>,
        MsFlags::MS_BIND,
        None::<&str>,
    )
    .step("mounting /dev")?;
    let read_only = MsFlags::MS_REMOUNT
        | MsFlags::MS_BIND
        | MsFlags::MS_RDONLY
        | MsFlags::MS_NOSUID
        | MsFlags::MS_NOEXEC;
    mount(None::<&str>, target, None::<&str>, read_only, None::<&str>).step("making /dev read-only")
}

/// One tmpfs, so that there is one limit for all that a program can write.
fn mount_scratch(root: &Path, scratch: Scratch) -> Result<(), StepError> {
    let base = root.join("tmp");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | MS_NOSYMFOLLOW;
    let mut options = format!(
        "size={},nr_inodes={},mode=0755",
        scratch.bytes, scratch.inodes
    );
    if !stands(Layer::ScratchLimits) {
        "size=0,nr_inodes=0,mode=0755".clone_into(&mut options);
    }
    mount(
        Some("scratch"),
        &base,
        Some("tmpfs"),
        standing(flags),
        Some(options.as_str()),
    )
    .step("mounting the tmpfs")?;
    for (name, mode, owner) in [
        (
            "work",
            0o700,
            if stands(Layer::UidDrop) { JOB_UID } else { 0 },
        ),
        ("shm", 0o1777, 0),
        ("tmp", 0o1777, 0),
    ] {
        let folder = base.join(name);
        fs::create_dir(&folder).step("making a writable folder")?;
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode))
            .step("opening a writable folder")?;
        chown(&folder, Some(owner), Some(owner)).step("giving away a writable folder")?;
    }
    // /tmp last: it hides the tmpfs's own root, and with it the way to the other two.
    for (name, target) in [("work", "work"), ("shm", "dev/shm"), ("tmp", "tmp")] {
        let source = base.join(name);
        mount(
            Some(&source),
            &root.join(target),
            None::<&str>,
            MsFlags::MS_BIND,
            None::<&str>,
        )
        .step("mounting a writable folder")?;
    }
    Ok(())
}

fn mount_proc(target: &Path) -> Result<(), StepError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(
        Some("proc"),
        target,
        Some("proc"),
        standing(flags),
        stands(Layer::ProcHiding).then_some("hidepid=invisible,subset=pid"),
    )
    .step("mounting /proc")
}

/// The flags of a mount, of which the usual restrictions are one layer.
fn standing(flags: MsFlags) -> MsFlags {
    if stands(Layer::MountFlags) {
        return flags;
    }
    let restrictions = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | MS_NOSYMFOLLOW;
    flags.difference(restrictions)
}
