//! A program that runs on the server as if it ran here.

use super::*;

pub fn the_first_line_is_shown_before_the_second_is_written(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let source = "import time\nprint('first')\ntime.sleep(2)\nprint('second')\n";
    let mut run = cli.start(&["run".as_ref(), cli.program("a.py", source)?.as_os_str()])?;
    let first = run.wait_for("first\n")?;
    let second = run.wait_for("second\n")?;
    let gap = second - first;
    ensure!(
        gap > Duration::from_millis(1500),
        "the second line came {gap:?} after the first"
    );
    run.finish()?.expect_code(0)?;
    Ok(())
}

pub fn a_program_reads_what_is_typed(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let source = "name = input('name? ')\nprint('Hello,', name)\nprint(input().upper())\n";
    let mut run = cli.start(&["run".as_ref(), cli.program("a.py", source)?.as_os_str()])?;
    // Each line is sent only after the program has answered the one before.
    run.wait_for("name? ")?;
    run.write(b"Mira\n")?;
    run.wait_for("Hello, Mira\n")?;
    run.write(b"bye\n")?;
    run.wait_for("BYE\n")?;
    run.finish()?.expect_code(0)?;
    Ok(())
}

pub fn time_to_think_is_not_taken_from_the_program(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let source = "name = input('name? ')\nprint('Hello,', name)\n";
    let mut run = cli.start(&["run".as_ref(), cli.program("a.py", source)?.as_os_str()])?;
    run.wait_for("name? ")?;
    // Longer than a run may take.
    std::thread::sleep(Duration::from_secs(7));
    run.write(b"Mira\n")?;
    run.wait_for("Hello, Mira\n")?;
    run.finish()?.expect_code(0)?;
    Ok(())
}

pub fn a_program_in_a_terminal_reads_what_is_typed(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let source = "import sys\nprint('Hello,', input('name? '))\nprint(len(sys.stdin.read()))\n";
    let mut terminal = Terminal::start(
        &cli,
        &["run".as_ref(), cli.program("a.py", source)?.as_os_str()],
    )?;
    terminal.wait_for("name? ")?;
    terminal.write("Mira\n")?;
    terminal.wait_for("Hello, Mira")?;
    terminal.write("four\n\x04")?;
    terminal.wait_for("5\r\n")?;
    let (code, screen) = terminal.finish()?;
    ensure!(code == Some(0), "exit code {code:?}: {screen}");
    ensure!(screen.contains("coderunner: OK"), "no summary: {screen}");
    Ok(())
}

pub fn end_of_input_ends_a_program_that_reads_all(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let source = "import sys\nprint('ready')\nprint(sys.stdin.read() * 2)\n";
    let mut run = cli.start(&["run".as_ref(), cli.program("a.py", source)?.as_os_str()])?;
    run.wait_for("ready\n")?;
    run.write(b"ab")?;
    run.close_input();
    let done = run.finish()?.expect_code(0)?;
    ensure!(done.text() == "ready\nabab\n", "{:?}", done.text());
    Ok(())
}

pub fn a_long_input_arrives_whole(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let program = cli.program(
        "a.py",
        "import hashlib, sys\ndata = sys.stdin.buffer.read()\n\
         print(len(data), hashlib.sha256(data).hexdigest())\n",
    )?;
    let reference = "import hashlib, sys\nd = b''.join(b'%d\\n' % n for n in range(int(sys.argv[1])))\n\
                     print(len(d), hashlib.sha256(d).hexdigest())\n";
    // Less than a call carries, more than one call, and more than can be there from the start.
    for lines in [1_000_u32, 30_000, 300_000] {
        let input: String = (0..lines).map(|n| format!("{n}\n")).collect();
        let done = cli
            .call(&["run".as_ref(), program.as_os_str()], input)?
            .expect_code(0)?;
        let expected = std::process::Command::new("python3")
            .args(["-c", reference, &lines.to_string()])
            .output()
            .context("computing the reference with python3")?;
        ensure!(
            done.stdout == expected.stdout,
            "{lines} lines: {}",
            done.text()
        );
    }
    Ok(())
}

pub fn ctrl_c_cancels_the_run_on_the_server(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let program = cli.program("a.py", "print('on')\nwhile True:\n    pass\n")?;
    let mut run = cli.start(&["run".as_ref(), program.as_os_str()])?;
    run.wait_for("on\n")?;
    run.signal(Signal::SIGINT)?;
    let done = run.finish()?.expect_code(130)?;
    // The last line tells of the finished run, which only the server can have sent.
    ensure!(
        done.stderr.contains("coderunner: CANCELLED; "),
        "{}",
        done.stderr
    );
    Ok(())
}

pub fn output_is_passed_on_byte_by_byte(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let source = "import sys\nsys.stdout.buffer.write(bytes(range(256)) * 100)\n\
                  sys.stderr.write('to stderr\\n')\n";
    let done = run_program(&cli, source, "")?.expect_code(0)?;
    let expected: Vec<u8> = (0..100).flat_map(|_| 0..=255).collect();
    ensure!(done.stdout == expected, "{} bytes came", done.stdout.len());
    ensure!(done.stderr.starts_with("to stderr\n"), "{}", done.stderr);
    Ok(())
}

