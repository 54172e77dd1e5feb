//! The call that has the author's own checker look at answers. It runs as any program does, through
//! the dispatcher and in sandboxes of its own, with the profile python and the installation's
//! limits of a test, whatever those of the problem are: a quick problem may have a slow checker.
//!
//! A checker that gives no answer ends the grading, unless a test that comes before it failed
//! (`plan`).

use super::{AT_ONCE, Desk, Exam, Output, fitting};
use crate::execution::dispatcher::{BatchListener, Slot};
use crate::execution::model::{Limits, OutputStream, Profile};
use crate::execution::notes::Notes;
use crate::execution::order::{BatchOrder, Case, Ended, Failure};
use crate::judge::CustomChecker;

impl Exam<'_> {
    /// Has as many answers checked as go into one call, in the order of the tests.
    pub(super) async fn check<'a>(
        &'a self,
        checker: &CustomChecker,
        slot: &mut Slot,
        number: u32,
        desk: &mut Desk<'a, '_>,
    ) -> Result<(), Failure> {
        desk.answered.sort_by_key(|answered| answered.number());
        slot.widen(AT_ONCE.min(desk.answered.len()));
        let sizes = desk.answered.iter().map(|it| it.size());
        let count = fitting(sizes, slot.sandboxes());
        let questions: Vec<_> = desk.answered[..count]
            .iter()
            .map(|it| it.question())
            .collect();
        let order = BatchOrder {
            name: self.call_name(number),
            program: &checker.program(),
            profile: Profile::Python,
            limits: self.checker_limits,
            cases: questions.iter().map(|it| Case::Stdin(it)).collect(),
            call_id: self.call_id.clone(),
        };
        let mut checks = Checks {
            limits: &self.checker_limits,
            notes: self.notes,
            outputs: questions.iter().map(|_| Output::default()).collect(),
            desk,
        };
        slot.execute_batch(&order, &mut checks).await
    }
}

/// What the checker says of the first answers on the desk, as it comes.
struct Checks<'a, 'b, 'c> {
    limits: &'a Limits,
    notes: &'a Notes,
    outputs: Vec<Output>,
    desk: &'c mut Desk<'a, 'b>,
}

impl BatchListener for Checks<'_, '_, '_> {
    fn placed(&mut self, runner: &str) {
        self.notes.placed(runner);
    }

    fn output(&mut self, case: usize, stream: OutputStream, data: &[u8]) {
        self.outputs[case].push(stream, data, self.limits);
    }

    fn ended(&mut self, case: usize, ended: Ended) {
        let Output { stdout, stderr } = std::mem::take(&mut self.outputs[case]);
        let answered = &self.desk.answered[case];
        match CustomChecker::ruling(&ended.ending, stdout, &stderr) {
            Ok(ruling) => {
                let tested = answered.ruled(&ruling);
                self.desk.judged(tested);
            }
            Err(fault) => {
                let number = answered.number();
                self.desk.unanswered(number, fault);
            }
        }
    }

    fn wants(&self, case: usize) -> bool {
        self.desk.plan.wants(self.desk.answered[case].number())
    }
}
