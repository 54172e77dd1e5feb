//! An author's own checker in the real sandbox: it is called as its documentation says, different
//! right answers are right, no bytes of a student make it fail, and when it fails by itself nothing is
//! held against anybody.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use coderunner_client::{Client, NewSubmission, SubmissionEvent};
use coderunner_proto::v1::{Submission, Verdict};
use e2e_tests::{PATIENCE, Quotas, Stack, run_alone, wait};
use futures::StreamExt;

/// Any two numbers with the right sum are right. It reads as a Kattis output validator does.
const SUM: &str = r#"
import sys

_, input_file, expected_file, feedback = [None, *sys.argv[1:]]
wanted = int(open(input_file).read())
assert open(expected_file).read() == "an example\n"
assert open("actual.txt", "rb").read() is not None
try:
    one, other = map(int, sys.stdin.read().split())
except ValueError:
    print("Print two whole numbers.")
    sys.exit(43)
if one == 99:
    raise KeyError(wanted)
with open(feedback + "/teammessage.txt", "w") as file:
    file.write(f"Their sum is {one + other}.")
sys.exit(42 if one + other == wanted else 43)
"#;

/// A function's value comes as JSON.
const PAIR: &str = r#"
import json, sys

(wanted,) = json.load(open("input.txt"))
pair = json.load(sys.stdin)
sys.exit(42 if isinstance(pair, list) and sum(pair) == wanted else 43)
"#;

fn main() {
    run_alone(vec![(
        "an_authors_own_checker_decides",
        an_authors_own_checker_decides,
    )])
}

fn an_authors_own_checker_decides() -> Result<()> {
    let stack = Stack::start(Quotas::None)?;
    let folder = tempfile::tempdir()?;
    write_course(folder.path())?;
    stack.load_course(folder.path())?;
    let judged = wait(judge(&stack));
    if judged.is_err() {
        eprintln!("{}", stack.last_words());
    }
    judged?;
    stack.stop()
}

async fn judge(stack: &Stack) -> Result<()> {
    let student = stack.student().await?;
    until_there(&student).await?;
    use Verdict::{Accepted, InternalError, RuntimeError, WrongAnswer};
    for (problem, source, verdict, message) in [
        (
            "sum",
            "n = int(input())\nprint(n - 1, 1)",
            Accepted,
            "Their sum is 10.",
        ),
        (
            "sum",
            "n = int(input())\nprint(0)\nprint(n)",
            Accepted,
            "Their sum is 10.",
        ),
        ("sum", "print(4, 5)", WrongAnswer, "Their sum is 9."),
        (
            "sum",
            "print('ten')",
            WrongAnswer,
            "Print two whole numbers.\n",
        ),
        (
            "sum",
            "import os\nos.write(1, b'\\xff\\x00\\xfe')",
            WrongAnswer,
            "Print two whole numbers.\n",
        ),
        (
            "sum",
            "print('8 ' * 50000)",
            WrongAnswer,
            "Print two whole numbers.\n",
        ),
        (
            "sum",
            "import os\nos.write(1, b'3 3 3\\n')",
            WrongAnswer,
            "Print two whole numbers.\n",
        ),
        // The student's program finds nothing of the checker, and its exit code is no answer.
        ("sum", "import sys\nsys.exit(42)", RuntimeError, ""),
        (
            "sum",
            "print(open('checker.py').read())",
            RuntimeError,
            "FileNotFoundError",
        ),
        (
            "sum",
            "print(open('expected.txt').read())",
            RuntimeError,
            "FileNotFoundError",
        ),
        ("sum", "print(99, 1)", InternalError, ""),
        ("pair", "def pair(n):\n    return n, 0", Accepted, ""),
        ("pair", "def pair(n):\n    return [2, n - 2]", Accepted, ""),
        ("pair", "def pair(n):\n    return n", WrongAnswer, ""),
        (
            "pair",
            "def other(n):\n    return n",
            WrongAnswer,
            "no function",
        ),
    ] {
        let submission = submit(&student, problem, source).await?;
        ensure!(submission.verdict() == verdict, "{source}\n{submission:#?}");
        let public = submission.test_results.first();
        let told = public.is_some_and(|public| public.message.contains(message));
        ensure!(
            told || verdict == InternalError,
            "{source}\n{submission:#?}"
        );
        let mut hidden = submission
            .test_results
            .iter()
            .filter(|result| result.hidden);
        ensure!(
            hidden.all(|result| result.message.is_empty() || verdict == RuntimeError),
            "{source}\n{submission:#?}"
        );
        ensure!(submission.author_message.is_empty(), "{submission:#?}");
    }
    Ok(())
}

/// The server reads a new course within seconds.
async fn until_there(student: &Client) -> Result<()> {
    let begin = std::time::Instant::now();
    while student.problem("sum").await.is_err() {
        ensure!(begin.elapsed() < PATIENCE, "the new course is not there");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn submit(student: &Client, problem: &str, source: &str) -> Result<Submission> {
    let new = NewSubmission {
        problem: problem.to_owned(),
        source: source.to_owned(),
        files: Vec::new(),
    };
    let mut started = student.submit(new).await?;
    let mut finished = None;
    while let Some(event) = started.events.next().await {
        if let SubmissionEvent::Finished(submission) = event? {
            finished = Some(*submission);
        }
    }
    finished.context("the stream ended without the finished submission")
}

fn write_course(root: &Path) -> Result<()> {
    let put = |file: &str, text: &str| -> Result<()> {
        let path = root.join(file);
        fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
        Ok(fs::write(path, text)?)
    };
    put(
        "course.toml",
        "title = \"T\"\n[[levels]]\nid = \"l\"\nage_group = \"11-14\"\nnumber = 1\ntitle = \"L\"\n\
         summary = \"S.\"\n[[levels.sessions]]\nid = \"s\"\ntitle = \"S\"\nsummary = \"S.\"\n\
         problems = [\"sum\", \"pair\"]\n",
    )?;
    let function = "kind = \"function\"\nfunction_name = \"pair\"";
    for (slug, kind, checker) in [("sum", "kind = \"stdin\"", SUM), ("pair", function, PAIR)] {
        let problem = format!("problems/{slug}");
        let settings = format!(
            "title = \"T\"\nsummary = \"S.\"\n{kind}\ndifficulty = \"easy\"\npoints = 10\n\
             tags = [\"input\"]\ncategory = \"basics\"\nfeedback = \"full\"\n\
             [checker]\nkind = \"custom\"\n"
        );
        put(&format!("{problem}/problem.toml"), &settings)?;
        put(&format!("{problem}/checker.py"), checker)?;
        for name in ["statement.md", "starter.py", "solution.py", "wrong/one.py"] {
            put(&format!("{problem}/{name}"), "# text\n")?;
        }
    }
    for (kind, number) in [("public", "10"), ("hidden", "10"), ("hidden", "1000")] {
        let nth = if number == "1000" { "02" } else { "01" };
        put(
            &format!("problems/sum/tests/{kind}/{nth}.in"),
            &format!("{number}\n"),
        )?;
        put(
            &format!("problems/sum/tests/{kind}/{nth}.out"),
            "an example\n",
        )?;
        let call = format!("{{\"arguments\": [{number}], \"expected\": null}}\n");
        put(&format!("problems/pair/tests/{kind}/{nth}.json"), &call)?;
    }
    Ok(())
}
