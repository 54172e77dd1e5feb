//! One round of chaos, and the look at the host after it.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use conformance_tests::Program;
use security_tests::attack;
use security_tests::judge::judge_untimed;
use security_tests::traps::Traps;
use security_tests::trial;
use test_harness::server::RUN_PATIENCE;
use test_harness::{Half, HostState, Job, Options, Outcome, Report, Running, Sandboxd, processes};

use super::plan::{Caller, Choice, Programs, Round, Step};

/// Fewer than the workers: runs wait for each other as well.
const SANDBOXES: u32 = 5;
/// An honest program has so much time, where its end is not that of its time: the machine is kept busy.
const GENEROUS: Duration = Duration::from_secs(25);
/// A killed server's other half is gone, and so is every sandbox. One second is promised, which the row `killed`
/// measures; here the host has more to do than it can, and what is looked for is what does not die.
const DEATH: Duration = Duration::from_secs(2);
const EXIT: Duration = Duration::from_secs(5);
/// systemd's RestartSec of the unit.
const RESTART: Duration = Duration::from_millis(100);
/// The last sandboxes of a round may take so long to be ready again.
const REST: Duration = Duration::from_secs(20);
const MOST_BYTES: u64 = 32 << 20;
/// Between two runs of the witness.
const WITNESS_PAUSE: Duration = Duration::from_millis(100);

/// sandboxd, the traps around it, and the host at rest.
pub struct Host {
    server: Sandboxd,
    traps: Traps,
    /// Since the first start.
    first: HostState,
    /// Since the last one.
    rest: HostState,
    /// Of launcher and daemon after the first round since the last start.
    bytes: Option<[u64; 2]>,
}

/// What was done.
#[derive(Debug, Default)]
pub struct Sum {
    answered: usize,
    cancelled: usize,
    left: usize,
    broken: usize,
    witnessed: usize,
    kills: usize,
}

impl Sum {
    /// Takes in what a round did.
    pub fn add(&mut self, other: &Self) {
        let Self {
            answered,
            cancelled,
            left,
            broken,
            witnessed,
            kills,
        } = other;
        self.answered += answered;
        self.cancelled += cancelled;
        self.left += left;
        self.broken += broken;
        self.witnessed += witnessed;
        self.kills += kills;
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            answered,
            cancelled,
            left,
            broken,
            witnessed,
            kills,
        } = self;
        write!(
            formatter,
            "{answered} runs judged, {cancelled} cancelled, {left} left by their callers, \
             {broken} broken off by {kills} kills, {witnessed} of the witness"
        )
    }
}

/// How a step ended.
enum Done {
    Answered,
    Cancelled,
    Left,
    /// The server was killed.
    Broken,
}

impl Host {
    /// Starts sandboxd and looks at the host.
    pub fn start() -> Result<Self> {
        let server = Sandboxd::start(options())?;
        let first = HostState::look(&server)?;
        Ok(Self {
            rest: HostState::look(&server)?,
            traps: Traps::set()?,
            first,
            server,
            bytes: None,
        })
    }

