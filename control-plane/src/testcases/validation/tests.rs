//! Validations against simulated runners, from the call to the report.

use std::sync::Arc;

use futures::StreamExt;
use sandboxd_sim::Sim;

use super::model::{Candidate, Report, WarningKind};
use super::service::{Event, Validations};
use crate::execution::lab::{Lab, SOON, eventually, lab_with};
use crate::judge::Verdict;
use crate::platform::context::Caller;
use crate::platform::errors::{Error, Reason};
use crate::platform::ids::CallId;
use crate::platform::seal::MasterKey;
use crate::problems::authoring::service::{Authoring, Placing};
use crate::problems::course::model::{CourseProblem, WrongSolution};
use crate::problems::model::Slug;
use crate::problems::service::Problems;
use crate::testcases::service::TestCases;

/// Solves every problem of the lab but those with a checker or a function.
const RIGHT: &str = "# sim: echo\n";
/// Never ends.
const ENDLESS: &str = "# sim: sleep 600000\n";

struct Desk {
    lab: Lab,
    validations: Validations,
    authoring: Authoring,
    author: Caller,
}

async fn desk(settings: &str) -> Desk {
    let lab = lab_with(settings, vec![Sim::default()]).await;
    let (platform, execution) = (lab.platform.clone(), lab.execution.clone());
    let tests = TestCases::new(platform.db.clone(), Arc::new(MasterKey::new(&[7; 32])));
    let problems = Problems::new(platform.clone(), tests.clone());
    let authoring = Authoring::new(platform.clone(), tests, problems);
    let author = lab.user().await;
    Desk {
        validations: Validations::new(platform, authoring.clone(), execution),
        lab,
        authoring,
        author,
    }
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

impl Desk {
    /// Makes a problem "mine" of another one with these programs.
    async fn put(&self, of: &str, solution: &str, wrong: &[(&str, &str)]) {
        let (_, stored) = self.authoring.read(&slug(of)).await.unwrap();
        let wrong = wrong.iter().map(|(name, source)| WrongSolution {
            name: (*name).into(),
            source: (*source).into(),
        });
        let draft = CourseProblem {
            slug: slug("mine"),
            solution_source: solution.into(),
            wrong_solutions: wrong.collect(),
            ..stored.problem
        };
        self.authoring.create(&draft, Placing::Out).await.unwrap();
    }

    async fn start(
        &self,
    ) -> Result<impl StreamExt<Item = Result<Event, Error>> + Unpin + use<>, Error> {
        let name = slug("mine");
        let call_id = CallId::new();
        let events = self.validations.validate(self.author, call_id, &name);
        Ok(Box::pin(events.await?))
    }

    /// All events, and the report.
    async fn validated(&self) -> (Vec<Event>, Report) {
        let events = self.start().await.unwrap();
        let all = events.map(Result::unwrap).collect::<Vec<_>>();
        let mut all = tokio::time::timeout(SOON, all).await.expect("it ends");
        match all.pop() {
            Some(Event::Finished(report)) => (all, report),
            other => panic!("{other:?} is not the end"),
        }
    }
}

fn warnings(report: &Report) -> Vec<(WarningKind, Candidate, Vec<u32>)> {
    let warnings = report.warnings.iter();
    warnings
        .map(|it| (it.kind, it.candidate.clone(), it.tests.clone()))
        .collect()
}

fn wrong(name: &str) -> Candidate {
    Candidate::Wrong(name.into())
}

#[tokio::test]
async fn every_program_is_tried_with_every_test() {
    let desk = desk("").await;
    let partly = "# sim: print SECRET public 1\n";
    let programs = [("a-same", RIGHT), ("b-partly", partly), ("c-none", "#\n")];
    desk.put("echo", RIGHT, &programs).await;
    let (events, report) = desk.validated().await;
    assert_eq!(report.verdict, Verdict::Accepted);
    assert_eq!(
        warnings(&report),
        [
            (
                WarningKind::WrongSolutionAccepted,
                wrong("a-same"),
                vec![1, 2, 3, 4, 5]
            ),
            (WarningKind::WrongSolutionPasses, wrong("b-partly"), vec![1]),
        ]
    );
    let started = events.iter().filter_map(|event| match event {
        Event::Started {
            candidate,
            number,
            count,
        } => Some((candidate.clone(), *number, *count)),
        _ => None,
    });
    let started: Vec<_> = started.collect();
    assert_eq!(started[0], (Candidate::Reference, 1, 4));
    assert_eq!(started[3], (wrong("c-none"), 4, 4));
    let tested = events.iter().filter_map(|event| match event {
        Event::Tested(result) => Some(result),
        _ => None,
    });
    let tested: Vec<_> = tested.collect();
    assert_eq!(tested.len(), 20);
    let reference = &tested[..5];
    let hidden = reference.iter().find(|result| result.number == 2).unwrap();
    assert!(hidden.hidden && hidden.usage.is_some());
    assert_eq!(hidden.input, "SECRET hidden 1\n");
    assert_eq!(hidden.actual, hidden.expected);
    let bare = tested[5..].iter().filter(|result| result.actual.is_empty());
    assert_eq!(bare.count(), 15);
}

#[tokio::test]
async fn no_test_is_left_out_after_a_failure() {
    for problem in ["first", "strict", "parts"] {
        let desk = desk("").await;
        desk.put(problem, "# sim: print SECRET hidden 6\n", &[])
            .await;
        let (_, report) = desk.validated().await;
        assert_eq!(report.verdict, Verdict::WrongAnswer, "{problem}");
        let expected = [
            (
                WarningKind::SolutionFails,
                Candidate::Reference,
                (1..=6).collect(),
            ),
            (
                WarningKind::NoWrongSolution,
                Candidate::Reference,
                Vec::new(),
            ),
        ];
        assert_eq!(warnings(&report), expected, "{problem}");
    }
}

#[tokio::test]
async fn a_checker_that_gives_no_answer_ends_the_validation() {
    let desk = desk("").await;
    // The simulated checker ends with 0, which is no answer.
    desk.put("own", "# sim: print ANSWER\n", &[("one", RIGHT)])
        .await;
    let (_, report) = desk.validated().await;
    assert_eq!(report.verdict, Verdict::InternalError);
    assert!(report.trials[0].author_message.contains("test 1"));
    let kinds: Vec<_> = report.warnings.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [WarningKind::NotJudged, WarningKind::NotTried]);
}

