//! Batches as messages, and back.

use coderunner_proto::sandbox::v1 as wire;
use coderunner_proto::sandbox::v1::execute_response::Event;
use futures::stream::{BoxStream, StreamExt};

use super::{RunnerClient, failure, happening, limits, program, traced};
use crate::execution::kept::Arriving;
use crate::execution::order::{BatchHappening, BatchOrder, Case, Failure};

impl RunnerClient {
    /// Has a program run for some inputs, at most that many at one time. The stream ends with
    /// `Finished` or with a failure.
    pub async fn execute_batch(
        &self,
        order: &BatchOrder<'_>,
        max_parallel: usize,
    ) -> Result<BoxStream<'static, Result<BatchHappening, Failure>>, Failure> {
        let request = traced(&order.call_id, batch_request(order, max_parallel));
        let events = self.begin(request).await?.map(|message| match message {
            Ok(message) => batch_happening(message),
            Err(status) => Err(failure(status)),
        });
        Ok(events.boxed())
    }
}

fn batch_request(order: &BatchOrder<'_>, max_parallel: usize) -> wire::ExecuteRequest {
    let BatchOrder {
        name,
        program: of,
        profile,
        limits: within,
        cases,
        call_id: _,
    } = order;
    wire::ExecuteRequest {
        run_id: name.clone(),
        program: Some(program(of)),
        limits: Some(limits(*within)),
        stdin: Vec::new(),
        interactive: false,
        function_call: None,
        profile: profile.word().to_owned(),
        // Files of a test could tell of its hidden input.
        file_collection: None,
        drawing: false,
        cases: cases.iter().map(case).collect(),
        max_parallel: i32::try_from(max_parallel).unwrap_or(i32::MAX),
        // A runner knows no expected answers; what a failure means is decided here.
        stop_on_first_failure: false,
    }
}

fn case(case: &Case<'_>) -> wire::Case {
    match *case {
        Case::Stdin(bytes) => wire::Case {
            stdin: bytes.to_vec(),
            function_call: None,
        },
        Case::Call(name, arguments) => wire::Case {
            stdin: Vec::new(),
            function_call: Some(wire::FunctionCall {
                function_name: name.to_owned(),
                arguments_json: arguments.to_owned(),
            }),
        },
    }
}

fn batch_happening(message: wire::ExecuteResponse) -> Result<BatchHappening, Failure> {
    let wire::ExecuteResponse { event, case_index } = message;
    let broken = |what: &str| Failure::Lost(format!("it sent {what}"));
    let count = |number: i32| usize::try_from(number).map_err(|_| broken("a negative number"));
    let Some(Event::BatchFinished(finished)) = event else {
        let happening = happening(event, &mut Arriving::default(), None)
            .ok_or_else(|| broken("a file that was not asked for"))?;
        return Ok(BatchHappening::Case(count(case_index)?, happening?));
    };
    let end = finished.end();
    let wire::BatchFinished {
        end: _,
        run_count,
        skipped_count: _,
    } = finished;
    Ok(BatchHappening::Finished {
        run_count: count(run_count)?,
        compile_error: end == wire::BatchEnd::CompileError,
    })
}
