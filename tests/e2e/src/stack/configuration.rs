//! What the two programs of a stack are told.

use std::path::{Path, PathBuf};

use anyhow::Result;
use toml::{Table, Value};

use super::{Encryption, ORIGIN, Quotas, Remote, SANDBOXES, Stack, local, repository};
use crate::course;

impl Stack {
    /// Writes both configurations, and a certificate when one is needed.
    pub(super) fn write_configurations(&self) -> Result<()> {
        let sandboxd = table([
            ("listen", table([("socket", text(&self.socket()))])),
            ("rootfs", table([("path", text(&rootfs()))])),
            ("pool", table([("max_sandboxes", SANDBOXES.into())])),
            (
                "identity",
                table([
                    ("uid_base", self.ids.into()),
                    // After the ids of the sandboxes and the two of their template.
                    ("daemon_uid", (self.ids + 2 * (SANDBOXES + 1)).into()),
                ]),
            ),
            ("cgroup", table([("parent", self.cgroup_parent().into())])),
        ]);
        let mut control_plane = vec![
            ("mode", "development".into()),
            ("listen", local(self.port).to_string().into()),
            ("admin_listen", local(self.admin_port).to_string().into()),
            ("database_url", self.database_url().into()),
            ("keys_dir", "keys".into()),
            ("content_dir", text(&course::folder())),
            ("cors_origins", Value::Array(vec![ORIGIN.into()])),
            ("runners", Value::Array(vec![self.runner()])),
        ];
        let mut limits = vec![
            // A program that waits for what nobody types is ended while a test can wait for it.
            ("input_wait_ms", 3_000.into()),
            // One that never stops printing has printed too much before its time is up, on a busy machine too.
            ("output_bytes", 262_144.into()),
        ];
        if self.quotas == Quotas::None {
            limits.extend(QUOTAS.map(|key| (key, Value::Integer(0))));
        }
        control_plane.push(("limits", table(limits)));
        if self.encryption == Encryption::Tls {
            let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
            std::fs::write(self.certificate(), made.cert.pem())?;
            std::fs::write(
                self.folder.path().join("key.pem"),
                made.signing_key.serialize_pem(),
            )?;
            let files = [
                ("certificate", "certificate.pem".into()),
                ("key", "key.pem".into()),
            ];
            control_plane.push(("tls", table(files)));
        }
        std::fs::write(self.sandboxd_config(), toml::to_string(&sandboxd)?)?;
        std::fs::write(
            self.control_plane_config(),
            toml::to_string(&table(control_plane))?,
        )?;
        Ok(())
    }
}

impl Stack {
    fn database_url(&self) -> &str {
        let on_postgres = self.database.as_ref().map(super::Database::url);
        on_postgres.unwrap_or("sqlite:coderunner.db")
    }

    /// How control-plane reaches its runner.
    fn runner(&self) -> Value {
        let id = ("id", "local".into());
        match &self.remote {
            None => {
                let socket = format!("unix:{}", self.socket().display());
                table([id, ("address", socket.into())])
            }
            Some(Remote {
                url,
                ca,
                certificate,
                key,
            }) => table([
                id,
                ("address", url.clone().into()),
                ("tls_ca", text(ca)),
                ("tls_certificate", text(certificate)),
                ("tls_key", text(key)),
            ]),
        }
    }
}

/// Limits of control-plane for which 0 means none.
const QUOTAS: [&str; 12] = [
    "runs_per_minute",
    "runs_per_hour",
    "runs_per_day",
    "calls_per_minute",
    "inputs_per_minute",
    "anonymous_calls_per_minute",
    "content_calls_per_minute",
    "refreshes_per_minute",
    "joins_per_minute",
    "logins_per_minute",
    "queue_wait_ms",
    "queue_length",
];

fn rootfs() -> PathBuf {
    let tree = std::env::var_os("CODERUNNER_TEST_ROOTFS").map(PathBuf::from);
    tree.unwrap_or_else(|| repository().join("target/rootfs/rootfs-current/tree"))
}

fn table<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let entries = entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value));
    Value::Table(entries.collect::<Table>())
}

fn text(path: &Path) -> Value {
    path.to_string_lossy().into_owned().into()
}
