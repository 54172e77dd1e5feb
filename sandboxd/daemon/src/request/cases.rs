//! The part of a request that makes it a batch.

use coderunner_proto::sandbox::v1::Case as CaseMessage;

use super::{Violation, check_function};
use crate::batch::Case;

const MAX_CASES: usize = 200;
/// Standard input and arguments of all cases.
const MAX_INPUT: usize = 16 * 1024 * 1024;

/// What a request says of its batch besides the cases.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    /// Zero for as many as the host allows.
    pub max_parallel: i32,
    /// Stop when a case fails.
    pub stop_on_first_failure: bool,
}

impl Wishes {
    /// Cases that run at one time.
    pub fn parallel(self, most: usize, cases: usize) -> usize {
        let wanted = match usize::try_from(self.max_parallel) {
            Ok(0) | Err(_) => most,
            Ok(wanted) => wanted,
        };
        wanted.min(most).min(cases)
    }
}

/// The cases; none for a single run.
pub fn check(cases: Vec<CaseMessage>, wishes: &Wishes) -> Result<Option<Vec<Case>>, Violation> {
    if wishes.max_parallel < 0 {
        return Err(("max_parallel", "must not be negative".to_owned()));
    }
    if cases.is_empty() {
        let only_with_cases = || "is for a batch: there are no cases".to_owned();
        return match wishes {
            Wishes {
                max_parallel: 1.., ..
            } => Err(("max_parallel", only_with_cases())),
            Wishes {
                stop_on_first_failure: true,
                ..
            } => Err(("stop_on_first_failure", only_with_cases())),
            _ => Ok(None),
        };
    }
    if cases.len() > MAX_CASES {
        return Err(("cases", format!("are over {MAX_CASES}")));
    }
    let input: usize = cases.iter().map(input_size).sum();
    if input > MAX_INPUT {
        return Err(("cases", format!("have over {MAX_INPUT} bytes of input")));
    }
    let checked = cases.into_iter().enumerate();
    let checked = checked.map(|(index, case)| check_case(index, case));
    checked.collect::<Result<_, _>>().map(Some)
}

fn input_size(case: &CaseMessage) -> usize {
    let arguments = case
        .function_call
        .as_ref()
        .map_or(0, |call| call.arguments_json.len());
    case.stdin.len() + arguments
}

fn check_case(index: usize, case: CaseMessage) -> Result<Case, Violation> {
    let CaseMessage {
        stdin,
        function_call,
    } = case;
    let function = function_call.map(check_function).transpose();
    let function = function.map_err(|(field, problem)| {
        let field = match field {
            "function_call.function_name" => "cases.function_call.function_name",
            _ => "cases.function_call.arguments_json",
        };
        (field, format!("of case {index}: {problem}"))
    })?;
    Ok(Case { stdin, function })
}

/// What a request sets that is for a single run.
#[derive(Debug, Clone, Copy)]
pub struct Single {
    /// Standard input that is not empty.
    pub stdin: bool,
    /// More input may come.
    pub interactive: bool,
    /// A function to call.
    pub function_call: bool,
    /// Files that are to come back.
    pub file_collection: bool,
    /// What it draws is to come.
    pub drawing: bool,
}

impl Single {
    /// A batch has no input but that of its cases, and leaves neither files nor drawings.
    pub fn check_unset(self) -> Result<(), Violation> {
        let Self {
            stdin,
            interactive,
            function_call,
            file_collection,
            drawing,
        } = self;
        for (field, is_set) in [
            ("stdin", stdin),
            ("interactive", interactive),
            ("function_call", function_call),
            ("file_collection", file_collection),
            ("drawing", drawing),
        ] {
            if is_set {
                return Err((field, "must be unset with cases".to_owned()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use coderunner_proto::common::v1::Program;
    use coderunner_proto::sandbox::v1::{ExecuteRequest, FileCollection, FunctionCall};

    use super::super::{Work, checked};
    use super::*;
    use crate::config::Config;
    use crate::host::Host;

    fn request(cases: usize) -> ExecuteRequest {
        let case = CaseMessage {
            stdin: b"x".to_vec(),
            function_call: None,
        };
        ExecuteRequest {
            run_id: "run-1".to_owned(),
            program: Some(Program {
                source: "print(1)".to_owned(),
                files: Vec::new(),
            }),
            cases: vec![case; cases],
            ..ExecuteRequest::default()
        }
    }

    fn refused_field(change: impl FnOnce(&mut ExecuteRequest)) -> &'static str {
        let mut request = request(3);
        change(&mut request);
        checked(&Config::default(), &Host::for_tests(false), request)
            .expect_err("it must be refused")
            .0
    }

    #[test]
    fn cases_make_a_batch() {
        for (cases, wanted) in [(1, 0), (2, 1), (200, 1_000_000)] {
            let mut request = request(cases);
            request.max_parallel = wanted;
            let (_, work) =
                checked(&Config::default(), &Host::for_tests(false), request).expect("it is fine");
            let Work::Batch(order) = work else {
                panic!("{cases} cases are no batch")
            };
            assert_eq!(order.cases.len(), cases);
            let most = Config::default().batch_sandboxes().min(cases);
            let expected = if wanted == 1 { 1 } else { most };
            assert_eq!(order.max_parallel, expected);
        }
        let single =
            checked(&Config::default(), &Host::for_tests(false), request(0)).expect("it is fine");
        assert!(matches!(single.1, Work::Run(_)));
    }

    #[test]
    fn each_bad_field_is_named() {
        let call = |name: &str, arguments: &str| {
            Some(FunctionCall {
                function_name: name.to_owned(),
                arguments_json: arguments.to_owned(),
            })
        };
        let good = call("f", "[]");
        assert_eq!(refused_field(|it| it.cases = request(201).cases), "cases");
        assert_eq!(
            refused_field(|it| it.cases[1].stdin = vec![0; MAX_INPUT]),
            "cases"
        );
        assert_eq!(
            refused_field(|it| it.cases[2].function_call = call("1f", "[]")),
            "cases.function_call.function_name"
        );
        assert_eq!(
            refused_field(|it| it.cases[2].function_call = call("f", "{}")),
            "cases.function_call.arguments_json"
        );
        assert_eq!(refused_field(|it| it.stdin = b"x".to_vec()), "stdin");
        assert_eq!(refused_field(|it| it.interactive = true), "interactive");
        assert_eq!(refused_field(|it| it.function_call = good), "function_call");
        assert_eq!(
            refused_field(|it| it.file_collection = Some(FileCollection::default())),
            "file_collection"
        );
        assert_eq!(refused_field(|it| it.drawing = true), "drawing");
        assert_eq!(refused_field(|it| it.max_parallel = -1), "max_parallel");
        let alone = |it: &mut ExecuteRequest| it.cases.clear();
        assert_eq!(
            refused_field(|it| {
                alone(it);
                it.max_parallel = 2;
            }),
            "max_parallel"
        );
        assert_eq!(
            refused_field(|it| {
                alone(it);
                it.stop_on_first_failure = true;
            }),
            "stop_on_first_failure"
        );
    }
}
