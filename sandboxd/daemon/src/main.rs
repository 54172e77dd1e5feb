//! sandboxd: runs Python programs, each in a sandbox of its own.
//!
//! `sandboxd serve` is the launcher, as root and without a network; it starts `sandboxd daemon`, which gives
//! up root before it opens its first connection. `sandboxd exec` is a client of the daemon, `sandboxd doctor` looks
//! whether the host keeps what the sandbox promises.

#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sandboxd::config::{self, Config};
use sandboxd::doctor::{self, DoctorArguments};
use sandboxd::exec::{self, ExecArguments};
use sandboxd::{daemon, serve};

#[derive(Debug, Parser)]
#[command(
    name = "sandboxd",
    version,
    about = "Runs Python programs, each in a sandbox of its own"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve runs until SIGTERM. Needs root
    Serve {
        /// Configuration file (TOML)
        #[arg(long, default_value = config::PATH)]
        config: PathBuf,
    },
    /// The unprivileged half; started by `serve`
    #[command(hide = true)]
    Daemon {
        #[arg(long)]
        config: PathBuf,
        #[arg(long)]
        launcher_socket: i32,
        #[arg(long)]
        listener: i32,
    },
    /// Run one program through the daemon on this host
    Exec(Box<ExecArguments>),
    /// Check whether this host can be trusted with programs. Needs root; a sandboxd that serves is not disturbed
    Doctor(DoctorArguments),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Serve { config } => with_config(&config, serve::serve),
        Command::Daemon {
            config,
            launcher_socket,
            listener,
        } => with_config(&config, |config, _path| {
            daemon::run(config, launcher_socket, listener)
        }),
        Command::Exec(arguments) => return exec::run(&arguments),
        Command::Doctor(arguments) => return doctor(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sandboxd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn doctor(arguments: &DoctorArguments) -> ExitCode {
    let path = arguments.config();
    let text = std::fs::read_to_string(path).map_err(anyhow::Error::from);
    match text.and_then(|text| Ok((Config::load(path)?, text))) {
        Ok((config, text)) => doctor::run(arguments, &config, &text),
        Err(error) => {
            eprintln!("sandboxd: {}: {error:#}", path.display());
            ExitCode::from(2)
        }
    }
}

fn with_config(
    path: &std::path::Path,
    act: impl FnOnce(Config, &std::path::Path) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let config = Config::load(path)?;
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log.filter)
        .map_err(|error| anyhow::anyhow!("log.filter in {}: {error}", path.display()))?;
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    #[cfg(feature = "removable-layers")]
    tracing::error!(
        without = std::env::var(sandboxd_sandbox::layers::VARIABLE).unwrap_or_default(),
        "this build is for tests only: layers of the sandbox can be taken out of it"
    );
    act(config, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_manual_page_has_every_command_and_their_options() {
        let page = include_str!("../../../systemd/man/sandboxd.8").replace("\\-", "-");
        let command = Arguments::command();
        for command in command.get_subcommands().filter(|it| !it.is_hide_set()) {
            let name = command.get_name();
            assert!(page.contains(&format!("sandboxd {name}")), "{name}");
            // Those of exec are in its own help.
            for option in command.get_arguments().filter(|_| name != "exec") {
                let option = format!("--{}", option.get_long().expect("a long name"));
                assert!(page.contains(&option), "{name} {option}");
            }
        }
    }
}
