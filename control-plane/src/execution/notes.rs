//! What becomes of each attempt at a run or a submission, noted for support: on which runners it was, from
//! when to when, and how it went. Pure types; `store` keeps them with the row, as lines that are only
//! ever added.
//!
//! Notes are written together with what is written anyway, and cost no write of their own. What a
//! process had not written when it died is missing; the next one notes that the attempt was
//! interrupted.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// So many attempts of one process are noted. One that no runner takes asks again and again.
const MOST: usize = 50;

/// What a line begins with before the number of the attempt.
pub const BEFORE_NUMBER: &str = "{\"attempt\":";
const NUMBER_ZERO: &str = "{\"attempt\":0";

/// What is known of an attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// Its number, from 1.
    pub attempt: u32,
    /// When a slot was given to it.
    #[serde(with = "micros", skip_serializing_if = "Option::is_none")]
    pub begin: Option<Timestamp>,
    /// Where its program went, by the names of the configuration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runners: Vec<String>,
    /// How often a runner was lost with some of its tests.
    #[serde(skip_serializing_if = "is_zero")]
    pub losses: u32,
    /// When it ended.
    #[serde(with = "micros", skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub how: Option<How>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// With the result that is stored.
    Finished,
    /// Its runner went away.
    Lost,
    /// The runners had no free sandbox after all.
    Refused,
    /// No runner could be reached.
    Unreachable,
    /// The control-plane that had it came to its end.
    Interrupted,
    /// An operator took it away.
    Requeued,
}

impl How {
    /// As it is told.
    pub fn word(self) -> &'static str {
        match self {
            Self::Finished => "finished",
            Self::Lost => "lost",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Interrupted => "interrupted",
            Self::Requeued => "requeued",
        }
    }
}

impl Note {
    /// The end of an attempt.
    pub fn ended(attempt: u32, how: How, end: Timestamp) -> Self {
        Self {
            attempt,
            end: Some(end),
            how: Some(how),
            ..Self::default()
        }
    }

    /// As it is stored.
    pub fn line(&self) -> String {
        let json = serde_json::to_string(self);
        json.expect("numbers and texts can be written as JSON") + "\n"
    }

    /// What follows the number in a line of `ended`, for SQL that puts in the numbers of many.
    pub fn ended_behind_number(how: How, end: Timestamp) -> String {
        let line = Self::ended(0, how, end).line();
        line.replacen(NUMBER_ZERO, "", 1)
    }

    /// Adds what a later note of the same attempt knows.
    fn add(&mut self, later: Self) {
        let Self {
            attempt: _,
            begin,
            runners,
            losses,
            end,
            how,
        } = later;
        self.begin = self.begin.or(begin);
        for runner in runners {
            if !self.runners.contains(&runner) {
                self.runners.push(runner);
            }
        }
        self.losses = self.losses.max(losses);
        // What was taken away or interrupted stays so.
        if self.how.is_none() {
            (self.end, self.how) = (end, how);
        }
    }
}

/// Reads what was stored: what is known of each attempt, in their order. Lines of no such form, as a
/// later version may write, are left out.
pub fn read(text: &str) -> Vec<Note> {
    let mut notes = BTreeMap::<u32, Note>::new();
    for note in text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
    {
        let note: Note = note;
        let known = notes.entry(note.attempt).or_insert_with(|| Note {
            attempt: note.attempt,
            ..Note::default()
        });
        known.add(note);
    }
    notes.into_values().collect()
}

/// What a process has noted of something that it works on, and not yet written.
#[derive(Debug, Default)]
pub struct Notes(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    current: Option<Note>,
    ended: Vec<Note>,
    count: usize,
}

impl Notes {
    /// A slot was given to an attempt.
    pub fn begin(&self, attempt: u32, now: Timestamp) {
        let mut inner = self.inner();
        inner.count += 1;
        inner.current = Some(Note {
            attempt,
            begin: Some(now),
            ..Note::default()
        });
    }

