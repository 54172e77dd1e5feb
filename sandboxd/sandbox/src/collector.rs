//! Takes files out of a sandbox whose processes are all dead. A process of its own, made by the slot's keeper
//! for one sandbox: it enters what is left of the sandbox's mount namespace, opens the working directory,
//! becomes the job's user without any right, gives up all system calls but those of reading, and only then
//! looks at what the program left. It can read no more than the program itself could, and change nothing.
//!
//! Nothing else lives in the sandbox any more, so nothing changes while it reads. It follows no symbolic link,
//! crosses no mount, opens regular files only, and its time is limited by the kernel. What it sends is described
//! in [`crate::collection`]. When it ends, however it ends, the sandbox's file system goes with it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use landlock::{
    ABI, Access, AccessFs, CompatLevel, Compatible, PathBeneath, Ruleset, RulesetAttr,
    RulesetCreatedAttr,
};
use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2};
use nix::sched::{CloneFlags, setns};
use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::stat::{Mode, SFlag, fstat};
use nix::unistd::{Gid, Uid, alarm, setresgid, setresuid};
use sandboxd_sys::clone::{Cloned, SingleThreaded, clone3};
use sandboxd_sys::process::exit_now;

use crate::child::{self, Step, StepError};
use crate::collection::{
    Bounds, MAX_ENTRIES, Order, Reason, Tally, fit_path, write_end, write_file_header,
};
use crate::identity::JOB_UID;
use crate::layers::{self, Layer};
use crate::restrict;
use crate::syscalls::Policy;

/// Longest life, in seconds; then the kernel ends it.
pub const LONGEST_LIFE: u32 = 3;
/// Memory that it needs at most, where that counts with the run's.
pub const MEMORY_BYTES: u64 = 16 << 20;
/// The working directory inside.
const WORK: &str = "/work";
const PIECE: usize = 64 * 1024;

/// Starts a collector. `descriptors` are the sandbox's mount namespace and the socket to the daemon.
///
/// # Errors
/// When there are others, or no process can be made.
pub fn start(
    proof: &SingleThreaded,
    policy: &Policy,
    descriptors: Vec<OwnedFd>,
) -> Result<OwnedFd, StepError> {
    let [mounts, daemon]: [OwnedFd; 2] = descriptors
        .try_into()
        .map_err(|_| io::Error::from(Errno::EPROTO))
        .step("understanding what to collect")?;
    match clone3(proof, CloneFlags::empty(), None).step("making a collector")? {
        Cloned::Parent { pidfd, .. } => Ok(pidfd),
        Cloned::Child => {
            let collected = prepare(policy, mounts, &daemon)
                .map_err(|error| error.source)
                .and_then(|work| {
                    let mut daemon = File::from(daemon);
                    let order = Order::receive(&mut daemon)?;
                    let mut to = BufWriter::with_capacity(PIECE, daemon);
                    collect(work.as_fd(), &order, &mut to)?;
                    to.flush()
                });
            // The daemon sees a cut stream; there is nobody else to tell.
            exit_now(i32::from(collected.is_err()))
        }
    }
}

/// Opens the working directory and gives up everything else.
fn prepare(policy: &Policy, mounts: OwnedFd, daemon: &OwnedFd) -> Result<OwnedFd, StepError> {
    alarm::set(LONGEST_LIFE);
    child::keep_only(&[&mounts, daemon])?;
    // Else its files in /proc are nobody's in the slot.
    set_dumpable(true).step("becoming an ordinary process")?;
    // Where memory is short, it goes before the slot.
    fs::write("/proc/self/oom_score_adj", "1000").step("offering itself to the memory killer")?;
    setns(&mounts, CloneFlags::CLONE_NEWNS).step("entering the sandbox's mounts")?;
    drop(mounts);
    let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let work = open(WORK, flags, Mode::empty()).step("opening the working directory")?;
    if layers::stands(Layer::CollectorFilter) {
        read_only_beneath(&work)?;
    }
    for resource in [
        Resource::RLIMIT_CORE,
        Resource::RLIMIT_FSIZE,
        Resource::RLIMIT_NPROC,
    ] {
        setrlimit(resource, 0, 0).step("setting a resource limit")?;
    }
    let (uid, gid) = (Uid::from_raw(JOB_UID), Gid::from_raw(JOB_UID));
    setresgid(gid, gid, gid).step("becoming the job's group")?;
    setresuid(uid, uid, uid).step("becoming the job's user")?;
    restrict::drop_capabilities()?;
    policy
        .bind_collector()
        .map_err(io::Error::other)
        .step("installing the collector's filter")?;
    Ok(work)
}

/// Landlock, where the kernel has it: read beneath this folder, and nothing else.
fn read_only_beneath(work: &OwnedFd) -> Result<(), StepError> {
    let abi = ABI::V6;
    let restrict = || -> Result<(), landlock::RulesetError> {
        Ruleset::default()
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::from_all(abi))?
            .create()?
            .add_rule(PathBeneath::new(
                work,
                AccessFs::ReadFile | AccessFs::ReadDir,
            ))?
            .restrict_self()?;
        Ok(())
    };
    restrict()
        .map_err(io::Error::other)
        .step("applying Landlock to the collector")
}