    /// Makes a round and looks at the host.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn round(&mut self, programs: &Programs, round: &Round) -> Result<Sum> {
        let mut sum = self.runs(programs, round)?;
        if round.kill.is_some() {
            self.restart()?;
            sum.kills += 1;
        }
        self.look()?;
        Ok(sum)
    }

    /// Stops sandboxd, which must leave nothing.
    pub fn stop(self) -> Result<()> {
        self.server.stop()?;
        self.rest
            .expect_server_gone()
            .map_err(|left| anyhow!("left by the stopped server:\n{left}"))
    }

    fn runs(&self, programs: &Programs, round: &Round) -> Result<Sum> {
        let killed = AtomicBool::new(false);
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let witness = scope.spawn(|| self.witness(&killed, &over));
            let workers: Vec<_> = round
                .workers
                .iter()
                .map(|steps| scope.spawn(|| self.work(programs, steps, &killed)))
                .collect();
            let kill = self.kill(round, &killed);
            let mut problems: Vec<anyhow::Error> = kill.err().into_iter().collect();
            let mut sum = Sum::default();
            for worker in workers {
                match worker.join().expect("a worker does not panic") {
                    Ok(done) => sum.add(&done),
                    Err(error) => problems.push(error),
                }
            }
            over.store(true, Ordering::Relaxed);
            match witness.join().expect("the witness does not panic") {
                Ok(runs) => sum.witnessed += runs,
                Err(error) => problems.push(error),
            }
            if problems.is_empty() {
                return Ok(sum);
            }
            let problems: Vec<String> = problems.iter().map(|error| format!("{error:#}")).collect();
            Err(anyhow!("{}", problems.join("\n")))
        })
    }

    /// Kills whom the round wants to be killed, after the time that it says.
    fn kill(&self, round: &Round, killed: &AtomicBool) -> Result<()> {
        let Some((moment, halves)) = &round.kill else {
            return Ok(());
        };
        std::thread::sleep(*moment);
        killed.store(true, Ordering::SeqCst);
        let began = Instant::now();
        let mut answers = halves.iter().map(|half| self.server.kill(*half));
        answers.next().context("somebody is killed")??;
        // The second may have gone with the first.
        let _ = answers.next();
        self.rest.expect_no_process(DEATH).map_err(|alive| {
            anyhow!(
                "{halves:?} killed, and alive {:?} after that:\n{alive}",
                began.elapsed()
            )
        })
    }

    /// The steps of one worker. It stops when the server was killed.
    fn work(&self, programs: &Programs, steps: &[Step], killed: &AtomicBool) -> Result<Sum> {
        let mut sum = Sum::default();
        for step in steps {
            if killed.load(Ordering::SeqCst) {
                break;
            }
            let done = self
                .step(programs, step, killed)
                .with_context(|| format!("{step:?}"))?;
            match done {
                Done::Answered => sum.answered += 1,
                Done::Cancelled => sum.cancelled += 1,
                Done::Left => sum.left += 1,
                Done::Broken => sum.broken += 1,
            }
        }
        Ok(sum)
    }

    fn step(&self, programs: &Programs, step: &Step, killed: &AtomicBool) -> Result<Done> {
        let job = self.job(programs, &step.program)?;
        let began = Instant::now();
        let mut run = match step.caller {
            Caller::ReadsLate(_) => self.server.begin_unread(job)?,
            _ => self.server.begin(job)?,
        };
        let report = match step.caller {
            Caller::HangsUp(after) => {
                follow(&mut run, began + after);
                return Ok(Done::Left);
            }
            Caller::Cancels(after) => {
                follow(&mut run, began + after);
                // It may have ended, wait for its turn, or be gone with the server.
                let _ = run.cancel();
                run.finish(RUN_PATIENCE)
            }
            Caller::ReadsLate(after) => {
                let started = run.wait_for_start(RUN_PATIENCE);
                if started.is_ok() {
                    std::thread::sleep(after);
                }
                run.read_on();
                run.finish(RUN_PATIENCE)
            }
            Caller::Patient => run.finish(RUN_PATIENCE),
        };
        match report {
            Ok(report) => judge(programs, step, &report, killed.load(Ordering::SeqCst)),
            Err(_) if killed.load(Ordering::SeqCst) => Ok(Done::Broken),
            Err(error) => Err(error),
        }
    }

    fn job(&self, programs: &Programs, choice: &Choice) -> Result<Job> {
        match choice {
            Choice::Honest(name) => {
                let program = programs.honest.get(name).context("it was there")?;
                let mut job = program.job();
                if program.outcome() != Outcome::TimeLimit {
                    job.limits.wall.get_or_insert(GENEROUS);
                    job.limits.cpu.get_or_insert(GENEROUS);
                }
                Ok(job)
            }
            Choice::Hostile(name) => {
                let program = programs.hostile.get(name).context("it was there")?;
                let mut facts = self.traps.facts(&self.server)?;
                // The first of a pair keeps it.
                facts.insert("secret".to_owned(), self.traps.secret().into());
                trial::job(program, facts)
            }
        }
    }

    /// Runs a small program over and over: whatever else runs, it must do what it does alone.
    fn witness(&self, killed: &AtomicBool, over: &AtomicBool) -> Result<usize> {
        let mut runs = 0;
        let gone = || over.load(Ordering::Relaxed) || killed.load(Ordering::SeqCst);
        while !gone() {
            match self.server.run(Job::new("print(input())").stdin("here\n")) {
                Ok(report) if report.outcome == Outcome::Ok && report.stdout == b"here\n" => {
                    runs += 1
                }
                _ if killed.load(Ordering::SeqCst) => break,
                Ok(report) => bail!("the witness was let down: {}", report.summary()),
                Err(error) => return Err(error.context("the witness was let down")),
            }
            std::thread::sleep(WITNESS_PAUSE);
        }
        Ok(runs)
    }

    fn restart(&mut self) -> Result<()> {
        self.server.wait_for_exit(EXIT)?;
        std::thread::sleep(RESTART);
        self.server.start_again().context("starting it again")?;
        self.server.wait_until_parked(REST)?;
        self.rest = HostState::look(&self.server)?;
        self.bytes = None;
        self.first
            .expect_same_rest(&self.rest)
            .map_err(|left| anyhow!("left after the next start:\n{left}"))
    }

    /// What must hold after each round.
    fn look(&mut self) -> Result<()> {
        self.server.wait_until_parked(REST)?;
        self.rest
            .expect_nothing_left()
            .map_err(|left| anyhow!("left on the host:\n{left}"))?;
        let touched = self.traps.touched();
        ensure!(touched.is_empty(), "{}", touched.join("\n"));
        let log = self.server.log();
        if let Some(line) = log.lines().find(|line| line.contains("panicked")) {
            bail!("sandboxd panicked: {line}");
        }
        let bytes = [self.bytes(Half::Launcher)?, self.bytes(Half::Daemon)?];
        let at_first = *self.bytes.get_or_insert(bytes);
        let has_grown = |(now, first): (&u64, &u64)| *now > first + MOST_BYTES;
        ensure!(
            !bytes.iter().zip(&at_first).any(has_grown),
            "launcher and daemon have {bytes:?} bytes of memory, {at_first:?} at first"
        );
        Ok(())
    }

    fn bytes(&self, half: Half) -> Result<u64> {
        let process = self.server.half(half)?;
        processes::resident_bytes(process.pid).context("it is gone")
    }
}

