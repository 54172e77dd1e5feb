//! Commands that save the whole database and bring it back.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use control_plane::platform::config::Config;
use control_plane::platform::db;
use control_plane::platform::db::backup::Progress;
use jiff::Timestamp;

/// What takes long says so often how far it is.
const TELL_EVERY: Duration = Duration::from_secs(2);

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
    let saved = db::backup::save(&config.database, &file, Timestamp::now(), &mut teller()).await?;
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
    let restored = db::backup::restore(&config.database, &file, overwrite, &mut teller()).await?;
    println!("{}: {restored}", config.database.location);
    Ok(())
}

/// Tells on standard error how far it is, so that what is written to standard output stays short.
fn teller() -> impl FnMut(Progress<'_>) + Send {
    let mut told = Instant::now();
    move |progress| {
        if told.elapsed() >= TELL_EVERY {
            eprintln!("{progress}");
            told = Instant::now();
        }
    }
}
