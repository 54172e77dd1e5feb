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
         problems = [\"echo\", \"same\", \"silent\"]\n",
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
    for slug in ["echo", "silent"] {
        for (kind, number) in [
            ("public", 1),
            ("hidden", 1),
            ("hidden", 2),
            ("hidden", 3),
            ("hidden", 4),
        ] {
            let text = format!("SECRET {kind} {number}\n");
            put(
                root,
                &format!("problems/{slug}/tests/{kind}/0{number}.in"),
                &text,
            );
            put(
                root,
                &format!("problems/{slug}/tests/{kind}/0{number}.out"),
                &text,
            );
        }
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

fn problem(root: &Path, slug: &str, kind: &str, feedback: &str) {
    let text = format!(
        "title = \"T\"\nsummary = \"S.\"\n{kind}difficulty = \"easy\"\npoints = 10\n\
         tags = [\"input\"]\ncategory = \"basics\"\nfeedback = \"{feedback}\"\n\
         [checker]\nkind = \"tokens\"\n"
    );
    put(root, &format!("problems/{slug}/problem.toml"), &text);
    for name in ["statement.md", "starter.py", "solution.py", "wrong/one.py"] {
        put(root, &format!("problems/{slug}/{name}"), "# text\n");
    }
}

fn put(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
