//! Tries to read or move tests as somebody who can write the database but has no key.

use super::*;
use crate::platform::db;
use crate::platform::testing::{Ground, ground};
use crate::problems::course::folder::read_course;
use crate::problems::course::model::Ceilings;
use crate::problems::course::service::store_course;

struct Setting {
    ground: Ground,
    tests: TestCases,
}

async fn setting() -> Setting {
    let ground = ground().await;
    let tests = TestCases::new(
        ground.platform.db.clone(),
        Arc::new(MasterKey::new(&[7; 32])),
    );
    let limits = &ground.platform.config.limits;
    let ceilings = Ceilings {
        wall_time: limits.wall_time_ceiling,
        memory_bytes: limits.memory_bytes,
        source_bytes: limits.source_bytes,
    };
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/content/sample");
    let course = read_course(std::path::Path::new(sample), &ceilings).unwrap();
    store_course(&ground.platform, &tests, &course)
        .await
        .unwrap();
    Setting { ground, tests }
}

impl Setting {
    /// Whether the tests of fizz-buzz still open after a change of the database.
    async fn after(&self, sql: &'static str) -> bool {
        let slug = Slug::parse("fizz-buzz").unwrap();
        assert!(self.tests.all(&slug).await.is_ok());
        let mut tx = self.ground.platform.db.write().await.unwrap();
        let done = db::query(sql).execute(&mut *tx).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql}");
        tx.commit().await.unwrap();
        self.tests.all(&slug).await.is_ok()
    }
}

/// All bytes of the tables that hold tests, or of the whole file where there is one.
async fn stored_bytes(ground: &Ground) -> Vec<u8> {
    let db = &ground.platform.db;
    if let Some(file) = ground.platform.config.database.location.file() {
        db.close().await;
        return std::fs::read(file).unwrap();
    }
    let mut bytes = Vec::new();
    for sql in [
        "SELECT problems::text AS line FROM problems",
        "SELECT test_cases::text AS line FROM test_cases",
        "SELECT encode(input_ciphertext, 'escape') AS line FROM test_cases",
        "SELECT encode(solution_ciphertext, 'escape') AS line FROM problems",
    ] {
        for row in db::query(sql).fetch_all(db.read()).await.unwrap() {
            bytes.extend(row.try_get::<String, _>("line").unwrap().into_bytes());
        }
    }
    bytes
}

#[tokio::test]
async fn no_test_data_is_in_the_database_in_clear() {
    let setting = setting().await;
    let slug = Slug::parse("treasure-hunt").unwrap();
    let (tests, _) = setting.tests.all(&slug).await.unwrap();
    let bytes = stored_bytes(&setting.ground).await;
    let long = tests.iter().filter(|test| test.input.len() > 8);
    let mut looked = 0;
    for test in long.filter(|test| test.hidden) {
        let found = bytes
            .windows(test.input.len())
            .any(|part| part == test.input.as_bytes());
        assert!(!found, "the input of test {} is in the file", test.number);
        looked += 1;
    }
    assert!(looked > 0);
}

#[tokio::test]
async fn swapped_and_changed_rows_do_not_open() {
    for sql in [
        // Tests of another problem, with that problem's key or without it.
        "UPDATE test_cases SET problem = 'fizz-buzz', number = number + 100
         WHERE problem = 'hello-name'",
        "UPDATE problems SET wrapped_key =
             (SELECT wrapped_key FROM problems WHERE slug = 'hello-name')
         WHERE slug = 'fizz-buzz'",
        // A hidden test made public, to be shown as an example.
        "UPDATE test_cases SET hidden = 0 WHERE problem = 'fizz-buzz' AND hidden = 1",
        // Another order, another id.
        "UPDATE test_cases SET number = number + 50 WHERE problem = 'fizz-buzz'",
        "UPDATE test_cases SET id = '0197f000-0000-7000-8000-000000000000'
         WHERE problem = 'fizz-buzz' AND number = 1",
        // The input in place of the expected output.
        "UPDATE test_cases SET expected_ciphertext = input_ciphertext
         WHERE problem = 'fizz-buzz'",
        // A damaged text.
        "UPDATE test_cases SET input_ciphertext = substr(input_ciphertext, 2)
         WHERE problem = 'fizz-buzz'",
    ] {
        assert!(!setting().await.after(sql).await, "{sql}");
    }
}

#[tokio::test]
async fn another_master_key_opens_nothing() {
    let setting = setting().await;
    let db = setting.ground.platform.db.clone();
    let others = TestCases::new(db, Arc::new(MasterKey::new(&[8; 32])));
    let error = others
        .all(&Slug::parse("fizz-buzz").unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Internal { .. }));
}

#[tokio::test]
async fn examples_are_the_public_tests_only() {
    let setting = setting().await;
    let slug = Slug::parse("fizz-buzz").unwrap();
    let examples = setting.tests.examples(&slug).await.unwrap();
    let (all, _) = setting.tests.all(&slug).await.unwrap();
    assert!(!examples.is_empty() && examples.iter().all(|test| !test.hidden));
    assert!(examples.len() < all.len());
}
