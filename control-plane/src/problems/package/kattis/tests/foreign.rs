//! A package that somebody else wrote, and everything that a package can have which can't be had
//! here.

use super::*;

/// A package that was written after the specification, with this changed.
pub(super) fn increment(change: impl FnOnce(&mut Vec<(String, String)>)) -> Files {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/packages/increment");
    let mut all = Vec::new();
    collect(Path::new(root), "increment", &mut all);
    change(&mut all);
    let mut files = Files::default();
    for (path, text) in all {
        files.put(path, text);
    }
    files
}

fn collect(folder: &Path, name: &str, all: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{name}/{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            collect(&entry.path(), &name, all);
        } else {
            all.push((name, std::fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

fn imported(files: &Files) -> Imported {
    read(files, None, &ceilings()).unwrap_or_else(|mistakes| panic!("{}", mistakes.join("\n")))
}

#[test]
fn a_package_of_somebody_else_becomes_a_problem() {
    let Imported { problem, warnings } = imported(&increment(|_| {}));
    let problem = check(&problem, &ceilings(), "package").unwrap();
    assert_eq!(problem.slug.as_str(), "increment");
    assert_eq!(problem.title, "Add One");
    assert_eq!(problem.limits.wall_time.unwrap().as_millis(), 1500);
    assert_eq!(problem.limits.memory_bytes, Some(64 * 1024 * 1024));
    assert_eq!(problem.tags, ["arithmetic", "large-numbers"]);
    assert_eq!(problem.checker.kind, CheckerKind::Float);
    assert_eq!(problem.checker.absolute_tolerance, 1e-6);
    assert!(problem.checker.case_sensitive);
    let shape: Vec<_> = problem.tests.iter().map(|it| it.hidden).collect();
    assert_eq!(shape, [false, true, true, true]);
    let [small, large] = &problem.subtasks[..] else {
        panic!("{:?}", problem.subtasks)
    };
    assert_eq!((small.name.as_str(), small.points), ("1-small", 40));
    assert_eq!(small.scoring, Scoring::Minimum);
    assert_eq!((large.points, &large.tests[..]), (60, &[4][..]));
    assert_eq!(large.requires, ["1-small"]);
    assert_eq!(problem.points, 100);
    assert!(problem.solution_source.contains("+ 1"));
    let names: Vec<_> = problem.wrong_solutions.iter().map(|it| &it.name).collect();
    assert_eq!(names, ["off_by_one", "slow"]);
    let warnings = warnings.join("\n");
    for lost in [
        "credits",
        "license",
        "\"large numbers\" becomes \"large-numbers\"",
        "input_validators/validate.py",
        "submissions/accepted/solution.cpp",
        "submissions.yaml",
        "no summary",
        "no difficulty",
    ] {
        assert!(warnings.contains(lost), "{lost} is not in\n{warnings}");
    }
    assert_eq!(there_and_back(&problem), problem);
}

#[test]
fn the_names_of_the_draft_are_known() {
    let files = increment(|files| {
        for (path, text) in files.iter_mut() {
            *path = path.replace("test_group.yaml", "testdata.yaml");
            *path = path.replace("/statement/", "/problem_statement/");
            *text = text.replace(
                "output_validator_args: [case_sensitive, float_tolerance, \"1e-6\"]",
                "output_validator_flags: case_sensitive float_tolerance 1e-6",
            );
            *text = text.replace("2025-09", "2023-07-draft");
        }
    });
    let draft = imported(&files).problem;
    assert_eq!(draft, imported(&increment(|_| {})).problem);
}

#[test]
fn a_validator_in_python_becomes_the_checker() {
    for path in [
        "output_validator/check.py",
        "output_validators/own/check.py",
    ] {
        let files = increment(|files| {
            let source = "import sys\nsys.exit(42)\n".to_owned();
            files.push((format!("increment/{path}"), source));
            for (_, text) in files.iter_mut() {
                *text = text.replace("[case_sensitive, float_tolerance, \"1e-6\"]", "[]");
            }
        });
        let problem = imported(&files).problem;
        assert_eq!(problem.checker.kind, CheckerKind::Custom, "{path}");
        assert!(problem.checker_source.contains("42"));
    }
}

/// What is changed in a text of a file, and what is said of it.
type Change<'a> = (&'a str, &'a str, &'a str, &'a str);

fn changed((file, from, to, _): Change) -> Files {
    increment(|files| {
        let file = format!("increment/{file}");
        let found = files.iter_mut().find(|(path, _)| *path == file);
        match found {
            Some((_, text)) => {
                assert!(text.contains(from), "{file} has no {from}");
                *text = text.replacen(from, to, 1);
            }
            None => files.push((file, to.to_owned())),
        }
    })
}

#[test]
fn what_would_be_another_problem_is_refused() {
    let yaml = "problem.yaml";
    let group = "data/secret/1-small/test_group.yaml";
    let secret = "data/secret/test_group.yaml";
    let cases: &[Change] = &[
        (yaml, "2025-09", "legacy", "problem_format_version"),
        (
            yaml,
            "problem_format_version: 2025-09",
            "",
            "problem_format_version",
        ),
        (yaml, "type: scoring", "type: interactive", "interactive"),
        (yaml, "type: scoring", "type: [pass-fail, scoring]", "type"),
        (
            yaml,
            "type: scoring",
            "",
            "pass-fail problem has no max_score",
        ),
        (yaml, "python3", "cpp", "languages must have python3"),
        (yaml, "license:", "licence:", "licence is no key"),
        (yaml, "time_limit: 1.5", "time_limit: fast", "time_limit"),
        (yaml, "time_limit: 1.5", "time_limit: -1", "time_limit"),
        (yaml, "memory: 64", "memory: 0.5", "memory"),
        (
            yaml,
            "memory: 64",
            "memory: &a 64\n  output: *a",
            "problem.yaml",
        ),
        (
            yaml,
            "type: scoring",
            "type: scoring\nconstants: {n: 5}",
            "constants",
        ),
        (yaml, "name: Add One", "name: [Add]", "name"),
        (group, "max_score: 40", "", "1-small: max_score is missing"),
        (group, "max_score: 40", "max_score: unbounded", "max_score"),
        (group, "max_score: 40", "max_score: 0.5", "max_score"),
        (
            group,
            "max_score: 40",
            "max_score: 40\nstatic_validation_score: 5",
            "static_validation_score",
        ),
        (group, "pass-fail", "mean", "score_aggregation"),
        (
            group,
            "float_tolerance, \"1e-6\"",
            "float_tolerance, \"1e-5\"",
            "the same output_validator_args",
        ),
        (secret, "sum", "min", "min of groups"),
        (
            "data/secret/1-small/b.yaml",
            "",
            "args: [x]",
            "args can't be had",
        ),
        (
            "data/secret/1-small/b.files/extra.txt",
            "",
            "x",
            "given no files",
        ),
        ("data/secret/1-small/c.in", "", "x\n", "c.ans: is missing"),
        (
            "output_validator/check.cpp",
            "",
            "int main() {}",
            "one Python file",
        ),
        (
            "output_validator/check.py",
            "",
            "exit(42)\n",
            "given no output_validator_args",
        ),
        ("include/default/x.py", "", "x = 1\n", "include/"),
        ("static_validator/x.py", "", "x = 1\n", "static_validator/"),
        (
            ".coderunner/settings.toml",
            "",
            "odd = 1\n",
            "settings.toml",
        ),
        (
            ".coderunner/settings.toml",
            "",
            "difficulty = \"odd\"\n",
            "difficulty",
        ),
    ];
    for case in cases {
        let mistakes = read(&changed(*case), None, &ceilings()).expect_err(case.2);
        let told = mistakes.iter().any(|mistake| mistake.contains(case.3));
        assert!(told, "{case:?}: {mistakes:?}");
    }
    let files = increment(|files| files.retain(|(path, _)| !path.contains("/statement/")));
    let mistakes = read(&files, None, &ceilings()).unwrap_err();
    assert!(
        mistakes[0].contains("statement/problem.en.md"),
        "{mistakes:?}"
    );
    assert!(read(&Files::default(), None, &ceilings()).is_err());
}

#[test]
fn what_is_lost_or_changed_is_told() {
    let yaml = "problem.yaml";
    let cases: &[Change] = &[
        (
            yaml,
            "time_limit: 1.5",
            "time_limit: 100",
            "limits.time_limit becomes",
        ),
        (
            yaml,
            "time_limit: 1.5",
            "time_limit: 0.001",
            "limits.time_limit becomes 0.1 s",
        ),
        (
            yaml,
            "memory: 64",
            "memory: 2048",
            "limits.memory becomes 128 MiB",
        ),
        (
            yaml,
            "memory: 64",
            "memory: 64\n  output: 8",
            "limits.output",
        ),
        (
            yaml,
            "time_limit: 1.5",
            "time_multipliers: {}",
            "no time limit is inferred",
        ),
        (
            yaml,
            "name: Add One",
            "name: {en: Add One, de: Addiere}",
            "only the name in en",
        ),
        (
            "data/secret/test_group.yaml",
            "max_score: 100",
            "max_score: 90",
            "max_score is 90",
        ),
        (
            "data/secret/1-small/a.yaml",
            "",
            "hint: Think.\n",
            "hint is not kept",
        ),
        (
            "data/secret/1-small/a.png",
            "",
            "x",
            "data/secret/1-small/a.png",
        ),
        (
            "data/invalid_input/x.in",
            "",
            "x",
            "data/invalid_input/x.in",
        ),
        ("data/sample/1.in.statement", "", "x", "1.in.statement"),
        ("attachments/a.txt", "", "x", "attachments/a.txt"),
        (
            "statement/problem.en.md",
            "{{nextsample}}",
            "{{nextsample}}",
            "examples follow",
        ),
        (
            "statement/problem.de.md",
            "",
            "x",
            "statement/problem.de.md",
        ),
        ("submissions/accepted/zz.py", "", "x", "a problem has one"),
        ("a name", "", "x", "1 files are left out"),
    ];
    for case in cases {
        let Imported { warnings, .. } = imported(&changed(*case));
        let told = warnings.iter().any(|warning| warning.contains(case.3));
        assert!(told, "{case:?}: {warnings:#?}");
    }
}

#[test]
fn pass_fail_and_ungrouped_points_are_understood() {
    let ungrouped = |aggregation: &str| {
        increment(|files| {
            for (path, text) in files.iter_mut() {
                *path = path.replace("secret/1-small/", "secret/1");
                *path = path.replace("secret/2-large/", "secret/2");
                let line = format!("score_aggregation: {aggregation}");
                *text = text.replace("score_aggregation: sum", &line);
            }
            files
                .retain(|(path, _)| !path.contains("1test_group") && !path.contains("2test_group"));
        })
    };
    let problem = imported(&ungrouped("sum")).problem;
    assert_eq!(problem.subtasks[0].tests, [2, 3, 4]);
    assert_eq!(problem.subtasks[0].scoring, Scoring::Sum);
    for aggregation in ["min", "pass-fail"] {
        let problem = imported(&ungrouped(aggregation)).problem;
        assert_eq!((problem.subtasks.len(), problem.points), (0, 100));
    }
}
