//! The configuration: a TOML file, and over it environment variables `CODERUNNER_CP_<KEY>`, with
//! two underscores between table and key (`CODERUNNER_CP_LIMITS__CALLS_PER_MINUTE=0`). The CP
//! keeps them apart from the variables of the command line client. Everything is checked before
//! a port opens, and every problem is listed at once.
//!
//! Secrets are not in here but in files of `keys_dir`; `platform::keys` checks those. Only the URL
//! of a PostgreSQL server may hold one, a password, which is never shown; better it is in the file
//! that PGPASSFILE names, or in the environment.

mod database;
mod limits;
mod reader;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use figment::Figment;
use figment::providers::{Env, Format, Toml};
use figment::value::Dict;

pub use database::Database;
pub use limits::Limits;
use reader::Section;

/// How strict the start is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// On one's own machine: plain HTTP and no limits are allowed.
    Development,
    /// For others: whatever is unsafe stops the start.
    Production,
}

/// Certificate and key of the public port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// How a runner host is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunnerAddress {
    /// A socket on this machine, guarded by file mode and peer credentials.
    Unix(PathBuf),
    /// Another machine, with mutual TLS.
    Tls {
        url: String,
        ca: PathBuf,
        certificate: PathBuf,
        key: PathBuf,
    },
}

/// A runner host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunnerConfig {
    /// Its name in logs and in RunnerService.
    pub id: String,
    pub address: RunnerAddress,
}

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Finished runs and submissions, with their output.
    pub results: Duration,
    /// Answers kept for a repeat of a request_id.
    pub request_ids: Duration,
    /// Code shared by a link.
    pub snippets: Duration,
}

/// All settings, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    pub mode: Mode,
    /// Public port: gRPC, gRPC-web and keys.
    pub listen: SocketAddr,
    /// `/health`, `/ready` and `/metrics`; must not be reachable from outside.
    pub admin_listen: SocketAddr,
    pub database: Database,
    /// Folder of the master key and the signing keys.
    pub keys_dir: PathBuf,
    /// Course that is loaded at every start.
    pub content_dir: Option<PathBuf>,
    /// Folder of the built web app, which is served on the public port.
    pub web_root: Option<PathBuf>,
    pub tls: Option<TlsFiles>,
    /// Web origins that may call with gRPC-web, such as `https://learn.example.org`.
    pub cors_origins: Vec<String>,
    /// Proxies whose `x-forwarded-for` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    pub runners: Vec<RunnerConfig>,
    pub limits: Limits,
    pub retention: Retention,
    /// How long running work may take to end after SIGTERM.
    pub drain_limit: Duration,
    /// Filter of the log, as `tracing` takes it: `info`, `control_plane=debug`.
    pub log: String,
}

/// Everything that is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has {} problem(s):\n{}", .0.len(), list(.0))]
pub struct Problems(pub Vec<String>);

fn list(problems: &[String]) -> String {
    problems
        .iter()
        .map(|problem| format!("  - {problem}"))
        .collect::<Vec<_>>()
        .join("\n")
}

impl Config {
    /// Reads the file and the environment. Relative paths are relative to the file's folder.
    pub fn load(file: &Path) -> Result<Self, Problems> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| Problems(vec![format!("{}: {error}", file.display())]))?;
        let figment =
            Figment::from(Toml::string(&text)).merge(Env::prefixed("CODERUNNER_CP_").split("__"));
        let folder = file.parent().unwrap_or(Path::new("."));
        Self::from_figment(&figment, folder)
    }

    /// Checks settings that were read already.
    pub fn from_figment(figment: &Figment, folder: &Path) -> Result<Self, Problems> {
        let values: Dict = figment
            .extract()
            .map_err(|error| Problems(vec![error.to_string()]))?;
        let mut problems = Vec::new();
        let mut root = Section::root(values, &mut problems);
        let config = read(&mut root, folder);
        root.finish();
        if let Some(config) = &config {
            config.check_production(&mut problems);
        }
        match config {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(Problems(problems)),
        }
    }

    /// What would be unsafe with strangers on the network.
    fn check_production(&self, problems: &mut Vec<String>) {
        if self.mode == Mode::Development {
            return;
        }
        let local = self.listen.ip().is_loopback();
        if self.tls.is_none() && !local {
            problems.push(
                "tls: is required in production on a public address; or listen on 127.0.0.1 \
                 behind a proxy with TLS"
                    .into(),
            );
        }
        self.database.check_production(problems);
        if self.runners.is_empty() {
            problems.push("runners: at least one is required in production".into());
        }
        for origin in self
            .cors_origins
            .iter()
            .filter(|origin| origin.starts_with("http://"))
        {
            problems.push(format!(
                "cors_origins: {origin} must be https in production"
            ));
        }
        if !self.limits.allow_unlimited {
            for key in self.limits.unlimited() {
                problems.push(format!(
                    "limits.{key}: 0 (no limit) is refused in production unless \
                     limits.allow_unlimited = true confirms it"
                ));
            }
        }
    }
}