#[tokio::test]
async fn programs_that_do_not_compile_are_told_apart() {
    let desk = desk("").await;
    let broken = "# sim: compile-error 1 invalid syntax\n";
    desk.put("echo", RIGHT, &[("one", broken)]).await;
    let (_, report) = desk.validated().await;
    let kinds: Vec<_> = report.warnings.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [WarningKind::WrongSolutionNotCompiled]);
    assert!(report.trials[1].compile_error.is_some());
}

#[tokio::test]
async fn without_a_reference_solution_there_is_nothing_to_do() {
    let desk = desk("").await;
    desk.put("echo", "\n", &[("one", RIGHT)]).await;
    let Err(error) = desk.start().await else {
        panic!("it started")
    };
    assert_eq!(error.reason(), Reason::NO_REFERENCE_SOLUTION);
}

#[tokio::test]
async fn an_author_has_one_at_a_time_and_it_ends_with_its_stream() {
    let desk = desk("").await;
    desk.put("echo", ENDLESS, &[]).await;
    let mut first = desk.start().await.unwrap();
    assert!(matches!(
        first.next().await,
        Some(Ok(Event::Started { number: 1, .. }))
    ));
    let Err(error) = desk.start().await else {
        panic!("a second one started")
    };
    assert_eq!(error.reason(), Reason::VALIDATION_RUNNING);
    let queue = desk.lab.execution.dispatcher.queue();
    eventually("it runs", || queue.stats().running > 0).await;
    drop(first);
    eventually("its sandboxes are free", || queue.stats().running == 0).await;
    assert!(desk.start().await.is_ok());
}

#[tokio::test]
async fn it_costs_one_run_of_the_quota() {
    let desk = desk("[limits]\nruns_per_minute = 1\n").await;
    desk.put("echo", RIGHT, &[("one", "#\n"), ("two", "#\n")])
        .await;
    desk.validated().await;
    let Err(error) = desk.start().await else {
        panic!("it started")
    };
    assert_eq!(error.reason(), Reason::RUN_QUOTA);
}

#[tokio::test]
async fn it_ends_when_the_program_does() {
    let desk = desk("").await;
    desk.put("echo", ENDLESS, &[]).await;
    let events = desk.start().await.unwrap();
    desk.lab.platform.draining.cancel();
    let all = tokio::time::timeout(SOON, events.collect::<Vec<_>>()).await;
    let last = all.expect("it ends").pop().unwrap();
    assert_eq!(last.unwrap_err().reason(), Reason::SHUTTING_DOWN);
}
