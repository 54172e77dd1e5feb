//! The one table of who may make which call. The guard looks every call up here before any
//! handler sees it; a call that is missing is refused, and a test fails for it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::context::{Caller, Role};
use super::errors::{Error, Reason};

/// Who may make a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, logged in or not.
    Public,
    /// Whoever is logged in; the call concerns the caller's own things only.
    User,
    /// Whoever is logged in and owns the thing named in the request; for all others it does not
    /// exist. The use case checks the owner, because only it knows the thing.
    Owner,
    /// Whoever has this role or a higher one.
    Role(Role),
}

/// Which limit of frequency holds for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// The ordinary one, per user, or per address without login.
    Calls,
    /// Input for running programs, per user.
    Inputs,
    /// The quota of runs, which the use case takes from, so that a repeat of a request_id costs
    /// nothing.
    Runs,
    /// None: health checks by load balancers.
    Free,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Full name, as in the path of the HTTP request.
    pub method: &'static str,
    pub access: Access,
    pub rate: Rate,
}

const fn call(method: &'static str, access: Access, rate: Rate) -> Call {
    Call {
        method,
        access,
        rate,
    }
}

use Access::{Owner, Public, User};
use Rate::{Calls, Free, Inputs, Runs};

const TEACHER: Access = Access::Role(Role::Teacher);
const AUTHOR: Access = Access::Role(Role::Author);
const ADMIN: Access = Access::Role(Role::Admin);

/// Every call that the public port serves.
#[rustfmt::skip]
pub const TABLE: &[Call] = &[
    call("/coderunner.v1.AuthService/Register", Public, Calls),
    call("/coderunner.v1.AuthService/Login", Public, Calls),
    call("/coderunner.v1.AuthService/Refresh", Public, Calls),
    call("/coderunner.v1.AuthService/Logout", User, Calls),
    call("/coderunner.v1.AuthService/GetMe", User, Calls),
    call("/coderunner.v1.AuthService/ListSessions", User, Calls),
    call("/coderunner.v1.AuthService/RevokeSession", Owner, Calls),

    call("/coderunner.v1.UserService/GetProfile", User, Calls),
    call("/coderunner.v1.UserService/UpdateProfile", User, Calls),
    call("/coderunner.v1.UserService/GetStats", User, Calls),
    call("/coderunner.v1.UserService/ListUsers", ADMIN, Calls),
    call("/coderunner.v1.UserService/SetRole", ADMIN, Calls),

    call("/coderunner.v1.ProblemService/ListProblems", Public, Calls),
    call("/coderunner.v1.ProblemService/GetProblem", Public, Calls),
    call("/coderunner.v1.ProblemService/CreateProblem", AUTHOR, Calls),
    call("/coderunner.v1.ProblemService/UpdateProblem", AUTHOR, Calls),
    call("/coderunner.v1.ProblemService/DeleteProblem", AUTHOR, Calls),
    call("/coderunner.v1.ProblemService/ListTags", Public, Calls),
    call("/coderunner.v1.ProblemService/ListCategories", Public, Calls),
    call("/coderunner.v1.ProblemService/ListLevels", Public, Calls),
    call("/coderunner.v1.ProblemService/GetSession", Public, Calls),
    call("/coderunner.v1.ProblemService/ListCheatsheets", Public, Calls),
    call("/coderunner.v1.ProblemService/GetCheatsheet", Public, Calls),
    call("/coderunner.v1.ProblemService/ImportPackage", AUTHOR, Calls),
    call("/coderunner.v1.ProblemService/ExportPackage", AUTHOR, Calls),

    call("/coderunner.v1.TestCaseService/ListTestCases", AUTHOR, Calls),
    call("/coderunner.v1.TestCaseService/CreateTestCase", AUTHOR, Calls),
    call("/coderunner.v1.TestCaseService/UpdateTestCase", AUTHOR, Calls),
    call("/coderunner.v1.TestCaseService/DeleteTestCase", AUTHOR, Calls),
    call("/coderunner.v1.TestCaseService/ValidateTestCases", AUTHOR, Runs),

    call("/coderunner.v1.ExecutionService/CreateRun", User, Runs),
    call("/coderunner.v1.ExecutionService/WatchRun", Owner, Calls),
    call("/coderunner.v1.ExecutionService/GetRun", Owner, Calls),
    call("/coderunner.v1.ExecutionService/GetRunFile", Owner, Calls),
    call("/coderunner.v1.ExecutionService/SendInput", Owner, Inputs),
    call("/coderunner.v1.ExecutionService/CloseInput", Owner, Inputs),
    call("/coderunner.v1.ExecutionService/CancelRun", Owner, Calls),
    call("/coderunner.v1.ExecutionService/GetQueueStats", User, Calls),
    call("/coderunner.v1.ExecutionService/GetCapabilities", Public, Calls),

    call("/coderunner.v1.SubmissionService/CreateSubmission", User, Runs),
    call("/coderunner.v1.SubmissionService/WatchSubmission", Owner, Calls),
    call("/coderunner.v1.SubmissionService/GetSubmission", Owner, Calls),
    call("/coderunner.v1.SubmissionService/ListSubmissions", User, Calls),
    call("/coderunner.v1.SubmissionService/DeleteSubmission", Owner, Calls),
    call("/coderunner.v1.SubmissionService/Rejudge", AUTHOR, Calls),

    call("/coderunner.v1.ProgressService/GetProgress", User, Calls),
    call("/coderunner.v1.ProgressService/GetSummary", User, Calls),
    call("/coderunner.v1.ProgressService/ListAttempts", User, Calls),
    call("/coderunner.v1.ProgressService/SaveDraft", User, Calls),
    call("/coderunner.v1.ProgressService/GetDraft", User, Calls),

    call("/coderunner.v1.ClassService/CreateClass", TEACHER, Calls),
    call("/coderunner.v1.ClassService/JoinClass", User, Calls),
    call("/coderunner.v1.ClassService/ListMembers", Owner, Calls),
    call("/coderunner.v1.ClassService/RemoveMember", Owner, Calls),
    call("/coderunner.v1.ClassService/GetClassProgress", Owner, Calls),
    call("/coderunner.v1.ClassService/ListMyClasses", User, Calls),

    call("/coderunner.v1.SnippetService/CreateSnippet", User, Calls),
    call("/coderunner.v1.SnippetService/GetSnippet", Public, Calls),

    call("/coderunner.v1.RunnerService/ListRunners", ADMIN, Calls),
    call("/coderunner.v1.RunnerService/DrainRunner", ADMIN, Calls),
    call("/coderunner.v1.RunnerService/ResumeRunner", ADMIN, Calls),
    call("/coderunner.v1.RunnerService/GetCapacity", ADMIN, Calls),

    call("/grpc.health.v1.Health/Check", Public, Free),
    call("/grpc.health.v1.Health/Watch", Public, Free),
    call("/grpc.health.v1.Health/List", Public, Free),
    call("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Public, Calls),
    call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Public, Calls),
];

