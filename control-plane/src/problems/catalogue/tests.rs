//! What the catalogue finds is what looking at every problem would find.

use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::execution::model::Profile;
use crate::judge::Feedback;
use crate::problems::model::{
    CheckerKind, CheckerSettings, Difficulty, Place, ProblemKind, TestLimits,
};
use crate::users::model::AgeGroup;

/// Where a problem is and what it is about, as small numbers.
#[derive(Debug, Clone)]
struct Sketch {
    /// Level and session; none outside of the course.
    place: Option<(u8, u8)>,
    tags: Vec<u8>,
    hard: bool,
}

fn problem(number: usize, sketch: &Sketch) -> Problem {
    Problem {
        slug: Slug::parse(&format!("problem-{number}")).unwrap(),
        title: format!("Problem {number}"),
        summary: String::new(),
        statement: String::new(),
        kind: ProblemKind::Stdin,
        function_name: String::new(),
        difficulty: if sketch.hard {
            Difficulty::Hard
        } else {
            Difficulty::Easy
        },
        points: 1,
        tags: sketch.tags.iter().map(|tag| format!("tag-{tag}")).collect(),
        category: format!("category-{}", sketch.hard),
        starter_source: String::new(),
        checker: CheckerSettings {
            kind: CheckerKind::Exact,
            case_sensitive: true,
            space_change_sensitive: false,
            absolute_tolerance: 0.0,
            relative_tolerance: 0.0,
        },
        feedback: Feedback::Full,
        profile: Profile::Python,
        limits: TestLimits {
            wall_time: Some(Duration::from_secs(1)),
            memory_bytes: None,
        },
        subtasks: Vec::new(),
        stop_on_first_failure: false,
        place: sketch.place.map(|(level, session)| Place {
            level_id: format!("level-{level}"),
            session_id: format!("session-{level}-{session}"),
            age_group: if level == 0 {
                AgeGroup::From11To14
            } else {
                AgeGroup::From15To18
            },
        }),
        test_count: 1,
        etag: String::new(),
        update_time: Timestamp::UNIX_EPOCH,
    }
}

fn problems(sketches: &[Sketch]) -> Vec<Problem> {
    let numbered = sketches.iter().enumerate();
    numbered
        .map(|(number, sketch)| problem(number, sketch))
        .collect()
}

fn slugs<'a>(problems: impl Iterator<Item = &'a Problem>) -> Vec<&'a str> {
    problems.map(|problem| problem.slug.as_str()).collect()
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let place = proptest::option::of((0..2u8, 0..2u8));
    let tags = proptest::collection::vec(0..4u8, 0..4);
    (place, tags, any::<bool>()).prop_map(|(place, tags, hard)| Sketch { place, tags, hard })
}

fn filter() -> impl Strategy<Value = ProblemFilter> {
    let option = |most: u8| proptest::option::of(0..most);
    (option(2), option(3), option(5), option(2)).prop_map(|(age, level, tag, hard)| ProblemFilter {
        age_group: age.map(|age| match age {
            0 => AgeGroup::From11To14,
            _ => AgeGroup::From15To18,
        }),
        level_id: level.map(|level| format!("level-{level}")),
        tag: tag.map(|tag| format!("tag-{tag}")),
        difficulty: hard.map(|hard| match hard {
            0 => Difficulty::Easy,
            _ => Difficulty::Hard,
        }),
    })
}

proptest! {
    #[test]
    fn pages_are_cuts_of_what_passes_the_filter(
        sketches in proptest::collection::vec(sketch(), 0..40),
        filter in filter(),
        size in 1..10usize,
    ) {
        let all = problems(&sketches);
        let expected = slugs(all.iter().filter(|problem| filter.accepts(problem)));
        let catalogue = Catalogue::new(all.clone(), Vec::new(), Vec::new());
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = catalogue.list(&filter, after.as_deref(), size);
            let Some(last) = page.last() else { break };
            after = Some(last.slug.to_string());
            prop_assert!(page.len() <= size);
            found.extend(page);
        }
        prop_assert_eq!(slugs(found.iter().map(AsRef::as_ref)), expected);
    }

    #[test]
    fn every_problem_is_found_and_counted_once(
        sketches in proptest::collection::vec(sketch(), 0..40),
    ) {
        let all = problems(&sketches);
        let catalogue = Catalogue::new(all.clone(), Vec::new(), Vec::new());
        for problem in &all {
            prop_assert_eq!(catalogue.problem(&problem.slug).map(AsRef::as_ref), Some(problem));
        }
        for (tag, count) in catalogue.tag_counts() {
            let tagged = all.iter().filter(|it| it.tags.iter().any(|one| one == tag));
            prop_assert_eq!(tagged.count(), count);
        }
        let categories: usize = catalogue.category_counts().map(|(_, count)| count).sum();
        prop_assert_eq!(categories, all.len());
    }
}

#[test]
fn a_session_has_its_problems_in_order() {
    let sketch = |place| Sketch {
        place,
        tags: Vec::new(),
        hard: false,
    };
    let sketches = [Some((0, 1)), Some((0, 0)), Some((0, 1)), None].map(sketch);
    let session = |number: u8| CourseSession {
        id: format!("session-0-{number}"),
        title: String::new(),
        summary: String::new(),
        problems: Vec::new(),
    };
    let level = Level {
        id: "level-0".into(),
        age_group: AgeGroup::From11To14,
        number: 1,
        title: String::new(),
        summary: String::new(),
        sessions: vec![session(0), session(1), session(2)],
    };
    let catalogue = Catalogue::new(problems(&sketches), vec![level], Vec::new());
    for (id, expected) in [
        ("session-0-0", vec!["problem-1"]),
        ("session-0-1", vec!["problem-0", "problem-2"]),
        ("session-0-2", vec![]),
    ] {
        let (session, problems) = catalogue.session(id).unwrap();
        let named: Vec<_> = session.problems.iter().map(Slug::as_str).collect();
        assert_eq!(named, expected);
        assert_eq!(slugs(problems.iter().map(AsRef::as_ref)), expected);
    }
    assert!(catalogue.session("session-1-0").is_none());
}

#[test]
fn a_problem_that_is_gone_ends_the_list() {
    let sketch = Sketch {
        place: None,
        tags: Vec::new(),
        hard: false,
    };
    let catalogue = Catalogue::new(problems(&[sketch]), Vec::new(), Vec::new());
    let all = ProblemFilter::default();
    for (after, count) in [(None, 1), (Some("gone"), 0), (Some("No Slug"), 0)] {
        assert_eq!(catalogue.list(&all, after, 10).len(), count, "{after:?}");
    }
}
