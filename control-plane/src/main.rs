//! control-plane: config, build, serve, drain; and the commands that prepare an installation.

#![forbid(unsafe_code)]

mod commands;

use std::cell::Cell;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand};
use commands::backup::{Backup, Restore};
use commands::history::History;
use commands::requeue::Requeue;
use commands::retention::RetentionCommand;
use commands::{PkiCommand, SigningKeys};
use control_plane::auth::model::Password;
use control_plane::auth::service::Auth;
use control_plane::auth::tokens::AccessTokens;
use control_plane::platform::clock::SystemClock;
use control_plane::platform::config::{Config, Limits, Problems};
use control_plane::platform::context::Role;
use control_plane::platform::db::Alone;
use control_plane::platform::keys::{self, Keys};
use control_plane::platform::{Platform, telemetry};
use control_plane::problems::course::folder::read_course;
use control_plane::problems::course::model::{Ceilings, Course};
use control_plane::problems::course::service::{store_course, store_new_course};
use control_plane::problems::course::stored;
use control_plane::problems::course::write::course_files;
use control_plane::server::Server;
use control_plane::testcases::service::TestCases;
use control_plane::users::model::{DisplayName, Email};
use tokio::signal::unix::{SignalKind, signal};

/// Accounts, problems, submissions and progress of Code Runner.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until SIGTERM or SIGINT, then drain.
    Serve {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Make what is missing: master key, signing key, database. Touches nothing that is there.
    #[command(visible_alias = "keys")]
    Init {
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Check, load or export a course.
    #[command(subcommand)]
    Content(Content),
    /// Manage accounts from the command line.
    #[command(subcommand)]
    User(User),
    /// Manage the keys that sign access tokens.
    #[command(subcommand)]
    SigningKeys(SigningKeys),
    /// Manage the certificates for runner hosts on other machines.
    #[command(subcommand)]
    Pki(PkiCommand),
    /// Write all that the database holds into a new file, while the server goes on.
    Backup(Backup),
    /// Fill an empty database, of either engine, with what a backup holds. Every control-plane of
    /// this database must be stopped.
    Restore(Restore),
    /// See and delete what is old.
    #[command(subcommand)]
    Retention(RetentionCommand),
    /// Tell which runs and submissions are stuck, and have them begun again. Beside a running server.
    Requeue(Requeue),
    /// Tell the way of one run or submission: who, when, attempts, losses, result. Without its
    /// program, input and output.
    History(History),
}

#[derive(Debug, Subcommand)]
enum Content {
    /// Check a course folder against the default limits and list every mistake.
    Check { folder: PathBuf },
    /// Check a course folder and store it. A running server notices within seconds.
    Load {
        folder: PathBuf,
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
    /// Write the stored course into a new folder, from which it can be loaded as it is. The folder
    /// holds all hidden tests and solutions in plain text.
    Export {
        folder: PathBuf,
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum User {
    /// Make an account, or give an existing one this password, which ends its sessions if it is
    /// another than before.
    Create {
        #[arg(long)]
        email: String,
        /// Read the password from standard input; its first line counts.
        #[arg(long, required = true)]
        password_stdin: bool,
        /// student, teacher, author or admin. When it is not said, an account keeps the role that
        /// it has, and a new one is a student. The last admin keeps the role.
        #[arg(long)]
        role: Option<Role>,
        /// Name that others see; the part before the @ when it is not said.
        #[arg(long)]
        display_name: Option<String>,
        /// Configuration file (TOML).
        #[arg(long)]
        config: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Serve { config } => serve(&config).await,
        Command::Init { config } => init(&config).await,
        Command::Content(Content::Check { folder }) => check(&folder),
        Command::Content(Content::Load { folder, config }) => load(&folder, &config).await,
        Command::Content(Content::Export { folder, config }) => export(&folder, &config).await,
        Command::SigningKeys(command) => commands::signing_keys(command),
        Command::Pki(command) => commands::pki(command),
        Command::Backup(command) => commands::backup::backup(command).await,
        Command::Restore(command) => commands::backup::restore(command).await,
        Command::Retention(command) => commands::retention::retention(command).await,
        Command::Requeue(command) => commands::requeue::requeue(command).await,
        Command::History(command) => commands::history::history(command).await,
        Command::User(User::Create {
            email,
            role,
            display_name,
            config,
            ..
        }) => create_user(&email, display_name, role, &config).await,
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("control-plane: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Configuration and keys, checked together, so that all problems are listed at once.
fn read_all(file: &Path) -> anyhow::Result<(Config, Keys)> {
    let config = Config::load(file)?;
    match keys::load(&config.keys_dir, config.mode) {
        Ok(keys) => Ok((config, keys)),
        Err(problems) => Err(Problems(problems).into()),
    }
}

async fn serve(file: &Path) -> anyhow::Result<()> {
    let (config, keys) = read_all(file)?;
    let _last_lines = telemetry::start(&config.log).context("start the log")?;
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    if let Some(folder) = config.content_dir.clone() {
        let course = read(&folder, &Ceilings::of(&config.limits))?;
        store_new(&config, &course).await?;
    }
    let mut alone = Alone::take(&config.database.location).await?;
    let server = Server::build(config, keys, Arc::new(SystemClock)).await?;
    let (address, admin) = (server.address()?, server.admin_address()?);
    tracing::info!(%address, %admin, "serving");
    let lost = Cell::new(false);
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = alone.lost() => lost.set(true),
        }
    };
    server.serve(stop).await?;
    if lost.get() {
        bail!("another control-plane works on the database now");
    }
    tracing::info!("drained");
    Ok(())
}

async fn init(file: &Path) -> anyhow::Result<()> {
    let config = Config::load(file)?;
    for made in keys::create(&config.keys_dir)? {
        println!("made {}", made.display());
    }
    let platform = open(config).await?;
    println!(
        "the database {} is ready",
        platform.config.database.location
    );
    platform.db.close().await;
    Ok(())
}

fn check(folder: &Path) -> anyhow::Result<()> {
    let course = read(folder, &Ceilings::of(&Limits::default()))?;
    println!(
        "{}: no mistakes in {} problems",
        folder.display(),
        course.problems.len()
    );
    Ok(())
}

async fn load(folder: &Path, file: &Path) -> anyhow::Result<()> {
    let (config, _) = read_all(file)?;
    let course = read(folder, &Ceilings::of(&config.limits))?;
    println!("{}", store(&config, &course).await?);
    Ok(())
}

async fn export(folder: &Path, file: &Path) -> anyhow::Result<()> {
    let config = Config::load(file)?;
    let (platform, tests) = open_content(&config).await?;
    let course = stored::read_course(&platform, &tests)
        .await
        .context("read the course")?;
    platform.db.close().await;
    course_files(&course)?
        .write_to(folder)
        .with_context(|| format!("write the course into {}", folder.display()))?;
    println!(
        "{}: {} problems and {} cheatsheets of {}",
        folder.display(),
        course.problems.len(),
        course.cheatsheets.len(),
        course.title
    );
    Ok(())
}

fn read(folder: &Path, ceilings: &Ceilings) -> anyhow::Result<Course> {
    read_course(folder, ceilings).map_err(|mistakes| {
        let list: Vec<String> = mistakes
            .iter()
            .map(|mistake| format!("  {mistake}"))
            .collect();
        let count = list.len();
        let folder = folder.display();
        anyhow::anyhow!(
            "the course {folder} has {count} mistake(s):\n{}",
            list.join("\n")
        )
    })
}

async fn store(config: &Config, course: &Course) -> anyhow::Result<String> {
    let (platform, tests) = open_content(config).await?;
    let loaded = store_course(&platform, &tests, course)
        .await
        .context("store the course")?;
    platform.db.close().await;
    Ok(format!("{}: {loaded}", course.title))
}

/// At a start, only a folder that has changed overwrites what authors have written since.
async fn store_new(config: &Config, course: &Course) -> anyhow::Result<()> {
    let (platform, tests) = open_content(config).await?;
    let loaded = store_new_course(&platform, &tests, course)
        .await
        .context("store the course")?;
    platform.db.close().await;
    if let Some(loaded) = loaded {
        tracing::info!(course = course.title, %loaded, "the course was loaded from its folder");
    }
    Ok(())
}

async fn open_content(config: &Config) -> anyhow::Result<(Platform, TestCases)> {
    let keys = keys::load(&config.keys_dir, config.mode).map_err(Problems)?;
    let platform = open(config.clone()).await?;
    let tests = TestCases::new(platform.db.clone(), Arc::new(keys.master));
    Ok((platform, tests))
}

async fn create_user(
    email: &str,
    display_name: Option<String>,
    role: Option<Role>,
    file: &Path,
) -> anyhow::Result<()> {
    let (config, keys) = read_all(file)?;
    let email = Email::parse(email).map_err(|error| anyhow::anyhow!("--email {error}"))?;
    let before_at = email.as_str().split('@').next().unwrap_or_default();
    let name = display_name.unwrap_or_else(|| before_at.chars().take(50).collect());
    let name =
        DisplayName::parse(&name).map_err(|error| anyhow::anyhow!("--display-name {error}"))?;
    let password = Password::parse(password_from_stdin()?, config.limits.password_min_chars)
        .map_err(|error| anyhow::anyhow!("the password {error}"))?;
    let tokens = AccessTokens::new(&keys.token_keys, config.limits.access_token_lifetime)?;
    let platform = open(config).await?;
    let auth = Auth::new(platform.clone(), tokens)?;
    let user = auth
        .put_account(&email, name.as_str().to_owned(), password, role)
        .await
        .context("store the account")?;
    println!("{} {} ({})", user.id, user.email, user.role.word());
    platform.db.close().await;
    Ok(())
}

fn password_from_stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .context("read the password from standard input")?;
    match text.lines().next() {
        Some(line) if !line.is_empty() => Ok(line.to_owned()),
        _ => bail!("standard input holds no password"),
    }
}

async fn open(config: Config) -> anyhow::Result<Platform> {
    Platform::open(Arc::new(config), Arc::new(SystemClock)).await
}
