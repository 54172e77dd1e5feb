//! Authors change the sample course, and try to break it.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::arrangement::{Placed, TestContent, arrange, placed};
use super::check::check;
use super::service::{Authoring, Placing};
use crate::judge::{Scoring, Subtask};
use crate::platform::db;
use crate::platform::errors::{Error, Reason};
use crate::platform::ids::TestCaseId;
use crate::platform::seal::MasterKey;
use crate::platform::testing::{Ground, ground};
use crate::problems::course::folder::read_course;
use crate::problems::course::model::{Ceilings, CourseProblem, WrongSolution};
use crate::problems::course::problem::MAX_TESTS_BYTES;
use crate::problems::course::service::{store_course, store_new_course};
use crate::problems::model::{CheckerKind, ProblemKind, Slug, Test};
use crate::problems::service::Problems;
use crate::problems::store;
use crate::testcases::model::TestCase;
use crate::testcases::service::TestCases;

struct Setting {
    ground: Ground,
    authoring: Authoring,
    problems: Problems,
}

async fn setting() -> Setting {
    let ground = ground().await;
    let master = Arc::new(MasterKey::new(&[7; 32]));
    let tests = TestCases::new(ground.platform.db.clone(), master);
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/content/sample");
    let course = read_course(Path::new(sample), &ceilings()).unwrap();
    store_course(&ground.platform, &tests, &course)
        .await
        .unwrap();
    let problems = Problems::new(ground.platform.clone(), tests.clone());
    let authoring = Authoring::new(ground.platform.clone(), tests, problems.clone());
    Setting {
        ground,
        authoring,
        problems,
    }
}

