//! Runs every program below `programs/` in the real sandbox, one trial each, and compares what it does
//! with its header. All share one server, which must be as it was at first when they are through.

#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use anyhow::{Result, anyhow, bail};
use conformance_tests::Program;
use libtest_mimic::{Arguments, Failed, Trial};
use test_harness::{HostState, Options, Sandboxd};

/// Started by the first trial, so that listing them starts nothing.
type Server = OnceLock<Result<(Sandboxd, HostState)>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let programs = match conformance_tests::load() {
        Ok(programs) => programs,
        Err(error) => {
            eprintln!("the programs can't be loaded: {error:#}");
            return ExitCode::FAILURE;
        }
    };
    let server = Arc::new(Server::new());
    let trials = programs
        .into_iter()
        .map(|(name, program)| {
            let server = Arc::clone(&server);
            Trial::test(name, move || {
                run(&server, &program).map_err(|error| Failed::from(format!("{error:#}")))
            })
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let server = Arc::into_inner(server).and_then(OnceLock::into_inner);
    if let Some(Ok((server, before))) = server
        && let Err(error) = stop(server, &before)
    {
        eprintln!("{error:#}");
        return ExitCode::FAILURE;
    }
    conclusion.exit_code()
}

fn run(server: &Server, program: &Program) -> Result<()> {
    let started = server.get_or_init(|| {
        // All templates are there from the start, so that what is there at the end can be compared.
        let options = Options {
            more_config: "[profiles.science]\nat_start = true\n".to_owned(),
            ..Options::default()
        };
        let server = Sandboxd::start(options)?;
        let before = HostState::look(&server)?;
        Ok((server, before))
    });
    let (server, _) = started.as_ref().map_err(|error| anyhow!("{error:#}"))?;
    let report = server.run(program.job())?;
    let wrong = program.judge(&report);
    if !wrong.is_empty() {
        bail!("{}\n{}", wrong.join("\n"), report.summary());
    }
    Ok(())
}

fn stop(server: Sandboxd, before: &HostState) -> Result<()> {
    before
        .expect_nothing_left()
        .map_err(|left| anyhow!("left on the host after all programs:\n{left}"))?;
    server.stop()?;
    before
        .expect_server_gone()
        .map_err(|left| anyhow!("left by the stopped server:\n{left}"))
}
