//! What holds whatever a program is and writes: nothing panics, nothing is long, nothing takes long.

use proptest::prelude::*;

use super::*;

const HEADER: &str = "Traceback (most recent call last):\n";
/// CPU time for one explanation, in a build without optimisation. Nothing here comes near it on any machine, and
/// what grows with the square of the input goes far beyond it.
const LONGEST: Duration = Duration::from_secs(1);

/// CPU time of this thread. Others may use the machine as well, or stop this process for a while.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

fn all_endings() -> Vec<Ending> {
    let with_times = |outcome| Ending {
        usage: Some(usage(5.0, 2.0)),
        ..ending(outcome, None)
    };
    vec![
        ending(Outcome::RuntimeError, Some(1)),
        with_times(Outcome::TimeLimit),
        with_times(Outcome::OutputLimit),
    ]
}

/// Much of the same, of about a megabyte.
fn mebibyte_of(part: &str) -> String {
    part.repeat((1 << 20) / part.len())
}

fn hostile_errors() -> Vec<String> {
    let raised = |message: &str| {
        format!("{HEADER}  File \"main.py\", line 1, in <module>\n    x\n{message}\n")
    };
    let frames = |part: &str| format!("{HEADER}{}ValueError: x\n", mebibyte_of(part));
    vec![
        mebibyte_of("\0"),
        mebibyte_of("\n"),
        mebibyte_of("ä"),
        mebibyte_of(HEADER),
        mebibyte_of("Exception ignored in: x\n"),
        mebibyte_of("Exception ignored in: x\nTraceback (most recent call last):\n"),
        frames("  File \"main.py\", line 1, in f\n"),
        frames("  File \"main.py\", line 4000000000, in f\n"),
        frames("  File \"a.py\", line 4000000000, in f\n"),
        frames("  File \"/work/a.py\", line 7, in f\n  File \"b.py\", line 7, in g\n"),
        raised(&mebibyte_of("a.")),
        raised(&format!(
            "NameError: name '{}' is not defined",
            mebibyte_of("a")
        )),
        raised(&format!("TypeError: {}", mebibyte_of("'a' and '"))),
        raised(&format!(
            "ValueError: invalid literal for int() with base 10: '{}'",
            mebibyte_of("1 ")
        )),
        raised("TypeError: unsupported operand type(s) for +: 'NoneType' and 'int'"),
        raised("AttributeError: 'NoneType' object has no attribute 'x'"),
        raised("TypeError: can only concatenate str (not \"int\") to str"),
        raised("TypeError: 'list' object is not callable"),
        raised("NameError: name 'wurzelbrunft' is not defined"),
    ]
}

fn hostile_programs() -> Vec<String> {
    let of = |part: &str, bytes: usize| part.repeat(bytes / part.len());
    let nested = |count: usize, head: &dyn Fn(usize) -> String, body: &str| {
        let heads = (0..count).map(|depth| format!("{}{}\n", " ".repeat(depth), head(depth)));
        let body = format!("{}{body}\n", " ".repeat(count));
        heads.collect::<String>() + &of(&body, 200_000)
    };
    let sum = |name: &dyn Fn(usize) -> String| {
        let calls: String = (0..250).map(|number| name(number) + "()+").collect();
        format!("{calls}1\n")
    };
    let numbered = |number: usize| format!("f{number}");
    let one = |_| "f".to_owned();
    let long_function = |end: &str| format!("def f():\n{}{end}", of("  x\n", 250_000));
    vec![
        of("a,", 100_000) + "b = f()",
        of("wurzelbrunff = f(wurzelbrunff) + 1\n", 100_000),
        of("x = f() + g()\ndef f(): pass\n", 100_000),
        format!("f{}{}\n", of("(", 50_000), of(")", 50_000)),
        of("\"\"\"", 100_000),
        of("\r", 100_000),
        nested(400, &|_| "while x:".into(), "x = 1"),
        nested(100, &|_| "while a and b and c and d and e:".into(), "x"),
        nested(100, &|_| "while a and b and c and d and e:".into(), ""),
        sum(&one) + &long_function("  return 1\n"),
        sum(&one) + &long_function(""),
        sum(&one) + "def f():\n  return 1\n" + &of("  x\n", 250_000),
        sum(&numbered) + &nested(250, &|depth| format!("def f{depth}():"), "x"),
        of("a,", 900) + "= 0\n" + &long_function("  return 1\n"),
        of("while a and b and c and d and e:\n  a.b\n", 100_000),
        of("sum(max(min(input(\n", 100_000),
        of("äöü = 'ß\n", 100_000),
    ]
}

