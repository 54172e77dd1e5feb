//! Certificates for mutual TLS between control-planes and runner hosts, as files of one folder:
//!
//! - `ca.crt`, `ca.key`: the authority that both sides trust. Its key stays where this folder is.
//! - `runners/NAME.crt`, `.key`: for a runner host, under the names that control-plane connects to.
//! - `clients/NAME.crt`, `.key`: for a control-plane.
//!
//! All keys are ECDSA on P-256, made anew at each renewal, and readable by the owner only. Nothing
//! that is there is overwritten but by a renewal. Revocation lists are not kept: neither side
//! would ask for one, and certificates are few; who must go is left out of a new authority.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::pem::parse_x509_pem;

use crate::platform::keys::write_secret;

const DAY: Duration = Duration::from_secs(86_400);

/// How long an authority is valid.
pub const AUTHORITY_DAYS: u32 = 3650;

/// Clocks of hosts may be behind by so much.
const BACKDATED: Duration = Duration::from_secs(3600);

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A runner host, which control-plane connects to.
    Runner,
    /// A control-plane.
    Client,
}

impl Purpose {
    const ALL: [Self; 2] = [Self::Runner, Self::Client];

    fn folder(self) -> &'static str {
        match self {
            Self::Runner => "runners",
            Self::Client => "clients",
        }
    }

    fn usage(self) -> ExtendedKeyUsagePurpose {
        match self {
            Self::Runner => ExtendedKeyUsagePurpose::ServerAuth,
            Self::Client => ExtendedKeyUsagePurpose::ClientAuth,
        }
    }
}

/// A certificate in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Relative to the folder.
    pub file: PathBuf,
    /// None for the authority.
    pub purpose: Option<Purpose>,
    /// Host names and addresses.
    pub names: Vec<String>,
    pub expire_time: Timestamp,
}

/// The certificates of an installation.
#[derive(Debug, Clone)]
pub struct Pki {
    folder: PathBuf,
}

impl Pki {
    /// The certificates in a folder, which need not be there.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Makes the authority, unless it is there. Says whether it made it. Fails when only its key is
    /// there: it may be the one that all certificates were signed with.
    pub fn make_authority(&self, now: Timestamp) -> anyhow::Result<bool> {
        for folder in [Path::new(""), Path::new("runners"), Path::new("clients")] {
            private_folder(&self.folder.join(folder))?;
        }
        if self.folder.join("ca.crt").exists() {
            return Ok(false);
        }
        let key = self.folder.join("ca.key");
        if key.exists() {
            let key = key.display();
            bail!(
                "{key} is there without its ca.crt; put that back beside it, or move the key away"
            );
        }
        let mut params = params("Code Runner", &[], now, AUTHORITY_DAYS)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().context("make a key")?;
        let certificate = params.self_signed(&key).context("sign the authority")?;
        self.write("ca", &certificate.pem(), &key)?;
        Ok(true)
    }

    /// Makes a certificate with its key; fails when it is there. A runner host is known by `names`,
    /// the first of which names the files.
    pub fn make(
        &self,
        purpose: Purpose,
        names: &[String],
        now: Timestamp,
        days: u32,
    ) -> anyhow::Result<PathBuf> {
        let name = names.first().context("a certificate needs a name")?;
        for name in names {
            ensure!(
                is_plain(name),
                "{name:?} is no name: letters, digits, dots, hyphens and colons only"
            );
        }
        let stem = format!("{}/{name}", purpose.folder());
        let [key, file] = ["key", "crt"].map(|it| self.folder.join(format!("{stem}.{it}")));
        for file in [&key, &file] {
            if file.exists() {
                bail!("{} is there already; renew it instead", file.display());
            }
        }
        self.issue(&stem, purpose, names, now, days)?;
        Ok(file)
    }

    /// Makes those anew, with new keys and the same names, that expire within a time. Says which.
    pub fn renew(
        &self,
        within: Duration,
        now: Timestamp,
        days: u32,
    ) -> anyhow::Result<Vec<PathBuf>> {
        let mut renewed = Vec::new();
        for listed in self.list()? {
            let Some(purpose) = listed
                .purpose
                .filter(|_| listed.expire_time <= now + within)
            else {
                continue;
            };
            let stem = listed.file.with_extension("");
            let stem = stem.to_str().context("the name of a file is no text")?;
            self.issue(stem, purpose, &listed.names, now, days)?;
            renewed.push(self.folder.join(&listed.file));
        }
        Ok(renewed)
    }

