//! The one table of who may make which call. The guard looks every call up here before any
//! handler sees it; a call that is missing is refused, and a test fails for it.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::context::{Caller, Credential, Role};
use super::errors::{Error, Reason};
use super::scopes::Scope;

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
    /// The one per address, with login or without: calls that give logins, or every login would
    /// come with more calls.
    Address,
    /// One of its own per address, with login or without: an exchange of a token that nobody guesses.
    Refreshes,
    /// The ordinary one per user; without login a larger one per address: reads of public content.
    Content,
    /// Input for running programs, per user.
    Inputs,
    /// The quota of runs, which the use case takes from, so that a repeat of a request_id costs
    /// nothing.
    Runs,
    /// None: health checks by load balancers. Nobody is authenticated for them, because that would
    /// ask the database.
    Free,
}

/// What an API key needs for a call, besides what its account's role must allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// No key may make the call: whatever makes or reads accounts, sessions and keys.
    Never,
    /// Any key may.
    Always,
    /// Keys with this scope may.
    Needs(Scope),
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Full name, as in the path of the HTTP request.
    pub method: &'static str,
    pub access: Access,
    pub rate: Rate,
    pub keys: Keys,
}

const fn call(method: &'static str, access: Access, rate: Rate, keys: Keys) -> Call {
    Call {
        method,
        access,
        rate,
        keys,
    }
}

use Access::{Owner, Public, User};
use Keys::{Always, Needs, Never};
use Rate::{Address, Calls, Content, Free, Inputs, Refreshes, Runs};
use Scope::*;

const TEACHER: Access = Access::Role(Role::Teacher);
const AUTHOR: Access = Access::Role(Role::Author);
const ADMIN: Access = Access::Role(Role::Admin);

