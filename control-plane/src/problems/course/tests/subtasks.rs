//! What `[[subtask]]` says, and what can be wrong with it.

use super::{Small, read};
use crate::judge::Scoring;

const FILE: &str = "problems/echo/problem.toml";

/// `echo` for 10 points, with a public test and three hidden ones, and these lines at its end.
fn with_lines(lines: &str) -> Small {
    let small = Small::new();
    for number in 2..=3 {
        small.write(&format!("problems/echo/tests/hidden/0{number}.in"), "c\n");
        small.write(&format!("problems/echo/tests/hidden/0{number}.out"), "c\n");
    }
    small.replace(
        FILE,
        "kind = \"exact\"\n",
        &format!("kind = \"exact\"\n{lines}"),
    );
    small
}

#[test]
fn subtasks_are_read_with_the_numbers_of_their_tests() {
    let small = with_lines(
        "[[subtask]]\nname = \"Small\"\npoints = 4\ntests = [\"hidden/02\", \"public/01\"]\n\
         [[subtask]]\nname = \"Large ones\"\npoints = 6\nscoring = \"sum\"\n\
         tests = [\"hidden/03-03\", \"hidden/01\"]\nrequires = [\"Small\"]\n",
    );
    small.replace(
        FILE,
        "points = 10\n",
        "points = 10\nstop_on_first_failure = true\n",
    );
    let course = read(small.folder.path()).unwrap();
    let [add, echo] = &course.problems[..] else {
        panic!()
    };
    assert!(add.subtasks.is_empty() && !add.stop_on_first_failure);
    assert!(echo.stop_on_first_failure);
    let [first, second] = &echo.subtasks[..] else {
        panic!("{:?}", echo.subtasks)
    };
    assert_eq!((first.name.as_str(), first.points), ("Small", 4));
    assert_eq!(
        (first.scoring, &first.tests[..]),
        (Scoring::Minimum, &[1, 3][..])
    );
    assert!(first.requires.is_empty());
    assert_eq!((second.name.as_str(), second.points), ("Large ones", 6));
    assert_eq!(
        (second.scoring, &second.tests[..]),
        (Scoring::Sum, &[2, 4][..])
    );
    assert_eq!(second.requires, ["Small"]);
}

#[test]
fn each_mistake_is_found_where_it_is() {
    // The first of the lines is line 11 of the file.
    let all = "tests = [\"hidden/01-03\"]\n";
    let one = |name: &str, points: u32, more: &str| {
        format!("[[subtask]]\nname = \"{name}\"\npoints = {points}\n{more}")
    };
    for (lines, line, mistake) in [
        (
            one("a", 9, all),
            5,
            "points: is 10, but those of the subtasks add up to 9",
        ),
        (
            one("a", 6, "tests = [\"hidden/01\"]\n") + &one("b", 5, "tests = [\"hidden/02-03\"]\n"),
            5,
            "points: is 10, but those of the subtasks add up to 11",
        ),
        (
            one("a", 10, "tests = [\"hidden/02\"]\n"),
            11,
            "subtask: hidden/01 and hidden/03 are in none of them",
        ),
        (
            one("a", 10, "tests = [\"hidden/01-02\", \"public/01\"]\n"),
            11,
            "subtask: hidden/03 is in none of them",
        ),
        (
            one("a", 10, "tests = [\"hidden/01-03\",\n  \"hidden/02\"]\n"),
            15,
            "tests: hidden/02 is in two subtasks",
        ),
        (
            one("a", 6, all) + &one("b", 4, "tests = [\"hidden/03\"]\n"),
            18,
            "tests: hidden/03 is in two subtasks",
        ),
        (
            one("a", 10, "tests = [\"hidden/01-04\"]\n"),
            14,
            "tests: \"hidden/01-04\": hidden has the tests 01 to 03",
        ),
        (
            one("a", 10, "tests = [\"public/02\"]\n"),
            14,
            "tests: \"public/02\": public has the tests 01 to 01",
        ),
        (
            one("a", 10, "tests = [\"hidden/00\"]\n"),
            14,
            "tests: \"hidden/00\": hidden has the tests",
        ),
        (
            one("a", 10, "tests = [\"hidden/03-01\"]\n"),
            14,
            "tests: \"hidden/03-01\": hidden has the tests",
        ),
        (
            one("a", 10, "tests = [\"hidden/1\"]\n"),
            14,
            "tests: \"hidden/1\" must be like",
        ),
        (
            one("a", 10, "tests = [\"secret/01\"]\n"),
            14,
            "tests: \"secret/01\" must be like",
        ),
        (
            one("a", 10, "tests = [\"hidden/+1\"]\n"),
            14,
            "tests: \"hidden/+1\" must be like",
        ),
        (
            one("a", 10, "tests = [\"01\"]\n"),
            14,
            "tests: \"01\" must be like",
        ),
        (
            one("a", 10, "tests = []\n"),
            11,
            "tests: must name at least one test",
        ),
        (one("a", 10, ""), 11, "tests: is missing"),
        (
            one("a", 5, "tests = [\"hidden/01\"]\n") + &one("a", 5, "tests = [\"hidden/02-03\"]\n"),
            16,
            "name: another subtask has this name",
        ),
        (
            one("a", 10, &format!("{all}requires = [\"a\"]\n")),
            15,
            "requires: no subtask before this one is called \"a\"",
        ),
        (
            one("a", 5, "tests = [\"hidden/01\"]\nrequires = [\"b\"]\n")
                + &one("b", 5, "tests = [\"hidden/02-03\"]\n"),
            15,
            "requires: no subtask before this one is called \"b\"",
        ),
        (
            one("a", 10, &format!("{all}scoring = \"average\"\n")),
            15,
            "scoring: must be one of \"minimum\", \"sum\"",
        ),
        (
            one("a", 1001, all),
            13,
            "points: must be a whole number from 0 to 1000",
        ),
        (
            one("a", 10, &format!("{all}weight = 3\n")),
            15,
            "weight: is not a known key",
        ),
        (
            "[subtask]\nname = \"a\"\n".to_owned(),
            11,
            "subtask: must be tables, as in [[subtask]]",
        ),
    ] {
        let mistakes = with_lines(&lines).mistakes();
        let start = format!("{FILE}:{line}: {mistake}");
        assert_eq!(mistakes.len(), 1, "{lines}\n{mistakes:#?}");
        assert!(mistakes[0].starts_with(&start), "{start}\n{mistakes:#?}");
    }
}

#[test]
fn whether_it_stops_is_true_or_false() {
    let small = with_lines("");
    small.replace(
        FILE,
        "points = 10\n",
        "points = 10\nstop_on_first_failure = \"yes\"\n",
    );
    let mistakes = small.mistakes();
    assert!(mistakes[0].contains(":6: stop_on_first_failure: must be true or false"));
}
