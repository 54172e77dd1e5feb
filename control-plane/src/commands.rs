//! Commands on the files of an installation that need no database: keys for tokens, certificates.
//! Those on the database are in `backup`, `history`, `requeue` and `retention`.

pub mod backup;
pub mod history;
pub mod requeue;
pub mod retention;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::ensure;
use clap::Subcommand;
use control_plane::pki::{Pki, Purpose};
use control_plane::platform::config::Config;
use control_plane::platform::rotate::{self, Standing};
use jiff::Timestamp;

const DAY: Duration = Duration::from_secs(86_400);

#[derive(Debug, Subcommand)]
pub enum SigningKeys {
    /// List the keys, and which one signs.
    List {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Add a key. Running servers publish it within seconds; it signs after a delay, and the key
    /// before it is accepted until its last token has expired. Nobody is logged out. Deletes the
    /// files of keys that are of no use any more.
    Rotate {
        /// Minutes until it signs; signing_key_delay_minutes of the configuration when not said.
        /// 0 if the key that signs now may be known to others: then also delete that file.
        #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(..=10_080))]
        delay: Option<u32>,
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub enum PkiCommand {
    /// Make certificates, and the authority that signs them if there is none.
    Make {
        /// Folder of the certificates.
        #[arg(long, default_value = "pki")]
        folder: PathBuf,
        /// A runner host: the name or address that control-plane connects to, and more names of the
        /// same host after commas. May be given several times.
        #[arg(long = "runner", value_name = "NAME[,NAME]")]
        runners: Vec<String>,
        /// A control-plane, by a name of your choice. May be given several times.
        #[arg(long = "client", value_name = "NAME")]
        clients: Vec<String>,
        /// How long the certificates are valid.
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// Make those certificates anew that expire soon, with new keys and the same names.
    Renew {
        /// Folder of the certificates.
        #[arg(long, default_value = "pki")]
        folder: PathBuf,
        /// Those that expire within so many days.
        #[arg(long, value_name = "DAYS", default_value_t = 30)]
        within: u32,
        /// How long the new ones are valid.
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
        days: u32,
    },
    /// List the certificates with names and expiry. Exit code 1 when one has expired.
    List {
        /// Folder of the certificates.
        #[arg(long, default_value = "pki")]
        folder: PathBuf,
    },
}

/// Lists or rotates the keys for tokens.
pub fn signing_keys(command: SigningKeys) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let listed = |config: &Config| {
        let lifetime = config.limits.access_token_lifetime;
        rotate::list(&config.keys_dir, config.mode, lifetime, now)
    };
    match command {
        SigningKeys::List { config } => {
            for key in listed(&Config::load(&config)?)? {
                let file = key.file.file_name().unwrap_or_default();
                println!("{}  {}  {}", key.id, file.display(), told(&key));
            }
        }
        SigningKeys::Rotate { delay, config } => {
            let config = Config::load(&config)?;
            let minutes = |count: u32| Duration::from_secs(60 * u64::from(count));
            let delay = delay.map_or(config.limits.signing_key_delay, minutes);
            let file = rotate::rotate(&config.keys_dir, delay, now)?;
            println!("made {}; it signs from {} on", file.display(), now + delay);
            for file in rotate::prune(&listed(&config)?)? {
                println!("deleted {}", file.display());
            }
        }
    }
    Ok(())
}

fn told(key: &rotate::Listed) -> String {
    match key.standing {
        Standing::Waits => format!("is published, signs from {} on", key.sign_time),
        Standing::Signs => "signs".to_owned(),
        Standing::Accepted(end) => format!("is accepted until {end}"),
        Standing::Retired => "is of no use any more".to_owned(),
    }
}

/// Makes, renews or lists certificates.
pub fn pki(command: PkiCommand) -> anyhow::Result<()> {
    let now = Timestamp::now();
    match command {
        PkiCommand::Make {
            folder,
            runners,
            clients,
            days,
        } => {
            let pki = Pki::new(&folder);
            if pki.make_authority(now)? {
                println!("made {}", folder.join("ca.crt").display());
            }
            for (purpose, hosts) in [(Purpose::Runner, runners), (Purpose::Client, clients)] {
                for host in hosts {
                    let names = host.split(',').map(|name| name.trim().to_owned());
                    let names: Vec<String> = names.collect();
                    let made = pki.make(purpose, &names, now, days)?;
                    println!("made {}", made.display());
                }
            }
        }
        PkiCommand::Renew {
            folder,
            within,
            days,
        } => {
            for renewed in Pki::new(folder).renew(DAY * within, now, days)? {
                println!("renewed {}", renewed.display());
            }
        }
        PkiCommand::List { folder } => {
            let mut expired = 0;
            for listed in Pki::new(folder).list()? {
                let left = listed.expire_time.duration_since(now).as_secs() / 86_400;
                let standing = match listed.expire_time <= now {
                    true => "EXPIRED".to_owned(),
                    false => format!("{left} days left"),
                };
                expired += u32::from(listed.expire_time <= now);
                let (file, names) = (listed.file.display(), listed.names.join(", "));
                println!("{file}  {names}  until {}  {standing}", listed.expire_time);
            }
            ensure!(expired == 0, "{expired} certificate(s) have expired");
        }
    }
    Ok(())
}
