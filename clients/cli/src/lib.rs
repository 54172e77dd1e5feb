//! `coderunner`: Code Runner on the command line. Reads the arguments, makes a client, hands over
//! to one command, and turns its end into an exit code. A library only so that `tests/fuzz` can reach what reads
//! hostile bytes.

#![forbid(unsafe_code)]

mod account;
mod admin;
mod args;
mod classes;
pub mod collect;
mod course;
mod credentials;
pub mod explanation;
mod failure;
mod interrupt;
mod run;
mod show;
mod stdin;
mod submit;
pub mod text;

use std::sync::Arc;

use clap::Parser;
use coderunner_client::{Client, Settings};

use args::{Arguments, Command};
use credentials::FileTokens;
use failure::{End, Failure};

/// Does what the command line says, and ends the process with its exit code.
pub fn run_command_line() -> ! {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("coderunner: can't start: {error}");
            std::process::exit(End::Internal.code());
        }
    };
    let end = runtime
        .block_on(command(arguments))
        .unwrap_or_else(|failure| {
            eprintln!("coderunner: {failure}");
            failure.end()
        });
    // Not by returning: a thread may still be waiting for the terminal.
    std::process::exit(end.code());
}

async fn command(arguments: Arguments) -> Result<End, Failure> {
    let Arguments {
        server,
        ca_certificate,
        json,
        command,
    } = arguments;
    let command = match command {
        Command::Admin(admin) => match admin::of_the_installation(admin)? {
            Ok(end) => return Ok(end),
            Err(admin) => Command::Admin(admin),
        },
        other => other,
    };
    let server = server.trim_end_matches('/').to_owned();
    let tokens = FileTokens::open(&server)?;
    let mut settings = Settings::new(server);
    settings.user_agent = concat!("coderunner/", env!("CARGO_PKG_VERSION")).to_owned();
    if let Some(path) = ca_certificate {
        let pem = std::fs::read(&path).map_err(|error| Failure::unreadable(&path, &error))?;
        settings.ca_certificate = Some(pem);
    }
    let client = Client::with_tokens(settings.clone(), Arc::new(tokens))?;
    match command {
        Command::Register(new) => account::register(&client, &settings.server, new, json).await,
        Command::Login(login) => account::login(&client, &settings.server, login, json).await,
        Command::Logout => account::logout(&client, json).await,
        Command::Whoami => account::whoami(&client, json).await,
        Command::Problems(filter) => course::problems(&client, filter, json).await,
        Command::Levels { age_group } => course::levels(&client, age_group, json).await,
        Command::Show { problem, starter } => course::show(&client, &problem, starter, json).await,
        Command::Progress { problems } => course::progress(&client, problems, json).await,
        Command::Class(command) => classes::classes(&client, command, json).await,
        Command::Run(program) => run::run(&client, program, json).await,
        Command::Admin(admin) => admin::of_the_server(&client, admin, json).await,
        Command::Submit(program) => submit::submit(&client, program, json).await,
    }
}
