//! What all sandboxes of one sandboxd are built from, made once at start in a mount namespace of the
//! launcher's own: a tmpfs with a mount point for new roots, an empty folder for the overlay, and for
//! each slot a /dev of its own. The host's mount table never shows any of it, and it goes when the
//! launcher ends, however it ends.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::{Mode, SFlag, makedev, mknod};

/// Devices in a sandbox, with major and minor number: nothing that holds state of the host.
const DEVICES: [(&str, u64, u64); 5] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
];

/// The root file system's name on the stage.
pub const ROOTFS: &str = "rootfs";
/// Name of the layer under it: what sandboxd itself has inside.
pub const OWN: &str = "own";
/// The library of `sandboxd_sys` inside.
const LIBRARY: &str = "usr/lib/coderunner/inside.so";

/// The stage could not be set.
#[derive(Debug, thiserror::Error)]
#[error("{action} {}", path.display())]
pub struct StageError {
    action: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Paths of the stage; see the module.
#[derive(Debug, Clone)]
pub struct Stage {
    /// The stage itself.
    pub folder: PathBuf,
    /// Where a sandbox mounts its root before it enters it.
    pub new_root: PathBuf,
    devices: PathBuf,
}

impl Stage {
    /// Leaves the host's mount namespace and builds the stage at `folder`.
    ///
    /// # Errors
    /// When the root file system is not there or the kernel refuses a step.
    pub fn set(folder: &Path, rootfs: &Path, slots: u32) -> Result<Self, StageError> {
        let failed = |action, path: &Path| {
            let path = path.to_owned();
            move |source: io::Error| StageError {
                action,
                path,
                source,
            }
        };
        let rootfs =
            fs::canonicalize(rootfs).map_err(failed("finding the root file system", rootfs))?;
        if !rootfs.join("usr/bin/python3").exists() {
            let source = io::Error::from(io::ErrorKind::NotFound);
            return Err(failed("finding usr/bin/python3 in", &rootfs)(source));
        }
        unshare(CloneFlags::CLONE_NEWNS)
            .map_err(io::Error::from)
            .map_err(failed("leaving the host's mount namespace for", folder))?;
        mount(
            None::<&str>,
            "/",
            None::<&str>,
            MsFlags::MS_REC | MsFlags::MS_PRIVATE,
            None::<&str>,
        )
        .map_err(io::Error::from)
        .map_err(failed("making mounts private at", Path::new("/")))?;
        fs::create_dir_all(folder).map_err(failed("making", folder))?;
        mount(
            Some("sandboxd"),
            folder,
            Some("tmpfs"),
            MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC,
            Some("size=1m,mode=0755"),
        )
        .map_err(io::Error::from)
        .map_err(failed("mounting a tmpfs at", folder))?;
        let stage = Self {
            folder: folder.to_owned(),
            new_root: folder.join("root"),
            devices: folder.join("dev"),
        };
        let (staged, own) = (folder.join(ROOTFS), folder.join(OWN));
        for path in [&stage.new_root, &stage.devices, &staged, &own] {
            fs::create_dir(path).map_err(failed("making", path))?;
        }
        mount(
            Some(&rootfs),
            &staged,
            None::<&str>,
            MsFlags::MS_BIND,
            None::<&str>,
        )
        .map_err(io::Error::from)
        .map_err(failed("putting the root file system at", &staged))?;
        let library = own.join(LIBRARY);
        put(&library, sandboxd_sys::INSIDE).map_err(failed("writing", &library))?;
        let devices = (0..slots).map(|slot| stage.devices_of(slot));
        for path in devices.chain([stage.zygote_devices()]) {
            make_devices(&path).map_err(failed("making devices in", &path))?;
        }
        Ok(stage)
    }

    /// The /dev of the template of all zygotes.
    pub fn zygote_devices(&self) -> PathBuf {
        self.devices.join("zygote")
    }

    /// The /dev of one slot. Inodes of its own, so that file locks on them are no channel to other runs.
    pub fn devices_of(&self, slot: u32) -> PathBuf {
        self.devices.join(slot.to_string())
    }
}

fn put(path: &Path, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, content)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o444))
}

fn make_devices(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    for (name, major, minor) in DEVICES {
        let path = folder.join(name);
        mknod(&path, SFlag::S_IFCHR, Mode::empty(), makedev(major, minor))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
    }
    fs::create_dir(folder.join("shm"))?;
    symlink("/proc/self/fd", folder.join("fd"))?;
    symlink("/proc/self/fd/0", folder.join("stdin"))?;
    symlink("/proc/self/fd/1", folder.join("stdout"))?;
    symlink("/proc/self/fd/2", folder.join("stderr"))
}
