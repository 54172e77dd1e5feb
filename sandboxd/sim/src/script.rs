//! What becomes of a simulated program: a list of steps and an ending. Read from the comments of
//! the program's source, one `# sim: WORD ARGUMENTS` a line, in order:
//!
//! | words | what happens |
//! |---|---|
//! | `print TEXT`, `error TEXT` | a line on standard output, standard error |
//! | `flood BYTES` | that much output as fast as it is taken |
//! | `echo` | the standard input of the request on standard output |
//! | `read` | waits for a line of input and prints `got LINE`, or `eof` |
//! | `sleep MS` | waits |
//! | `file PATH BYTES TYPE` | a file of that many bytes comes back, in pieces, whether it was asked for or not |
//! | `left-out REASON COUNT` | an ending that tells of files that don't come back |
//! | `exit CODE`, `signal N`, `outcome NAME` | the ending; `exit 0` without one |
//! | `compile-error LINE MESSAGE` | an ending that Python could not compile |
//! | `return JSON`, `return-first` | the function returns this, or its first argument |
//! | `function STATUS` | `no_result`, `not_defined` or `not_data` |
//! | `hang-up [N]`, `stall [N]`, `vanish [N]`, `refuse [N]`, `fail [N]` | a fault, see `Fault` |
//!
//! With a number, a fault strikes only the first N times that this source is executed.

use std::time::Duration;

use coderunner_proto::common::v1::{CompileError, LeftOut, LeftOutReason, Outcome};
use coderunner_proto::sandbox::v1::{ExecuteRequest, Finished, FunctionStatus};

/// One thing that a simulated program does.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Writes to standard output.
    Stdout(Vec<u8>),
    /// Writes to standard error.
    Stderr(Vec<u8>),
    /// Draws: writes to the drawing, if somebody takes it.
    Drawing(Vec<u8>),
    /// Writes that many bytes to standard output.
    Flood(usize),
    /// Waits for a line of input and prints it.
    Read,
    /// Waits.
    Sleep(Duration),
    /// Sends a file: path, content, media type.
    File(String, Vec<u8>, String),
    /// Something goes wrong with the runner.
    Fault(Fault),
}

/// How a runner can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The stream ends with UNAVAILABLE in the middle.
    HangUp,
    /// Nothing comes any more.
    Stall,
    /// The whole host is gone: every connection breaks and nobody listens.
    Vanish,
    /// RESOURCE_EXHAUSTED with RetryInfo before anything else.
    Refuse,
    /// The run ends with OUTCOME_INTERNAL_ERROR.
    Fail,
}

/// What becomes of a simulated program.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// How it ends. Usage is filled in.
    pub finished: Finished,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            steps: Vec::new(),
            finished: ending(Outcome::Ok, Some(0)),
        }
    }
}

impl Script {
    /// A program that prints a text and exits with 0.
    pub fn printing(text: &str) -> Self {
        Self {
            steps: vec![Step::Stdout(text.into())],
            ..Self::default()
        }
    }

    /// Reads the comments of a program; `nth` counts how often it was executed, from 1.
    /// A comment that isn't understood ends the program with a message on standard error.
    pub fn from_comments(request: &ExecuteRequest, nth: u32) -> Self {
        let source = request
            .program
            .as_ref()
            .map_or("", |program| program.source.as_str());
        let mut script = Self::default();
        for line in source.lines() {
            let Some(directive) = line.trim().strip_prefix("# sim:") else {
                continue;
            };
            if script.apply(directive.trim(), request, nth).is_none() {
                script
                    .steps
                    .push(Step::Stderr(format!("bad directive: {directive}\n").into()));
                script.finished = ending(Outcome::RuntimeError, Some(99));
                return script;
            }
        }
        script
    }

    fn apply(&mut self, directive: &str, request: &ExecuteRequest, nth: u32) -> Option<()> {
        let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
        if let Some(fault) = fault(word) {
            let times = if rest.is_empty() {
                u32::MAX
            } else {
                rest.parse().ok()?
            };
            if nth <= times {
                self.steps.push(Step::Fault(fault));
            }
            return Some(());
        }
        match word {
            "print" => self.steps.push(Step::Stdout(format!("{rest}\n").into())),
            "error" => self.steps.push(Step::Stderr(format!("{rest}\n").into())),
            "draw" if request.drawing => self.steps.push(Step::Drawing(format!("{rest}\n").into())),
            "draw" => {}
            "flood" => self.steps.push(Step::Flood(rest.parse().ok()?)),
            "echo" => self.steps.push(Step::Stdout(request.stdin.clone())),
            "read" => self.steps.push(Step::Read),
            "file" => {
                let (path, rest) = rest.split_once(' ')?;
                let (bytes, media_type) = rest.split_once(' ')?;
                let content = (0..=255).cycle().take(bytes.parse().ok()?).collect();
                self.steps
                    .push(Step::File(path.into(), content, media_type.into()));
            }
            "sleep" => self
                .steps
                .push(Step::Sleep(Duration::from_millis(rest.parse().ok()?))),
            _ => return self.apply_ending(word, rest, request),
        }
        Some(())
    }

