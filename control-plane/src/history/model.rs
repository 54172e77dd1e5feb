//! The way of one run or submission, and how it is told.

use std::fmt;

use jiff::Timestamp;

use crate::execution::model::State;
use crate::execution::notes::{How, Note};

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Run,
    Submission,
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Run => "run",
            Self::Submission => "submission",
        })
    }
}

/// All that is kept of its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    pub kind: Kind,
    pub id: String,
    /// The account's id.
    pub user: String,
    /// The call that made it: `request_id` in logs, `x-request-id` in the answer.
    pub call: String,
    /// The profile of a run, the problem of a submission.
    pub subject: String,
    pub state: State,
    /// The last attempt's number. Restarts and operators use up numbers as well.
    pub attempts: u32,
    /// What is known of the attempts.
    pub notes: Vec<Note>,
    /// When an operator asked for another attempt, while no control-plane has queued it yet.
    pub requeue_time: Option<Timestamp>,
    /// How often its runner, or the control-plane that had it, was lost.
    pub losses: u32,
    pub create_time: Timestamp,
    /// When its program, or its first test, began.
    pub start_time: Option<Timestamp>,
    pub finish_time: Option<Timestamp>,
    /// The stored word for outcome or verdict.
    pub result: Option<String>,
}

impl fmt::Display for History {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let subject = match self.kind {
            Kind::Run => "profile",
            Kind::Submission => "problem",
        };
        writeln!(formatter, "{} {}", self.kind, self.id)?;
        writeln!(formatter, "account   {}", self.user)?;
        writeln!(formatter, "{subject}   {}", self.subject)?;
        writeln!(formatter, "request   {}", self.call)?;
        writeln!(formatter, "accepted  {}", self.create_time)?;
        let mut waiting = self.create_time;
        // Something that was stopped before it began has an end without an attempt.
        let began = |note: &&Note| note.begin.is_some() || note.how != Some(How::Finished);
        for note in self.notes.iter().filter(began) {
            write_attempt(formatter, note, waiting)?;
            waiting = note.end.unwrap_or(waiting);
        }
        for (word, time) in [("started", self.start_time), ("stored", self.finish_time)] {
            if let Some(time) = time {
                let after = seconds(self.create_time, time);
                writeln!(
                    formatter,
                    "{word:<9} {time}, {after} s after it was accepted"
                )?;
            }
        }
        if let Some(time) = self.requeue_time {
            writeln!(
                formatter,
                "requeued  {time}; no control-plane has queued it yet"
            )?;
        }
        let result = self.result.as_deref().unwrap_or("none yet");
        writeln!(formatter, "state     {}", self.state.word())?;
        writeln!(formatter, "result    {result}")?;
        writeln!(formatter, "attempts  {}", self.attempts)?;
        write!(formatter, "losses    {}", self.losses)
    }
}

/// A line for an attempt, that was waited for since a time.
fn write_attempt(
    formatter: &mut fmt::Formatter<'_>,
    note: &Note,
    waiting: Timestamp,
) -> fmt::Result {
    write!(formatter, "attempt   {}", note.attempt)?;
    match note.begin {
        Some(begin) => {
            let waited = seconds(waiting, begin);
            write!(formatter, ": began {begin} after {waited} s in the queue")?;
        }
        None => write!(formatter, ": nobody knows when it began")?,
    }
    if !note.runners.is_empty() {
        write!(formatter, ", on {}", note.runners.join(", "))?;
    }
    if note.losses > 0 {
        write!(formatter, ", which was lost {} times", note.losses)?;
    }
    match (note.how, note.end) {
        (Some(how), Some(end)) => {
            write!(formatter, "; {} {end}", how.word())?;
            if let Some(begin) = note.begin {
                write!(formatter, ", after {} s", seconds(begin, end))?;
            }
        }
        _ => write!(formatter, "; no end is known")?,
    }
    writeln!(formatter)
}

fn seconds(from: Timestamp, to: Timestamp) -> String {
    format!("{:.3}", to.duration_since(from).as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_line_by_line() {
        let mut history = History {
            kind: Kind::Run,
            id: "r".into(),
            user: "u".into(),
            call: "c".into(),
            subject: "python".into(),
            state: State::Finished,
            attempts: 3,
            notes: vec![
                Note {
                    attempt: 1,
                    begin: "2030-01-01T00:00:00.25Z".parse().ok(),
                    runners: vec!["runner-1".into()],
                    losses: 1,
                    end: "2030-01-01T00:00:00.5Z".parse().ok(),
                    how: Some(How::Lost),
                },
                Note::ended(3, How::Interrupted, "2030-01-01T00:00:01Z".parse().unwrap()),
                Note::ended(4, How::Finished, "2030-01-01T00:00:01Z".parse().unwrap()),
            ],
            requeue_time: "2030-01-01T00:00:02Z".parse().ok(),
            losses: 2,
            create_time: "2030-01-01T00:00:00Z".parse().unwrap(),
            start_time: None,
            finish_time: "2030-01-01T00:00:01.5Z".parse().ok(),
            result: Some("internal_error".into()),
        };
        assert_eq!(
            history.to_string(),
            "run r\naccount   u\nprofile   python\nrequest   c\n\
             accepted  2030-01-01T00:00:00Z\n\
             attempt   1: began 2030-01-01T00:00:00.25Z after 0.250 s in the queue, on runner-1, \
             which was lost 1 times; lost 2030-01-01T00:00:00.5Z, after 0.250 s\n\
             attempt   3: nobody knows when it began; interrupted 2030-01-01T00:00:01Z\n\
             stored    2030-01-01T00:00:01.5Z, 1.500 s after it was accepted\n\
             requeued  2030-01-01T00:00:02Z; no control-plane has queued it yet\n\
             state     finished\nresult    internal_error\nattempts  3\nlosses    2"
        );
        (history.result, history.kind) = (None, Kind::Submission);
        let told = history.to_string();
        assert!(
            told.contains("problem   python") && told.contains("none yet"),
            "{told}"
        );
    }
}
