//! Renews `packages.lock`: asks apt for the newest versions in the recipe's suites, with a
//! private apt state and the archive's own keyring, so that neither the host's sources nor
//! its installed packages have a say. apt checks the signatures; the lock keeps the hashes.

use crate::{Error, Lock, LockedPackage, Progress, Recipe, Result, wheels};
use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Writes new pins for the recipe in `recipe_folder`, of packages and of wheels, and returns what changed,
/// one line each. Blocks; needs the network.
pub fn update_pins(recipe_folder: &Path, progress: &dyn Progress) -> Result<Vec<String>> {
    let recipe = Recipe::read(&recipe_folder.join("recipe.toml"))?;
    let mut changes = update_packages(recipe_folder, &recipe, progress)?;
    changes.extend(wheels::update_pins(recipe_folder, &recipe, progress)?);
    Ok(changes)
}

fn update_packages(
    recipe_folder: &Path,
    recipe: &Recipe,
    progress: &dyn Progress,
) -> Result<Vec<String>> {
    let apt = PrivateApt::new(recipe)?;
    progress.step("reading the archive's package lists");
    apt.get(&["update"])?;
    progress.step("choosing versions");
    let names = recipe.packages.iter().map(|package| package.name.as_str());
    let arguments: Vec<_> = ["download", "--print-uris"]
        .into_iter()
        .chain(names)
        .collect();
    let uris = apt.get(&arguments)?;
    let mut packages = Vec::new();
    for line in uris.lines().filter(|line| line.starts_with('\'')) {
        packages.push(
            parse_uri_line(line, recipe).map_err(|problem| Error::Program {
                what: "apt-get download --print-uris".into(),
                status: "unexpected output".into(),
                stderr: problem,
            })?,
        );
    }
    packages.sort_by(|left, right| left.name.cmp(&right.name));
    let lock = Lock {
        snapshot: apt.snapshot_time()?,
        packages,
    };
    let file = recipe_folder.join("packages.lock");
    let before = fs::read_to_string(&file)
        .ok()
        .and_then(|text| Lock::parse(&text).ok());
    fs::write(&file, lock.to_text()).map_err(Error::io("write", &file))?;
    Lock::read(&file, recipe)?;
    Ok(changes(before.as_ref(), &lock))
}

/// An apt that knows only the recipe's archives.
struct PrivateApt {
    folder: tempfile::TempDir,
    architecture: String,
}

impl PrivateApt {
    fn new(recipe: &Recipe) -> Result<Self> {
        if !Path::new(KEYRING).exists() {
            return Err(Error::MissingProgram {
                program: KEYRING,
                package: "debian-archive-keyring",
            });
        }
        let folder = tempfile::tempdir().map_err(Error::io(
            "create a temporary folder in",
            std::env::temp_dir(),
        ))?;
        for name in ["lists/partial", "cache/archives/partial"] {
            let path = folder.path().join(name);
            fs::create_dir_all(&path).map_err(Error::io("create", &path))?;
        }
        let mut sources = String::new();
        for archive in &recipe.archives {
            for suite in &archive.suites {
                writeln!(
                    sources,
                    "deb [signed-by={KEYRING}] {} {suite} main",
                    archive.mirror
                )
                .expect("writing to a string succeeds");
            }
        }
        for (name, content) in [("sources.list", sources.as_str()), ("status", "")] {
            let path = folder.path().join(name);
            fs::write(&path, content).map_err(Error::io("write", &path))?;
        }
        Ok(Self {
            folder,
            architecture: recipe.architecture.clone(),
        })
    }

