//! Says what is going on: a spinner with the elapsed time on a terminal, one line at the start
//! and one at the end of each step elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

/// Announces a step that prints by itself.
pub fn announce(what: &str) {
    println!("==> {what}");
}

/// Runs a step that prints nothing by itself, and shows that it is running and how it ended.
pub fn during<T, E>(what: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let started = Instant::now();
    let spinner = std::io::stdout().is_terminal().then(|| spinner(what));
    if spinner.is_none() {
        println!("==> {what} ...");
    }
    let result = work();
    if let Some(spinner) = spinner {
        spinner.finish_and_clear();
    }
    let seconds = started.elapsed().as_secs_f64();
    match &result {
        Ok(_) => println!("==> {what}: done in {seconds:.1} s"),
        Err(_) => println!("==> {what}: failed after {seconds:.1} s"),
    }
    result
}

fn spinner(what: &str) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_message(what.to_owned());
    bar.set_style(
        ProgressStyle::with_template("{spinner} {msg} [{elapsed}]").expect("a constant template"),
    );
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
