//! Ground for tests of runs and submissions: a platform, simulated runners, and the engine at
//! work between them.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use sandboxd_sim::{Sim, SimServer};

use super::engine::{Engine, Running};
use super::model::{Profile, Program, Run, State};
use super::service::{Execution, RunRequest, new_run};
use super::store;
use super::watch::{Heard, What};
use crate::history::model::History;
use crate::history::store::history;
use crate::platform::Platform;
use crate::platform::context::{Caller, Credential, Role};
use crate::platform::errors::Error;
use crate::platform::idempotency::Turn;
use crate::platform::ids::{CallId, RunId, SessionId, UserId};
use crate::platform::seal::MasterKey;
use crate::platform::testing::{Ground, ground_at, ground_with};
use crate::problems::course::folder::read_course;
use crate::problems::course::model::Ceilings;
use crate::problems::course::service::store_course;
use crate::problems::service::Problems;
use crate::submissions::service::Submissions;
use crate::testcases::service::TestCases;
use crate::users::model::User;
use crate::users::store::NewUser;

/// Nothing in a test takes longer.
pub const SOON: Duration = Duration::from_secs(20);

/// A control-plane without its port, and its runners.
pub struct Lab {
    pub platform: Platform,
    pub execution: Arc<Execution>,
    pub submissions: Arc<Submissions>,
    pub runners: Vec<SimServer>,
    pub running: Running,
    pub ground: Ground,
}

/// One runner with four sandboxes.
pub async fn lab() -> Lab {
    lab_with("", vec![Sim::default()]).await
}

/// Some settings and some runners.
pub async fn lab_with(settings: &str, sims: Vec<Sim>) -> Lab {
    let ground = prepare(settings, sims.len()).await;
    let folder = ground.folder.path();
    let runners = sims.into_iter().enumerate();
    let runners = runners.map(|(index, sim)| {
        sim.listen_unix(&folder.join(format!("{index}.sock")))
            .unwrap()
    });
    let runners = runners.collect();
    Box::pin(start(ground, runners)).await
}

/// One runner with four sandboxes, and a database that is there: its server is PostgreSQL,
/// whatever the other tests have.
pub async fn lab_at(database_url: &str, settings: &str) -> Lab {
    let folder = tempfile::tempdir().unwrap();
    let runner = Sim::default().listen_unix(&folder.path().join("0.sock"));
    let settings = format!("{settings}{}", runner_settings(1));
    let ground = ground_at(folder, database_url, &settings).await;
    Box::pin(start(ground, vec![runner.unwrap()])).await
}

/// A platform that knows that many runners, as yet without them.
pub async fn prepare(settings: &str, runners: usize) -> Ground {
    ground_with(&format!("{settings}{}", runner_settings(runners))).await
}

fn runner_settings(count: usize) -> String {
    let runner =
        |index| format!("\n[[runners]]\nid = \"{index}\"\naddress = \"unix:{index}.sock\"\n");
    (0..count).map(runner).collect()
}

/// Starts the engine on a platform.
pub async fn start(ground: Ground, runners: Vec<SimServer>) -> Lab {
    let platform = Platform::open(
        ground.platform.config.clone(),
        ground.platform.clock.clone(),
    )
    .await
    .unwrap();
    let engine = Engine::new(&platform).unwrap();
    let execution = Execution::new(platform.clone(), engine.dispatcher());
    let tests = TestCases::new(platform.db.clone(), Arc::new(MasterKey::new(&[7; 32])));
    let problems = Problems::new(platform.clone(), tests.clone());
    // Kept apart: all of it in one would be too much for the stack of a test.
    Box::pin(load_course(&platform, &tests)).await;
    let submissions = Submissions::new(platform.clone(), execution.clone(), problems);
    let running = engine
        .start(execution.clone(), submissions.clone())
        .await
        .unwrap();
    Lab {
        platform,
        execution,
        submissions,
        runners,
        running,
        ground,
    }
}

/// The problems of the tests: programs that echo their input, a function that returns its
/// argument, and one verdict for all.
async fn load_course(platform: &Platform, tests: &TestCases) {
    let limits = &platform.config.limits;
    let ceilings = Ceilings {
        wall_time: limits.wall_time_ceiling,
        memory_bytes: limits.memory_bytes,
        source_bytes: limits.source_bytes,
    };
    let folder = tempfile::tempdir().unwrap();
    super::lab_course::write(folder.path());
    let course = read_course(folder.path(), &ceilings).unwrap_or_else(|mistakes| {
        panic!(
            "{}",
            mistakes
                .iter()
                .map(|it| format!("{it}\n"))
                .collect::<String>()
        )
    });
    store_course(platform, tests, &course).await.unwrap();
}