    fn get(&self, arguments: &[&str]) -> Result<String> {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let options = [
            format!("APT::Architecture={}", self.architecture),
            format!("APT::Architectures={}", self.architecture),
            "APT::Sandbox::User=root".to_owned(),
            format!("Dir::Etc::sourcelist={}", path("sources.list")),
            "Dir::Etc::sourceparts=/dev/null".to_owned(),
            "Dir::Etc::preferences=/dev/null".to_owned(),
            "Dir::Etc::preferencesparts=/dev/null".to_owned(),
            format!("Dir::State::lists={}", path("lists")),
            format!("Dir::State::status={}", path("status")),
            format!("Dir::Cache={}", path("cache")),
        ];
        let mut command = Command::new("apt-get");
        for option in &options {
            command.arg("-o").arg(option);
        }
        let output = command
            .args(arguments)
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|_| Error::MissingProgram {
                program: "apt-get",
                package: "apt",
            })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(Error::Program {
            what: format!("apt-get {}", arguments.first().unwrap_or(&"")),
            status: output.status.to_string(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// One day after the newest Release file: by then the snapshot archive has what it lists.
    fn snapshot_time(&self) -> Result<String> {
        let folder = self.folder.path().join("lists");
        let mut newest = None;
        for entry in fs::read_dir(&folder)
            .map_err(Error::io("list", &folder))?
            .filter_map(|entry| entry.ok())
        {
            let path: PathBuf = entry.path();
            if path.to_string_lossy().ends_with("Release") {
                let text = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
                let date = text
                    .lines()
                    .find_map(|line| line.strip_prefix("Date: "))
                    .unwrap_or_default();
                newest = newest.max(next_day(date));
            }
        }
        newest.ok_or_else(|| Error::Invalid {
            path: folder,
            problem: "no Release file with a date".into(),
        })
    }
}

/// `Sat, 14 Mar 2026 09:12:00 UTC` becomes `20260315T235959Z`, the end of the next day.
fn next_day(date: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut words = date.split_whitespace().skip(1);
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let (mut day, mut year): (u32, u32) = (day.parse().ok()?, year.parse().ok()?);
    let mut month = MONTHS.iter().position(|name| *name == month)? + 1;
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    day += 1;
    if day > length {
        (day, month) = (1, month + 1);
    }
    if month > 12 {
        (month, year) = (1, year + 1);
    }
    Some(format!("{year:04}{month:02}{day:02}T235959Z"))
}

/// `'http://host/debian/pool/x_1%2b2_amd64.deb' x_1+2_amd64.deb 123 SHA256:abc`.
fn parse_uri_line(line: &str, recipe: &Recipe) -> Result<LockedPackage, String> {
    let malformed = || format!("not understood: {line}");
    let mut words = line.split_whitespace();
    let url = words
        .next()
        .ok_or_else(malformed)?
        .trim_matches('\'')
        .replace("%2b", "+")
        .replace("%7e", "~");
    let file = words.next().ok_or_else(malformed)?;
    let size = words
        .next()
        .and_then(|word| word.parse().ok())
        .ok_or_else(malformed)?;
    let sha256 = words
        .next()
        .and_then(|word| word.strip_prefix("SHA256:"))
        .ok_or_else(malformed)?;
    let mut archive = recipe.archives.iter().filter_map(|archive| {
        let path = url
            .strip_prefix(archive.mirror.trim_end_matches('/'))?
            .strip_prefix('/')?;
        Some((archive.name.clone(), path.to_owned()))
    });
    let (archive, filename) = archive
        .next()
        .ok_or_else(|| format!("{url} is in no archive of the recipe"))?;
    let mut parts = file.split('_');
    let (name, version) = (
        parts.next().ok_or_else(malformed)?,
        parts.next().ok_or_else(malformed)?,
    );
    Ok(LockedPackage {
        name: name.to_owned(),
        version: version.replace("%3a", ":"),
        archive,
        filename,
        size,
        sha256: sha256.to_owned(),
    })
}

fn changes(before: Option<&Lock>, after: &Lock) -> Vec<String> {
    let old = |name: &str| before?.packages.iter().find(|package| package.name == name);
    let lines = after
        .packages
        .iter()
        .filter_map(|package| match old(&package.name) {
            Some(old) if old.sha256 == package.sha256 => None,
            Some(old) => Some(format!(
                "{} {} -> {}",
                package.name, old.version, package.version
            )),
            None => Some(format!("{} {} (new)", package.name, package.version)),
        });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apts_lines_become_pins() {
        let recipe =
            Recipe::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../recipe.toml")).unwrap();
        let line = "'http://deb.debian.org/debian-security/pool/updates/main/o/openssl/libssl3_3.0.22-1%7edeb12u2_amd64.deb' \
                    libssl3_1%3a3.0.22-1~deb12u2_amd64.deb 2039888 SHA256:cb47";
        let package = parse_uri_line(line, &recipe).unwrap();
        assert_eq!(package.archive, "debian-security");
        assert_eq!(package.version, "1:3.0.22-1~deb12u2");
        assert_eq!(
            package.filename,
            "pool/updates/main/o/openssl/libssl3_3.0.22-1~deb12u2_amd64.deb"
        );
        assert!(
            parse_uri_line("'http://elsewhere/x.deb' x_1_all.deb 1 SHA256:00", &recipe).is_err()
        );
        assert!(
            parse_uri_line(
                "'http://deb.debian.org/debian/x.deb' x_1_all.deb 1",
                &recipe
            )
            .is_err()
        );
    }

    #[test]
    fn the_snapshot_is_a_day_later() {
        for (date, expected) in [
            ("Sat, 14 Mar 2026 09:12:00 UTC", Some("20260315T235959Z")),
            ("Sat, 28 Feb 2026 09:12:00 UTC", Some("20260301T235959Z")),
            ("Wed, 28 Feb 2024 09:12:00 UTC", Some("20240229T235959Z")),
            ("Thu, 31 Dec 2026 09:12:00 UTC", Some("20270101T235959Z")),
            ("nonsense", None),
        ] {
            assert_eq!(next_day(date).as_deref(), expected, "{date}");
        }
    }
}