    /// All certificates, the authority first, then by name.
    pub fn list(&self) -> anyhow::Result<Vec<Listed>> {
        let mut listed = vec![self.read("ca.crt".into(), None)?];
        for purpose in Purpose::ALL {
            let folder = self.folder.join(purpose.folder());
            let context = || format!("list the folder {}", folder.display());
            let mut files = Vec::new();
            for entry in fs::read_dir(&folder).with_context(context)? {
                let name = PathBuf::from(entry.with_context(context)?.file_name());
                if name.extension().is_some_and(|extension| extension == "crt") {
                    files.push(Path::new(purpose.folder()).join(name));
                }
            }
            files.sort();
            for file in files {
                listed.push(self.read(file, Some(purpose))?);
            }
        }
        Ok(listed)
    }

    fn read(&self, file: PathBuf, purpose: Option<Purpose>) -> anyhow::Result<Listed> {
        let path = self.folder.join(&file);
        let context = || format!("read the certificate {}", path.display());
        let text = fs::read(&path).with_context(context)?;
        let (_, pem) = parse_x509_pem(&text).with_context(context)?;
        let certificate = pem.parse_x509().with_context(context)?;
        let expire_time = certificate.validity().not_after.timestamp();
        Ok(Listed {
            names: match purpose {
                Some(_) => names(&certificate),
                None => Vec::new(),
            },
            expire_time: Timestamp::from_second(expire_time).with_context(context)?,
            file,
            purpose,
        })
    }

    fn issue(
        &self,
        stem: &str,
        purpose: Purpose,
        names: &[String],
        now: Timestamp,
        days: u32,
    ) -> anyhow::Result<()> {
        let name = names.first();
        let name = name.with_context(|| format!("the certificate {stem} has no name"))?;
        let authority = self.authority()?;
        let mut params = params(name, names, now, days)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![purpose.usage()];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate().context("make a key")?;
        let certificate = params
            .signed_by(&key, &authority)
            .context("sign a certificate")?;
        self.write(stem, &certificate.pem(), &key)
    }

    fn authority(&self) -> anyhow::Result<Issuer<'static, KeyPair>> {
        let read = |name: &str| {
            let file = self.folder.join(name);
            fs::read_to_string(&file).with_context(|| format!("read {}", file.display()))
        };
        let key = KeyPair::from_pem(&read("ca.key")?).context("read the authority's key")?;
        Issuer::from_ca_cert_pem(&read("ca.crt")?, key).context("read the authority")
    }

    /// Writes certificate and key, in place of older ones. Each file is whole at any moment.
    fn write(&self, stem: &str, certificate: &str, key: &KeyPair) -> anyhow::Result<()> {
        let mut written = Vec::new();
        for (extension, text) in [
            ("key", key.serialize_pem()),
            ("crt", certificate.to_owned()),
        ] {
            let file = self.folder.join(format!("{stem}.{extension}"));
            let new = self.folder.join(format!("{stem}.{extension}.new"));
            // What a broken renewal left behind.
            let _ = fs::remove_file(&new);
            write_secret(&new, &text)?;
            written.push((new, file));
        }
        for (new, file) in written {
            fs::rename(&new, &file).with_context(|| format!("write {}", file.display()))?;
        }
        Ok(())
    }
}

fn params(
    common_name: &str,
    names: &[String],
    now: Timestamp,
    days: u32,
) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(names.to_vec()).context("read the names")?;
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.not_before = (std::time::SystemTime::from(now) - BACKDATED).into();
    params.not_after = (std::time::SystemTime::from(now) + DAY * days).into();
    Ok(params)
}

fn names(certificate: &X509Certificate) -> Vec<String> {
    let alternative = certificate.subject_alternative_name().ok().flatten();
    let names = alternative.map(|extension| extension.value.general_names.as_slice());
    let text = |name: &GeneralName| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    };
    names.unwrap_or_default().iter().filter_map(text).collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        return Some(std::net::Ipv4Addr::from(bytes).to_string());
    }
    let bytes = <[u8; 16]>::try_from(bytes).ok()?;
    Some(std::net::Ipv6Addr::from(bytes).to_string())
}

/// A name that is also the name of a file, and nothing above it.
fn is_plain(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    (1..=100).contains(&name.len()) && name.chars().all(fits) && !name.starts_with('.')
}

