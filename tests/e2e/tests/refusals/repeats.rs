//! Requests that come twice, and requests that come too late.

use super::*;

pub fn a_request_id_with_another_body_is_refused(stack: &Stack) -> Result<()> {
    wait(async {
        let student = stack.student().await?;
        let mut execution = ExecutionServiceClient::new(student.channel());
        let first = run_of("print(1)");
        execution
            .create_run(student.authorised(first.clone()).await?)
            .await?;
        let second = CreateRunRequest {
            request_id: first.request_id,
            ..run_of("print(2)")
        };
        let (code, _, fields) = refusal(
            execution
                .create_run(student.authorised(second).await?)
                .await,
        )?;
        ensure!(
            code == Code::InvalidArgument && fields == ["request_id"],
            "{code:?} {fields:?}"
        );
        Ok(())
    })
}

pub fn a_repeated_request_returns_the_first_answer(stack: &Stack) -> Result<()> {
    wait(async {
        let student = stack.student().await?;
        let mut execution = ExecutionServiceClient::new(student.channel());
        let request = run_of("print(1)");
        let mut ids = Vec::new();
        for _ in 0..3 {
            let answer = execution
                .create_run(student.authorised(request.clone()).await?)
                .await?;
            ids.push(answer.into_inner().run.context("run")?.id);
        }
        ensure!(ids[0] == ids[1] && ids[1] == ids[2], "{ids:?}");
        let stranger = stack.student().await?;
        let other = execution
            .create_run(stranger.authorised(request).await?)
            .await?;
        let other = other.into_inner().run.context("run")?.id;
        ensure!(
            other != ids[0],
            "another user's request_id is another request"
        );
        Ok(())
    })
}

pub fn a_finished_run_takes_no_input(stack: &Stack) -> Result<()> {
    wait(async {
        let student = stack.student().await?;
        let run_id = finished_run(&student).await?;
        let mut execution = ExecutionServiceClient::new(student.channel());
        let input = SendInputRequest {
            request_id: new_id(),
            run_id: run_id.clone(),
            data: vec![1],
        };
        let (code, reason, _) =
            refusal(execution.send_input(student.authorised(input).await?).await)?;
        ensure!(
            code == Code::FailedPrecondition && reason == "RUN_NOT_RUNNING",
            "{code:?} {reason}"
        );
        let cancelled = student.cancel_run(&run_id).await?;
        ensure!(
            cancelled.exit_code == Some(0),
            "a finished run stays as it is: {cancelled:?}"
        );
        Ok(())
    })
}

async fn finished_run(student: &Client) -> Result<String> {
    let mut started = student.run(NewRun::of_source("print(1)")).await?;
    while let Some(event) = futures::StreamExt::next(&mut started.events).await {
        event?;
    }
    Ok(started.run.id)
}
