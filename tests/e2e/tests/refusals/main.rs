//! Bad input over gRPC: each gets the code, the reason and the fields that the API promises, and
//! nothing of another user's can be told from nothing at all.

mod input;
mod repeats;
mod rights;
mod tokens;

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64_URL;
use coderunner_client::{Client, MemoryTokens, NewRun, NewSubmission, Settings, TokenStore};
use coderunner_proto::common::v1::{Program, SourceFile};
use coderunner_proto::v1::auth_service_client::AuthServiceClient;
use coderunner_proto::v1::execution_service_client::ExecutionServiceClient;
use coderunner_proto::v1::problem_service_client::ProblemServiceClient;
use coderunner_proto::v1::progress_service_client::ProgressServiceClient;
use coderunner_proto::v1::submission_service_client::SubmissionServiceClient;
use coderunner_proto::v1::user_service_client::UserServiceClient;
use coderunner_proto::v1::*;
use e2e_tests::{Stack, new_account, post_grpc_web, run_tests, tests, wait};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};
use tonic::{Code, Request, Response, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

fn main() {
    run_tests(tests![
        tokens::calls_without_a_token_are_refused,
        tokens::forged_tokens_are_refused,
        tokens::expired_tokens_are_refused_and_renewed,
        input::programs_that_break_a_rule_name_the_field,
        input::a_profile_that_is_none_is_refused_and_those_that_are_are_listed,
        input::a_request_over_the_limit_is_refused,
        input::bytes_that_are_no_message_are_refused,
        input::registrations_that_break_a_rule_name_the_field,
        rights::ids_that_name_nothing_are_not_found,
        rights::another_users_run_and_submission_do_not_exist,
        rights::students_may_not_do_what_authors_and_admins_may,
        repeats::a_request_id_with_another_body_is_refused,
        repeats::a_repeated_request_returns_the_first_answer,
        repeats::a_finished_run_takes_no_input,
        input::bad_page_tokens_are_refused,
        tokens::no_error_tells_of_the_inside,
    ])
}

/// What a refusal said: code, reason, fields.
fn refusal<T>(answer: Result<Response<T>, Status>) -> Result<(Code, String, Vec<String>)> {
    let Err(status) = answer else {
        anyhow::bail!("the call was not refused");
    };
    let details = status.get_error_details();
    let info = details
        .error_info()
        .with_context(|| format!("no ErrorInfo: {status:?}"))?;
    ensure!(
        !info.domain.is_empty() && !info.reason.is_empty(),
        "{info:?}"
    );
    ensure!(
        !status.message().is_empty(),
        "no sentence for the user: {status:?}"
    );
    let fields = details
        .bad_request()
        .map(|bad| &bad.field_violations[..])
        .unwrap_or_default();
    let fields = fields
        .iter()
        .map(|violation| violation.field.clone())
        .collect();
    Ok((status.code(), info.reason.clone(), fields))
}

fn code_of<T>(answer: Result<Response<T>, Status>) -> Result<Code> {
    refusal(answer).map(|(code, _, _)| code)
}

fn new_id() -> String {
    Uuid::new_v4().to_string()
}

fn run_of(source: &str) -> CreateRunRequest {
    CreateRunRequest {
        request_id: new_id(),
        program: Some(Program {
            source: source.to_owned(),
            files: Vec::new(),
        }),
        ..CreateRunRequest::default()
    }
}
