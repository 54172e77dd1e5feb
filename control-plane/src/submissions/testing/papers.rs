//! The call that runs a student's program for some tests: the order for the runner, and the answers as they
//! come. An answer is judged when its program has ended, unless the author's own checker has to look
//! at it; then it is put aside.

use super::{AT_ONCE, Desk, Exam, Output, Tested, fitting};
use crate::execution::dispatcher::{BatchListener, Slot};
use crate::execution::model::{OutputStream, Program};
use crate::execution::order::{BatchOrder, Case, Ended, Failure, FunctionResult};
use crate::judge::{
    Answer, CustomChecker, Observed, Ruling, TestCase, TestResult, judge_ruled_test,
    judge_settled_test, judge_test,
};
use crate::problems::model::{AnswerChecker, GradedProblem, ProblemKind, Test};

impl Exam<'_> {
    /// Runs the program for as many of the tests that are due as go into one call.
    pub(super) async fn run<'a>(
        &'a self,
        slot: &mut Slot,
        number: u32,
        desk: &mut Desk<'a, '_>,
    ) -> Result<(), Failure> {
        let due = desk.plan.due();
        slot.widen(AT_ONCE.min(due.len()));
        let sizes = due.iter().map(|test| test.input.len());
        let tests = &due[..fitting(sizes, slot.sandboxes())];
        let mut papers = Papers {
            exam: self,
            tests,
            outputs: tests.iter().map(|_| Output::default()).collect(),
            desk,
        };
        let order = self.order(tests, number);
        slot.execute_batch(&order, &mut papers).await
    }

    fn order<'a>(&'a self, tests: &[&'a Test], number: u32) -> BatchOrder<'a> {
        let name = &self.problem.function_name;
        let case = |test: &'a Test| match self.problem.kind {
            ProblemKind::Stdin => Case::Stdin(test.input.as_bytes()),
            ProblemKind::Function => Case::Call(name, &test.input),
        };
        BatchOrder {
            name: self.call_name(number),
            program: self.program,
            profile: self.problem.profile,
            limits: self.limits,
            cases: tests.iter().copied().map(case).collect(),
            call_id: self.call_id.clone(),
        }
    }
}

/// The answers of a call as they come.
struct Papers<'a, 'b, 'c> {
    exam: &'a Exam<'a>,
    tests: &'c [&'a Test],
    outputs: Vec<Output>,
    desk: &'c mut Desk<'a, 'b>,
}

impl BatchListener for Papers<'_, '_, '_> {
    fn placed(&mut self, runner: &str) {
        self.exam.notes.placed(runner);
    }

    fn output(&mut self, case: usize, stream: OutputStream, data: &[u8]) {
        self.outputs[case].push(stream, data, &self.exam.limits);
    }

    fn ended(&mut self, case: usize, ended: Ended) {
        let answered = Answered {
            program: self.exam.program,
            problem: self.exam.problem,
            test: self.tests[case],
            ended,
            output: std::mem::take(&mut self.outputs[case]),
        };
        match &self.exam.problem.checker {
            AnswerChecker::BuiltIn(checker) => {
                let result = judge_test(checker, answered.case(), answered.observed());
                self.desk.judged(answered.tested(result));
            }
            AnswerChecker::Custom(_) => match answered.settled() {
                Some(result) => self.desk.judged(answered.tested(result)),
                None => self.desk.answered.push(answered),
            },
        }
    }

    fn wants(&self, case: usize) -> bool {
        self.desk.plan.wants(self.tests[case].number)
    }
}

/// A program that has ended, with what it answered.
pub(super) struct Answered<'a> {
    program: &'a Program,
    problem: &'a GradedProblem,
    test: &'a Test,
    ended: Ended,
    output: Output,
}

impl Answered<'_> {
    /// Of its test.
    pub(super) fn number(&self) -> u32 {
        self.test.number
    }

    /// Bytes of its question, nearly.
    pub(super) fn size(&self) -> usize {
        let answer = self.answer().given();
        self.test.input.len() + self.test.expected.len() + answer.len()
    }

    /// What the author's own checker is to be asked.
    pub(super) fn question(&self) -> Vec<u8> {
        let TestCase {
            input, expected, ..
        } = self.case();
        CustomChecker::question(input, expected, self.answer().given())
    }

    /// What became of its test when the author's own checker has answered.
    pub(super) fn ruled(&self, ruling: &Ruling) -> Tested {
        self.tested(judge_ruled_test(ruling, self.case(), self.observed()))
    }

    /// The result, when no checker has to look at the answer.
    fn settled(&self) -> Option<TestResult> {
        judge_settled_test(self.case(), self.observed())
    }

    fn observed(&self) -> Observed<'_> {
        Observed {
            program: self.program,
            ending: &self.ended.ending,
            answer: self.answer(),
            stderr: &self.output.stderr,
        }
    }

    fn tested(&self, result: TestResult) -> Tested {
        Tested {
            result,
            compile_error: self.ended.ending.compile_error.clone(),
        }
    }

    fn answer(&self) -> Answer<'_> {
        let name = &self.problem.function_name;
        match (self.problem.kind, &self.ended.function) {
            (ProblemKind::Stdin, _) => Answer::Text(&self.output.stdout),
            (ProblemKind::Function, FunctionResult::Returned(json)) => Answer::Returned(json),
            (ProblemKind::Function, FunctionResult::NotDefined) => Answer::NotDefined(name),
            (ProblemKind::Function, FunctionResult::NotData) => Answer::NotData(name),
            (ProblemKind::Function, FunctionResult::NoResult | FunctionResult::NotCalled) => {
                Answer::NoResult(name)
            }
        }
    }

    fn case(&self) -> TestCase<'_> {
        let Test {
            number,
            hidden,
            input,
            expected,
        } = self.test;
        TestCase {
            number: *number,
            hidden: *hidden,
            input: input.as_bytes(),
            expected: expected.as_bytes(),
        }
    }
}
