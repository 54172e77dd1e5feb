//! Programs that clients send.

use coderunner_proto::common::v1::Program;
use coderunner_proto::sandbox::v1::ExecuteRequest;
use control_plane::execution::api::program_in;
use control_plane::execution::program;
use control_plane::platform::config::Limits;
use control_plane::platform::errors::{Error, Violations};
use prost::Message;

use super::daemon;

/// A program that control-plane accepts is one that sandboxd accepts: else it would end as INTERNAL_ERROR. One that
/// it refuses is refused with the fields that are wrong.
pub fn program(bytes: &[u8]) {
    let Ok(message) = Program::decode(bytes) else {
        return;
    };
    let mut violations = Violations::default();
    program::check(
        &program_in(Some(&message)),
        &Limits::default(),
        &mut violations,
    );
    match violations.check() {
        Err(Error::Invalid { violations, .. }) => {
            for violation in violations {
                assert!(violation.field.starts_with("program."));
                assert!(violation.description.len() <= 100);
            }
        }
        Err(other) => panic!("{other}"),
        Ok(()) => {
            message
                .files
                .iter()
                .for_each(|file| daemon::check_path(&file.path));
            let request = ExecuteRequest {
                run_id: "run".to_owned(),
                program: Some(message),
                ..ExecuteRequest::default()
            };
            daemon::work(request).expect("sandboxd accepts what control-plane accepts");
        }
    }
}
