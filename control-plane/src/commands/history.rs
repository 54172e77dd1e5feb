//! The command that tells the way of one run or submission.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use control_plane::history::store;
use control_plane::platform::Platform;
use control_plane::platform::clock::SystemClock;
use control_plane::platform::config::Config;

#[derive(Debug, Args)]
pub struct History {
    /// Id of the run or submission.
    id: String,
    /// Configuration file (TOML).
    #[arg(long)]
    config: PathBuf,
}

/// Tells it.
pub async fn history(History { id, config }: History) -> anyhow::Result<()> {
    let config = Arc::new(Config::load(&config)?);
    let platform = Platform::open(config, Arc::new(SystemClock)).await?;
    let found = store::history(platform.db.read(), &id).await;
    platform.db.close().await;
    let found = found.context("read the run or submission")?;
    let history = found.with_context(|| {
        format!("there is no run or submission {id}; old ones are deleted (`retention show`)")
    })?;
    println!("{history}");
    Ok(())
}
