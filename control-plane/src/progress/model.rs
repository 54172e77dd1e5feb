//! What progress is, and the rules of streaks and badges.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::platform::ids::{SubmissionId, UserId};

/// A judged submission, as progress needs it.
#[derive(Debug, Clone)]
pub struct JudgedSubmission {
    pub submission_id: SubmissionId,
    pub user_id: UserId,
    /// Slug.
    pub problem: String,
    /// Name of the verdict in the API without its prefix, for example `WRONG_ANSWER`.
    pub verdict: &'static str,
    pub accepted: bool,
    /// Earned.
    pub points: u32,
    pub passed_test_count: u32,
    pub test_count: u32,
    /// When it was submitted.
    pub create_time: Timestamp,
}

/// Progress at one problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProblemProgress {
    pub problem: String,
    pub attempt_count: u32,
    pub solved: bool,
    /// Earned by the best submission.
    pub points: u32,
    /// When the submission that first solved it was made.
    pub solve_time: Option<Timestamp>,
    pub last_attempt_time: Timestamp,
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub submission_id: SubmissionId,
    pub verdict: String,
    pub passed_test_count: u32,
    pub test_count: u32,
    pub create_time: Timestamp,
    /// When another grading took the place of the first.
    pub rejudge_time: Option<Timestamp>,
}

/// Code that a student is working on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub source: String,
    pub save_time: Timestamp,
}

/// Something to be proud of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Badge {
    pub key: &'static str,
    pub title: &'static str,
    pub earn_time: Timestamp,
}

/// Progress in one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelProgress {
    pub level_id: String,
    pub title: String,
    pub problem_count: u32,
    pub solved_problem_count: u32,
}

impl LevelProgress {
    /// 0 to 100, rounded down; a level without problems is at 0.
    pub fn percentage(&self) -> u32 {
        (100 * self.solved_problem_count)
            .checked_div(self.problem_count)
            .unwrap_or(0)
    }
}

/// All of a student's progress in figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub points: u32,
    pub solved_problem_count: u32,
    pub streak_days: u32,
    pub badges: Vec<Badge>,
    pub levels: Vec<LevelProgress>,
}

/// Badges for a number of solved problems: count, key, title.
pub const SOLVE_BADGES: &[(u32, &str, &str)] = &[
    (1, "first-solve", "First problem solved"),
    (5, "five-solves", "Five problems solved"),
    (10, "ten-solves", "Ten problems solved"),
    (25, "twenty-five-solves", "Twenty-five problems solved"),
    (50, "fifty-solves", "Fifty problems solved"),
    (100, "hundred-solves", "A hundred problems solved"),
];

/// The badge for exactly this number of solved problems, if there is one.
pub fn badge_for(solved_problem_count: u32) -> Option<&'static str> {
    let mut badges = SOLVE_BADGES.iter();
    badges
        .find(|(count, ..)| *count == solved_problem_count)
        .map(|(_, key, _)| *key)
}

/// A stored badge, with its title; none for a badge that is no longer given.
pub fn badge(key: &str, earn_time: Timestamp) -> Option<Badge> {
    let (_, key, title) = SOLVE_BADGES.iter().find(|(_, known, _)| *known == key)?;
    Some(Badge {
        key,
        title,
        earn_time,
    })
}

/// Days in a row with a solved problem, up to today or yesterday (UTC).
pub fn streak(solve_times: &[Timestamp], now: Timestamp) -> u32 {
    let day = |time: Timestamp| time.to_zoned(TimeZone::UTC).date();
    let mut days: Vec<Date> = solve_times.iter().copied().map(day).collect();
    days.sort_unstable();
    days.dedup();
    let today = day(now);
    let mut expected = match days.last() {
        Some(last) if *last >= today => *last,
        Some(last) if last.tomorrow().is_ok_and(|next| next == today) => *last,
        _ => return 0,
    };
    let mut count = 0;
    for day in days.into_iter().rev() {
        if day != expected {
            break;
        }
        count += 1;
        let Ok(yesterday) = day.yesterday() else {
            break;
        };
        expected = yesterday;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(days: &[&str]) -> Vec<Timestamp> {
        days.iter()
            .map(|day| format!("{day}:00:00Z").parse().unwrap())
            .collect()
    }

    #[test]
    fn a_streak_lasts_until_a_day_is_missed() {
        let now = "2030-03-10T12:00:00Z".parse().unwrap();
        for (days, expected) in [
            (&[][..], 0),
            (&["2030-03-10T08"], 1),
            (&["2030-03-09T23"], 1),
            (&["2030-03-08T23"], 0),
            (&["2030-03-10T01", "2030-03-10T02", "2030-03-09T00"], 2),
            (
                &[
                    "2030-03-09T01",
                    "2030-03-08T02",
                    "2030-03-07T00",
                    "2030-03-05T00",
                ],
                3,
            ),
            (&["2030-03-01T01", "2030-02-28T02"], 0),
        ] {
            assert_eq!(streak(&times(days), now), expected, "{days:?}");
        }
    }

    #[test]
    fn a_streak_goes_across_months() {
        let now = "2030-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(streak(&times(&["2030-03-01T01", "2030-02-28T02"]), now), 2);
    }

    #[test]
    fn percentages_round_down() {
        let level = |problem_count, solved_problem_count| LevelProgress {
            level_id: "a".into(),
            title: "A".into(),
            problem_count,
            solved_problem_count,
        };
        assert_eq!(level(3, 2).percentage(), 66);
        assert_eq!(level(3, 3).percentage(), 100);
        assert_eq!(level(0, 0).percentage(), 0);
    }

    #[test]
    fn badges_come_at_their_counts() {
        assert_eq!(badge_for(1), Some("first-solve"));
        assert_eq!(badge_for(2), None);
    }
}
