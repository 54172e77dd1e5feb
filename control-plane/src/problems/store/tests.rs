//! Problems come in the order of the course, however many parts they are read in.

use super::*;
use crate::platform::testing::ground;

/// More than two parts; every seventh is in the course, the last ones first.
const COUNT: i64 = 2100;

#[tokio::test]
async fn parts_join_to_the_course_in_order() {
    let ground = ground().await;
    let mut tx = ground.platform.db.write().await.unwrap();
    for statement in [
        "INSERT INTO levels (id, position, age_group, number, title, summary)
         VALUES ('level', 0, '11-14', 1, '', '')",
        "INSERT INTO course_sessions (id, level_id, position, title, summary)
         VALUES ('session', 'level', 0, '', '')",
    ] {
        db::query(statement).execute(&mut *tx).await.unwrap();
    }
    db::query(
        "WITH RECURSIVE numbers (number) AS
             (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < $1)
         INSERT INTO problems (slug, origin, title, summary, statement, kind, function_name,
             difficulty, points, category, tags, starter_source, solution_ciphertext, checker,
             feedback, wrapped_key, fingerprint, session_id, position, update_time)
         SELECT 'p-' || number, 'api', '', '', '', 'stdin', '', 'easy', 1, '', '[]', '', $2,
             '{\"kind\":\"exact\",\"case_sensitive\":true,\"absolute_tolerance\":0.0,
               \"relative_tolerance\":0.0}',
             'full', $2, '', CASE WHEN number % 7 = 0 THEN 'session' END, $1 - number, 0
         FROM numbers",
    )
    .bind(COUNT)
    .bind(vec![0_u8])
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();

    let number = |problem: &Problem| -> i64 {
        let slug = problem.slug.as_str();
        slug.trim_start_matches("p-").parse().unwrap()
    };
    let problems = problems(ground.platform.db.read()).await.unwrap();
    let found: Vec<_> = problems.iter().map(number).collect();
    let falling = || (1..=COUNT).rev();
    let placed = falling().filter(|number| number % 7 == 0);
    let others = falling().filter(|number| number % 7 != 0);
    assert_eq!(found, placed.chain(others).collect::<Vec<_>>());
    assert_eq!(problems[0].place.as_ref().unwrap().level_id, "level");
}
