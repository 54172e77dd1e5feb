//! Runs every program below `attacks/` against the real sandbox, one trial each, and prints a table of
//! all of them.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex};

use comfy_table::{ContentArrangement, Table, presets};
use libtest_mimic::{Arguments, Failed, Trial};
use security_tests::attack::{self, Attack};
use security_tests::trial::{self, Stopped};

/// One line of the table: name of the attack, what it came to.
type Line = (String, Attack, Option<Stopped>);

fn main() {
    let arguments = Arguments::from_args();
    let attacks = attack::load().unwrap_or_else(|error| {
        eprintln!("the attack programs can't be loaded: {error:#}");
        std::process::exit(1);
    });
    let lines: Arc<Mutex<Vec<Line>>> = Arc::default();
    let trials = attacks
        .into_iter()
        .map(|(name, attack)| {
            let lines = Arc::clone(&lines);
            Trial::test(name.clone(), move || {
                let answer = trial::run(&attack);
                let stopped = answer.as_ref().ok().cloned();
                lines
                    .lock()
                    .expect("no trial panics with it")
                    .push((name, attack, stopped));
                answer
                    .map(|_| ())
                    .map_err(|error| Failed::from(format!("{error:#}")))
            })
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    print_table(&mut lines.lock().expect("all trials have ended"));
    conclusion.exit();
}

fn print_table(lines: &mut [Line]) {
    if lines.is_empty() {
        return;
    }
    lines.sort_by(|(left, ..), (right, ..)| left.cmp(right));
    let mut table = Table::new();
    table
        .load_preset(presets::ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["attack", "stopped by", "outcome", "s", "it says"]);
    for (name, attack, stopped) in lines.iter() {
        let (outcome, seconds, says) = match stopped {
            Some(Stopped {
                outcome,
                says,
                elapsed,
            }) => {
                let outcome = outcome.as_str_name().trim_start_matches("OUTCOME_");
                (
                    outcome,
                    format!("{:.2}", elapsed.as_secs_f64()),
                    says.clone(),
                )
            }
            None => ("NOT AS IT MUST BE", String::new(), String::new()),
        };
        let stops_it = attack.program().stops_it.as_str();
        table.add_row([name.as_str(), stops_it, outcome, &seconds, &says]);
    }
    let held = lines
        .iter()
        .filter(|(.., stopped)| stopped.is_some())
        .count();
    println!(
        "{table}\n{held} of {} attacks were stopped and left nothing on the host\n",
        lines.len()
    );
}
