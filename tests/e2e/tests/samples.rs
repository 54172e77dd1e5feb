//! The sample course in the real sandbox: every reference solution is accepted and counts, and no
//! program that makes a plausible mistake is.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use coderunner_client::{Client, NewSubmission, SubmissionEvent};
use coderunner_proto::v1::{Submission, Verdict};
use e2e_tests::{Sample, Stack, StackTest, run_tests, samples, wait};
use futures::StreamExt;

fn main() {
    let samples = samples().expect("the sample course is part of the repository");
    let mut tests: Vec<(String, StackTest)> = Vec::new();
    for sample in samples {
        let name = format!("{} accepts its solution", sample.slug);
        let accepted = sample.clone();
        tests.push((
            name,
            Box::new(move |stack| accepts_its_solution(stack, &accepted)),
        ));
        for wrong in sample.wrong.clone() {
            let file = wrong
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let slug = sample.slug.clone();
            let name = format!("{slug} refuses {file}");
            tests.push((name, Box::new(move |stack| refuses(stack, &slug, &wrong))));
        }
    }
    run_tests(tests)
}

fn accepts_its_solution(stack: &Stack, sample: &Sample) -> Result<()> {
    wait(async {
        let student = stack.student().await?;
        let submission = submit(&student, &sample.slug, &sample.solution).await?;
        ensure!(submission.verdict() == Verdict::Accepted, "{submission:#?}");
        ensure!(
            submission.passed_test_count == submission.test_count,
            "{submission:#?}"
        );

        let progress = student.progress().await?;
        ensure!(progress.len() == 1, "{progress:?}");
        ensure!(
            progress[0].problem == sample.slug && progress[0].solved,
            "{progress:?}"
        );
        ensure!(
            progress[0].points == submission.points && submission.points > 0,
            "{progress:?}"
        );
        Ok(())
    })
}

fn refuses(stack: &Stack, slug: &str, program: &Path) -> Result<()> {
    wait(async {
        let student = stack.student().await?;
        let submission = submit(&student, slug, program).await?;
        let verdict = submission.verdict();
        let fault = [
            Verdict::Unspecified,
            Verdict::InternalError,
            Verdict::Cancelled,
        ];
        ensure!(
            verdict != Verdict::Accepted && !fault.contains(&verdict),
            "{submission:#?}"
        );
        ensure!(submission.points == 0, "{submission:#?}");
        let progress = student.progress().await?;
        ensure!(
            progress.iter().all(|problem| !problem.solved),
            "{progress:?}"
        );
        Ok(())
    })
}

async fn submit(student: &Client, slug: &str, program: &Path) -> Result<Submission> {
    let source = std::fs::read_to_string(program)?;
    let new = NewSubmission {
        problem: slug.to_owned(),
        source,
        files: Vec::new(),
    };
    let mut started = student.submit(new).await?;
    let mut finished = None;
    while let Some(event) = started.events.next().await {
        if let SubmissionEvent::Finished(submission) = event? {
            finished = Some(*submission);
        }
    }
    finished.context("the stream ended without the finished submission")
}