pub fn nothing_but_the_programs_output_is_on_standard_output(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let program = cli.program("a.py", "print('out')")?;
    let done = cli
        .call(&["run".as_ref(), program.as_os_str()], "")?
        .expect_code(0)?;
    ensure!(done.text() == "out\n", "{:?}", done.text());
    ensure!(
        done.stderr.lines().count() == 1,
        "one line and no spinner: {:?}",
        done.stderr
    );
    let quiet = cli.call(&["run".as_ref(), "-q".as_ref(), program.as_os_str()], "")?;
    ensure!(quiet.stderr.is_empty(), "{:?}", quiet.stderr);
    Ok(())
}

pub fn a_program_may_bring_files(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let main = cli.program(
        "main.py",
        "import other\nprint(other.NAME, open('data.txt').read())",
    )?;
    let other = cli.program("other.py", "NAME = 'module'\n")?;
    let data = cli.program("data.txt", "data")?;
    let words = [
        "run".as_ref(),
        main.as_os_str(),
        "--with".as_ref(),
        other.as_os_str(),
    ];
    let words = [&words[..], &["--with".as_ref(), data.as_os_str()]].concat();
    let done = cli.call(&words, "")?.expect_code(0)?;
    ensure!(done.text() == "module data\n", "{:?}", done.text());
    Ok(())
}

pub fn a_program_computes_with_numpy_in_its_profile_only(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let source = "import numpy as np\nprint(int(np.arange(5).sum()), 'numpy' in dir())\n";
    let program = cli.program("a.py", source)?;
    let run = |profile: &str| {
        let words = ["run", "-q", "--profile", profile].map(std::ffi::OsStr::new);
        cli.call(&[&words[..], &[program.as_os_str()]].concat(), "")
    };
    let done = run("science")?.expect_code(0)?;
    ensure!(done.text() == "10 False\n", "{:?}", done.text());
    let done = run("python")?;
    ensure!(
        done.stderr
            .contains("ModuleNotFoundError: No module named 'numpy'"),
        "{:?}",
        done.stderr
    );
    let refused = run("pypy")?;
    ensure!(refused.stderr.contains("profile"), "{:?}", refused.stderr);
    Ok(())
}

pub fn a_program_may_leave_files(stack: &Stack) -> Result<()> {
    let cli = stack.cli()?;
    let source = "import os\n\
                  os.makedirs('plots/grün')\n\
                  open('plots/grün/all.bin', 'wb').write(bytes(range(256)) * 1000)\n\
                  open('data.txt', 'a').write('!')\n\
                  open('empty', 'w')\n\
                  os.symlink('/etc/passwd', 'link')\n\
                  open('too large', 'wb').write(bytes(3 << 20))\n\
                  raise SystemExit(3)\n";
    let main = cli.program("main.py", source)?;
    let (data, other) = (
        cli.program("data.txt", "data")?,
        cli.program("other.txt", "x")?,
    );
    let target = cli.program("target", "")?.with_file_name("files");
    let words = [
        "run".as_ref(),
        main.as_os_str(),
        "--with".as_ref(),
        data.as_os_str(),
        "--with".as_ref(),
        other.as_os_str(),
        "--collect".as_ref(),
        target.as_os_str(),
    ];
    let done = cli.call(&words, "")?.expect_code(1)?;
    let read = |path: &str| {
        let path = target.join(path);
        std::fs::read(&path).with_context(|| format!("reading {}", path.display()))
    };
    let all: Vec<u8> = (0..1000).flat_map(|_| 0..=255).collect();
    ensure!(read("plots/grün/all.bin")? == all, "the bytes differ");
    ensure!(read("data.txt")? == b"data!" && read("empty")?.is_empty());
    let mut names: Vec<_> = std::fs::read_dir(&target)?
        .map(|entry| Ok(entry?.file_name()))
        .collect::<Result<_>>()?;
    names.sort();
    ensure!(names == ["data.txt", "empty", "plots"], "{names:?}");
    for said in [
        "coderunner: 3 files in ",
        "1 file: too large, such as too large",
        "1 file: links, pipes or the like, such as link",
    ] {
        ensure!(
            done.stderr.contains(said),
            "{said:?} is missing in {}",
            done.stderr
        );
    }
    // The folder is used now, and nothing is run.
    let again = cli.call(&words, "")?.expect_code(2)?;
    ensure!(again.stderr.contains("it is not empty"), "{}", again.stderr);
    Ok(())
}

fn run_program(cli: &Cli, source: &str, stdin: &str) -> Result<e2e_tests::Done> {
    cli.call(
        &[
            "run".as_ref(),
            cli.program("program.py", source)?.as_os_str(),
        ],
        stdin,
    )
}