fn ceilings() -> Ceilings {
    Ceilings::of(&crate::platform::config::Limits::default())
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

/// A problem of the sample course under another slug.
fn draft(of: &str) -> CourseProblem {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/content/sample");
    let course = read_course(Path::new(sample), &ceilings()).unwrap();
    let mut problems = course.problems.into_iter();
    let problem = problems
        .find(|problem| problem.slug.as_str() == of)
        .unwrap();
    CourseProblem {
        slug: slug("new"),
        ..problem
    }
}

fn content(hidden: bool, input: &str, subtask: Option<&str>) -> TestContent {
    TestContent {
        hidden,
        input: input.into(),
        expected: "x\n".into(),
        subtask: subtask.map(str::to_owned),
    }
}

impl Setting {
    async fn revision(&self) -> i64 {
        store::revision(self.ground.platform.db.read())
            .await
            .unwrap()
    }

    /// Inputs of the tests as grading has them, `!` before the hidden ones.
    async fn inputs(&self, name: &str) -> Vec<String> {
        let graded = self.problems.for_grading(name).await.unwrap();
        let tests = graded.tests.iter();
        tests
            .map(|test| {
                let mark = if test.hidden { "!" } else { "" };
                format!("{mark}{}", test.input.trim())
            })
            .collect()
    }
}

/// What is done to a draft, and which field is wrong then.
type Break = (fn(&mut CourseProblem), &'static str);

#[test]
fn each_mistake_is_told_of_its_field() {
    let cases: &[Break] = &[
        (|it| it.title = String::new(), "problem.title"),
        (|it| it.title = "a\nkind = \"x\"".into(), "problem.title"),
        (|it| it.summary = "x".repeat(301), "problem.summary"),
        (|it| it.statement = "a\r\n".into(), "problem.statement"),
        (|it| it.statement = "a\0".into(), "problem.statement"),
        (
            |it| it.statement = "x".repeat(1_048_577),
            "problem.statement",
        ),
        (|it| it.function_name = "f".into(), "problem.function_name"),
        (|it| it.points = 0, "problem.points"),
        (|it| it.tags = vec!["Not Ok".into()], "problem.tags"),
        (|it| it.category = "\"".into(), "problem.category"),
        (
            |it| it.starter_source = "#".repeat(102_401),
            "problem.starter_source",
        ),
        (
            |it| it.solution_source = "#".repeat(102_401),
            "problem.solution_source",
        ),
        (
            |it| it.checker.kind = CheckerKind::Custom,
            "problem.checker.source",
        ),
        (
            |it| it.checker_source = "exit(42)".into(),
            "problem.checker.source",
        ),
        (
            |it| {
                it.checker.kind = CheckerKind::Float;
                it.checker.absolute_tolerance = f64::NAN;
            },
            "problem.checker.absolute_tolerance",
        ),
        (
            |it| it.limits.wall_time = Some(std::time::Duration::from_millis(1)),
            "problem.limits.wall_time_limit",
        ),
        (
            |it| it.limits.memory_bytes = Some(u64::MAX / 4),
            "problem.limits.memory_limit_bytes",
        ),
        (
            |it| it.wrong_solutions[0].name = "../../starter".into(),
            "problem.wrong_solutions",
        ),
        (
            |it| it.wrong_solutions[0].name = "/etc/passwd".into(),
            "problem.wrong_solutions",
        ),
        (
            |it| it.wrong_solutions.push(it.wrong_solutions[0].clone()),
            "problem.wrong_solutions",
        ),
        (
            |it| {
                it.subtasks.push(Subtask {
                    name: "A".into(),
                    points: it.points,
                    scoring: Scoring::Sum,
                    tests: vec![1, 5000],
                    requires: Vec::new(),
                });
            },
            "problem.subtasks.tests",
        ),
        (|it| it.tests.clear(), "tests"),
        (
            |it| it.tests.iter_mut().for_each(|test| test.hidden = true),
            "tests",
        ),
        (|it| it.tests[0].input = "a\r\n".into(), "tests"),
        (|it| it.tests = vec![it.tests[0].clone(); 100], "tests"),
        (|it| it.kind = ProblemKind::Function, "tests"),
        // Millions of parts fit into one request, and must not take long.
        (
            |it| it.tests = vec![it.tests[0].clone(); 1_000_000],
            "tests",
        ),
        (|it| it.tags = vec!["a".into(); 1_000_000], "problem.tags"),
        (
            |it| it.wrong_solutions = vec![it.wrong_solutions[0].clone(); 1_000_000],
            "problem.wrong_solutions",
        ),
        (
            |it| {
                it.subtasks.push(Subtask {
                    name: "A".into(),
                    points: it.points,
                    scoring: Scoring::Sum,
                    tests: vec![1; 1_000_000],
                    requires: Vec::new(),
                });
            },
            "problem.subtasks",
        ),
        (|it| it.tags = vec!["A".repeat(1_000_000)], "problem.tags"),
        (
            |it| {
                it.tests = vec![
                    Test {
                        input: "\r".into(),
                        ..it.tests[0].clone()
                    };
                    99
                ]
            },
            "tests",
        ),
    ];
    assert!(check(&draft("hello-name"), &ceilings(), "tests").is_ok());
    for (number, (spoil, expected)) in cases.iter().enumerate() {
        let mut draft = draft("hello-name");
        spoil(&mut draft);
        let error = check(&draft, &ceilings(), "tests").expect_err(expected);
        let Error::Invalid { violations, .. } = &error else {
            panic!("case {number}: {error}")
        };
        let sizes = violations.iter().map(|it| it.description.len());
        assert!(sizes.sum::<usize>() < 8_000, "case {number}: a long answer");
        let mut fields = violations.iter().map(|violation| &violation.field);
        assert!(
            fields.any(|field| field == expected),
            "case {number}: {error}"
        );
    }
}

#[test]
fn the_data_of_a_call_can_not_add_keys_to_its_file() {
    let mut draft = draft("largest-of-three");
    if draft.kind == ProblemKind::Stdin {
        draft.kind = ProblemKind::Function;
        draft.function_name = "f".into();
    }
    for test in &mut draft.tests {
        (test.input, test.expected) = ("[1]".into(), "2".into());
    }
    assert!(check(&draft, &ceilings(), "tests").is_ok());
    for (input, expected) in [
        ("[1], \"expected\": 3, \"x\": [2]", "2"),
        ("[1]", "2, \"arguments\": [7]"),
        ("[1]", "2} {"),
        ("{}", "2"),
        ("[1]", ""),
    ] {
        (draft.tests[0].input, draft.tests[0].expected) = (input.into(), expected.into());
        let result = check(&draft, &ceilings(), "tests");
        assert!(result.is_err(), "{input} {expected}");
    }
}

#[tokio::test]
async fn a_problem_is_made_changed_and_deleted() {
    let it = setting().await;
    let before = it.revision().await;
    let draft = draft("hello-name");
    let place = Placing::In("say-and-ask".into());
    let page = it.authoring.create(&draft, place).await.unwrap();
    assert!(it.revision().await > before);
    let (_, stored) = it.authoring.read(&draft.slug).await.unwrap();
    assert_eq!(stored.problem, draft);
    assert_eq!(stored.etag, page.problem.etag);
    // Behind those that were there, and before the next session.
    let (session, _) = it.problems.session("say-and-ask").await.unwrap();
    assert_eq!(session.problems.last(), Some(&draft.slug));
    let catalogue = it.problems.catalogue().await.unwrap();
    let order: Vec<_> = catalogue.problems().iter().map(|it| &it.slug).collect();
    let sessions = catalogue.levels().iter().flat_map(|level| &level.sessions);
    let course: Vec<_> = sessions.flat_map(|it| &it.problems).collect();
    assert_eq!(order, course);

    let again = it.authoring.create(&draft, Placing::Out).await.unwrap_err();
    assert_eq!(again.reason(), Reason::SLUG_TAKEN);
    let newer = CourseProblem {
        slug: slug("newer"),
        ..draft.clone()
    };
    let nowhere = it
        .authoring
        .create(&newer, Placing::In("no-session".into()));
    assert_eq!(
        nowhere.await.unwrap_err().reason(),
        Reason::INVALID_ARGUMENT
    );
    assert!(it.authoring.read(&slug("newer")).await.is_err());

    let edit = |it: &mut CourseProblem| {
        it.title = "Other".into();
        it.wrong_solutions = vec![WrongSolution {
            name: "w".into(),
            source: "1\n".into(),
        }];
    };
    let changed = it
        .authoring
        .update(&draft.slug, &stored.etag, edit, Placing::Out);
    let changed = changed.await.unwrap().problem;
    assert_eq!((changed.title.as_str(), &changed.place), ("Other", &None));
    let shown = it.problems.get("new").await.unwrap().problem;
    assert_eq!(shown.title, "Other", "the cache has the old one");
    let ids = |stored: &crate::problems::course::stored::StoredProblem| {
        stored.tests.iter().map(|test| test.id).collect::<Vec<_>>()
    };
    let (_, after) = it.authoring.read(&draft.slug).await.unwrap();
    assert_eq!(ids(&after), ids(&stored), "tests got other ids");

    for stale in [stored.etag.as_str(), ""] {
        let late = it.authoring.update(&draft.slug, stale, edit, Placing::Keep);
        assert_eq!(late.await.unwrap_err().reason(), Reason::ETAG_MISMATCH);
    }
    let late = it.authoring.delete(&draft.slug, &stored.etag).await;
    assert_eq!(late.unwrap_err().reason(), Reason::ETAG_MISMATCH);
    it.authoring
        .delete(&draft.slug, &changed.etag)
        .await
        .unwrap();
    assert!(it.problems.for_grading("new").await.is_err());
    assert!(it.authoring.delete(&draft.slug, "").await.is_err());
}

#[tokio::test]
async fn tests_are_added_moved_and_deleted() {
    let it = setting().await;
    let mut draft = draft("hello-name");
    draft.tests.truncate(1);
    draft.tests[0].input = "one\n".into();
    it.authoring.create(&draft, Placing::Out).await.unwrap();
    let name = &draft.slug;
    let hidden = it.authoring.add_test(name, content(true, "two\n", None));
    let hidden = hidden.await.unwrap();
    assert_eq!(it.inputs("new").await, ["one", "!two"]);
    let public = it.authoring.add_test(name, content(false, "three\n", None));
    let public = public.await.unwrap();
    assert_eq!(public.test_case.test.number, 2);
    assert_eq!(it.inputs("new").await, ["one", "three", "!two"]);

    // Its number has changed since.
    let (id, etag) = (hidden.test_case.id, &hidden.etag);
    let late = it
        .authoring
        .change_test(name, id, etag, content(false, "four\n", None));
    assert_eq!(late.await.unwrap_err().reason(), Reason::ETAG_MISMATCH);
    let (_, stored) = it.authoring.read(name).await.unwrap();
    let now = it.authoring.authored(name, stored.tests).await.unwrap();
    let now = now.iter().find(|test| test.test_case.id == id).unwrap();
    let moved = it
        .authoring
        .change_test(name, id, &now.etag, content(false, "four\n", None));
    assert_eq!(moved.await.unwrap().test_case.id, id);
    assert_eq!(it.inputs("new").await, ["one", "three", "four"]);

    it.authoring.delete_test(name, id, "").await.unwrap();
    assert!(it.authoring.delete_test(name, id, "").await.is_err());
    it.authoring
        .delete_test(name, public.test_case.id, &public.etag)
        .await
        .unwrap();
    let (_, stored) = it.authoring.read(name).await.unwrap();
    let last = it.authoring.delete_test(name, stored.tests[0].id, "").await;
    assert_eq!(last.unwrap_err().reason(), Reason::INVALID_ARGUMENT);
    assert_eq!(it.inputs("new").await, ["one"]);
}

#[tokio::test]
async fn tests_keep_their_subtasks_when_others_move_them() {
    let it = setting().await;
    let mut draft = draft("hello-name");
    let one = draft.tests[0].clone();
    draft.tests = (1..=3)
        .map(|number| Test {
            number,
            hidden: number > 1,
            ..one.clone()
        })
        .collect();
    let subtask = |name: &str, points, tests: &[u32]| Subtask {
        name: name.into(),
        points,
        scoring: Scoring::Minimum,
        tests: tests.to_vec(),
        requires: Vec::new(),
    };
    draft.points = 10;
    draft.subtasks = vec![subtask("A", 4, &[2]), subtask("B", 6, &[3])];
    it.authoring.create(&draft, Placing::Out).await.unwrap();
    let name = &draft.slug;
    for (wrong, why) in [
        (content(true, "x\n", None), "a hidden test is in a subtask"),
        (content(true, "x\n", Some("C")), "there is no such subtask"),
    ] {
        let error = it.authoring.add_test(name, wrong).await.unwrap_err();
        assert_eq!(error.reason(), Reason::INVALID_ARGUMENT, "{why}");
    }
    it.authoring
        .add_test(name, content(false, "x\n", None))
        .await
        .unwrap();
    it.authoring
        .add_test(name, content(true, "x\n", Some("A")))
        .await
        .unwrap();
    let (problem, stored) = it.authoring.read(name).await.unwrap();
    let tests: Vec<_> = problem.subtasks.iter().map(|it| it.tests.clone()).collect();
    assert_eq!(tests, [vec![3, 5], vec![4]]);
    let only = stored.tests[3].id;
    let error = it.authoring.delete_test(name, only, "").await.unwrap_err();
    assert_eq!(error.reason(), Reason::INVALID_ARGUMENT, "B would be empty");
}

#[tokio::test]
async fn of_two_authors_at_one_time_one_is_told() {
    let it = setting().await;
    let name = slug("hello-name");
    let (problem, _) = it.authoring.read(&name).await.unwrap();
    let first = |it: &mut CourseProblem| it.title = "First".into();
    let second = |it: &mut CourseProblem| it.title = "Second".into();
    let (first, second) = tokio::join!(
        it.authoring
            .update(&name, &problem.etag, first, Placing::Keep),
        it.authoring
            .update(&name, &problem.etag, second, Placing::Keep),
    );
    let mut lost = 0;
    for result in [first, second] {
        match result {
            Ok(page) => {
                let (now, _) = it.authoring.read(&name).await.unwrap();
                assert_eq!(now.title, page.problem.title);
            }
            Err(error) => {
                assert_eq!(error.reason(), Reason::ETAG_MISMATCH);
                lost += 1;
            }
        }
    }
    assert_eq!(lost, 1);
}

#[tokio::test]
async fn what_a_folder_knows_nothing_of_keeps_its_session() {
    let it = setting().await;
    let mut draft = draft("hello-name");
    let session = || Placing::In("say-and-ask".into());
    it.authoring.create(&draft, session()).await.unwrap();
    draft.slug = slug("newer");
    it.authoring.create(&draft, session()).await.unwrap();
    let edit = |it: &mut CourseProblem| it.title = "Changed".into();
    let name = slug("hello-name");
    let (before, _) = it.authoring.read(&name).await.unwrap();
    let changed = it
        .authoring
        .update(&name, &before.etag, edit, Placing::Keep);
    changed.await.unwrap();

    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/content/sample");
    let mut course = read_course(Path::new(sample), &ceilings()).unwrap();
    let tests = it.authoring.tests();
    let again = store_new_course(&it.ground.platform, tests, &course).await;
    assert_eq!(again.unwrap(), None, "the same folder");
    assert_eq!(it.authoring.read(&name).await.unwrap().0.title, "Changed");

    course.title = "Another".into();
    let loaded = store_new_course(&it.ground.platform, tests, &course).await;
    assert_eq!(
        loaded.unwrap().unwrap().changed,
        1,
        "that which was changed"
    );
    let (now, _) = it.authoring.read(&name).await.unwrap();
    assert_eq!(now.etag, before.etag);
    it.problems.invalidate();
    let (_, inside) = it.problems.session("say-and-ask").await.unwrap();
    let inside: Vec<_> = inside.iter().map(|it| it.slug.as_str()).collect();
    assert_eq!(inside[inside.len() - 2..], ["new", "newer"]);
    let place = |it: &Slug| inside.iter().position(|slug| *slug == it.as_str());
    let sessions = course.levels.iter().flat_map(|level| &level.sessions);
    let places = sessions.flat_map(|it| &it.problems).filter_map(place);
    assert!(places.is_sorted(), "{inside:?}");
}

#[tokio::test]
async fn a_problem_is_graded_as_it_stands_when_another_process_changed_it() {
    let it = setting().await;
    let name = slug("hello-name");
    let other = Problems::new(it.ground.platform.clone(), it.authoring.tests().clone());
    // It has read the course, and hears of no change.
    let before = other.get("hello-name").await.unwrap().problem;
    let edit = |it: &mut CourseProblem| it.points += 1;
    let changed = it
        .authoring
        .update(&name, &before.etag, edit, Placing::Keep);
    changed.await.unwrap();
    let graded = other.for_grading("hello-name").await.unwrap();
    assert_eq!(graded.points, before.points + 1);
}

#[tokio::test]
async fn the_etag_of_a_test_changes_with_its_subtask() {
    let it = setting().await;
    let (_, stored) = it.authoring.read(&slug("hello-name")).await.unwrap();
    let etag = |subtask| it.authoring.tests().etag(&stored.tests[0].test, subtask);
    assert_ne!(etag(None), etag(Some("A")));
    assert_ne!(etag(Some("B")), etag(Some("A")));
    assert_eq!(etag(Some("A")), etag(Some("A")));
}

#[test]
fn all_tests_of_a_problem_together_have_a_limit() {
    let mut draft = draft("hello-name");
    let one = draft.tests[0].clone();
    let text = "x".repeat(MAX_TESTS_BYTES / 40);
    let test = |number| Test {
        number,
        input: text.clone(),
        expected: text.clone(),
        ..one.clone()
    };
    draft.tests = (1..=20).map(test).collect();
    assert!(check(&draft, &ceilings(), "tests").is_ok());
    draft.tests.push(test(21));
    let error = check(&draft, &ceilings(), "tests").unwrap_err();
    let Error::Invalid { violations, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(violations[0].field, "tests");
}

#[tokio::test]
async fn sources_are_sealed_and_open_in_their_place_only() {
    let it = setting().await;
    let db = &it.ground.platform.db;
    let name = slug("hello-name");
    let (_, stored) = it.authoring.read(&name).await.unwrap();
    let wrong = stored.problem.wrong_solutions[0].source.as_bytes();
    let sql = "SELECT wrong_ciphertext FROM problems WHERE slug = 'hello-name'";
    let sealed: Vec<u8> = db::query_scalar(sql).fetch_one(db.read()).await.unwrap();
    assert!(sealed.windows(8).all(|part| part != &wrong[..8]));
    for sql in [
        "UPDATE problems SET wrong_ciphertext = solution_ciphertext",
        "UPDATE problems SET wrong_ciphertext =
             (SELECT other.wrong_ciphertext FROM problems other WHERE other.slug = 'fizz-buzz')",
    ] {
        let mut tx = db.write().await.unwrap();
        db::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        assert!(it.authoring.read(&name).await.is_err(), "{sql}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn tests_keep_id_data_and_subtask_wherever_they_are_put(
        all in proptest::collection::vec((any::<bool>(), 0usize..3), 1..20),
    ) {
        let mut draft = draft("hello-name");
        draft.subtasks = ["A", "B"]
            .map(|name| Subtask {
                name: name.into(),
                points: 5,
                scoring: Scoring::Sum,
                tests: vec![7, 1000],
                requires: Vec::new(),
            })
            .to_vec();
        let in_subtask = [None, Some("A"), Some("B")];
        let before: Vec<Placed> = (1..)
            .zip(all)
            .map(|(nth, (hidden, choice)): (u32, _)| Placed {
                id: TestCaseId::new(),
                content: content(hidden, &nth.to_string(), in_subtask[choice]),
            })
            .collect();
        let ids = arrange(&mut draft, before.clone());
        let numbers: Vec<u32> = draft.tests.iter().map(|test| test.number).collect();
        prop_assert!(numbers.into_iter().eq(1..=u32::try_from(ids.len()).unwrap()));
        prop_assert!(draft.tests.is_sorted_by_key(|test| test.hidden));
        let tests = ids.into_iter().zip(draft.tests.clone());
        let tests: Vec<_> = tests.map(|(id, test)| TestCase { id, test }).collect();
        let mut expected = before;
        expected.sort_by_key(|test| test.content.hidden);
        prop_assert_eq!(placed(&draft, &tests), expected);
    }
}
