//! Rejudges on the wire.

use coderunner_proto::v1 as pb;
use jiff::Timestamp;

use super::model::{Change, Counts, MOST_NAMED, Rejudge, Selection, State, Worth};
use crate::execution::api::number;
use crate::judge::Verdict;
use crate::platform::errors::{Error, Violations};
use crate::platform::ids::RejudgeId;
use crate::platform::wire::timestamp;
use crate::submissions::api::{subtask_out, verdict_out};

/// A text that is no id names nothing.
pub fn rejudge_id_in(text: &str) -> Result<RejudgeId, Error> {
    text.parse().map_err(|_| Error::NotFound("rejudge"))
}

/// Says everything that is wrong with a selection.
pub fn selection_in(message: &pb::StartRejudgeRequest) -> Result<Selection, Error> {
    let pb::StartRejudgeRequest {
        request_id: _,
        problem,
        from_time,
        until_time,
        verdicts,
        submission_ids,
    } = message;
    let mut violations = Violations::default();
    let mut time = |field, time: &Option<prost_types::Timestamp>| {
        let read = time.as_ref().map(time_in);
        if read == Some(None) {
            violations.add(field, "is no time.");
        }
        read.flatten()
    };
    let (from, until) = (time("from_time", from_time), time("until_time", until_time));
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        violations.add("until_time", "must be after from_time.");
    }
    let verdicts: Option<Vec<Verdict>> = verdicts.iter().map(|it| verdict_in(*it)).collect();
    if verdicts.is_none() {
        violations.add("verdicts", "must be verdicts of submissions.");
    }
    if submission_ids.len() > MOST_NAMED {
        violations.add("submission_ids", format!("may be at most {MOST_NAMED}."));
    }
    let ids: Result<Vec<_>, _> = submission_ids.iter().map(|id| id.parse()).collect();
    if ids.is_err() {
        violations.add("submission_ids", "must be ids of submissions.");
    }
    violations.check()?;
    Ok(Selection {
        problem: problem.clone(),
        from,
        until,
        verdicts: verdicts.unwrap_or_default(),
        submissions: ids.unwrap_or_default(),
    })
}

fn time_in(time: &prost_types::Timestamp) -> Option<Timestamp> {
    let prost_types::Timestamp { seconds, nanos } = *time;
    Timestamp::new(seconds, nanos).ok()
}

/// None for what no submission ends with.
fn verdict_in(verdict: i32) -> Option<Verdict> {
    let verdict = pb::Verdict::try_from(verdict).ok()?;
    let of_submissions = Verdict::ALL
        .into_iter()
        .filter(|it| *it != Verdict::Skipped);
    let mut found = of_submissions.filter(|it| verdict_out(*it) == verdict);
    found.next()
}

/// A rejudge.
pub fn rejudge_out(rejudge: Rejudge) -> pb::Rejudge {
    let Rejudge {
        id,
        problem,
        etag,
        state,
        counts,
        create_time,
        finish_time,
    } = rejudge;
    let Counts {
        submissions,
        graded,
        changed,
        applied,
        skipped,
        failed,
    } = counts;
    pb::Rejudge {
        id: id.to_string(),
        problem,
        state: state_out(state).into(),
        submission_count: number(submissions),
        graded_count: number(graded),
        changed_count: number(changed),
        applied_count: number(applied),
        skipped_count: number(skipped),
        failed_count: number(failed),
        create_time: Some(timestamp(create_time)),
        finish_time: finish_time.map(timestamp),
        problem_etag: etag,
    }
}

fn state_out(state: State) -> pb::RejudgeState {
    match state {
        State::Grading => pb::RejudgeState::Grading,
        State::Ready => pb::RejudgeState::Ready,
        State::Applying => pb::RejudgeState::Applying,
        State::Applied => pb::RejudgeState::Applied,
        State::Discarded => pb::RejudgeState::Discarded,
    }
}

/// A submission that changes.
pub fn change_out(change: Change) -> pb::RejudgeChange {
    let Change {
        submission,
        user,
        create_time,
        old,
        new,
        applied,
    } = change;
    pb::RejudgeChange {
        submission_id: submission.to_string(),
        user_id: user.to_string(),
        create_time: Some(timestamp(create_time)),
        old_grade: Some(worth_out(old)),
        new_grade: Some(worth_out(new)),
        applied,
    }
}

fn worth_out(worth: Worth) -> pb::RejudgedGrade {
    let Worth {
        verdict,
        points,
        subtasks,
    } = worth;
    pb::RejudgedGrade {
        verdict: verdict_out(verdict).into(),
        points: number(points),
        subtask_results: subtasks.into_iter().map(subtask_out).collect(),
    }
}
