//! The course of the tests, as a content folder.

use std::fs;
use std::path::Path;

/// Writes the folder. `echo` and `silent` (one verdict for all) want standard input on standard
/// output, `silent` with the profile science; `same` is a function that returns its argument; each has
/// a public test and two or more hidden ones.
pub fn write(root: &Path) {
    put(
        root,
        "course.toml",
        "title = \"T\"\n[[levels]]\nid = \"l\"\nage_group = \"11-14\"\nnumber = 1\ntitle = \"L\"\n\
         summary = \"S.\"\n[[levels.sessions]]\nid = \"s\"\ntitle = \"S\"\nsummary = \"S.\"\n\
         problems = [\"echo\", \"same\", \"silent\", \"parts\", \"strict\", \"quiet\", \"first\", \
         \"own\", \"own-first\", \"own-verdicts\", \"own-quiet\", \"own-call\"]\n",
    );
    put(root, "cheatsheets/one.md", "# One\n\nText.\n");
    problem(root, "echo", "kind = \"stdin\"\n", "full");
    let science = "kind = \"stdin\"\nprofile = \"science\"\n";
    problem(root, "silent", science, "verdict_only");
    problem(
        root,
        "same",
        "kind = \"function\"\nfunction_name = \"same\"\n",
        "full",
    );
    let stops = "stop_on_first_failure = true\n";
    for (slug, feedback, more, subtasks) in [
        ("parts", "full", "", subtasks("requires = [\"Small\"]\n")),
        ("strict", "full", stops, subtasks("")),
        ("quiet", "verdict_only", "", subtasks("")),
        ("first", "full", stops, String::new()),
    ] {
        let kind = format!("kind = \"stdin\"\n{more}");
        let text = settings(&kind, feedback).replace("points = 10\n", "points = 100\n");
        put_problem(root, slug, &(text + &subtasks));
        put_tests(root, slug, 6);
    }
    put_with_checkers(root);
    for slug in ["echo", "silent"] {
        put_tests(root, slug, 4);
    }
    for (kind, number, value) in [("public", 1, "1"), ("hidden", 1, "2"), ("hidden", 2, "3")] {
        let text = format!("{{\"arguments\": [{value}], \"expected\": {value}.0}}\n");
        put(
            root,
            &format!("problems/same/tests/{kind}/0{number}.json"),
            &text,
        );
    }
}

/// Problems whose author wrote the checker. `own-call` is a function; the others want `ANSWER` for
/// `SECRET`, in six hidden tests with subtasks (but for `own-first`) and a public one.
fn put_with_checkers(root: &Path) {
    let stdin = "kind = \"stdin\"\nprofile = \"science\"\nlimits.wall_time_ms = 2000\n";
    let stops = format!("{stdin}stop_on_first_failure = true\n");
    for (slug, kind, feedback, subtasks) in [
        ("own", stdin, "full", subtasks("")),
        ("own-first", &stops, "full", String::new()),
        ("own-verdicts", stdin, "verdict_per_test", subtasks("")),
        ("own-quiet", stdin, "verdict_only", subtasks("")),
    ] {
        let text = settings(kind, feedback).replace("points = 10\n", "points = 100\n");
        let text = text.replace("\"tokens\"", "\"custom\"");
        put_problem(root, slug, &(text + &subtasks));
        put(root, &format!("problems/{slug}/checker.py"), "# CHECKER\n");
        put_tests_with(root, slug, 6, "ANSWER");
    }
    let kind = "kind = \"function\"\nfunction_name = \"same\"\n";
    let text = settings(kind, "full").replace("\"tokens\"", "\"custom\"");
    put_problem(root, "own-call", &text);
    put(root, "problems/own-call/checker.py", "# CHECKER\n");
    let test = "{\"arguments\": [1], \"expected\": \"ANSWER\"}\n";
    put(root, "problems/own-call/tests/public/01.json", test);
}

/// 100 points for six hidden tests, with this at the end of the last one.
fn subtasks(last: &str) -> String {
    format!(
        "[[subtask]]\nname = \"Small\"\npoints = 30\ntests = [\"hidden/01-02\"]\n\
         [[subtask]]\nname = \"Large\"\npoints = 50\nscoring = \"sum\"\ntests = [\"hidden/03-05\"]\n\
         [[subtask]]\nname = \"Bonus\"\npoints = 20\ntests = [\"hidden/06\"]\n{last}"
    )
}

/// A public test and some hidden ones, whose output is their input.
fn put_tests(root: &Path, slug: &str, hidden: u32) {
    put_tests_with(root, slug, hidden, "SECRET");
}

/// The same with this word for `SECRET` in the output.
fn put_tests_with(root: &Path, slug: &str, hidden: u32, answer: &str) {
    let tests = (1..=hidden).map(|number| ("hidden", number));
    for (kind, number) in tests.chain([("public", 1)]) {
        for (end, word) in [("in", "SECRET"), ("out", answer)] {
            let file = format!("problems/{slug}/tests/{kind}/0{number}.{end}");
            put(root, &file, &format!("{word} {kind} {number}\n"));
        }
    }
}

fn problem(root: &Path, slug: &str, kind: &str, feedback: &str) {
    put_problem(root, slug, &settings(kind, feedback));
}

fn settings(kind: &str, feedback: &str) -> String {
    format!(
        "title = \"T\"\nsummary = \"S.\"\n{kind}difficulty = \"easy\"\npoints = 10\n\
         tags = [\"input\"]\ncategory = \"basics\"\nfeedback = \"{feedback}\"\n\
         [checker]\nkind = \"tokens\"\n"
    )
}

fn put_problem(root: &Path, slug: &str, settings: &str) {
    put(root, &format!("problems/{slug}/problem.toml"), settings);
    for name in ["statement.md", "starter.py", "solution.py", "wrong/one.py"] {
        put(root, &format!("problems/{slug}/{name}"), "# text\n");
    }
}

fn put(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
