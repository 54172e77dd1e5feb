//! The command that begins again what is stuck.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use control_plane::platform::Platform;
use control_plane::platform::clock::SystemClock;
use control_plane::platform::config::Config;
use control_plane::requeue::service::{Answer, Requeue as UseCases};

#[derive(Debug, Args)]
pub struct Requeue {
    /// Ids of runs or submissions. Without any, what is stuck is only told.
    ids: Vec<String>,
    /// All that are stuck.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Stuck is what nothing was heard of for so many minutes.
    #[arg(long, value_name = "MINUTES", default_value_t = 15,
          value_parser = clap::value_parser!(u32).range(1..=10_080))]
    older_than: u32,
    /// Configuration file (TOML).
    #[arg(long)]
    config: PathBuf,
}

/// Tells what is stuck, or has it begun again.
pub async fn requeue(command: Requeue) -> anyhow::Result<()> {
    let Requeue {
        mut ids,
        all,
        older_than,
        config,
    } = command;
    let patience = Duration::from_secs(60) * older_than;
    let config = Arc::new(Config::load(&config)?);
    let platform = Platform::open(config, Arc::new(SystemClock)).await?;
    let requeue = UseCases::new(platform.clone());
    if ids.is_empty() {
        let stuck = requeue.stuck(patience).await?;
        for one in &stuck {
            println!("{one}");
        }
        println!("{} stuck for {older_than} minutes or longer", stuck.len());
        if all {
            ids.extend(stuck.into_iter().map(|one| one.id));
        }
    }
    let mut left = 0;
    for id in &ids {
        let answer = requeue.requeue(id, patience).await?;
        left += usize::from(answer != Answer::Requeued);
        println!("{id}: {}", told(&answer));
    }
    platform.db.close().await;
    if left > 0 {
        bail!("{left} of {} were not queued again", ids.len());
    }
    Ok(())
}

fn told(answer: &Answer) -> String {
    match answer {
        Answer::Requeued => {
            "queued again; a running control-plane takes it within seconds, another one when it starts"
                .into()
        }
        Answer::NotStuck(silence) => format!(
            "not stuck: something was heard of it {} s ago; --older-than asks for less",
            silence.as_secs()
        ),
        Answer::Ended => "it has ended, and has its result".into(),
        Answer::Missing => "there is no such run or submission; old ones are deleted".into(),
    }
}