/// Every call that the public port serves.
#[rustfmt::skip]
pub const TABLE: &[Call] = &[
    call("/coderunner.v1.AuthService/Register", Public, Address, Never),
    call("/coderunner.v1.AuthService/Login", Public, Address, Never),
    call("/coderunner.v1.AuthService/Refresh", Public, Refreshes, Never),
    call("/coderunner.v1.AuthService/Logout", User, Calls, Never),
    call("/coderunner.v1.AuthService/GetMe", User, Calls, Never),
    call("/coderunner.v1.AuthService/ListSessions", User, Calls, Never),
    call("/coderunner.v1.AuthService/RevokeSession", Owner, Calls, Never),
    call("/coderunner.v1.AuthService/EndSessions", ADMIN, Calls, Never),

    call("/coderunner.v1.UserService/GetProfile", User, Calls, Never),
    call("/coderunner.v1.UserService/UpdateProfile", User, Calls, Never),
    call("/coderunner.v1.UserService/GetStats", User, Calls, Never),
    call("/coderunner.v1.UserService/ListUsers", ADMIN, Calls, Never),
    call("/coderunner.v1.UserService/SetRole", ADMIN, Calls, Never),

    call("/coderunner.v1.ServiceAccountService/CreateServiceAccount", ADMIN, Calls, Never),
    call("/coderunner.v1.ServiceAccountService/ListServiceAccounts", ADMIN, Calls, Never),
    call("/coderunner.v1.ServiceAccountService/UpdateServiceAccount", ADMIN, Calls, Never),
    call("/coderunner.v1.ServiceAccountService/CreateApiKey", ADMIN, Calls, Never),
    call("/coderunner.v1.ServiceAccountService/ListApiKeys", ADMIN, Calls, Never),
    call("/coderunner.v1.ServiceAccountService/RevokeApiKey", ADMIN, Calls, Never),

    call("/coderunner.v1.ProblemService/ListProblems", Public, Content, Needs(ProblemsRead)),
    call("/coderunner.v1.ProblemService/GetProblem", Public, Content, Needs(ProblemsRead)),
    call("/coderunner.v1.ProblemService/GetProblemSources", AUTHOR, Calls, Needs(TestsRead)),
    call("/coderunner.v1.ProblemService/CreateProblem", AUTHOR, Calls, Needs(ProblemsWrite)),
    call("/coderunner.v1.ProblemService/UpdateProblem", AUTHOR, Calls, Needs(ProblemsWrite)),
    call("/coderunner.v1.ProblemService/DeleteProblem", AUTHOR, Calls, Needs(ProblemsWrite)),
    call("/coderunner.v1.ProblemService/ListTags", Public, Content, Needs(ProblemsRead)),
    call("/coderunner.v1.ProblemService/ListCategories", Public, Content, Needs(ProblemsRead)),
    call("/coderunner.v1.ProblemService/ListLevels", Public, Content, Needs(ProblemsRead)),
    call("/coderunner.v1.ProblemService/GetSession", Public, Content, Needs(ProblemsRead)),
    call("/coderunner.v1.ProblemService/ListCheatsheets", Public, Content, Needs(ProblemsRead)),
    call("/coderunner.v1.ProblemService/GetCheatsheet", Public, Content, Needs(ProblemsRead)),
    call("/coderunner.v1.ProblemService/ImportPackage", AUTHOR, Calls, Needs(ProblemsWrite)),
    call("/coderunner.v1.ProblemService/ExportPackage", AUTHOR, Calls, Needs(TestsRead)),

    call("/coderunner.v1.TestCaseService/ListTestCases", AUTHOR, Calls, Needs(TestsRead)),
    call("/coderunner.v1.TestCaseService/CreateTestCase", AUTHOR, Calls, Needs(TestsWrite)),
    call("/coderunner.v1.TestCaseService/UpdateTestCase", AUTHOR, Calls, Needs(TestsWrite)),
    call("/coderunner.v1.TestCaseService/DeleteTestCase", AUTHOR, Calls, Needs(TestsWrite)),
    call("/coderunner.v1.TestCaseService/ValidateTestCases", AUTHOR, Runs, Needs(TestsWrite)),

    call("/coderunner.v1.ExecutionService/CreateRun", User, Runs, Needs(RunsWrite)),
    call("/coderunner.v1.ExecutionService/WatchRun", Owner, Calls, Needs(RunsRead)),
    call("/coderunner.v1.ExecutionService/GetRun", Owner, Calls, Needs(RunsRead)),
    call("/coderunner.v1.ExecutionService/GetRunFile", Owner, Calls, Needs(RunsRead)),
    call("/coderunner.v1.ExecutionService/SendInput", Owner, Inputs, Needs(RunsWrite)),
    call("/coderunner.v1.ExecutionService/CloseInput", Owner, Inputs, Needs(RunsWrite)),
    call("/coderunner.v1.ExecutionService/CancelRun", Owner, Calls, Needs(RunsWrite)),
    call("/coderunner.v1.ExecutionService/GetQueueStats", User, Calls, Needs(RunsRead)),
    call("/coderunner.v1.ExecutionService/GetCapabilities", Public, Content, Always),

    call("/coderunner.v1.SubmissionService/CreateSubmission", User, Runs, Needs(SubmissionsWrite)),
    call("/coderunner.v1.SubmissionService/WatchSubmission", Owner, Calls, Needs(SubmissionsRead)),
    call("/coderunner.v1.SubmissionService/GetSubmission", Owner, Calls, Needs(SubmissionsRead)),
    call("/coderunner.v1.SubmissionService/ListSubmissions", User, Calls, Needs(SubmissionsRead)),
    call("/coderunner.v1.SubmissionService/DeleteSubmission", Owner, Calls, Needs(SubmissionsWrite)),
    call("/coderunner.v1.SubmissionService/StartRejudge", AUTHOR, Calls, Needs(SubmissionsRejudge)),
    call("/coderunner.v1.SubmissionService/GetRejudge", AUTHOR, Calls, Needs(SubmissionsRejudge)),
    call("/coderunner.v1.SubmissionService/ListRejudges", AUTHOR, Calls, Needs(SubmissionsRejudge)),
    call("/coderunner.v1.SubmissionService/ListRejudgeChanges", AUTHOR, Calls, Needs(SubmissionsRejudge)),
    call("/coderunner.v1.SubmissionService/ApplyRejudge", AUTHOR, Calls, Needs(SubmissionsRejudge)),
    call("/coderunner.v1.SubmissionService/DiscardRejudge", AUTHOR, Calls, Needs(SubmissionsRejudge)),

    call("/coderunner.v1.ProgressService/GetProgress", User, Calls, Needs(ProgressRead)),
    call("/coderunner.v1.ProgressService/GetSummary", User, Calls, Needs(ProgressRead)),
    call("/coderunner.v1.ProgressService/ListAttempts", User, Calls, Needs(ProgressRead)),
    call("/coderunner.v1.ProgressService/SaveDraft", User, Calls, Needs(ProgressWrite)),
    call("/coderunner.v1.ProgressService/GetDraft", User, Calls, Needs(ProgressRead)),

    call("/coderunner.v1.ClassService/CreateClass", TEACHER, Calls, Needs(ClassesWrite)),
    call("/coderunner.v1.ClassService/DeleteClass", Owner, Calls, Needs(ClassesWrite)),
    call("/coderunner.v1.ClassService/JoinClass", User, Calls, Needs(ClassesWrite)),
    call("/coderunner.v1.ClassService/ListMembers", Owner, Calls, Needs(ClassesRead)),
    call("/coderunner.v1.ClassService/RemoveMember", Owner, Calls, Needs(ClassesWrite)),
    call("/coderunner.v1.ClassService/GetClassProgress", Owner, Calls, Needs(ClassesRead)),
    call("/coderunner.v1.ClassService/ListMyClasses", User, Calls, Needs(ClassesRead)),

    call("/coderunner.v1.SnippetService/CreateSnippet", User, Calls, Needs(SnippetsWrite)),
    call("/coderunner.v1.SnippetService/GetSnippet", Public, Content, Needs(SnippetsRead)),

    call("/coderunner.v1.RunnerService/ListRunners", ADMIN, Calls, Never),
    call("/coderunner.v1.RunnerService/DrainRunner", ADMIN, Calls, Never),
    call("/coderunner.v1.RunnerService/ResumeRunner", ADMIN, Calls, Never),
    call("/coderunner.v1.RunnerService/GetCapacity", ADMIN, Calls, Never),

    call("/grpc.health.v1.Health/Check", Public, Free, Always),
    call("/grpc.health.v1.Health/Watch", Public, Free, Always),
    call("/grpc.health.v1.Health/List", Public, Free, Always),
    call("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Public, Calls, Always),
    call("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Public, Calls, Always),
];

static BY_METHOD: LazyLock<HashMap<&'static str, Call>> =
    LazyLock::new(|| TABLE.iter().map(|call| (call.method, *call)).collect());

/// The line for a call; none means that there is no such call.
pub fn find(path: &str) -> Option<Call> {
    BY_METHOD.get(path).copied()
}

/// Whether the caller may make the call at all.
pub fn authorise(call: Call, caller: Result<Caller, Reason>) -> Result<(), Error> {
    if let Ok(Caller {
        credential: Credential::ApiKey { scopes, .. },
        ..
    }) = caller
    {
        match call.keys {
            Always => {}
            Needs(scope) if scopes.contains(scope) => {}
            Needs(scope) => return Err(Error::KeyRefused(Some(scope))),
            Never => return Err(Error::KeyRefused(None)),
        }
    }
    match (call.access, caller) {
        (Public, _) | (User | Owner, Ok(_)) => Ok(()),
        (Access::Role(least), Ok(caller)) if caller.role >= least => Ok(()),
        (Access::Role(_), Ok(_)) => Err(Error::PermissionDenied),
        (User | Owner | Access::Role(_), Err(reason)) => Err(Error::Unauthenticated(reason)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ids::{ApiKeyId, SessionId, UserId};
    use crate::platform::ratelimit::Quota;

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
            credential: Credential::Session(SessionId::new()),
            role,
        };
        let authorise = |access, caller| authorise(call("", access, Calls, Never), caller);
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

    #[test]
    fn a_key_needs_scope_and_role_and_never_touches_accounts() {
        let caller = |role, scope: Option<Scope>| {
            Ok(Caller {
                user_id: UserId::new(),
                credential: Credential::ApiKey {
                    id: ApiKeyId::new(),
                    scopes: scope.into_iter().collect(),
                    quota: Quota::default(),
                },
                role,
            })
        };
        let write = call("", AUTHOR, Calls, Needs(ProblemsWrite));
        let reason = |role, scope| authorise(write, caller(role, scope)).map_err(|e| e.reason());
        assert_eq!(reason(Role::Author, Some(ProblemsWrite)), Ok(()));
        assert_eq!(
            reason(Role::Author, Some(ProblemsRead)),
            Err(Reason::SCOPE_REQUIRED)
        );
        assert_eq!(reason(Role::Author, None), Err(Reason::SCOPE_REQUIRED));
        assert_eq!(
            reason(Role::Teacher, Some(ProblemsWrite)),
            Err(Reason::ROLE_REQUIRED)
        );
        for line in TABLE {
            let about_accounts = ["AuthService", "UserService", "ServiceAccountService"]
                .iter()
                .any(|service| line.method.contains(service));
            let refused = Scope::ALL.into_iter().all(|scope| {
                let all = authorise(*line, caller(Role::Admin, Some(scope)));
                matches!(all, Err(Error::KeyRefused(_)))
            });
            assert!(refused || !about_accounts, "{}", line.method);
        }
    }
}
