//! What tests with a database get, for all processes of a group: one PostgreSQL server, which ends with the group, and
//! on it a database with the tables of control-plane, of which each test gets a copy. (The tables are made from
//! nothing in the tests of the engines' migrations, and for this one.) The files of both engines are kept in memory
//! where there is room, since a test makes many of them and none is for long.

use crate::{command::Step, setup};
use anyhow::{Context, Result};
use nix::sys::statfs::{TMPFS_MAGIC, statfs};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process,
};
use test_postgres::Server;

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";
/// Before the process id of whoever made the folder.
const NAME: &str = "coderunner-tests-";
/// Less, and the tests keep their files on the disk.
const ROOM: u64 = 2 << 30;

pub(super) struct Databases {
    server: Server,
    template: &'static str,
    // After the server, which has its files in it.
    files: Files,
}

impl Databases {
    pub(super) fn start(root: &Path) -> Result<Self> {
        setup::ensure(setup::POSTGRES)?;
        let files = Files::make()?;
        let server = Server::start_below(files.folder())?;
        let template = server.make_template(|url| make_tables(root, url))?;
        Ok(Self {
            server,
            template,
            files,
        })
    }

    /// Tells tests of them.
    pub(super) fn told(&self, step: Step) -> Step {
        step.env(test_postgres::SERVER_VARIABLE, self.server.address())
            .env(test_postgres::TEMPLATE_VARIABLE, self.template)
            .env("TMPDIR", self.files.folder())
    }
}

/// Has control-plane make its tables, as it does for an operator.
fn make_tables(root: &Path, url: &str) -> Result<()> {
    let target = setup::target_folder(root);
    let folder = target.join("test/databases");
    let file = folder.join("config.toml");
    let settings = format!("database_url = \"{url}\"\nkeys_dir = \"keys\"\n");
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&file, settings))
        .with_context(|| format!("could not write {}", file.display()))?;
    Step::new(
        target.join("debug/control-plane"),
        "make the tables of the tests",
    )
    .args(["init"])
    .arg_path("--config", &file)
    .run()
}

/// The folder for the files of tests, with which its own goes if it is one in memory.
enum Files {
    InMemory(PathBuf),
    OnDisk(PathBuf),
}

impl Files {
    fn make() -> Result<Self> {
        if !has_room(Path::new(MEMORY)) {
            println!("{MEMORY} has no room for the files of tests; they are kept on the disk");
            return Ok(Self::OnDisk(env::temp_dir()));
        }
        remove_left_over();
        let folder = Path::new(MEMORY).join(format!("{NAME}{}", process::id()));
        fs::create_dir(&folder)
            .with_context(|| format!("could not make the folder {}", folder.display()))?;
        Ok(Self::InMemory(folder))
    }

    fn folder(&self) -> &Path {
        match self {
            Self::InMemory(folder) | Self::OnDisk(folder) => folder,
        }
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        if let Self::InMemory(folder) = self
            && let Err(error) = fs::remove_dir_all(&*folder)
        {
            eprintln!("could not remove {}: {error}", folder.display());
        }
    }
}

/// Removes the folders of those that were killed and could not do it themselves.
fn remove_left_over() {
    let entries = fs::read_dir(MEMORY).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(NAME));
        if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Whether a folder is in memory, may be written to, and has room.
fn has_room(folder: &Path) -> bool {
    let writable = nix::unistd::access(folder, nix::unistd::AccessFlags::W_OK).is_ok();
    statfs(folder).is_ok_and(|found| {
        let free = found.blocks_available() * u64::try_from(found.block_size()).unwrap_or(0);
        writable && found.filesystem_type() == TMPFS_MAGIC && free >= ROOM
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_on_the_disk_or_none_has_no_room_in_memory() {
        for folder in ["/proc", "/no/such/folder", env!("CARGO_MANIFEST_DIR")] {
            assert!(!has_room(Path::new(folder)), "{folder}");
        }
    }

    #[test]
    fn what_was_kept_in_memory_goes_also_when_its_owner_was_killed() {
        let files = Files::make().unwrap();
        let folder = files.folder().to_owned();
        let Files::InMemory(_) = files else {
            // Said by `make`: this machine has no room.
            return;
        };
        // Process ids end at 4,194,304.
        let orphan = Path::new(MEMORY).join(format!("{NAME}4194305"));
        fs::create_dir_all(orphan.join("data")).unwrap();
        fs::write(folder.join("file"), "text").unwrap();
        remove_left_over();
        assert!(folder.join("file").exists());
        drop(files);
        assert!(!folder.exists() && !orphan.exists());
    }
}