fn options() -> Options {
    Options {
        max_sandboxes: SANDBOXES,
        // All templates are there from the start, so that what is there at rest can be compared.
        more_config: "[profiles.science]\nat_start = true\n".to_owned(),
        ..Options::default()
    }
}

/// Takes in what comes until the moment, or until nothing more comes.
fn follow(run: &mut Running, until: Instant) {
    // That it did not end until then is what is wanted.
    let _ = run.wait_for_end(until.saturating_duration_since(Instant::now()));
}

/// Whether the run ended as its header allows, or by what its caller or a killer did.
fn judge(programs: &Programs, step: &Step, report: &Report, was_killed: bool) -> Result<Done> {
    let by_caller = matches!(step.caller, Caller::Cancels(_));
    match report.outcome {
        Outcome::Cancelled if by_caller => return Ok(Done::Cancelled),
        Outcome::InternalError | Outcome::Cancelled if was_killed => return Ok(Done::Broken),
        _ => {}
    }
    let wrong = match &step.program {
        Choice::Honest(name) => honest(&programs.honest[name], step.caller, report),
        Choice::Hostile(name) => hostile(&programs.hostile[name], report),
    };
    if wrong.is_empty() {
        return Ok(Done::Answered);
    }
    bail!("{wrong:?}\n{}", report.summary())
}

/// Output that nobody read in time is lost with the end of the run, and the program may have waited until its
/// time was over.
fn honest(program: &Program, caller: Caller, report: &Report) -> Vec<String> {
    match caller {
        Caller::ReadsLate(_) if report.outcome == Outcome::TimeLimit => Vec::new(),
        Caller::ReadsLate(_) if report.outcome == program.outcome() => Vec::new(),
        _ => program.judge_untimed(report),
    }
}

/// Programs that measure what they get say BROKEN when the machine is too busy for them, and programs that take
/// their time reach its limit: another outcome, an escape, or more output than the cap is wrong all the same.
fn hostile(program: &attack::Program, report: &Report) -> Vec<String> {
    let mut wrong = judge_untimed(program, report);
    let out_of_time = report.outcome == Outcome::TimeLimit;
    wrong.retain(|line| {
        let by_outcome = line.starts_with("the outcome is ") && !out_of_time;
        by_outcome || line.starts_with("ESCAPED") || line.contains("were kept")
    });
    wrong
}
