//! What a command prints and returns, for people and for scripts.

use super::*;

pub fn json_is_the_whole_run_and_nothing_else(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let run = run_as_json(&cli, "print(input())", "hej\n", 0)?;
    ensure!(run["state"] == "RUN_STATE_FINISHED", "{run}");
    ensure!(run["outcome"] == "OUTCOME_OK", "{run}");
    ensure!(run["stdout"] == BASE64.encode("hej\n"), "{run}");
    ensure!(run["exitCode"] == 0, "{run}");
    for field in ["id", "createTime", "startTime", "finishTime"] {
        ensure!(run[field].is_string(), "{field} in {run}");
    }
    ensure!(
        run["usage"]["wallDuration"]
            .as_str()
            .is_some_and(|text| text.ends_with('s')),
        "{run}"
    );
    let memory = run["usage"]["peakMemoryBytes"]
        .as_str()
        .context("64-bit numbers are texts")?;
    let memory: u64 = memory.parse()?;
    ensure!((1 << 20..128 << 20).contains(&memory), "{memory} bytes");
    Ok(())
}

pub fn a_drawing_is_part_of_the_run_and_of_no_output(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let source = "import turtle\nturtle.forward(100)\nprint('drawn')\nturtle.done()\n";
    let run = run_as_json(&cli, source, "", 0)?;
    ensure!(run["stdout"] == BASE64.encode("drawn\n"), "{run}");
    let drawing = run["drawing"].as_str().context("there is a drawing")?;
    let drawing = String::from_utf8(BASE64.decode(drawing)?)?;
    ensure!(drawing.starts_with("[\"drawing\",1]\n"), "{drawing}");
    ensure!(drawing.contains("[0,0,100,0]"), "{drawing}");
    let shown = cli
        .call(
            &["run".as_ref(), cli.program("a.py", source)?.as_os_str()],
            "",
        )?
        .expect_code(0)?;
    ensure!(shown.text() == "drawn\n", "{:?}", shown.text());
    Ok(())
}

pub fn each_outcome_has_its_exit_code(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let table = [
        ("OK", 0, "print(1)"),
        ("RUNTIME_ERROR", 1, "def f():\n    return 1 / 0\n\nf()\n"),
        ("RUNTIME_ERROR", 1, "import sys\nsys.exit(3)\n"),
        ("RUNTIME_ERROR", 1, "import os\nos.kill(os.getpid(), 11)\n"),
        ("COMPILE_ERROR", 1, "print('a')\nif True\n    pass\n"),
        ("TIME_LIMIT", 1, "while True:\n    pass\n"),
        ("TIME_LIMIT", 1, "import time\ntime.sleep(60)\n"),
        (
            "MEMORY_LIMIT",
            1,
            "a = []\nwhile True:\n    a.append(bytearray(1 << 20))\n",
        ),
        ("OUTPUT_LIMIT", 1, "while True:\n    print('x' * 1000)\n"),
    ];
    for (outcome, code, source) in table {
        let run = run_as_json(&cli, source, "", code).with_context(|| source.to_owned())?;
        ensure!(
            run["outcome"] == format!("OUTCOME_{outcome}"),
            "{source:?} gave {run}"
        );
        match source {
            source if source.contains("1 / 0") => {
                let trace =
                    String::from_utf8(BASE64.decode(run["stderr"].as_str().unwrap_or(""))?)?;
                for part in [
                    "File \"main.py\", line 4",
                    "File \"main.py\", line 2, in f",
                    "ZeroDivisionError",
                ] {
                    ensure!(trace.contains(part), "{part} in {trace}");
                }
                ensure!(
                    trace.matches("File \"").count() == 2,
                    "only the program's lines: {trace}"
                );
            }
            source if source.contains("exit(3)") => ensure!(run["exitCode"] == 3, "{run}"),
            source if source.contains("kill") => ensure!(run["signal"] == 11, "{run}"),
            source if source.contains("if True") => {
                let error = &run["compileError"];
                ensure!(error["line"] == 2 && error["column"] == 8, "{error}");
                ensure!(error["kind"] == "SyntaxError", "{error}");
                ensure!(error["file"] == "main.py", "{error}");
            }
            _ => {}
        }
    }
    Ok(())
}

pub fn failures_have_exit_codes_and_advice(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let stranger = stack.cli_without_session()?;
    let program = cli.program("a.py", "print(1)")?;
    let program = program.to_str().context("a plain path")?;
    let large = cli.program("large.py", "#".repeat(200 << 10))?;
    let large = large.to_str().context("a plain path")?;
    let nobody = "http://127.0.0.1:9";
    let table: [(&Cli, &[&str], i32, &str); 8] = [
        (&cli, &["run", "no-such-file.py"], 2, "no-such-file.py"),
        (&cli, &["show", "no-such-problem"], 2, ""),
        (&cli, &["submit", "no-such-problem", program], 2, ""),
        (&cli, &["run", large], 2, "program.source"),
        (
            &cli,
            &["run", program, "--server", nobody],
            4,
            "coderunner login",
        ),
        (&cli, &["problems", "--server", nobody], 3, nobody),
        (&stranger, &["run", program], 4, "coderunner login"),
        (&stranger, &["progress"], 4, "coderunner login"),
    ];
    for (cli, words, code, advice) in table {
        let done = cli.call(words, "")?.expect_code(code)?;
        ensure!(done.stdout.is_empty(), "{words:?} printed {}", done.text());
        ensure!(
            done.stderr.contains(advice),
            "{words:?} said {}",
            done.stderr
        );
    }
    Ok(())
}

pub fn a_certificate_must_be_trusted(_shared: &Stack) -> Result<()> {
    let stack = Stack::start_with_tls()?;
    let cli = stack.cli_without_session()?;
    let certificate = stack.certificate();
    let certificate = certificate.to_str().context("a plain path")?;
    let strange = cli.call(&["problems"], "")?.expect_code(3)?;
    ensure!(strange.stderr.contains("certificate"), "{}", strange.stderr);

    let account = new_account();
    let trust = ["--ca-certificate", certificate];
    let register = [
        "register",
        &account.email,
        "--name",
        "Mira",
        "--password-stdin",
    ];
    cli.call(&[&register[..], &trust].concat(), &account.password)?
        .expect_code(0)?;
    cli.program("a.py", "print(input())")?;
    let done = cli
        .call(&[&["run", "a.py"][..], &trust].concat(), "hej\n")?
        .expect_code(0)?;
    ensure!(done.text() == "hej\n", "{}", done.text());
    stack.stop()
}

pub fn a_used_up_quota_says_when_to_retry(_shared: &Stack) -> Result<()> {
    let stack = Stack::start(Quotas::Default)?;
    let cli = stack.cli()?;
    let program = cli.program("a.py", "print(1)")?;
    for _ in 0..10 {
        cli.call(&["run".as_ref(), program.as_os_str()], "")?
            .expect_code(0)?;
    }
    let done = cli
        .call(&["run".as_ref(), program.as_os_str()], "")?
        .expect_code(5)?;
    ensure!(done.stderr.contains("Try again in "), "{}", done.stderr);
    stack.stop()
}

fn run_as_json(cli: &Cli, source: &str, stdin: &str, code: i32) -> Result<Value> {
    let program = cli.program("program.py", source)?;
    let words = ["run".as_ref(), "--json".as_ref(), program.as_os_str()];
    let run = cli.call(&words, stdin)?.expect_code(code)?.json()?;
    match run {
        Value::Object(_) if run != json!({}) => Ok(run),
        other => bail!("no run: {other}"),
    }
}
