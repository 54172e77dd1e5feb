//! sandboxd on a host with systemd and the unified hierarchy, from its installation to its removal, by the steps that
//! docs/OPERATIONS.md tells operators. One machine goes through all stages in this order, so a stage that fails fails
//! those behind it.
//!
//! Some programs of the attack and conformance suites run there as well; with `CODERUNNER_VM_SUITES=all`, every one. For
//! `cargo xtask promises --in-machine`, the machine measures the promises instead.

#![forbid(unsafe_code)]

mod grading;
mod host;
mod kills;
mod manual;
mod programs;
mod promises;
mod removal;
mod suites;

use std::sync::{Arc, Mutex};
use std::time::Instant;

use anyhow::{Result, bail};
use libtest_mimic::{Arguments, Failed, Trial};

use host::Host;

type Stage = fn(&mut Host) -> Result<()>;

/// The stage that is asked for.
const SUITES: &str = "suites_hold_on_the_host";

const INSTALL: (&str, Stage) = ("it_installs_by_the_manual_and_serves", removal::install);

const STAGES: [(&str, Stage); 12] = [
    INSTALL,
    ("the_doctor_finds_nothing", programs::doctor),
    ("its_exposure_is_bounded", programs::exposure),
    ("limits_hold_inside_the_unit", programs::limits),
    ("attacks_are_stopped_inside_the_unit", programs::attacks),
    (SUITES, suites::run),
    ("whatever_is_killed_comes_back", kills::processes),
    ("a_launcher_that_hangs_is_replaced", kills::hang),
    ("a_cut_of_power_leaves_nothing", kills::power),
    ("it_grades_over_mtls", grading::over_mtls),
    ("an_upgrade_loses_no_run", grading::upgrade),
    ("a_purge_leaves_nothing", removal::purge),
];

/// Instead of all others, where the promises are to be measured.
const PROMISES: [(&str, Stage); 2] = [INSTALL, ("the_promises_are_kept", promises::measure)];

/// The machine, from the first stage on; gone after one failed.
type Shared = Arc<Mutex<Option<Host>>>;

fn main() {
    let arguments = Arguments {
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    let suites = match suites::amount() {
        Ok(amount) => amount != suites::Amount::Nothing,
        Err(error) => {
            eprintln!("{error:#}");
            std::process::exit(1);
        }
    };
    let measures = promises::wanted().is_some();
    if !suites && !measures && !arguments.list {
        match suites::left_out() {
            Ok(text) => println!("{text}"),
            Err(error) => println!("skipped: the suites, which can't be loaded: {error:#}"),
        }
    }
    let shared = Shared::default();
    let all = if measures { &PROMISES[..] } else { &STAGES[..] };
    let stages = all
        .iter()
        .filter(|(name, _)| suites || *name != SUITES)
        .enumerate();
    let trials = stages.map(|(index, (name, stage))| {
        let shared = Arc::clone(&shared);
        Trial::test(*name, move || {
            go(&shared, index == 0, name, *stage)
                .map_err(|error| Failed::from(format!("{error:#}")))
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    // The end of the process would leave it running.
    drop(shared.lock().expect("no stage runs any more").take());
    conclusion.exit();
}

fn go(shared: &Shared, first: bool, name: &str, stage: Stage) -> Result<()> {
    let mut shared = shared.lock().expect("a stage that panics ends the process");
    if first {
        *shared = Some(Host::boot()?);
    }
    // Taken out, so that nothing goes on with a machine in an unknown state.
    let Some(mut host) = shared.take() else {
        bail!("not tried: a stage before it failed or was left out");
    };
    let started = Instant::now();
    println!("==> {name}");
    match stage(&mut host).and_then(|()| host.expect_no_panic()) {
        Ok(()) => {
            println!("    {:.0} s", started.elapsed().as_secs_f64());
            *shared = Some(host);
            Ok(())
        }
        Err(error) => Err(error.context(host.last_words())),
    }
}
