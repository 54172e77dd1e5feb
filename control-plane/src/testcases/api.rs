//! TestCaseService over gRPC. The guard lets authors in only.

use coderunner_proto::v1 as pb;
use pb::test_case_service_server::TestCaseService;
use tonic::{Request, Response, Status};

use super::model::TestCase;
use super::service::TestCases;
use crate::platform::errors::Error;
use crate::platform::pagination::Page;
use crate::problems::model::{Slug, Test};

/// The gRPC side of `TestCases`.
pub struct TestCaseApi {
    tests: TestCases,
}

impl TestCaseApi {
    /// Serves these tests.
    pub fn new(tests: TestCases) -> Self {
        Self { tests }
    }
}

#[tonic::async_trait]
impl TestCaseService for TestCaseApi {
    async fn list_test_cases(
        &self,
        request: Request<pb::ListTestCasesRequest>,
    ) -> Result<Response<pb::ListTestCasesResponse>, Status> {
        let pb::ListTestCasesRequest {
            problem,
            page_size,
            page_token,
        } = request.into_inner();
        let slug = Slug::parse(&problem).map_err(|_| Error::NotFound("problem"))?;
        let page = Page::parse(page_size, &page_token, &format!("tests of {slug}"))?;
        let (tests, next_page_token) = self.tests.list(&slug, &page).await?;
        let test_cases = tests.into_iter().map(test_case_out).collect();
        Ok(Response::new(pb::ListTestCasesResponse {
            test_cases,
            next_page_token,
        }))
    }

    async fn create_test_case(
        &self,
        _: Request<pb::CreateTestCaseRequest>,
    ) -> Result<Response<pb::CreateTestCaseResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn update_test_case(
        &self,
        _: Request<pb::UpdateTestCaseRequest>,
    ) -> Result<Response<pb::UpdateTestCaseResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn delete_test_case(
        &self,
        _: Request<pb::DeleteTestCaseRequest>,
    ) -> Result<Response<pb::DeleteTestCaseResponse>, Status> {
        Err(Error::Unimplemented.into())
    }

    async fn validate_test_cases(
        &self,
        _: Request<pb::ValidateTestCasesRequest>,
    ) -> Result<Response<pb::ValidateTestCasesResponse>, Status> {
        Err(Error::Unimplemented.into())
    }
}

fn test_case_out(test_case: TestCase) -> pb::TestCase {
    let TestCase {
        id,
        test:
            Test {
                number,
                hidden,
                input,
                expected,
            },
    } = test_case;
    let number = i32::try_from(number).unwrap_or(i32::MAX);
    pb::TestCase {
        id: id.to_string(),
        number,
        hidden,
        input,
        expected,
    }
}
