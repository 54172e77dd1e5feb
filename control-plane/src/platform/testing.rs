//! Ground for tests: a platform with a database of its own and a clock that can be turned. The
//! database is of the engine that `CODERUNNER_TEST_DATABASE` names.

use std::path::Path;
use std::sync::Arc;

use figment::Figment;
use figment::providers::{Format, Toml};

use super::Platform;
use super::clock::TestClock;
use super::config::Config;

/// A platform in a folder that goes away with it.
pub struct Ground {
    pub platform: Platform,
    pub clock: Arc<TestClock>,
    pub folder: tempfile::TempDir,
}

/// A platform with the default settings.
pub async fn ground() -> Ground {
    ground_with("").await
}

/// A platform with some settings, as TOML.
pub async fn ground_with(settings: &str) -> Ground {
    let folder = tempfile::tempdir().expect("make a folder for a test");
    let url = test_postgres::database_url(folder.path());
    ground_at(folder, &url, settings).await
}

/// A platform with a database that is there, and some settings.
pub async fn ground_at(folder: tempfile::TempDir, database_url: &str, settings: &str) -> Ground {
    let clock = Arc::new(TestClock::at(
        "2030-01-01T00:00:00Z".parse().expect("a time"),
    ));
    let config = Arc::new(config_at(folder.path(), database_url, settings));
    let platform = Platform::open(config, clock.clone())
        .await
        .expect("open a platform");
    Ground {
        platform,
        clock,
        folder,
    }
}

/// Settings with free ports and the files in a folder.
pub fn config(folder: &Path, settings: &str) -> Config {
    config_at(folder, &test_postgres::database_url(folder), settings)
}

fn config_at(folder: &Path, database_url: &str, settings: &str) -> Config {
    let ports = "listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n";
    let files = format!("database_url = \"{database_url}\"\nkeys_dir = \"keys\"\n");
    let text = format!("{ports}{files}{settings}");
    let figment = Figment::from(Toml::string(&text));
    Config::from_figment(&figment, folder).unwrap_or_else(|problems| panic!("{problems}"))
}