    fn apply_ending(&mut self, word: &str, rest: &str, request: &ExecuteRequest) -> Option<()> {
        match word {
            "exit" => {
                let code: i32 = rest.parse().ok()?;
                let outcome = if code == 0 {
                    Outcome::Ok
                } else {
                    Outcome::RuntimeError
                };
                self.finished = ending(outcome, Some(code));
            }
            "signal" => {
                self.finished = ending(Outcome::RuntimeError, None);
                self.finished.signal = Some(rest.parse().ok()?);
            }
            "outcome" => {
                let name = format!("OUTCOME_{}", rest.to_uppercase());
                self.finished = ending(Outcome::from_str_name(&name)?, None);
            }
            "compile-error" => {
                let (line, message) = rest.split_once(' ')?;
                self.finished = ending(Outcome::CompileError, Some(1));
                self.finished.compile_error = Some(compile_error(line.parse().ok()?, message));
            }
            "left-out" => {
                let (name, count) = rest.split_once(' ')?;
                let name = format!("LEFT_OUT_REASON_{}", name.to_uppercase());
                let left_out = LeftOut {
                    reason: LeftOutReason::from_str_name(&name)?.into(),
                    count: count.parse().ok()?,
                    example_path: "example".into(),
                };
                let collected = self.finished.collected_files.get_or_insert_default();
                collected.left_out.push(left_out);
            }
            "return" => self.returns(rest.as_bytes().to_vec()),
            "return-first" => self.returns(first_argument(request)?),
            "function" => {
                let name = format!("FUNCTION_STATUS_{}", rest.to_uppercase());
                self.finished
                    .set_function_status(FunctionStatus::from_str_name(&name)?);
            }
            _ => return None,
        }
        Some(())
    }

    fn returns(&mut self, json: Vec<u8>) {
        self.finished.set_function_status(FunctionStatus::Returned);
        self.finished.result_json = json;
    }
}

fn fault(word: &str) -> Option<Fault> {
    Some(match word {
        "hang-up" => Fault::HangUp,
        "stall" => Fault::Stall,
        "vanish" => Fault::Vanish,
        "refuse" => Fault::Refuse,
        "fail" => Fault::Fail,
        _ => return None,
    })
}

/// An ending with nothing but these.
pub(crate) fn ending(outcome: Outcome, exit_code: Option<i32>) -> Finished {
    Finished {
        outcome: outcome.into(),
        exit_code,
        ..Finished::default()
    }
}

fn compile_error(line: i32, message: &str) -> CompileError {
    CompileError {
        file: "main.py".into(),
        line,
        column: 1,
        message: message.into(),
        source_line: String::new(),
        kind: "SyntaxError".into(),
    }
}

/// The text of the first element of a JSON array of numbers and plain strings.
fn first_argument(request: &ExecuteRequest) -> Option<Vec<u8>> {
    let arguments = request.function_call.as_ref()?.arguments_json.trim();
    let inner = arguments.strip_prefix('[')?.strip_suffix(']')?;
    Some(inner.split(',').next()?.trim().as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use coderunner_proto::common::v1::Program;

    use super::*;

    fn read(source: &str, nth: u32) -> Script {
        let program = Some(Program {
            source: source.into(),
            files: Vec::new(),
        });
        Script::from_comments(
            &ExecuteRequest {
                program,
                ..ExecuteRequest::default()
            },
            nth,
        )
    }

    #[test]
    fn comments_become_steps_in_order() {
        let script = read(
            "x = 1\n# sim: print a b\n  # sim: sleep 5\n# sim: exit 3\n",
            1,
        );
        let sleep = Step::Sleep(Duration::from_millis(5));
        assert_eq!(script.steps, [Step::Stdout(b"a b\n".into()), sleep]);
        assert_eq!(script.finished.exit_code, Some(3));
        assert_eq!(script.finished.outcome(), Outcome::RuntimeError);
    }

    #[test]
    fn a_counted_fault_strikes_only_so_often() {
        assert_eq!(
            read("# sim: hang-up 2", 2).steps,
            [Step::Fault(Fault::HangUp)]
        );
        assert_eq!(read("# sim: hang-up 2", 3), Script::default());
        assert_eq!(read("# sim: stall", 9).steps, [Step::Fault(Fault::Stall)]);
    }

    #[test]
    fn a_mistake_in_a_comment_shows() {
        for wrong in [
            "dance",
            "sleep long",
            "outcome tired",
            "compile-error x",
            "file a",
            "left-out tired 1",
        ] {
            let script = read(&format!("# sim: {wrong}"), 1);
            assert_eq!(script.finished.exit_code, Some(99), "{wrong}");
        }
    }
}
