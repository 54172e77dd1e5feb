//! Finds a `while` loop that can't end by itself: its condition is always true, or speaks of variables only that
//! nothing in the loop changes, and nothing in it leaves it.

use super::source::{File, assignment, has_word, word_behind, words};

/// Words that leave a loop, or after which it can't be said what happens.
const WAYS_OUT: &[&str] = &[
    "break", "return", "raise", "exit", "_exit", "quit", "yield", "del", "import", "as", "exec",
    "eval", "next", "assert",
];

/// What changes nothing that it is given, or is no call at all.
const HARMLESS: &[&str] = &[
    "print", "len", "str", "int", "float", "abs", "min", "max", "round", "range", "input", "and",
    "or", "not", "in", "is", "if", "elif", "while",
];

/// So many loops of a file, and names of a condition, are looked at.
const MOST_LOOPS: usize = 100;
const MOST_NAMES: usize = 8;
/// So many bytes of code are read, in all loops of a file together: loops within loops are read again and again.
const MOST_BYTES: usize = 256 * 1024;

/// The line of the one loop of a file that can't end by itself, from 1. None when there is none or several, or when
/// too much had to be read to know.
pub fn endless(file: &File<'_>) -> Option<u32> {
    let shared = file
        .code
        .iter()
        .any(|code| has_word(code, "global") || has_word(code, "nonlocal"));
    let is_loop = |at: &usize| word_behind(file.code[*at].trim_start(), "while").is_some();
    let mut bytes_left = MOST_BYTES;
    let mut found = None;
    for at in (0..file.code.len()).filter(is_loop).take(MOST_LOOPS) {
        let body = body(&file.code, at, &mut bytes_left)?;
        if is_endless(&file.code[at], &body, shared) && found.replace(at).is_some() {
            return None;
        }
    }
    u32::try_from(found? + 1).ok()
}

/// The lines of a loop without indentation and empty lines. None when they have more bytes than are left to read.
fn body<'a>(code: &'a [String], at: usize, bytes_left: &mut usize) -> Option<Vec<&'a str>> {
    let indentation = |code: &str| code.len() - code.trim_start().len();
    let around = indentation(&code[at]);
    let mut body = Vec::new();
    for line in &code[at + 1..] {
        // An empty line costs a step as well.
        *bytes_left = bytes_left.checked_sub(line.len() + 1)?;
        match line.trim() {
            "" => {}
            _ if indentation(line) <= around => break,
            line => body.push(line),
        }
    }
    Some(body)
}

fn is_endless(head: &str, body: &[&str], shared: bool) -> bool {
    let Some(rest) = word_behind(head.trim_start(), "while") else {
        return false;
    };
    let Some(condition) = rest.trim_end().strip_suffix(':') else {
        return false;
    };
    let leaves = |code: &&str| words(code).any(|word| WAYS_OUT.contains(&word));
    if body.is_empty() || body.iter().any(leaves) {
        return false;
    }
    match condition.trim() {
        "True" | "1" => true,
        condition => !shared && never_changes(condition, body),
    }
}

/// Whether a condition of plain variables and numbers stays as it is.
fn never_changes(condition: &str, body: &[&str]) -> bool {
    let plain = |c: char| c.is_alphanumeric() || " _<>=!+-*/%.".contains(c);
    if !condition.chars().all(plain) || asks_object(condition) || condition.contains(":=") {
        return false;
    }
    let names: Vec<&str> = words(condition)
        .filter(|word| !["and", "or", "not", "True", "False", "is", "in", "None"].contains(word))
        .collect();
    (1..=MOST_NAMES).contains(&names.len())
        && !body.iter().any(|line| changes(line, &names))
        && !hands_over(body, &names)
}

/// Whether a dot asks an object. One between digits is part of a number.
fn asks_object(condition: &str) -> bool {
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let bytes = condition.as_bytes();
    let mut dots = condition.match_indices('.').map(|(at, _)| at);
    dots.any(|at| at == 0 || !is_digit(bytes.get(at - 1)) || !is_digit(bytes.get(at + 1)))
}

