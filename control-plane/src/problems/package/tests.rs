//! Archives through the database: out, wiped, in again, and the same as before.

use std::path::Path;
use std::sync::Arc;

use super::archive::{pack, unpack};
use super::service::{NewProblem, Packages, ProblemFormat};
use crate::platform::errors::{Error, Reason};
use crate::platform::seal::MasterKey;
use crate::platform::testing::{Ground, ground};
use crate::problems::authoring::service::{Authoring, Placing};
use crate::problems::course::folder::read_course;
use crate::problems::course::model::{Ceilings, Course, CourseProblem};
use crate::problems::course::service::{store_course, store_new_course};
use crate::problems::course::stored::read_course as read_stored;
use crate::problems::course::tree::Files;
use crate::problems::model::{ProblemKind, Slug};
use crate::problems::service::Problems;
use crate::testcases::service::TestCases;

struct Desk {
    ground: Ground,
    authoring: Authoring,
    packages: Packages,
    problems: Problems,
}

/// Without any course.
async fn desk() -> Desk {
    let ground = ground().await;
    let platform = ground.platform.clone();
    let master = Arc::new(MasterKey::new(&[7; 32]));
    let tests = TestCases::new(platform.db.clone(), master);
    let problems = Problems::new(platform.clone(), tests.clone());
    let authoring = Authoring::new(platform.clone(), tests, problems.clone());
    Desk {
        packages: Packages::new(platform, authoring.clone(), problems.clone()),
        ground,
        authoring,
        problems,
    }
}

async fn desk_with_sample() -> Desk {
    let desk = desk().await;
    let tests = desk.authoring.tests();
    store_course(&desk.ground.platform, tests, &sample())
        .await
        .unwrap();
    desk
}

fn sample() -> Course {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/content/sample");
    let limits = crate::platform::config::Limits::default();
    read_course(Path::new(folder), &Ceilings::of(&limits)).unwrap()
}

fn slug(text: &str) -> Slug {
    Slug::parse(text).unwrap()
}

fn new(format: ProblemFormat, archive: Vec<u8>) -> NewProblem {
    NewProblem {
        format,
        archive,
        slug: None,
        placing: Placing::Out,
        etag: String::new(),
    }
}

impl Desk {
    async fn read(&self, slug: &Slug) -> CourseProblem {
        self.authoring.read(slug).await.unwrap().1.problem
    }

    async fn stored(&self) -> Course {
        let tests = self.authoring.tests();
        read_stored(&self.ground.platform, tests).await.unwrap()
    }
}

#[tokio::test]
async fn problems_come_back_identical_in_both_formats() {
    let desk = desk_with_sample().await;
    let mut count = 0;
    for problem in sample().problems {
        for format in [ProblemFormat::Kattis, ProblemFormat::Folder] {
            if problem.kind == ProblemKind::Function && format == ProblemFormat::Kattis {
                continue;
            }
            let exported = desk.packages.export_problem(format, &problem.slug).await;
            let (archive, _) = exported.unwrap();
            let before = desk.authoring.read(&problem.slug).await.unwrap().0.etag;
            desk.authoring.delete(&problem.slug, "").await.unwrap();
            let imported = desk.packages.import_problem(new(format, archive)).await;
            let (page, warnings) = imported.unwrap();
            assert_eq!(warnings, Vec::<String>::new());
            assert_eq!(page.problem.etag, before, "{} {format:?}", problem.slug);
            assert_eq!(desk.read(&problem.slug).await, problem);
            count += 1;
        }
    }
    assert!(count > 20);
}

#[tokio::test]
async fn the_course_comes_back_identical_and_a_start_leaves_it() {
    let desk = desk_with_sample().await;
    let before = desk.stored().await;
    let archive = desk.packages.export_course().await.unwrap();
    let empty = Course {
        title: "Empty".into(),
        levels: Vec::new(),
        problems: Vec::new(),
        cheatsheets: Vec::new(),
    };
    let tests = desk.authoring.tests();
    store_course(&desk.ground.platform, tests, &empty)
        .await
        .unwrap();
    desk.problems.invalidate();
    assert_eq!(desk.stored().await.problems.len(), 0);
    let loaded = desk.packages.import_course(archive.clone()).await.unwrap();
    assert_eq!(loaded.changed, before.problems.len());
    assert_eq!(desk.stored().await, before);
    assert_eq!(desk.packages.export_course().await.unwrap(), archive);
    // The folder of the installation is still the empty one.
    let again = store_new_course(&desk.ground.platform, tests, &empty).await;
    assert_eq!(again.unwrap(), None);
}

