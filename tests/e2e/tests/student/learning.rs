//! The course, submissions, progress and the session.

use super::*;

pub fn a_right_submission_is_accepted_and_counts(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let solution = solution_of("hello-name")?;
    let words = [
        "submit".as_ref(),
        "hello-name".as_ref(),
        solution.as_os_str(),
    ];
    let done = cli.call(&words, "")?.expect_code(0)?;
    let text = done.text();
    ensure!(
        text.contains("ACCEPTED: 6 of 6 tests passed, 10 points"),
        "{text}"
    );
    ensure!(text.contains("hidden") && text.contains("public"), "{text}");
    ensure!(
        done.stderr.is_empty(),
        "no progress line in a pipe: {:?}",
        done.stderr
    );

    let progress = cli
        .call(&["progress", "--problems", "--json"], "")?
        .expect_code(0)?
        .json()?;
    let solved = &progress["problems"][0];
    ensure!(
        solved["problem"] == "hello-name" && solved["solved"] == true,
        "{progress}"
    );
    ensure!(
        solved["points"] == 10 && solved["attemptCount"] == 1,
        "{progress}"
    );
    let summary = cli
        .call(&["progress", "--json"], "")?
        .expect_code(0)?
        .json()?;
    ensure!(
        summary["points"] == 10 && summary["solvedProblemCount"] == 1,
        "{summary}"
    );
    let shown = cli.call(&["progress"], "")?.expect_code(0)?.text();
    ensure!(shown.contains("10 points, 1 problem solved"), "{shown}");
    Ok(())
}

pub fn a_wrong_submission_learns_of_public_tests_only(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let program = cli.program("wrong.py", "print('Hello, ' + input())\n")?;
    let words = [
        "submit".as_ref(),
        "hello-name".as_ref(),
        program.as_os_str(),
    ];
    let done = cli.call(&words, "")?.expect_code(1)?;
    let text = done.text();
    for part in [
        "Test 1 (public): WRONG_ANSWER",
        "given:",
        "expected:",
        "got:",
        "| Hello, Mira!",
    ] {
        ensure!(text.contains(part), "{part} in {text}");
    }
    ensure!(text.contains("WRONG_ANSWER: 0 of 6 tests passed"), "{text}");
    ensure!(
        !text.contains("(hidden)"),
        "nothing to say of hidden tests: {text}"
    );

    let words = [&words[..], &["--json".as_ref()]].concat();
    let submission = cli.call(&words, "")?.expect_code(1)?.json()?;
    let results = submission["testResults"].as_array().context("results")?;
    let (hidden, public): (Vec<&Value>, Vec<&Value>) =
        results.iter().partition(|result| result["hidden"] == true);
    ensure!(hidden.len() == 4 && public.len() == 2, "{submission}");
    for result in public {
        for field in ["input", "expected", "actual"] {
            ensure!(
                result[field].as_str().is_some_and(|text| !text.is_empty()),
                "{field}: {result}"
            );
        }
    }
    for result in hidden {
        let told: Vec<&String> = result.as_object().context("an object")?.keys().collect();
        let allowed = ["number", "hidden", "verdict", "usage"];
        ensure!(
            told.iter().all(|key| allowed.contains(&key.as_str())),
            "{result}"
        );
    }
    let progress = cli
        .call(&["progress", "--json"], "")?
        .expect_code(0)?
        .json()?;
    ensure!(
        progress.get("points").is_none(),
        "nothing was earned: {progress}"
    );
    Ok(())
}

pub fn a_submission_that_is_no_python_is_told_where(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let program = cli.program("wrong.py", "name = input()\nprint('Hello, ' + name\n")?;
    let words = [
        "submit".as_ref(),
        "hello-name".as_ref(),
        program.as_os_str(),
    ];
    let text = cli.call(&words, "")?.expect_code(1)?.text();
    ensure!(text.contains("main.py, line 2, column 6"), "{text}");
    ensure!(
        text.contains("COMPILE_ERROR: 0 of 6 tests passed"),
        "{text}"
    );
    Ok(())
}

pub fn the_course_can_be_read(stack: &Stack) -> Result<()> {
    let cli = stack.cli_without_session()?;
    let all = cli
        .call(&["problems", "--json"], "")?
        .expect_code(0)?
        .json()?;
    let count = samples()?.len();
    ensure!(
        all["problems"].as_array().map(Vec::len) == Some(count),
        "{count} problems: {all}"
    );
    let young = cli
        .call(&["problems", "--age-group", "11-14", "--json"], "")?
        .expect_code(0)?;
    let young = young.json()?["problems"].as_array().map_or(0, Vec::len);
    ensure!(young > 0 && young < count, "{young} of {count}");
    let hard = cli
        .call(&["problems", "--difficulty", "hard"], "")?
        .expect_code(0)?
        .text();
    ensure!(
        hard.contains("fewest-coins") && !hard.contains("hello-name"),
        "{hard}"
    );

    let shown = cli
        .call(&["show", "hello-name"], "")?
        .expect_code(0)?
        .text();
    ensure!(
        shown.contains("Hello") && shown.contains("Example 1, input:"),
        "{shown}"
    );
    let starter = cli
        .call(&["show", "hello-name", "--starter"], "")?
        .expect_code(0)?;
    let file = solution_of("hello-name")?.with_file_name("starter.py");
    ensure!(starter.stdout == std::fs::read(file)?, "{}", starter.text());
    let levels = cli.call(&["levels"], "")?.expect_code(0)?.text();
    ensure!(
        levels.contains("hello-name") && levels.contains("15 to 18 years"),
        "{levels}"
    );
    Ok(())
}

pub fn a_session_is_kept_private_and_ends_with_logout(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let me = cli
        .call(&["whoami", "--json"], "")?
        .expect_code(0)?
        .json()?;
    ensure!(
        me["displayName"] == "Mira" && me["role"] == "ROLE_STUDENT",
        "{me}"
    );
    let config = cli.folder().join("config");
    for entry in std::fs::read_dir(&config)? {
        let entry = entry?;
        let mode = entry.metadata()?.permissions().mode() & 0o777;
        let secret = entry.file_name().to_string_lossy().ends_with(".json");
        ensure!(
            !secret || mode == 0o600,
            "{:?} has mode {mode:o}",
            entry.path()
        );
    }
    cli.call(&["logout"], "")?.expect_code(0)?;
    cli.call(&["whoami"], "")?.expect_code(4)?;

    let account = new_account();
    let words = [
        "register",
        &account.email,
        "--name",
        "Juno",
        "--password-stdin",
    ];
    cli.call(&words, &account.password)?.expect_code(0)?;
    let login = ["login", &account.email, "--password-stdin"];
    let wrong = cli.call(&login, "not the password")?.expect_code(4)?;
    ensure!(wrong.stderr.contains("password"), "{}", wrong.stderr);
    let right = cli.call(&login, &account.password)?.expect_code(0)?;
    ensure!(right.text().contains("Juno"), "{}", right.text());
    Ok(())
}

fn solution_of(slug: &str) -> Result<std::path::PathBuf> {
    let sample = samples()?.into_iter().find(|sample| sample.slug == slug);
    Ok(sample
        .with_context(|| format!("the sample course has no {slug}"))?
        .solution)
}