/// Whether one of these variables is in the brackets of a call, which may change what the variable holds.
fn hands_over(body: &[&str], names: &[&str]) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    // Of each open bracket, whether it belongs to such a call. A call may go on in the next lines.
    let mut open: Vec<bool> = Vec::new();
    let mut calls = 0;
    for line in body {
        let mut word = "";
        let mut rest = *line;
        while let Some(c) = rest.chars().next() {
            let length = match is_part(c) {
                true => rest.find(|c| !is_part(c)).unwrap_or(rest.len()),
                false => c.len_utf8(),
            };
            let (token, behind) = rest.split_at(length);
            rest = behind;
            match token {
                "(" => {
                    let is_call = !word.is_empty() && !HARMLESS.contains(&word);
                    open.push(is_call);
                    calls += usize::from(is_call);
                }
                ")" => calls -= usize::from(open.pop().unwrap_or(false)),
                _ if calls > 0 && names.contains(&token) => return true,
                _ => {}
            }
            word = match token {
                " " => word,
                _ => token.trim_matches(|c| !is_part(c) && c != ')' && c != ']'),
            };
        }
    }
    false
}

/// Whether a line may give one of these variables another value.
fn changes(line: &str, names: &[&str]) -> bool {
    if line.contains(';') || line.contains("global") {
        return true;
    }
    let left = assignment(line).map_or("", |(left, _)| left);
    let is_for = word_behind(line, "for").is_some();
    let spaceless: String = line.chars().filter(|c| *c != ' ').collect();
    names.iter().any(|name| {
        has_word(left, name)
            || spaceless.contains(&format!("{name}:="))
            || spaceless.contains(&format!("{name}."))
            || (is_for && has_word(line, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_that_cant_end_are_found_and_others_are_not() {
        for (text, line) in [
            ("while True:\n    x = 1\n", Some(1)),
            (
                "x = 1\nwhile x < 5:\n    print(x)\n\n    y = 2\nz = 3\n",
                Some(2),
            ),
            ("while 1:\n    pass\n", Some(1)),
            ("def f():\n    while True:\n        g()\n", Some(2)),
            ("while True:\n    if x:\n        break\n", None),
            ("while True:\n    return\n", None),
            ("while x < 5:\n    x += 1\n", None),
            ("while x < 5:\n    y, x = 1, 2\n", None),
            ("while x < 5:\n    for x in y:\n        pass\n", None),
            ("while x:\n    x.pop()\n", None),
            ("while f():\n    pass\n", None),
            ("while x.y:\n    pass\n", None),
            ("while hero.hp > 0:\n    fight(hero)\n", None),
            ("while x < a.b2:\n    pass\n", None),
            ("while x < 5.5:\n    y = 1\n", Some(1)),
            ("while heap:\n    d, u = heappop(heap)\n", None),
            ("while heap:\n    d = a.pop(0, f(1), (heap))\n", None),
            ("while heap:\n    d = f(\n        1,\n        heap)\n", None),
            ("while heap:\n    d = f (heap)\n", None),
            ("while heap:\n    d = f[0](heap)\n", None),
            ("while heap:\n    print(f(heap))\n", None),
            (
                "while heap:\n    if (heap) and f(1):\n        y = 2\n",
                Some(1),
            ),
            ("while x < 5:\n    print(x, len(x))\n    f(3)\n", Some(1)),
            ("while len(x) < 3:\n    pass\n", None),
            ("while True:\n    pass\nwhile True:\n    pass\n", None),
            ("# while True:\nfor i in range(3):\n    pass\n", None),
            ("def f():\n    global x\nwhile x < 5:\n    f()\n", None),
            ("while True: pass\n", None),
            ("while True:\n", None),
        ] {
            assert_eq!(endless(&File::read("main.py", text)), line, "{text}");
        }
    }
}
