//! What this host is, for GetStatus: Python's version, the profiles with their modules, the root file
//! system's digest, and how each layer of the sandbox is enforced.

use std::path::Path;

use anyhow::{Context, Result};
use coderunner_proto::common::v1::Module;
use coderunner_proto::sandbox::v1::Enforcement;
use sandboxd_launcher::wire::Facts;
use sandboxd_sandbox::Profile;
use serde::Deserialize;

/// See the module.
#[derive(Debug, Clone)]
pub struct Host {
    /// For example "3.11.2".
    pub python_version: String,
    /// Digest of the root file system's manifest.
    pub rootfs_digest: String,
    /// What the profiles have beyond the standard library; `None` for one that this host does not offer.
    modules: [Option<Vec<Module>>; Profile::COUNT],
    facts: Facts,
}

/// The part of the root file system's manifest that is of interest here.
#[derive(Deserialize)]
struct Manifest {
    python_version: String,
    digest: String,
    /// What the profile science has; absent in trees that have no such profile.
    #[serde(default)]
    wheels: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
}

impl Host {
    /// Reads the manifest that lies beside the root file system's tree. `science` is whether the operator wants
    /// that profile; it is offered if the tree has it.
    ///
    /// # Errors
    /// When it is missing or not a manifest.
    pub fn describe(rootfs: &Path, science: bool, facts: Facts) -> Result<Self> {
        let path = rootfs.with_file_name("manifest.json");
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!("reading the root file system's manifest {}", path.display())
        })?;
        let Manifest {
            python_version,
            digest,
            wheels,
        } = serde_json::from_str(&text)
            .with_context(|| format!("in the root file system's manifest {}", path.display()))?;
        let wheels: Vec<_> = wheels
            .into_iter()
            .map(|Package { name, version }| Module { name, version })
            .collect();
        let science = (science && !wheels.is_empty()).then_some(wheels);
        Ok(Self {
            python_version,
            rootfs_digest: digest,
            modules: [Some(Vec::new()), science],
            facts,
        })
    }

    /// A host without a root file system.
    #[cfg(test)]
    pub fn for_tests(science: bool) -> Self {
        let modules = Module {
            name: "numpy".to_owned(),
            version: "2".to_owned(),
        };
        Self {
            python_version: "3".to_owned(),
            rootfs_digest: String::new(),
            modules: [Some(Vec::new()), science.then(|| vec![modules])],
            facts: Facts {
                cgroup: String::new(),
                landlock: 0,
                swept: 0,
            },
        }
    }

    /// Whether programs of this profile can run here.
    pub fn offers(&self, profile: Profile) -> bool {
        self.modules[profile.index()].is_some()
    }

    /// The profiles that this host offers, each with what it has beyond the standard library.
    pub fn profiles(&self) -> impl Iterator<Item = (Profile, &[Module])> {
        Profile::ALL
            .into_iter()
            .filter_map(|profile| Some((profile, self.modules[profile.index()].as_deref()?)))
    }

    /// Each layer and its mechanism. All of them hold: sandboxd does not start otherwise.
    pub fn enforcements(&self) -> Vec<Enforcement> {
        let group = &self.facts.cgroup;
        let landlock = match self.facts.landlock {
            0 => "not in this kernel".to_owned(),
            version => format!("Landlock ABI {version}"),
        };
        let rows = [
            ("memory", format!("{group} memory, swap forbidden")),
            ("processes", format!("{group} pids, RLIMIT_NPROC")),
            (
                "cpu",
                format!("{group} cpu quota; {group} CPU time, RLIMIT_CPU"),
            ),
            ("wall_time", "clock of the daemon".to_owned()),
            ("output", "count of the daemon".to_owned()),
            (
                "namespaces",
                "user, pid, mount, net, ipc, uts, cgroup".to_owned(),
            ),
            (
                "identity",
                "own uid and gid, no capabilities, securebits, no_new_privs".to_owned(),
            ),
            (
                "filesystem",
                "read-only overlay, tmpfs, pivot_root, /proc with hidepid and subset=pid"
                    .to_owned(),
            ),
            ("system_calls", "seccomp".to_owned()),
            ("landlock", landlock),
        ];
        rows.into_iter()
            .map(|(name, mechanism)| Enforcement {
                name: name.to_owned(),
                mechanism,
            })
            .collect()
    }
}
