//! The echo of typed input: one interactive run, and for each line the time from `WriteInput`
//! until the program's answer is here.

use crate::paths::{Printed, Sandboxd};
use anyhow::{Context, Result, ensure};
use coderunner_proto::{
    common::v1::Limits,
    sandbox::v1::{CloseInputRequest, ExecuteRequest, WriteInputRequest},
};
use std::time::{Duration, Instant};

const SOURCE: &str = "import sys\nfor line in sys.stdin: print(line, end=\"\", flush=True)\n";
/// Seconds of wall-clock time for all lines; the default is short for a busy machine.
const TIME_LIMIT: i64 = 30;

/// Types so many lines, each when the one before has come back.
pub async fn echo(sandboxd: &Sandboxd, lines: usize) -> Result<Vec<Duration>> {
    let mut limits = Limits::default();
    limits.wall_time_limit.get_or_insert_default().seconds = TIME_LIMIT;
    let request = ExecuteRequest {
        limits: Some(limits),
        interactive: true,
        ..Sandboxd::request(SOURCE)
    };
    let run_id = request.run_id.clone();
    let mut printed = sandboxd.execute(request).await?;
    printed.started().await?;
    let mut latencies = Vec::with_capacity(lines);
    // The line of number 0 waits for the program's start too, and is not counted.
    for number in 0..=lines {
        let latency = echo_line(sandboxd, &run_id, &mut printed, number)
            .await
            .with_context(|| format!("line {number}"))?;
        latencies.extend((number > 0).then_some(latency));
    }
    let close = CloseInputRequest { run_id };
    sandboxd.stub().close_input(close).await?;
    let rest = printed.rest().await?;
    ensure!(rest.is_empty(), "it printed more than it was given");
    Ok(latencies)
}

async fn echo_line(
    sandboxd: &Sandboxd,
    run_id: &str,
    printed: &mut Printed,
    number: usize,
) -> Result<Duration> {
    let line = format!("line {number}\n").into_bytes();
    let request = WriteInputRequest {
        run_id: run_id.to_owned(),
        data: line.clone(),
    };
    let mut stub = sandboxd.stub();
    let started = Instant::now();
    // The echo may be here before the answer to the call is.
    let (latency, _written) = tokio::try_join!(
        async {
            let echoed = printed.exactly(line.len()).await?;
            let latency = started.elapsed();
            ensure!(
                echoed == line,
                "it printed {:?}",
                String::from_utf8_lossy(&echoed)
            );
            Ok(latency)
        },
        async { Ok(stub.write_input(request).await?) },
    )?;
    Ok(latency)
}