static BY_METHOD: LazyLock<HashMap<&'static str, Call>> =
    LazyLock::new(|| TABLE.iter().map(|call| (call.method, *call)).collect());

/// The line for a call; none means that there is no such call.
pub fn find(path: &str) -> Option<Call> {
    BY_METHOD.get(path).copied()
}

/// Whether the caller may make the call at all.
pub fn authorise(access: Access, caller: Result<Caller, Reason>) -> Result<(), Error> {
    match (access, caller) {
        (Public, _) | (User | Owner, Ok(_)) => Ok(()),
        (Access::Role(least), Ok(caller)) if caller.role >= least => Ok(()),
        (Access::Role(_), Ok(_)) => Err(Error::PermissionDenied),
        (User | Owner | Access::Role(_), Err(reason)) => Err(Error::Unauthenticated(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ids::{SessionId, UserId};

    /// Names of all calls of a package's services.
    fn served(package: &str) -> Vec<String> {
        coderunner_proto::DESCRIPTOR_POOL
            .services()
            .filter(|service| service.package_name() == package)
            .flat_map(|service| service.methods().collect::<Vec<_>>())
            .map(|method| format!("/{}/{}", method.parent_service().full_name(), method.name()))
            .collect()
    }

    #[test]
    fn every_call_of_the_api_is_in_the_table_once() {
        let served = served("coderunner.v1");
        assert!(served.len() > 50, "the API was not read");
        for method in &served {
            assert!(find(method).is_some(), "{method} is missing in the table");
        }
        for line in TABLE
            .iter()
            .filter(|line| line.method.starts_with("/coderunner"))
        {
            assert!(
                served.iter().any(|name| name == line.method),
                "{} is no call",
                line.method
            );
        }
        assert_eq!(BY_METHOD.len(), TABLE.len(), "a call is in the table twice");
    }

    #[test]
    fn the_runner_api_is_not_served_to_users() {
        for method in served("coderunner.sandbox.v1") {
            assert!(find(&method).is_none(), "{method}");
        }
    }

    #[test]
    fn roles_are_a_ladder_and_no_login_is_told_apart_from_too_low_a_role() {
        let caller = |role| Caller {
            user_id: UserId::new(),
            session_id: SessionId::new(),
            role,
        };
        let nobody = Err(Reason::NO_TOKEN);
        assert!(authorise(Public, nobody).is_ok());
        for access in [User, Owner, AUTHOR] {
            let error = authorise(access, nobody).unwrap_err();
            assert!(
                matches!(error, Error::Unauthenticated(Reason::NO_TOKEN)),
                "{access:?}"
            );
        }
        for (role, allowed) in [
            (Role::Student, false),
            (Role::Teacher, false),
            (Role::Author, true),
            (Role::Admin, true),
        ] {
            assert_eq!(
                authorise(AUTHOR, Ok(caller(role))).is_ok(),
                allowed,
                "{role:?}"
            );
            assert!(authorise(Owner, Ok(caller(role))).is_ok());
        }
    }
}