#[tokio::test]
async fn a_problem_is_replaced_by_whoever_knows_its_etag() {
    let desk = desk_with_sample().await;
    let name = slug("hello-name");
    let format = ProblemFormat::Folder;
    let (archive, _) = desk.packages.export_problem(format, &name).await.unwrap();
    let taken = desk
        .packages
        .import_problem(new(format, archive.clone()))
        .await;
    assert_eq!(taken.unwrap_err().reason(), Reason::SLUG_TAKEN);

    let (problem, stored) = desk.authoring.read(&name).await.unwrap();
    let mut changed = Files::default();
    for (path, content) in unpack(&archive).unwrap().iter() {
        let text = String::from_utf8(content.to_vec()).unwrap();
        changed.put(path, text.replace("title = \"", "title = \"New: "));
    }
    let archive = pack(&changed).unwrap();
    let with = |etag: &str| NewProblem {
        etag: etag.into(),
        placing: Placing::Keep,
        ..new(format, archive.clone())
    };
    let late = desk.packages.import_problem(with("old")).await;
    assert_eq!(late.unwrap_err().reason(), Reason::ETAG_MISMATCH);
    let replaced = desk.packages.import_problem(with(&problem.etag)).await;
    let (page, _) = replaced.unwrap();
    assert!(page.problem.title.starts_with("New: "));
    assert_eq!(page.problem.place, problem.place);
    let (_, now) = desk.authoring.read(&name).await.unwrap();
    assert_eq!(now.tests, stored.tests, "they have kept their ids");

    let other = NewProblem {
        slug: Some(slug("another")),
        placing: Placing::In("say-and-ask".into()),
        ..new(format, archive.clone())
    };
    let (page, _) = desk.packages.import_problem(other).await.unwrap();
    assert_eq!(page.problem.slug.as_str(), "another");
    assert_eq!(
        page.problem.place.as_ref().unwrap().session_id,
        "say-and-ask"
    );
}

#[tokio::test]
async fn what_is_wrong_with_an_archive_is_told_of_its_field() {
    let desk = desk_with_sample().await;
    let file = |path: &str, text: &str| {
        let mut files = Files::default();
        files.put(path, text);
        pack(&files).unwrap()
    };
    let exported = desk.packages.export_course().await.unwrap();
    let cases = [
        (
            ProblemFormat::Kattis,
            b"no archive".to_vec(),
            "no zip archive",
        ),
        (ProblemFormat::Kattis, file("x", ""), "problem.yaml"),
        (ProblemFormat::Kattis, exported, "problem.yaml"),
        (ProblemFormat::Folder, file("a/problem.toml", ""), "title"),
        (ProblemFormat::Folder, file("x", ""), "the folder"),
    ];
    for (format, archive, expected) in cases {
        let error = desk.packages.import_problem(new(format, archive)).await;
        let Error::Invalid { violations, .. } = error.unwrap_err() else {
            panic!("{expected}")
        };
        assert!(violations.iter().all(|it| it.field == "package"));
        let told = violations
            .iter()
            .any(|it| it.description.contains(expected));
        assert!(told, "{expected}: {violations:?}");
    }
    let error = desk.packages.import_course(file("x", "")).await;
    assert_eq!(error.unwrap_err().reason(), Reason::INVALID_ARGUMENT);
    assert_eq!(desk.stored().await, sample(), "nothing has changed");
}

#[tokio::test]
async fn what_could_not_be_sent_back_is_not_sent() {
    let desk = desk_with_sample().await;
    let name = slug("hello-name");
    let small = desk.packages.export_problem(ProblemFormat::Folder, &name);
    assert!(small.await.is_ok());
    let (problem, _) = desk.authoring.read(&name).await.unwrap();
    // Bytes that can't be packed: 900 KB in each of a few tests, more than a request of 4 MB holds.
    let mut state = 1u64;
    let mut noise = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'0' + (state % 75) as u8)
    };
    let mut edit = |problem: &mut CourseProblem| {
        let one = problem.tests[0].clone();
        for number in 1..=6 {
            let mut test = one.clone();
            test.number = number;
            test.hidden = number > 1;
            test.input = (0..900_000).map(|_| noise()).collect();
            problem.tests.retain(|other| other.number != number);
            problem.tests.push(test);
        }
        problem.tests.sort_by_key(|test| test.number);
        problem.tests.truncate(6);
    };
    let mut draft = desk.read(&name).await;
    edit(&mut draft);
    desk.authoring
        .replace(&problem.etag, &draft, Placing::Keep)
        .await
        .unwrap();
    for format in [ProblemFormat::Kattis, ProblemFormat::Folder] {
        let large = desk.packages.export_problem(format, &name).await;
        assert_eq!(large.unwrap_err().reason(), Reason::PACKAGE_TOO_LARGE);
    }
    let course = desk.packages.export_course().await;
    assert_eq!(course.unwrap_err().reason(), Reason::PACKAGE_TOO_LARGE);
}