#[test]
fn a_megabyte_of_anything_is_soon_explained() {
    let errors = hostile_errors();
    for source in hostile_programs() {
        let beginning: String = source.chars().take(20).collect();
        let other = SourceFile {
            path: "a.py".into(),
            content: source.repeat(8).into_bytes(),
        };
        let program = Program {
            source,
            files: vec![other],
        };
        let is_soon_explained = |ending: &Ending, stderr: &str| {
            let before = cpu_time();
            let found = explain(&program, ending, stderr.as_bytes()).unwrap();
            let took = cpu_time() - before;
            check(&found, &program);
            let error: String = stderr.chars().take(120).collect();
            assert!(took < LONGEST, "{took:?} for {beginning:?} and {error:?}");
        };
        let [failed, limits @ ..] = &all_endings()[..] else {
            unreachable!("there are three");
        };
        errors
            .iter()
            .for_each(|error| is_soon_explained(failed, error));
        limits
            .iter()
            .for_each(|ending| is_soon_explained(ending, ""));
    }
}

#[test]
fn functions_that_call_each_other_without_end_are_explained() {
    let program = program("def f(n):\n    return g(n - 1)\ndef g(n):\n    return f(n - 1)\nf(9)\n");
    let part = "  File \"main.py\", line 2, in f\n    return g(n - 1)\n           ^^^^^^^^\n  \
        File \"main.py\", line 4, in g\n    return f(n - 1)\n           ^^^^^^^^\n";
    let stderr = format!(
        "{HEADER}{}RecursionError: maximum recursion depth exceeded\n",
        part.repeat(500)
    );
    let found = explain(&program, &all_endings()[0], stderr.as_bytes()).unwrap();
    assert_eq!(
        (found.kind, found.place.unwrap().line),
        (Kind::Recursion, 4)
    );
}

/// Pieces that tracebacks and programs are made of, in any order.
fn pieces(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        9 => prop::sample::select(pieces).prop_map(str::to_owned),
        1 => ".{0,8}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|parts| parts.concat())
}

#[rustfmt::skip]
const OF_ERRORS: &[&str] = &[
    HEADER, "  File \"main.py\", line ", "1", "2", "999999999999", ", in <module>\n", "\n", "  ", ": ", "'", "\"",
    "  File \"/work/a.py\", line 1, in f\n", "NameError: ", "name '", "' is not defined", "TypeError: ",
    "unsupported operand type(s) for +: 'NoneType' and 'int'\n", "can only concatenate str (not \"int\") to str\n",
    "SyntaxError: ", "'(' was never closed", "invalid syntax\n", "KeyError: ", "AttributeError: ", "None",
    "'NoneType' object has no attribute '", "ModuleNotFoundError: No module named '", "Exception ignored in: ", "é",
    "\u{202e}", "`", "{", "}", "\r",
];

#[rustfmt::skip]
const OF_PROGRAMS: &[&str] = &[
    "x", "y", " = ", "input()", "\n", "    ", "def f(", "):\n", "while x:\n", "print(", ")", "(", "\"", "'''", "#",
    "f(x)", ".append(", "return", " + ", "for i in ", "import a", "else if ", "é", "[", "\r\n", "\t", "\u{202e}", ",",
    "1",
];

proptest! {
    #[test]
    fn any_bytes_are_explained(bytes in prop::collection::vec(any::<u8>(), 0..300), source in ".{0,200}") {
        let program = program(&source);
        for ending in all_endings() {
            check(&explain(&program, &ending, &bytes).unwrap(), &program);
        }
    }

    #[test]
    fn anything_like_a_traceback_is_explained(
        stderr in pieces(OF_ERRORS),
        source in pieces(OF_PROGRAMS),
        other in pieces(OF_PROGRAMS),
    ) {
        let file = SourceFile { path: "a.py".into(), content: other.into_bytes() };
        let program = Program { source, files: vec![file] };
        for ending in all_endings() {
            check(&explain(&program, &ending, stderr.as_bytes()).unwrap(), &program);
        }
    }

    #[test]
    fn any_compile_error_is_explained(
        kind in prop::sample::select(&["SyntaxError", "IndentationError", "TabError", "ValueError", "\u{1b}"][..]),
        message in pieces(OF_ERRORS),
        source in pieces(OF_PROGRAMS),
        line: u32,
        near in 0..9u32,
        column: u32,
    ) {
        let program = program(&source);
        for line in [line, near] {
            let error = CompileError {
                file: "main.py".into(),
                line,
                column,
                message: message.clone(),
                source_line: "\u{202e}".into(),
                kind: kind.into(),
            };
            check(&explain_compile_error(&program, &error), &program);
        }
    }

    #[test]
    fn what_stands_before_a_traceback_changes_nothing(noise in "[a-z \n]{0,300}") {
        let program = program("x = 1\nprint(y)\n");
        let ending = ending(Outcome::RuntimeError, Some(1));
        let stderr = format!("{HEADER}  File \"main.py\", line 2, in <module>\nNameError: name 'y' is not defined\n");
        let longer = format!("{noise}\n{stderr}");
        prop_assert_eq!(
            explain(&program, &ending, longer.as_bytes()),
            explain(&program, &ending, stderr.as_bytes())
        );
    }
}