fn read(root: &mut Section, folder: &Path) -> Option<Config> {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mode = root.parsed("mode", parse_mode).unwrap_or(Mode::Development);
    let listen = root.or("listen", local(8080));
    let admin_listen = root.or("admin_listen", local(8081));
    if listen == admin_listen && listen.port() != 0 {
        root.problem("admin_listen", "must differ from listen");
    }
    let path = |text: String| folder.join(text);
    let database = Database::read(root, folder);
    let keys_dir = root.required("keys_dir").map(path);
    let content_dir = root.optional("content_dir").map(path);
    let web_root = root.optional("web_root").map(path);
    check_web_root(root, web_root.as_deref());
    let tls = root.table("tls", |tls| read_tls(tls, folder));
    let cors_origins = read_origins(root);
    let trusted_proxies = root.or("trusted_proxies", Vec::new());
    let runners = root.tables("runners", |runner| read_runner(runner, folder));
    let runners: Vec<_> = runners.into_iter().flatten().collect();
    check_runner_ids(root, &runners);
    let limits = root.table("limits", Limits::read);
    let retention = root.table("retention", read_retention);
    let drain_limit = Duration::from_secs(root.number("drain_limit_s", 30, 1, 3600));
    let log = root.or("log", "info".to_owned());
    if let Err(error) = tracing_subscriber::EnvFilter::try_new(&log) {
        root.problem("log", error);
    }
    Some(Config {
        mode,
        listen,
        admin_listen,
        database: database?,
        keys_dir: keys_dir?,
        content_dir,
        web_root,
        tls,
        cors_origins,
        trusted_proxies,
        runners,
        limits,
        retention,
        drain_limit,
        log,
    })
}

fn parse_mode(text: &str) -> Result<Mode, String> {
    match text {
        "development" => Ok(Mode::Development),
        "production" => Ok(Mode::Production),
        _ => Err("must be \"development\" or \"production\"".into()),
    }
}

fn read_tls(tls: &mut Section, folder: &Path) -> Option<TlsFiles> {
    let certificate: Option<String> = tls.optional("certificate");
    let key: Option<String> = tls.optional("key");
    match (certificate, key) {
        (None, None) => None,
        (Some(certificate), Some(key)) => {
            let files = TlsFiles {
                certificate: folder.join(certificate),
                key: folder.join(key),
            };
            check_file(tls, "certificate", &files.certificate);
            check_file(tls, "key", &files.key);
            Some(files)
        }
        _ => {
            tls.problem("certificate", "certificate and key belong together");
            None
        }
    }
}

fn check_file(section: &mut Section, key: &str, file: &Path) {
    if let Err(error) = std::fs::File::open(file) {
        section.problem(key, format_args!("{}: {error}", file.display()));
    }
}

fn check_web_root(root: &mut Section, folder: Option<&Path>) {
    if let Some(folder) = folder
        && !folder.join("index.html").is_file()
    {
        let folder = folder.display();
        let text = format!(
            "{folder} has no index.html; build the web app (npm run build in clients/web), or \
             leave web_root out to serve none"
        );
        root.problem("web_root", text);
    }
}

fn read_origins(root: &mut Section) -> Vec<String> {
    let origins: Vec<String> = root.or("cors_origins", Vec::new());
    for origin in &origins {
        if !is_origin(origin) {
            let text = format!("{origin:?} must be scheme://host[:port] without path or wildcard");
            root.problem("cors_origins", text);
        }
    }
    origins
}

fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<http::Uri>() else {
        return false;
    };
    let scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    scheme
        && !text.contains('*')
        && !text.ends_with('/')
        && uri.path() == "/"
        && uri.query().is_none()
}

fn read_runner(runner: &mut Section, folder: &Path) -> Option<RunnerConfig> {
    let id: Option<String> = runner.required("id");
    if id
        .as_deref()
        .is_some_and(|id| id.is_empty() || id.len() > 40)
    {
        runner.problem("id", "must have 1 to 40 characters");
    }
    let address: Option<String> = runner.required("address");
    let files = ["tls_ca", "tls_certificate", "tls_key"].map(|key| {
        let file = runner.optional::<String>(key).map(|file| folder.join(file));
        if let Some(file) = &file {
            check_file(runner, key, file);
        }
        file
    });
    let address = match (address?, files) {
        (address, _) if address.starts_with("unix:") => {
            RunnerAddress::Unix(folder.join(&address["unix:".len()..]))
        }
        (url, [Some(ca), Some(certificate), Some(key)]) if url.starts_with("https://") => {
            RunnerAddress::Tls {
                url,
                ca,
                certificate,
                key,
            }
        }
        (url, _) if url.starts_with("https://") => {
            let text = "https needs tls_ca, tls_certificate and tls_key";
            runner.problem("address", text);
            return None;
        }
        _ => {
            runner.problem("address", "must be unix:/path or https://host:port");
            return None;
        }
    };
    Some(RunnerConfig { id: id?, address })
}

fn check_runner_ids(root: &mut Section, runners: &[RunnerConfig]) {
    for (index, runner) in runners.iter().enumerate() {
        if runners[..index].iter().any(|other| other.id == runner.id) {
            root.problem(
                "runners",
                format_args!("the id {:?} is used twice", runner.id),
            );
        }
    }
}

fn read_retention(retention: &mut Section) -> Retention {
    let day = Duration::from_secs(86_400);
    let days = |value: u64| day * u32::try_from(value).expect("bounded by the reader");
    Retention {
        results: days(retention.number("results_days", 7, 1, 3650)),
        request_ids: days(retention.number("request_ids_days", 1, 1, 30)),
        snippets: days(retention.number("snippets_days", 30, 1, 3650)),
    }
}
