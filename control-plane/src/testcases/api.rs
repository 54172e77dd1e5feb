//! TestCaseService over gRPC. The guard lets authors in only.

use std::pin::Pin;

use coderunner_proto::v1 as pb;
use futures::{Stream, StreamExt};
use pb::test_case_service_server::TestCaseService;
use prost::Message;
use tonic::{Request, Response, Status};

use super::model::TestCase;
use super::service::TestCases;
use super::validation::api::event_out;
use super::validation::service::Validations;
use crate::platform::context::OpContext;
use crate::platform::errors::Error;
use crate::platform::idempotency::Idempotency;
use crate::platform::ids::TestCaseId;
use crate::platform::pagination::Page;
use crate::problems::authoring::arrangement::TestContent;
use crate::problems::authoring::service::{AuthoredTest, Authoring};
use crate::problems::model::{Slug, Test};

/// The gRPC side of `TestCases`, of `Authoring` as far as it is about tests, and of `Validations`.
pub struct TestCaseApi {
    tests: TestCases,
    authoring: Authoring,
    validations: Validations,
    idempotency: Idempotency,
}

impl TestCaseApi {
    /// Serves these tests.
    pub fn new(
        tests: TestCases,
        authoring: Authoring,
        validations: Validations,
        idempotency: Idempotency,
    ) -> Self {
        Self {
            tests,
            authoring,
            validations,
            idempotency,
        }
    }

    /// Does the work once. What is kept with the request_id is in plain text, so it is an answer
    /// without the test's data, which a repeat has in its request again.
    async fn once<R: Message>(
        &self,
        context: &OpContext,
        request_id: &str,
        request: &R,
        work: impl Future<Output = Result<AuthoredTest, Error>> + Send,
    ) -> Result<pb::TestCase, Error> {
        let digest = self.authoring.digest(&request.encode_to_vec());
        let work = async {
            Ok(pb::TestCase {
                input: String::new(),
                expected: String::new(),
                ..test_case_out(work.await?)
            })
        };
        self.idempotency
            .once(context, request_id, &digest, work)
            .await
    }
}

type EventStream =
    Pin<Box<dyn Stream<Item = Result<pb::ValidateTestCasesResponse, Status>> + Send>>;

#[tonic::async_trait]
impl TestCaseService for TestCaseApi {
    type ValidateTestCasesStream = EventStream;

    async fn list_test_cases(
        &self,
        request: Request<pb::ListTestCasesRequest>,
    ) -> Result<Response<pb::ListTestCasesResponse>, Status> {
        let pb::ListTestCasesRequest {
            problem,
            page_size,
            page_token,
        } = request.into_inner();
        let slug = parse_slug(&problem)?;
        let page = Page::parse(page_size, &page_token, &format!("tests of {slug}"))?;
        let (tests, next_page_token) = self.tests.list(&slug, &page).await?;
        let tests = self.authoring.authored(&slug, tests).await?;
        let test_cases = tests.into_iter().map(test_case_out).collect();
        Ok(Response::new(pb::ListTestCasesResponse {
            test_cases,
            next_page_token,
        }))
    }

    async fn create_test_case(
        &self,
        request: Request<pb::CreateTestCaseRequest>,
    ) -> Result<Response<pb::CreateTestCaseResponse>, Status> {
        let context = OpContext::of(&request)?;
        let request = request.into_inner();
        let slug = parse_slug(&request.problem)?;
        let given = request.test_case.clone().unwrap_or_default();
        let work = self.authoring.add_test(&slug, content_in(&given));
        let id = &request.request_id;
        let kept = self.once(&context, id, &request, work).await?;
        Ok(Response::new(pb::CreateTestCaseResponse {
            test_case: Some(with_data_of(kept, given)),
        }))
    }

    async fn update_test_case(
        &self,
        request: Request<pb::UpdateTestCaseRequest>,
    ) -> Result<Response<pb::UpdateTestCaseResponse>, Status> {
        let context = OpContext::of(&request)?;
        let request = request.into_inner();
        let slug = parse_slug(&request.problem)?;
        let given = request.test_case.clone().unwrap_or_default();
        let test_id = parse_id(&given.id)?;
        if given.etag.is_empty() {
            let text = "must be that of the test as you read it.";
            return Err(Error::invalid("test_case.etag", text).into());
        }
        let content = content_in(&given);
        let work = self
            .authoring
            .change_test(&slug, test_id, &given.etag, content);
        let id = &request.request_id;
        let kept = self.once(&context, id, &request, work).await?;
        Ok(Response::new(pb::UpdateTestCaseResponse {
            test_case: Some(with_data_of(kept, given)),
        }))
    }

    async fn delete_test_case(
        &self,
        request: Request<pb::DeleteTestCaseRequest>,
    ) -> Result<Response<pb::DeleteTestCaseResponse>, Status> {
        let pb::DeleteTestCaseRequest {
            problem,
            test_case_id,
            etag,
        } = request.into_inner();
        let (slug, id) = (parse_slug(&problem)?, parse_id(&test_case_id)?);
        self.authoring.delete_test(&slug, id, &etag).await?;
        Ok(Response::new(pb::DeleteTestCaseResponse {}))
    }

    async fn validate_test_cases(
        &self,
        request: Request<pb::ValidateTestCasesRequest>,
    ) -> Result<Response<EventStream>, Status> {
        let context = OpContext::of(&request)?;
        let (caller, call_id) = (context.caller()?, context.call_id);
        let pb::ValidateTestCasesRequest { problem } = request.into_inner();
        let slug = parse_slug(&problem)?;
        let events = self.validations.validate(caller, call_id, &slug).await?;
        Ok(Response::new(Box::pin(
            events.map(|event| Ok(event_out(event?))),
        )))
    }
}

fn parse_slug(slug: &str) -> Result<Slug, Error> {
    Slug::parse(slug).map_err(|_| Error::NotFound("problem"))
}

fn parse_id(id: &str) -> Result<TestCaseId, Error> {
    id.parse().map_err(|_| Error::NotFound("test case"))
}

fn content_in(test_case: &pb::TestCase) -> TestContent {
    let pb::TestCase {
        id: _,
        number: _,
        hidden,
        input,
        expected,
        subtask_name,
        etag: _,
    } = test_case;
    TestContent {
        hidden: *hidden,
        input: input.clone(),
        expected: expected.clone(),
        subtask: Some(subtask_name.clone()).filter(|name| !name.is_empty()),
    }
}

fn with_data_of(kept: pb::TestCase, given: pb::TestCase) -> pb::TestCase {
    pb::TestCase {
        input: given.input,
        expected: given.expected,
        ..kept
    }
}

fn test_case_out(test: AuthoredTest) -> pb::TestCase {
    let AuthoredTest {
        test_case: TestCase { id, test },
        subtask,
        etag,
    } = test;
    let Test {
        number,
        hidden,
        input,
        expected,
    } = test;
    pb::TestCase {
        id: id.to_string(),
        number: i32::try_from(number).unwrap_or(i32::MAX),
        hidden,
        input,
        expected,
        subtask_name: subtask.unwrap_or_default(),
        etag,
    }
}
