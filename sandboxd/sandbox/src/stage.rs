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

use crate::layers::{self, Layer};

/// Devices in a sandbox, with major and minor number: nothing that holds state of the host.
const DEVICES: [(&str, u64, u64); 5] = [
    ("null", 1, 3),
    ("zero", 1, 5),
    ("full", 1, 7),
    ("random", 1, 8),
    ("urandom", 1, 9),
];

/// The root file system's name on the stage.
const ROOTFS: &str = "rootfs";
/// Name of the layer under it: what sandboxd itself has inside.
const OWN: &str = "own";
/// Name of the layer above it, which no product has: the runner without some layers of the sandbox.
const CHANGED: &str = "changed";
/// Devices that no sandbox has.
const MORE_DEVICES: [(&str, u64, u64); 4] = [
    ("kmsg", 1, 11),
    ("fuse", 10, 229),
    ("tun", 10, 200),
    ("loop-control", 10, 237),
];
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
    /// Layers of a root, seen from the stage, the uppermost first, with colons between them.
    pub layers: String,
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
        let mut stage = Self {
            folder: folder.to_owned(),
            new_root: folder.join("root"),
            layers: format!("{ROOTFS}:{OWN}"),
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
        let changed = layers::changed_runner(&rootfs)
            .map_err(failed("taking layers out of the runner of", &rootfs))?;
        for (path, text) in &changed {
            let path = folder.join(CHANGED).join(path);
            put(&path, text.as_bytes()).map_err(failed("writing", &path))?;
        }
        if !changed.is_empty() {
            stage.layers = format!("{CHANGED}:{}", stage.layers);
        }
        let devices = (0..slots).map(|slot| stage.devices.join(slot.to_string()));
        for path in devices.chain([stage.zygote_devices()]) {
            make_devices(&path).map_err(failed("making devices in", &path))?;
            if !layers::stands(Layer::ReadOnlyRoot) {
                for layer in <[PathBuf; 2]>::from(Self::writable_layer(&path)) {
                    make_open_folder(&layer).map_err(failed("making", &layer))?;
                }
            }
        }
        Ok(stage)
    }

    /// The /dev of the template of all zygotes.
    pub fn zygote_devices(&self) -> PathBuf {
        self.devices.join("zygote")
    }

    /// The /dev of one slot. Inodes of its own, so that file locks on them are no channel to other runs.
    pub fn devices_of(&self, slot: u32) -> PathBuf {
        if layers::stands(Layer::OwnDev) {
            self.devices.join(slot.to_string())
        } else {
            self.zygote_devices()
        }
    }

    /// What a root without the layer that makes it read-only writes to, and where the kernel prepares that; named by
    /// its /dev, which is its own.
    pub fn writable_layer(devices: &Path) -> (PathBuf, PathBuf) {
        (
            devices.with_extension("upper"),
            devices.with_extension("work"),
        )
    }
}

fn put(path: &Path, content: &[u8]) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, content)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o444))
}

fn make_open_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777))
}

fn make_devices(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    let more = if layers::stands(Layer::MinimalDev) {
        &[][..]
    } else {
        &MORE_DEVICES
    };
    for (name, major, minor) in DEVICES.iter().chain(more) {
        let path = folder.join(name);
        mknod(
            &path,
            SFlag::S_IFCHR,
            Mode::empty(),
            makedev(*major, *minor),
        )?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
    }
    fs::create_dir(folder.join("shm"))?;
    symlink("/proc/self/fd", folder.join("fd"))?;
    symlink("/proc/self/fd/0", folder.join("stdin"))?;
    symlink("/proc/self/fd/1", folder.join("stdout"))?;
    symlink("/proc/self/fd/2", folder.join("stderr"))
}
