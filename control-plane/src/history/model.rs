//! The way of one run or submission, and how it is told.

use std::fmt;

use jiff::Timestamp;

use crate::execution::model::State;

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Run,
    Submission,
}

/// All that is kept of its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    pub kind: Kind,
    pub id: String,
    /// The account's id.
    pub user: String,
    /// The call that made it, as logs name it.
    pub call: String,
    /// The profile of a run, the problem of a submission.
    pub subject: String,
    pub state: State,
    /// Numbers of attempts that were used up: by workers, and by restarts while it was queued.
    pub attempts: u32,
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
        let (kind, subject) = match self.kind {
            Kind::Run => ("run", "profile"),
            Kind::Submission => ("submission", "problem"),
        };
        let id = &self.id;
        writeln!(formatter, "{kind} {id}")?;
        writeln!(formatter, "account   {}", self.user)?;
        writeln!(formatter, "{subject}   {}", self.subject)?;
        writeln!(formatter, "call      {}", self.call)?;
        writeln!(formatter, "accepted  {}", self.create_time)?;
        for (word, time) in [("started", self.start_time), ("ended", self.finish_time)] {
            if let Some(time) = time {
                let after = time.duration_since(self.create_time).as_secs_f64();
                writeln!(formatter, "{word:<9} {time}, {after:.3} s after that")?;
            }
        }
        let result = self.result.as_deref().unwrap_or("none yet");
        writeln!(formatter, "state     {}", self.state.word())?;
        writeln!(formatter, "result    {result}")?;
        writeln!(formatter, "attempts  {}", self.attempts)?;
        write!(formatter, "losses    {}", self.losses)
    }
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
            losses: 2,
            create_time: "2030-01-01T00:00:00Z".parse().unwrap(),
            start_time: None,
            finish_time: "2030-01-01T00:00:01.5Z".parse().ok(),
            result: Some("internal_error".into()),
        };
        assert_eq!(
            history.to_string(),
            "run r\naccount   u\nprofile   python\ncall      c\n\
             accepted  2030-01-01T00:00:00Z\n\
             ended     2030-01-01T00:00:01.5Z, 1.500 s after that\n\
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