/// Sends the files beneath `work`, sorted by path, and what is left out of them.
///
/// # Errors
/// Those of the socket; and of a file that is shorter than it said.
fn collect(work: BorrowedFd<'_>, order: &Order, to: &mut impl Write) -> io::Result<()> {
    let mut walk = Walk::new(work);
    walk.everything();
    let Walk {
        mut files,
        left_out,
        ..
    } = walk;
    files.sort_unstable();
    let mut sending = Sending {
        work,
        order,
        room: order.bounds,
        seen: BTreeSet::new(),
        left_out,
        to,
    };
    for path in &files {
        sending.offer(path)?;
    }
    let Sending { left_out, to, .. } = sending;
    write_end(to, &left_out)
}

/// Opens what is beneath the working directory, or nothing. Never waits for the other end of a pipe.
fn open_beneath(work: BorrowedFd<'_>, path: &str, flags: OFlag) -> nix::Result<OwnedFd> {
    let flags = flags | OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let resolve = ResolveFlag::RESOLVE_BENEATH
        | ResolveFlag::RESOLVE_NO_SYMLINKS
        | ResolveFlag::RESOLVE_NO_MAGICLINKS
        | ResolveFlag::RESOLVE_NO_XDEV;
    if !layers::stands(Layer::OpenBeneath) {
        return nix::fcntl::openat(
            work,
            path,
            flags.difference(OFlag::O_NOFOLLOW),
            Mode::empty(),
        );
    }
    openat2(work, path, OpenHow::new().flags(flags).resolve(resolve))
}

/// Finds files by the types that the folders tell, and opens none.
struct Walk<'a> {
    work: BorrowedFd<'a>,
    /// Paths of what seem to be regular files.
    files: Vec<String>,
    /// Folders that are still to be read.
    folders: Vec<String>,
    entries: u32,
    left_out: Tally,
}

impl<'a> Walk<'a> {
    fn new(work: BorrowedFd<'a>) -> Self {
        Self {
            work,
            files: Vec::new(),
            folders: vec![String::new()],
            entries: 0,
            left_out: Tally::default(),
        }
    }

    fn everything(&mut self) {
        while self.entries <= MAX_ENTRIES
            && let Some(folder) = self.folders.pop()
        {
            self.read(&folder);
        }
    }

    fn read(&mut self, folder: &str) {
        let path = if folder.is_empty() { "." } else { folder };
        let opened = open_beneath(self.work, path, OFlag::O_DIRECTORY).and_then(Dir::from_fd);
        let Ok(mut opened) = opened else {
            return self.left_out.note(Reason::Unreadable, folder);
        };
        for entry in opened.iter() {
            let Ok(entry) = entry else {
                return self.left_out.note(Reason::Unreadable, folder);
            };
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            self.entries += 1;
            if self.entries > MAX_ENTRIES {
                return self.left_out.note(Reason::TooMany, "");
            }
            self.note(folder, name, entry.file_type());
        }
    }

    fn note(&mut self, folder: &str, name: &[u8], kind: Option<Type>) {
        let path = match folder {
            "" => name.to_vec(),
            _ => [folder.as_bytes(), b"/", name].concat(),
        };
        let Some(path) = fit_path(&path).map(str::to_owned) else {
            return self.left_out.note(Reason::BadName, "");
        };
        match kind {
            // A file system that tells no types; what it is shows when it is opened.
            Some(Type::File) | None => self.files.push(path),
            Some(Type::Directory) => self.folders.push(path),
            Some(_) => self.left_out.note(Reason::NotAFile, &path),
        }
    }
}

/// Opens files one by one and sends those that are within the bounds.
struct Sending<'a, W> {
    work: BorrowedFd<'a>,
    order: &'a Order,
    /// What may still be sent.
    room: Bounds,
    /// Files with several names.
    seen: BTreeSet<u64>,
    left_out: Tally,
    to: &'a mut W,
}

impl<W: Write> Sending<'_, W> {
    fn offer(&mut self, path: &str) -> io::Result<()> {
        match self.open(path) {
            Ok((file, size)) => self.send(path, file, size),
            Err(reason) => {
                self.left_out.note(reason, path);
                Ok(())
            }
        }
    }

    fn open(&mut self, path: &str) -> Result<(File, u64), Reason> {
        let opened =
            open_beneath(self.work, path, OFlag::empty()).map_err(|error| match error {
                Errno::ELOOP | Errno::EXDEV | Errno::ENXIO => Reason::NotAFile,
                _ => Reason::Unreadable,
            })?;
        let facts = fstat(&opened).map_err(|_| Reason::Unreadable)?;
        if SFlag::from_bits_truncate(facts.st_mode) & SFlag::S_IFMT != SFlag::S_IFREG {
            return Err(Reason::NotAFile);
        }
        // One superblock: the number alone names the file.
        if facts.st_nlink > 1 && !self.seen.insert(facts.st_ino) {
            return Err(Reason::SameFile);
        }
        let size = u64::try_from(facts.st_size).map_err(|_| Reason::TooLarge)?;
        if self.order.known.get(path) != Some(&size) {
            self.room.take(size)?;
        }
        Ok((File::from(opened), size))
    }

    fn send(&mut self, path: &str, mut file: File, size: u64) -> io::Result<()> {
        write_file_header(self.to, path, size)?;
        let mut buffer = vec![0; PIECE];
        let mut left = size;
        while left > 0 {
            let piece = usize::try_from(left).map_or(PIECE, |left| left.min(PIECE));
            // Nobody is left who could make it shorter.
            file.read_exact(&mut buffer[..piece])?;
            self.to.write_all(&buffer[..piece])?;
            left -= piece as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "collector_tests.rs"]
mod tests;