/// Runs a program that the simulated runner understands.
pub fn request(source: &str) -> RunRequest {
    let program = Program {
        source: format!("# program\n{source}"),
        files: Vec::new(),
    };
    RunRequest {
        program,
        profile: Some(Profile::default()),
        stdin: Vec::new(),
        interactive: true,
        collect_files: false,
    }
}

impl Lab {
    /// A new account.
    pub async fn user(&self) -> Caller {
        let caller = Caller {
            user_id: UserId::new(),
            role: Role::Student,
            credential: Credential::Session(SessionId::new()),
        };
        let user = User {
            id: caller.user_id,
            email: format!("{}@example.org", caller.user_id),
            display_name: "Ada".into(),
            age_group: None,
            role: caller.role,
            create_time: self.platform.clock.now(),
        };
        let new = NewUser {
            user,
            password_hash: "x".into(),
            register_request_id: String::new(),
        };
        let mut tx = self.platform.db.write().await.unwrap();
        crate::users::store::insert(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        caller
    }

    /// Stores a run as `create` does, up to a commit whose answer is lost: nobody queues it.
    pub async fn store(&self, caller: Caller, committed: bool) -> Run {
        let run = new_run(caller.user_id, self.platform.clock.now());
        let asked = request("# sim: print fine");
        let new = store::NewRun {
            id: run.id,
            user: run.user,
            call_id: CallId::new().to_string(),
            program: &asked.program,
            profile: asked.profile.unwrap_or_default(),
            stdin: &asked.stdin,
            interactive: false,
            collect_files: false,
            create_time: run.create_time,
        };
        let mut tx = self.platform.db.write_beside().await.unwrap();
        store::insert(&mut tx, &new).await.unwrap();
        match committed {
            true => tx.commit().await.unwrap(),
            false => drop(tx),
        }
        run
    }

    /// Accepts a run.
    pub async fn try_run(&self, caller: Caller, request: RunRequest) -> Result<RunId, Error> {
        self.execution.check(&request)?;
        let ids = self.execution.idempotency();
        let Turn::First(unseen) = ids
            .look::<String, String>(caller.user_id, "test", "", &String::new())
            .await?
        else {
            panic!("no request_id, no repeat")
        };
        let answer = |run: Run| run.id.to_string();
        let id = self
            .execution
            .create(caller, CallId::new(), request, unseen, answer)
            .await?;
        Ok(id.parse().unwrap())
    }

    /// Accepts a run of this source.
    pub async fn run(&self, caller: Caller, source: &str) -> RunId {
        self.try_run(caller, request(source)).await.unwrap()
    }

    /// Everything that a watcher hears from `after` to the end.
    pub async fn hear(&self, caller: Caller, id: RunId, after: u64) -> Vec<Heard> {
        let stream = self.execution.watch(caller, id, after).await.unwrap();
        let mut heard = Vec::new();
        let all = stream.for_each(|next| {
            heard.push(next.unwrap());
            std::future::ready(())
        });
        if tokio::time::timeout(SOON, all).await.is_err() {
            let told = self.told(&id.to_string()).await;
            panic!("the run does not end; heard {heard:?} of {told:?}");
        }
        heard
    }

    /// Runs to the end.
    pub async fn finished(&self, caller: Caller, id: RunId) -> Run {
        match self.hear(caller, id, 0).await.pop().unwrap().what {
            What::Finished(run) => run,
            other => panic!("{other:?} is not the end"),
        }
    }

    /// What is stored of the way of a run or submission.
    pub async fn told(&self, id: &str) -> History {
        let found = history(self.platform.db.read(), id).await.unwrap();
        found.expect("it is there")
    }

    /// Waits until this attempt of a run or submission is claimed, which is written while its
    /// program runs.
    pub async fn claimed(&self, id: &str, attempt: u32) {
        let wait = async {
            while self.told(id).await.attempts < attempt {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let claimed = tokio::time::timeout(SOON, wait).await;
        claimed.unwrap_or_else(|_| panic!("attempt {attempt} of {id} is claimed"));
    }

    /// Waits until a run is where it should be.
    pub async fn until(&self, caller: Caller, id: RunId, wanted: impl Fn(&Run) -> bool) -> Run {
        let wait = async {
            loop {
                let run = self.execution.get(caller, id).await.unwrap();
                if wanted(&run) {
                    return run;
                }
                assert_ne!(run.state, State::Finished, "{run:?}");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(SOON, wait)
            .await
            .expect("the run gets there")
    }
}

/// Waits for a condition.
pub async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(SOON, wait)
        .await
        .unwrap_or_else(|_| panic!("{what}"));
}
