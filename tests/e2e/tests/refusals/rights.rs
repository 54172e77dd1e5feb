//! What does not exist for somebody, or is not theirs to do.

use super::*;

pub fn ids_that_name_nothing_are_not_found(stack: &Stack) -> Result<()> {
    wait(async {
        let student = stack.student().await?;
        let mut execution = ExecutionServiceClient::new(student.channel());
        let mut submissions = SubmissionServiceClient::new(student.channel());
        let mut problems = ProblemServiceClient::new(student.channel());
        for id in [
            new_id(),
            String::new(),
            "x".repeat(10_000),
            "' OR 1=1 --".to_owned(),
        ] {
            let run_id = id.clone();
            let submission_id = id.clone();
            let codes = [
                code_of(
                    execution
                        .get_run(
                            student
                                .authorised(GetRunRequest {
                                    run_id: run_id.clone(),
                                })
                                .await?,
                        )
                        .await,
                )?,
                code_of(
                    execution
                        .cancel_run(
                            student
                                .authorised(CancelRunRequest {
                                    run_id: run_id.clone(),
                                })
                                .await?,
                        )
                        .await,
                )?,
                code_of(
                    execution
                        .watch_run(
                            student
                                .authorised(WatchRunRequest {
                                    run_id,
                                    after_sequence: 0,
                                })
                                .await?,
                        )
                        .await,
                )?,
                code_of(
                    submissions
                        .get_submission(
                            student
                                .authorised(GetSubmissionRequest { submission_id })
                                .await?,
                        )
                        .await,
                )?,
                code_of(
                    problems
                        .get_problem(GetProblemRequest { slug: id.clone() })
                        .await,
                )?,
            ];
            ensure!(
                codes.iter().all(|code| *code == Code::NotFound),
                "{id:.50}: {codes:?}"
            );
        }
        let submission = CreateSubmissionRequest {
            request_id: new_id(),
            problem: "no-such-problem".to_owned(),
            program: Some(Program {
                source: "1".to_owned(),
                files: Vec::new(),
            }),
        };
        let refused = code_of(
            submissions
                .create_submission(student.authorised(submission).await?)
                .await,
        )?;
        ensure!(refused == Code::NotFound, "{refused:?}");
        Ok(())
    })
}

pub fn another_users_run_and_submission_do_not_exist(stack: &Stack) -> Result<()> {
    wait(async {
        let owner = stack.student().await?;
        let leaves_a_file = NewRun {
            collect_files: true,
            ..NewRun::of_source("open('a', 'w').write('own')")
        };
        let mut started = owner.run(leaves_a_file).await?;
        let run_id = started.run.id.clone();
        let new = NewSubmission {
            problem: "hello-name".to_owned(),
            source: "print(1)".to_owned(),
            files: Vec::new(),
        };
        let submission_id = owner.create_submission(new).await?.id;
        while let Some(event) = futures::StreamExt::next(&mut started.events).await {
            event?;
        }

        let kept = owner.get_run_file(&run_id, "a").await?;
        ensure!(kept == b"own", "{kept:?}");
        let stranger = stack.student().await?;
        let mut execution = ExecutionServiceClient::new(stranger.channel());
        let mut submissions = SubmissionServiceClient::new(stranger.channel());
        let missing = execution
            .get_run(
                stranger
                    .authorised(GetRunRequest { run_id: new_id() })
                    .await?,
            )
            .await;
        let hidden = execution
            .get_run(
                stranger
                    .authorised(GetRunRequest {
                        run_id: run_id.clone(),
                    })
                    .await?,
            )
            .await;
        ensure!(
            refusal(missing)? == refusal(hidden)?,
            "hidden and missing must look the same"
        );

        let input = SendInputRequest {
            request_id: new_id(),
            run_id: run_id.clone(),
            data: vec![1],
        };
        let file = GetRunFileRequest {
            run_id: run_id.clone(),
            path: "a".to_owned(),
        };
        let codes = [
            code_of(
                execution
                    .get_run_file(stranger.authorised(file).await?)
                    .await,
            )?,
            code_of(
                execution
                    .watch_run(
                        stranger
                            .authorised(WatchRunRequest {
                                run_id: run_id.clone(),
                                after_sequence: 0,
                            })
                            .await?,
                    )
                    .await,
            )?,
            code_of(
                execution
                    .send_input(stranger.authorised(input).await?)
                    .await,
            )?,
            code_of(
                execution
                    .close_input(
                        stranger
                            .authorised(CloseInputRequest {
                                run_id: run_id.clone(),
                            })
                            .await?,
                    )
                    .await,
            )?,
            code_of(
                execution
                    .cancel_run(
                        stranger
                            .authorised(CancelRunRequest {
                                run_id: run_id.clone(),
                            })
                            .await?,
                    )
                    .await,
            )?,
            code_of(
                submissions
                    .get_submission(
                        stranger
                            .authorised(GetSubmissionRequest {
                                submission_id: submission_id.clone(),
                            })
                            .await?,
                    )
                    .await,
            )?,
            code_of(
                submissions
                    .watch_submission(
                        stranger
                            .authorised(WatchSubmissionRequest {
                                submission_id,
                                after_sequence: 0,
                            })
                            .await?,
                    )
                    .await,
            )?,
        ];
        ensure!(
            codes.iter().all(|code| *code == Code::NotFound),
            "{codes:?}"
        );
        Ok(())
    })
}

pub fn students_may_not_do_what_authors_and_admins_may(stack: &Stack) -> Result<()> {
    wait(async {
        let student = stack.student().await?;
        let mut users = UserServiceClient::new(student.channel());
        let mut problems = ProblemServiceClient::new(student.channel());
        let mut submissions = SubmissionServiceClient::new(student.channel());
        let mine = student.me().await?;
        let codes = [
            code_of(
                users
                    .list_users(student.authorised(ListUsersRequest::default()).await?)
                    .await,
            )?,
            code_of(
                users
                    .set_role(
                        student
                            .authorised(SetRoleRequest {
                                user_id: mine.id,
                                role: Role::Admin.into(),
                            })
                            .await?,
                    )
                    .await,
            )?,
            code_of(
                problems
                    .create_problem(student.authorised(CreateProblemRequest::default()).await?)
                    .await,
            )?,
            code_of(
                problems
                    .delete_problem(
                        student
                            .authorised(DeleteProblemRequest {
                                slug: "hello-name".to_owned(),
                                etag: String::new(),
                            })
                            .await?,
                    )
                    .await,
            )?,
            code_of(
                submissions
                    .start_rejudge(student.authorised(StartRejudgeRequest::default()).await?)
                    .await,
            )?,
            code_of(
                submissions
                    .list_submissions(
                        student
                            .authorised(ListSubmissionsRequest {
                                user_id: new_id(),
                                ..Default::default()
                            })
                            .await?,
                    )
                    .await,
            )?,
        ];
        ensure!(
            codes.iter().all(|code| *code == Code::PermissionDenied),
            "{codes:?}"
        );
        Ok(())
    })
}
