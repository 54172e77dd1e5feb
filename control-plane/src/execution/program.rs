//! Checks programs before anything is stored. The rules are those of the API; sandboxd checks
//! them again.

use std::collections::HashSet;

use super::model::{Program, SourceFile};
use crate::platform::config::Limits;
use crate::platform::errors::Violations;

/// Longest path of a file, in bytes.
const MAX_PATH_BYTES: usize = 255;
/// Most parts of a path.
const MAX_PATH_PARTS: usize = 16;
/// The name that the main file has in the sandbox.
const MAIN_FILE: &str = "main.py";

/// Notes everything that is wrong with a program.
pub fn check(program: &Program, limits: &Limits, violations: &mut Violations) {
    let size = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    if program.source.trim().is_empty() {
        violations.add("program.source", "is empty; write a program first.");
    }
    if program.source.contains('\0') {
        violations.add("program.source", "must not contain NUL characters.");
    }
    if size(program.source.len()) > limits.source_bytes {
        violations.add(
            "program.source",
            format!("may have at most {} bytes.", limits.source_bytes),
        );
    }
    if size(program.files.len()) > limits.files {
        violations.add("program.files", format!("may be at most {}.", limits.files));
        return;
    }
    let files: usize = program.files.iter().map(|file| file.content.len()).sum();
    if size(program.source.len() + files) > limits.program_bytes {
        let limit = limits.program_bytes;
        violations.add(
            "program.files",
            format!("may have at most {limit} bytes in all with the source."),
        );
    }
    check_paths(&program.files, violations);
}

fn check_paths(files: &[SourceFile], violations: &mut Violations) {
    let paths: HashSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut seen = HashSet::new();
    for (index, file) in files.iter().enumerate() {
        let field = format!("program.files[{index}].path");
        if let Some(problem) = path_problem(&file.path) {
            violations.add(field, problem);
        } else if !seen.insert(&file.path) {
            violations.add(field, "is the name of another file too.");
        } else if folders(&file.path).any(|folder| paths.contains(folder) || folder == MAIN_FILE) {
            violations.add(field, "has a file as one of its folders.");
        }
    }
}

fn path_problem(path: &str) -> Option<&'static str> {
    if path.is_empty() || path.len() > MAX_PATH_BYTES {
        return Some("must have 1 to 255 bytes.");
    }
    if path.contains('\0') {
        return Some("must not contain NUL characters.");
    }
    if path
        .split('/')
        .any(|part| part.is_empty() || part == "." || part == "..")
    {
        return Some("must be relative, without empty parts, \".\" and \"..\".");
    }
    if path.split('/').count() > MAX_PATH_PARTS {
        return Some("may have at most 16 parts.");
    }
    (path == MAIN_FILE).then_some("is the name of the main file; put that into source.")
}

/// The folders that a path goes through.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(index, _)| &path[..index])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::errors::Error;

    fn problems(source: &str, paths: &[&str]) -> Vec<String> {
        let files = paths.iter().map(|path| SourceFile {
            path: (*path).into(),
            content: b"x".into(),
        });
        let program = Program {
            source: source.into(),
            files: files.collect(),
        };
        let mut violations = Violations::default();
        check(&program, &Limits::default(), &mut violations);
        match violations.check() {
            Ok(()) => Vec::new(),
            Err(Error::Invalid { violations, .. }) => {
                violations.into_iter().map(|it| it.field).collect()
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn good_programs_pass() {
        assert!(
            problems(
                "print(1)",
                &["data.txt", "a/b.py", "a/c.py", "\u{e9}.txt", "...", "a.b"]
            )
            .is_empty()
        );
    }

    #[test]
    fn each_problem_is_named_with_its_field() {
        let (long, deep) = ("x".repeat(256), vec!["x"; 17].join("/"));
        for path in [
            "",
            "/etc/passwd",
            "a/../b",
            "..",
            ".",
            "a//b",
            "a/",
            "a\0b",
            "main.py",
            &long,
            &deep,
        ] {
            assert_eq!(
                problems("x", &[path]),
                ["program.files[0].path"],
                "{path:?}"
            );
        }
        assert_eq!(problems("x", &["a", "a"]), ["program.files[1].path"]);
        assert_eq!(problems("x", &["a", "a/b"]), ["program.files[1].path"]);
        assert_eq!(problems("x", &["main.py/b"]), ["program.files[0].path"]);
        assert_eq!(problems(" \n", &[]), ["program.source"]);
        assert_eq!(problems("x\0", &[]), ["program.source"]);
        assert_eq!(
            problems(&"x".repeat(100 * 1024 + 1), &[]),
            ["program.source"]
        );
        assert_eq!(problems("x", &vec!["a"; 65]), ["program.files"]);
    }

    #[test]
    fn the_sum_counts() {
        let content = vec![0; 600 * 1024];
        let file = |path: &str| SourceFile {
            path: path.into(),
            content: content.clone(),
        };
        let program = Program {
            source: "x".into(),
            files: vec![file("a"), file("b")],
        };
        let mut violations = Violations::default();
        check(&program, &Limits::default(), &mut violations);
        assert!(violations.check().is_err());
    }
}
