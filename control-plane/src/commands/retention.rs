//! Commands that tell what is old in the database, and delete it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;
use control_plane::platform::Platform;
use control_plane::platform::clock::SystemClock;
use control_plane::platform::config::Config;
use control_plane::retention::model::Kind;
use control_plane::retention::service::Retention;
use jiff::Timestamp;

const DAY: Duration = Duration::from_secs(86_400);

#[derive(Debug, Subcommand)]
pub enum RetentionCommand {
    /// Tell how long a server keeps what has ended, and how much is older than that.
    Show {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Delete now what is old. Servers do it by themselves, after the times of their configuration.
    Run {
        /// What ended more than so many days ago.
        #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
        older_than: u32,
        /// Tell what would be deleted, and delete nothing.
        #[arg(long)]
        dry_run: bool,
        /// Only these: runs, submissions, request-ids, sessions or snippets. May be given several times.
        #[arg(long = "only", value_name = "KIND")]
        only: Vec<Kind>,
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
}

/// Tells or deletes.
pub async fn retention(command: RetentionCommand) -> anyhow::Result<()> {
    let now = Timestamp::now();
    match command {
        RetentionCommand::Show { config } => {
            let (platform, retention) = open(&config).await?;
            for kind in Kind::ALL {
                let kept = retention.kept(kind);
                let count = retention.count(kind, now - kept).await?;
                let days = kept.as_secs() / DAY.as_secs();
                println!("{kind}: kept for {days} days; {count} are older");
            }
            platform.db.close().await;
        }
        RetentionCommand::Run {
            older_than,
            dry_run,
            only,
            config,
        } => {
            let (platform, retention) = open(&config).await?;
            let before = now - DAY * older_than;
            let wanted = |kind: &Kind| only.is_empty() || only.contains(kind);
            for kind in Kind::ALL.into_iter().filter(wanted) {
                if dry_run {
                    let count = retention.count(kind, before).await?;
                    println!("{kind}: {count} would be deleted");
                } else {
                    let count = retention.delete(kind, before).await?;
                    println!("{kind}: {count} deleted");
                }
            }
            platform.db.close().await;
        }
    }
    Ok(())
}

async fn open(config: &std::path::Path) -> anyhow::Result<(Platform, Retention)> {
    let config = Arc::new(Config::load(config)?);
    let platform = Platform::open(config, Arc::new(SystemClock)).await?;
    Ok((platform.clone(), Retention::new(platform)))
}