fn private_folder(folder: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("make the folder {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn now() -> Timestamp {
        "2030-01-01T00:00:00Z".parse().unwrap()
    }

    fn made() -> (tempfile::TempDir, Pki) {
        let folder = tempfile::tempdir().unwrap();
        let pki = Pki::new(folder.path().join("pki"));
        assert!(pki.make_authority(now()).unwrap());
        (folder, pki)
    }

    fn texts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn certificates_are_listed_with_names_and_expiry_and_readable_by_the_owner() {
        let (folder, pki) = made();
        assert!(!pki.make_authority(now()).unwrap(), "it is there");
        let names = texts(&["vps-1.example.org", "192.0.2.7", "2001:db8::7"]);
        pki.make(Purpose::Runner, &names, now(), 365).unwrap();
        let client = texts(&["control-plane"]);
        pki.make(Purpose::Client, &client, now(), 30).unwrap();
        let listed = pki.list().unwrap();
        let days = |count: u32| now() + DAY * count;
        let told: Vec<_> = listed
            .iter()
            .map(|it| (it.file.to_str().unwrap(), it.names.clone(), it.expire_time))
            .collect();
        assert_eq!(
            told,
            [
                ("ca.crt", vec![], days(AUTHORITY_DAYS)),
                ("runners/vps-1.example.org.crt", names, days(365)),
                ("clients/control-plane.crt", client, days(30)),
            ]
        );
        for file in [
            "ca.key",
            "runners/vps-1.example.org.key",
            "clients/control-plane.key",
        ] {
            let metadata = fs::metadata(folder.path().join("pki").join(file)).unwrap();
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn nothing_is_overwritten_but_by_a_renewal_of_what_expires() {
        let (folder, pki) = made();
        for (name, days) in [("soon", 20), ("late", 300)] {
            pki.make(Purpose::Runner, &texts(&[name]), now(), days)
                .unwrap();
            assert!(
                pki.make(Purpose::Runner, &texts(&[name]), now(), days)
                    .is_err()
            );
        }
        let key = folder.path().join("pki/runners/soon.key");
        let before = fs::read(&key).unwrap();
        let renewed = pki.renew(DAY * 30, now(), 365).unwrap();
        assert_eq!(renewed, [folder.path().join("pki/runners/soon.crt")]);
        assert_ne!(fs::read(&key).unwrap(), before, "a renewal has a new key");
        let soon = pki
            .list()
            .unwrap()
            .into_iter()
            .find(|it| it.names == ["soon"]);
        assert_eq!(soon.unwrap().expire_time, now() + DAY * 365);
        assert!(pki.renew(DAY * 30, now(), 365).unwrap().is_empty());
    }

    #[test]
    fn names_that_are_paths_are_refused() {
        let (_folder, pki) = made();
        for name in [
            "",
            "../ca",
            "a/b",
            ".hidden",
            "a b",
            "a\0",
            &"a".repeat(101),
        ] {
            let result = pki.make(Purpose::Client, &texts(&[name]), now(), 1);
            assert!(result.is_err(), "{name:?}");
        }
        assert!(pki.make(Purpose::Client, &[], now(), 1).is_err());
    }

    #[test]
    fn every_name_of_a_host_is_checked() {
        let (_folder, pki) = made();
        for second in ["", " 192.0.2.7", "a/b", "*.example.org"] {
            let names = texts(&["a.example.org", second]);
            let result = pki.make(Purpose::Runner, &names, now(), 1);
            assert!(result.is_err(), "{second:?}");
        }
    }

    #[test]
    fn a_key_without_its_certificate_is_not_overwritten() {
        let (folder, pki) = made();
        let folder = folder.path().join("pki");
        let names = texts(&["main"]);
        pki.make(Purpose::Client, &names, now(), 1).unwrap();
        let keys = ["ca.key", "clients/main.key"].map(|name| folder.join(name));
        let before = keys.each_ref().map(|key| fs::read(key).unwrap());
        fs::remove_file(folder.join("clients/main.crt")).unwrap();
        assert!(pki.make(Purpose::Client, &names, now(), 1).is_err());
        fs::remove_file(folder.join("ca.crt")).unwrap();
        let error = pki.make_authority(now()).unwrap_err().to_string();
        assert!(error.contains("ca.key is there without"), "{error}");
        assert_eq!(keys.map(|key| fs::read(key).unwrap()), before);
    }
}
