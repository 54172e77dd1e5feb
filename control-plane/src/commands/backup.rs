//! Commands that save the whole database and bring it back.

use std::path::PathBuf;

use clap::Args;
use control_plane::platform::config::Config;
use control_plane::platform::db;
use jiff::Timestamp;

#[derive(Debug, Args)]
pub struct Backup {
    /// The file to be made. It holds addresses, programs and password hashes: keep it private.
    file: PathBuf,
    /// Configuration file (TOML).
    #[arg(long)]
    config: PathBuf,
}

#[derive(Debug, Args)]
pub struct Restore {
    /// A file that `backup` made.
    file: PathBuf,
    /// Delete what the database holds. Without it, a database that holds anything is left alone.
    #[arg(long)]
    overwrite: bool,
    /// Configuration file (TOML).
    #[arg(long)]
    config: PathBuf,
}

/// Saves the database.
pub async fn backup(Backup { file, config }: Backup) -> anyhow::Result<()> {
    let config = Config::load(&config)?;
    let saved = db::backup::save(&config.database, &file, Timestamp::now()).await?;
    println!("{}: {saved}", file.display());
    println!(
        "The keys are not in it; tests and solutions can't be read without them. Keep a copy of {} \
         too, at another place.",
        config.keys_dir.display()
    );
    Ok(())
}

/// Brings the database back.
pub async fn restore(command: Restore) -> anyhow::Result<()> {
    let Restore {
        file,
        overwrite,
        config,
    } = command;
    let config = Config::load(&config)?;
    let restored = db::backup::restore(&config.database, &file, overwrite).await?;
    println!("{}: {restored}", config.database.location);
    Ok(())
}
