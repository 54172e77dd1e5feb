//! Archives of problems and courses, between the wire and `Packages`.

use coderunner_proto::v1 as pb;
use prost::Message;

use super::service::{NewProblem, Packages, ProblemFormat};
use crate::platform::config::Limits;
use crate::platform::context::OpContext;
use crate::platform::errors::{Error, Violations};
use crate::platform::idempotency::Idempotency;
use crate::problems::api::page_out;
use crate::problems::authoring::service::{Authoring, Placing};
use crate::problems::course::service::Loaded;
use crate::problems::model::Slug;

/// The gRPC side of `Packages`.
pub struct PackageApi {
    packages: Packages,
    authoring: Authoring,
    idempotency: Idempotency,
}

/// What a call is about.
enum Format {
    Problem(ProblemFormat),
    Course,
}

impl PackageApi {
    /// Serves these archives.
    pub fn new(packages: Packages, authoring: Authoring, idempotency: Idempotency) -> Self {
        Self {
            packages,
            authoring,
            idempotency,
        }
    }

    /// Takes a problem or a course in.
    pub async fn import(
        &self,
        context: &OpContext,
        request: pb::ImportPackageRequest,
        defaults: &Limits,
    ) -> Result<pb::ImportPackageResponse, Error> {
        // Answers are kept in plain text, so they hold no secret, and neither does the digest.
        let digest = self.authoring.digest(&request.encode_to_vec());
        let pb::ImportPackageRequest {
            request_id,
            package,
            format,
            slug,
            session_id,
            etag,
        } = request;
        let format = format_in(format)?;
        let mut violations = Violations::default();
        if matches!(format, Format::Course) {
            let fields = [
                ("slug", &slug),
                ("session_id", &session_id),
                ("etag", &etag),
            ];
            for (name, _) in fields.iter().filter(|(_, value)| !value.is_empty()) {
                violations.add(*name, "is not for a whole course.");
            }
        }
        let chosen = Some(slug).filter(|slug| !slug.is_empty());
        let chosen = chosen.map(|slug: String| violations.keep("slug", Slug::parse(&slug)));
        violations.check()?;
        let placing = match (session_id.is_empty(), etag.is_empty()) {
            (false, _) => Placing::In(session_id),
            (true, true) => Placing::Out,
            (true, false) => Placing::Keep,
        };
        let work = async {
            match format {
                Format::Course => {
                    let loaded = self.packages.import_course(package).await?;
                    Ok(loaded_out(loaded))
                }
                Format::Problem(format) => {
                    let new = NewProblem {
                        format,
                        archive: package,
                        slug: chosen.flatten(),
                        placing,
                        etag,
                    };
                    let (page, warnings) = self.packages.import_problem(new).await?;
                    Ok(pb::ImportPackageResponse {
                        problem: Some(page_out(&page, defaults)),
                        warnings,
                        ..Default::default()
                    })
                }
            }
        };
        self.idempotency
            .once(context, &request_id, &digest, work)
            .await
    }

    /// Gives a problem or the course out.
    pub async fn export(
        &self,
        request: pb::ExportPackageRequest,
    ) -> Result<pb::ExportPackageResponse, Error> {
        let pb::ExportPackageRequest { slug, format } = request;
        match format_in(format)? {
            Format::Course if slug.is_empty() => Ok(pb::ExportPackageResponse {
                package: self.packages.export_course().await?,
                warnings: Vec::new(),
            }),
            Format::Course => Err(Error::invalid("slug", "is not for a whole course.")),
            Format::Problem(format) => {
                let slug = Slug::parse(&slug).map_err(|_| Error::NotFound("problem"))?;
                let (package, warnings) = self.packages.export_problem(format, &slug).await?;
                Ok(pb::ExportPackageResponse { package, warnings })
            }
        }
    }
}

fn format_in(format: i32) -> Result<Format, Error> {
    match pb::PackageFormat::try_from(format) {
        Ok(pb::PackageFormat::Unspecified | pb::PackageFormat::Kattis) => {
            Ok(Format::Problem(ProblemFormat::Kattis))
        }
        Ok(pb::PackageFormat::Folder) => Ok(Format::Problem(ProblemFormat::Folder)),
        Ok(pb::PackageFormat::Course) => Ok(Format::Course),
        Err(_) => Err(Error::invalid(
            "format",
            "must be KATTIS, FOLDER or COURSE.",
        )),
    }
}

fn loaded_out(loaded: Loaded) -> pb::ImportPackageResponse {
    let Loaded {
        problems,
        changed,
        deleted,
        tests: _,
        cheatsheets: _,
    } = loaded;
    let count = |count| i32::try_from(count).unwrap_or(i32::MAX);
    pb::ImportPackageResponse {
        problem: None,
        warnings: Vec::new(),
        problem_count: count(problems),
        changed_problem_count: count(changed),
        deleted_problem_count: count(deleted),
    }
}