    /// Its program is on its way to a runner.
    pub fn placed(&self, runner: &str) {
        if let Some(current) = &mut self.inner().current
            && current.runners.iter().all(|known| known != runner)
        {
            current.runners.push(runner.to_owned());
        }
    }

    /// It lost a runner, and goes on.
    pub fn lost_runner(&self) {
        if let Some(current) = &mut self.inner().current {
            current.losses += 1;
        }
    }

    /// It ended.
    pub fn end(&self, attempt: u32, how: How, now: Timestamp) {
        let mut inner = self.inner();
        let began = inner.current.take().filter(|note| note.attempt == attempt);
        let mut note = began.unwrap_or_default();
        note.add(Note::ended(attempt, how, now));
        note.attempt = attempt;
        if inner.count <= MOST || matches!(how, How::Finished | How::Lost) {
            inner.ended.push(note);
        }
    }

    /// What is to be written now: what has ended since the last time, and what is under way.
    pub fn take(&self) -> String {
        let mut inner = self.inner();
        let ended = std::mem::take(&mut inner.ended);
        let current = inner.current.iter().filter(|_| inner.count <= MOST);
        ended.iter().chain(current).map(Note::line).collect()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0
            .lock()
            .expect("nobody panics while holding the notes")
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Times as all are stored: microseconds since 1970 UTC.
mod micros {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    pub fn serialize<S: Serializer>(time: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        time.map(Timestamp::as_microsecond).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        let micros = Option::<i64>::deserialize(from)?;
        micros
            .map(Timestamp::from_microsecond)
            .transpose()
            .map_err(Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn what_was_written_in_pieces_is_told_as_one() {
        let notes = Notes::default();
        notes.begin(1, at(1));
        notes.placed("a");
        let mut text = notes.take();
        notes.placed("a");
        notes.end(1, How::Refused, at(2));
        notes.begin(2, at(3));
        notes.placed("b");
        notes.lost_runner();
        notes.placed("a");
        notes.end(2, How::Finished, at(4));
        text += &notes.take();
        assert_eq!(notes.take(), "", "all was written");
        text += "{\"attempt\":\"later\"}\nno JSON\n";
        let told = read(&text);
        assert_eq!(
            told,
            [
                Note {
                    attempt: 1,
                    begin: Some(at(1)),
                    runners: vec!["a".into()],
                    losses: 0,
                    end: Some(at(2)),
                    how: Some(How::Refused),
                },
                Note {
                    attempt: 2,
                    begin: Some(at(3)),
                    runners: vec!["b".into(), "a".into()],
                    losses: 1,
                    end: Some(at(4)),
                    how: Some(How::Finished),
                }
            ]
        );
    }

    #[test]
    fn an_end_without_a_beginning_is_noted_as_well() {
        let notes = Notes::default();
        notes.begin(1, at(1));
        notes.end(2, How::Finished, at(2));
        assert_eq!(read(&notes.take()), [Note::ended(2, How::Finished, at(2))]);
    }

    #[test]
    fn what_an_operator_took_away_stays_taken_away() {
        let text =
            Note::ended(1, How::Requeued, at(2)).line() + &Note::ended(1, How::Lost, at(3)).line();
        assert_eq!(read(&text)[0].how, Some(How::Requeued));
    }

    #[test]
    fn a_line_can_be_put_together_around_its_number() {
        let behind = Note::ended_behind_number(How::Interrupted, at(2));
        let line = format!("{BEFORE_NUMBER}17{behind}");
        assert_eq!(line, Note::ended(17, How::Interrupted, at(2)).line());
    }

    #[test]
    fn endless_refusals_are_not_all_kept() {
        let notes = Notes::default();
        let mut text = String::new();
        for attempt in 1..=1000 {
            notes.begin(attempt, at(1));
            text += &notes.take();
            notes.end(attempt, How::Refused, at(1));
        }
        notes.begin(1001, at(2));
        notes.end(1001, How::Finished, at(3));
        text += &notes.take();
        assert!(text.len() < 8000, "{}", text.len());
        let last = read(&text).pop().unwrap();
        assert_eq!((last.attempt, last.how), (1001, Some(How::Finished)));
    }
}
