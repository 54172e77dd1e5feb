//! What has not ended, and when it counts as stuck.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;

use crate::execution::model::State;
use crate::execution::notes::Note;
use crate::history::model::Kind;

/// A run or a submission that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub kind: Kind,
    pub id: String,
    pub state: State,
    /// Its last attempt that was claimed.
    pub attempt: u32,
    pub create_time: Timestamp,
    /// What is known of its attempts.
    pub notes: Vec<Note>,
}

impl Unfinished {
    /// When something was last written of it.
    pub fn last_sign(&self) -> Timestamp {
        let times = self.notes.iter().flat_map(|note| [note.begin, note.end]);
        times
            .flatten()
            .fold(self.create_time, |last, time| last.max(time))
    }

    /// How long ago that was.
    pub fn silence(&self, now: Timestamp) -> Duration {
        Duration::try_from(now.duration_since(self.last_sign())).unwrap_or_default()
    }

    /// Whether nothing was heard of it for so long. A program ends within seconds; who waits in the
    /// queue waits longer only when no runner is there.
    pub fn is_stuck(&self, now: Timestamp, patience: Duration) -> bool {
        self.silence(now) >= patience
    }

    /// The attempt that somebody may be at: the one that was claimed, or else the next.
    pub fn attempt_at_work(&self) -> u32 {
        match self.state {
            State::Queued => self.attempt + 1,
            State::Running | State::Finished => self.attempt,
        }
    }
}

impl fmt::Display for Unfinished {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            id,
            state,
            attempt,
            ..
        } = self;
        let (state, last) = (state.word(), self.last_sign());
        write!(
            formatter,
            "{kind} {id}: {state}, attempt {attempt}, nothing since {last}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::execution::notes::How;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn whatever_was_written_last_is_the_last_sign() {
        let mut run = Unfinished {
            kind: Kind::Run,
            id: "r".into(),
            state: State::Queued,
            attempt: 0,
            create_time: at(100),
            notes: Vec::new(),
        };
        let minute = Duration::from_secs(60);
        for (notes, now, stuck) in [
            (vec![], at(159), false),
            (vec![], at(160), true),
            (vec![Note::ended(1, How::Lost, at(130))], at(160), false),
            (vec![Note::ended(1, How::Lost, at(130))], at(190), true),
            (vec![], at(50), false),
        ] {
            run.notes = notes;
            assert_eq!(run.is_stuck(now, minute), stuck, "{run}, {now}");
        }
        assert_eq!(run.attempt_at_work(), 1);
        run.state = State::Running;
        assert_eq!(run.attempt_at_work(), 0);
    }
}
