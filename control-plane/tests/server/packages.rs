//! Problems as archives over the API: who may have them, what they hold, and that they come back.

use coderunner_proto::v1 as pb;
use pb::problem_service_client::ProblemServiceClient;
use tonic::Code;

use crate::support::{UNLIMITED, refused, start, with};

fn import(package: &[u8], format: pb::PackageFormat) -> pb::ImportPackageRequest {
    pb::ImportPackageRequest {
        request_id: "import".into(),
        package: package.to_vec(),
        format: format.into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_package_comes_back_and_repeats_give_the_first_answer() {
    let running = start(UNLIMITED).await;
    let author = running.token("ada", "author").await;
    let teacher = running.token("bob", "teacher").await;
    let mut problems = ProblemServiceClient::new(running.channel.clone());
    let export = |format: pb::PackageFormat, slug: &str| pb::ExportPackageRequest {
        slug: slug.into(),
        format: format.into(),
    };
    let asked = export(pb::PackageFormat::Unspecified, "hello-name");
    let result = problems.export_package(with(&teacher, asked.clone())).await;
    refused(result, Code::PermissionDenied, "ROLE_REQUIRED");
    let exported = problems.export_package(with(&author, asked)).await;
    let exported = exported.unwrap().into_inner();
    assert!(exported.package.starts_with(b"PK") && !exported.warnings.is_empty());

    let format = pb::PackageFormat::Kattis;
    let result = problems
        .import_package(with(&teacher, import(&exported.package, format)))
        .await;
    refused(result, Code::PermissionDenied, "ROLE_REQUIRED");
    let mut request = import(&exported.package, format);
    request.slug = "hello-again".into();
    let first = problems
        .import_package(with(&author, request.clone()))
        .await;
    let first = first.unwrap().into_inner();
    let problem = first.problem.clone().unwrap();
    assert_eq!(
        (problem.slug.as_str(), problem.session_id.as_str()),
        ("hello-again", "")
    );
    assert_eq!(problem.solution_source, "", "it is for its authors alone");
    let repeated = problems.import_package(with(&author, request)).await;
    assert_eq!(repeated.unwrap().into_inner(), first);

    let asked = export(pb::PackageFormat::Course, "");
    let course = problems.export_package(with(&author, asked)).await;
    let mut request = import(
        &course.unwrap().into_inner().package,
        pb::PackageFormat::Course,
    );
    request.request_id.clear();
    let loaded = problems
        .import_package(with(&author, request.clone()))
        .await;
    let loaded = loaded.unwrap().into_inner();
    assert_eq!(
        (loaded.changed_problem_count, loaded.deleted_problem_count),
        (0, 0)
    );
    assert!(loaded.problem_count > 12 && loaded.problem.is_none());
    request.slug = "one".into();
    let result = problems.import_package(with(&author, request)).await;
    refused(result, Code::InvalidArgument, "INVALID_ARGUMENT");
}

#[tokio::test]
async fn what_is_no_package_is_refused_with_its_field() {
    let running = start(UNLIMITED).await;
    let author = running.token("ada", "author").await;
    let mut problems = ProblemServiceClient::new(running.channel.clone());
    for format in [
        pb::PackageFormat::Kattis,
        pb::PackageFormat::Folder,
        pb::PackageFormat::Course,
    ] {
        let request = with(&author, import(b"PK\x03\x04 and no more", format));
        let result = problems.import_package(request).await;
        let details = refused(result, Code::InvalidArgument, "INVALID_ARGUMENT");
        let violations = details.bad_request().unwrap().field_violations.clone();
        assert_eq!(violations[0].field, "package", "{format:?}");
    }
    let mut odd = import(b"", pb::PackageFormat::Kattis);
    odd.format = 77;
    let result = problems.import_package(with(&author, odd)).await;
    let details = refused(result, Code::InvalidArgument, "INVALID_ARGUMENT");
    let violations = details.bad_request().unwrap().field_violations.clone();
    assert_eq!(violations[0].field, "format");
    let missing = pb::ExportPackageRequest {
        slug: "no-such".into(),
        format: pb::PackageFormat::Kattis.into(),
    };
    let result = problems.export_package(with(&author, missing)).await;
    refused(result, Code::NotFound, "NOT_FOUND");
}
