//! Every call of the public API, tried by everybody who can try it. What each gets is compared with
//! docs/AUTHORISATION.md, which this test writes with CODERUNNER_WRITE_DOCS=1, and with what the
//! access table says; and hidden test data, which has marks of its own here, must be in nothing
//! that a student gets and in no log line.

mod document;
mod marks;
mod wire;
mod world;

use control_plane::platform::authz::{self, Access, Call, Keys};
use control_plane::platform::context::Role;
use prost_reflect::MethodDescriptor;
use tonic::Code;

use marks::Logs;
use wire::Answer;
use world::{Who, World};

/// What somebody gets who makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell {
    /// The call does what it does.
    Yes,
    /// Told to log in.
    LogIn,
    /// Told that role or key don't allow it.
    No,
    /// Told that there is no such thing.
    Hidden,
    /// May call, and this version has no answer yet.
    Later,
}

impl Cell {
    fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::LogIn => "log in",
            Self::No => "no",
            Self::Hidden => "hidden",
            Self::Later => "later",
        }
    }

    /// What an answer amounts to. Calls that are refused for what they say were let in.
    fn of(call: Call, answer: &Answer) -> Self {
        let reason = answer.reason();
        match answer.code {
            Code::Internal | Code::Unknown | Code::Unavailable | Code::DataLoss => {
                panic!("{}: {answer:?}", call.method)
            }
            Code::Unimplemented => {
                assert_eq!(reason, "NOT_IMPLEMENTED", "{}", call.method);
                Self::Later
            }
            // Login and Refresh judge what the request says.
            Code::Unauthenticated if call.access != Access::Public => Self::LogIn,
            Code::PermissionDenied => Self::No,
            Code::NotFound if call.access == Access::Owner => Self::Hidden,
            _ => Self::Yes,
        }
    }
}

/// All calls of the public API. Those that delete come last, so that there is something to try the
/// others on.
fn calls() -> Vec<(MethodDescriptor, Call)> {
    let mut calls: Vec<_> = coderunner_proto::DESCRIPTOR_POOL
        .services()
        .filter(|service| service.package_name() == "coderunner.v1")
        .flat_map(|service| service.methods().collect::<Vec<_>>())
        .map(|method| {
            let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
            let call = authz::find(&path).unwrap_or_else(|| panic!("{path} is in no table"));
            (method, call)
        })
        .collect();
    calls.sort_by_key(|(method, _)| method.name().starts_with("Delete"));
    calls
}

/// Holds what was found against the access table.
fn check(call: Call, who: Who, cell: Cell) {
    let open = |cell: Cell| matches!(cell, Cell::Yes | Cell::Later);
    let by_role = |role: Role| match call.access {
        Access::Public | Access::User => open(cell),
        // Who but the owner sees it is for the use case; another student never does.
        Access::Owner if role == Role::Student => matches!(cell, Cell::Hidden | Cell::Later),
        Access::Owner => matches!(cell, Cell::Yes | Cell::Hidden | Cell::Later),
        Access::Role(least) if role >= least => open(cell),
        Access::Role(_) => cell == Cell::No,
    };
    let right = match who {
        Who::Anonymous if call.access == Access::Public => open(cell),
        Who::Anonymous => cell == Cell::LogIn,
        Who::Owner if call.access == Access::Owner => open(cell),
        Who::Owner | Who::Student => by_role(Role::Student),
        Who::Teacher => by_role(Role::Teacher),
        Who::Author => by_role(Role::Author),
        Who::Admin => by_role(Role::Admin),
        Who::Key => match call.keys {
            Keys::Never => cell == Cell::No,
            Keys::Always | Keys::Needs(_) => by_role(Role::Author),
        },
        Who::OtherKey => match call.keys {
            Keys::Never | Keys::Needs(_) => cell == Cell::No,
            Keys::Always => by_role(Role::Author),
        },
    };
    assert!(right, "{} by {who:?} gets {cell:?}", call.method);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_call_by_everybody_is_as_documented_and_tells_no_hidden_data() {
    let logs = Logs::capture();
    let mut world = World::start().await;
    world.submit_everything().await;
    let mut rows = Vec::new();
    for (method, call) in calls() {
        let mut cells = Vec::new();
        for who in Who::ALL {
            let answer = world.ask(who, &method, call).await;
            let cell = Cell::of(call, &answer);
            check(call, who, cell);
            if who.is_no_author() {
                marks::absent(&answer.everything(), &format!("{} by {who:?}", call.method));
            }
            cells.push(cell);
        }
        rows.push((call, cells));
    }
    // The marks are there for those who may see them, so their absence means something.
    world.author_finds_the_marks().await;
    world.stop().await;
    marks::absent(&logs.everything(), "the log");
    assert!(logs.has("call answered"), "the log was not captured");
    document::compare(rows);
}
