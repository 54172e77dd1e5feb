//! A server with somebody of every kind, and things of one student that the calls are about.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use coderunner_proto::sandbox::v1::ExecuteRequest;
use coderunner_proto::v1 as pb;
use control_plane::platform::authz::{Access, Call, Keys};
use pb::class_service_client::ClassServiceClient;
use pb::service_account_service_client::ServiceAccountServiceClient;
use pb::snippet_service_client::SnippetServiceClient;
use pb::test_case_service_client::TestCaseServiceClient;
use prost::Message;
use prost_reflect::{MethodDescriptor, Value};
use sandboxd_sim::{Script, Sim, Step};

use super::marks::{self, MARKED};
use super::wire::{self, Answer};
use crate::support::{Running, UNIX_RUNNER, User, program, run_of, start_course};

const UNLIMITED: &str = "[limits]\ncalls_per_minute = 0\nanonymous_calls_per_minute = 0\n\
    logins_per_minute = 0\nruns_per_minute = 0\nruns_per_hour = 0\nruns_per_day = 0\n\
    lockout_failures = 0\ninputs_per_minute = 0\n";

/// Who makes a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    Anonymous,
    /// Another student than the owner.
    Student,
    Teacher,
    Author,
    Admin,
    /// A service with the scope that the call needs.
    Key,
    /// A service with all other scopes.
    OtherKey,
    /// The student whose things the call is about. Comes last: what is deleted then is gone.
    Owner,
}

impl Who {
    pub const ALL: [Self; 8] = [
        Self::Anonymous,
        Self::Student,
        Self::Teacher,
        Self::Author,
        Self::Admin,
        Self::Key,
        Self::OtherKey,
        Self::Owner,
    ];

    /// The column of the page.
    pub fn column(self) -> Option<&'static str> {
        match self {
            Self::Anonymous => Some("anonymous"),
            Self::Student => Some("student"),
            Self::Teacher => Some("teacher"),
            Self::Author => Some("author"),
            Self::Admin => Some("admin"),
            Self::Key => Some("key"),
            Self::OtherKey => None,
            Self::Owner => Some("owner"),
        }
    }

    /// Whether hidden tests are hidden from them.
    pub fn is_no_author(self) -> bool {
        matches!(
            self,
            Self::Anonymous | Self::Student | Self::Teacher | Self::Owner
        )
    }

    fn role(self) -> &'static str {
        match self {
            Self::Teacher => "teacher",
            Self::Author => "author",
            Self::Admin => "admin",
            _ => "student",
        }
    }
}

/// The server, and what is in it.
pub struct World {
    server: Running,
    tokens: HashMap<Who, String>,
    service_account: pb::ServiceAccount,
    api_key_id: String,
    /// An account that things are done to.
    victim: String,
    /// Who teaches the class, which is what calls about classes are about.
    class_teacher: String,
    class: pb::Class,
    /// Code that the owner shares.
    snippet_id: String,
    count: u32,
}

impl World {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runner = Sim::behaving(hostile_program)
            .listen_unix(&folder.path().join("one.sock"))
            .unwrap();
        let settings = format!("{UNLIMITED}{UNIX_RUNNER}");
        let server = start_course(&settings, runner, folder, marks::mark).await;
        let victim = server.register("victim").await.user.unwrap().id;
        let mut world = Self {
            server,
            tokens: HashMap::new(),
            service_account: pb::ServiceAccount::default(),
            api_key_id: String::new(),
            victim,
            class_teacher: String::new(),
            class: pb::Class::default(),
            snippet_id: String::new(),
            count: 0,
        };
        for who in [
            Who::Student,
            Who::Teacher,
            Who::Author,
            Who::Admin,
            Who::Owner,
        ] {
            let token = world.new_token(who).await;
            world.tokens.insert(who, token);
        }
        let request = pb::CreateServiceAccountRequest {
            display_name: "Service".into(),
            role: pb::Role::Author.into(),
            ..Default::default()
        };
        let answer = world.accounts().create_service_account(request).await;
        world.service_account = answer.unwrap().into_inner().service_account.unwrap();
        world.teach().await;
        world.share().await;
        world
    }

    /// Makes a class.
    async fn teach(&mut self) {
        self.class_teacher = self.new_token(Who::Teacher).await;
        let teacher = self.server.client(self.class_teacher.clone());
        let request = pb::CreateClassRequest {
            title: "7b".into(),
            ..Default::default()
        };
        let mut classes = ClassServiceClient::new(teacher.client);
        let answer = classes.create_class(request).await.unwrap();
        self.class = answer.into_inner().class.unwrap();
    }

    /// Shares code of the owner.
    async fn share(&mut self) {
        let request = pb::CreateSnippetRequest {
            program: program("print(1)"),
            ..Default::default()
        };
        let mut snippets = SnippetServiceClient::new(self.user(Who::Owner).client);
        let answer = snippets.create_snippet(request).await.unwrap();
        self.snippet_id = answer.into_inner().snippet_id;
    }

    pub async fn stop(self) {
        self.server.stop().await;
    }

    fn accounts(&self) -> ServiceAccountServiceClient<crate::support::Client> {
        let admin = self.server.client(self.tokens[&Who::Admin].clone());
        ServiceAccountServiceClient::new(admin.client)
    }

    fn user(&self, who: Who) -> User {
        self.server.client(self.tokens[&who].clone())
    }

    /// A new account of a kind, logged in.
    async fn new_token(&mut self, who: Who) -> String {
        self.count += 1;
        let name = format!("{}{}", who.role(), self.count);
        self.server.token_as(&name, who.role()).await
    }

    /// A key for a call.
    async fn key(&mut self, who: Who, call: Call) -> String {
        let needed = match call.keys {
            Keys::Needs(scope) => {
                format!("SCOPE_{}", scope.word().to_uppercase()).replace(':', "_")
            }
            Keys::Never | Keys::Always => String::new(),
        };
        let wanted = |scope: &pb::Scope| {
            let is_needed = scope.as_str_name() == needed;
            // No scope is enough for a call that no key may make.
            is_needed == (who == Who::Key) || call.keys == Keys::Never
        };
        let all = (1..100).filter_map(|number| pb::Scope::try_from(number).ok());
        let mut scopes: Vec<i32> = all.filter(wanted).map(i32::from).collect();
        if scopes.is_empty() {
            scopes.push(pb::Scope::RunsRead.into());
        }
        let request = pb::CreateApiKeyRequest {
            service_account_id: self.service_account.id.clone(),
            name: "key".into(),
            scopes,
            ..Default::default()
        };
        let answer = self.accounts().create_api_key(request).await.unwrap();
        let pb::CreateApiKeyResponse { api_key, secret } = answer.into_inner();
        self.api_key_id = api_key.unwrap().id;
        secret
    }

    /// Makes a call as somebody, about things of the owner that are there.
    pub async fn ask(&mut self, who: Who, method: &MethodDescriptor, call: Call) -> Answer {
        let token = match who {
            Who::Anonymous => None,
            Who::Key | Who::OtherKey => Some(self.key(who, call).await),
            // Calls about sessions end those that they are made with.
            Who::Owner if is_about_a_class(call) => Some(self.class_teacher.clone()),
            known if is_about_sessions(call) => Some(self.new_token(known).await),
            known => Some(self.tokens[&known].clone()),
        };
        let of_owner = match (who, &token) {
            (Who::Owner, Some(token)) => session_of(token),
            _ => session_of(&self.tokens[&Who::Owner]),
        };
        let fields = self.fields(call, &of_owner).await;
        wire::ask(&self.server.channel, method, token.as_deref(), &fields).await
    }

    /// Values for fields by their names. A call about something new needs a line here, or its owner
    /// is told that there is no such thing, and the test fails.
    async fn fields(&mut self, call: Call, of_owner: &str) -> HashMap<&'static str, Value> {
        let text = |text: &str| Value::String(text.to_owned());
        // The course has sessions too.
        let session = if is_about_sessions(call) {
            of_owner
        } else {
            "say-and-ask"
        };
        let mut fields = HashMap::from([
            ("email", text("nobody@example.org")),
            ("password", text("correct horse battery")),
            ("session_id", text(session)),
            ("user_id", text("")),
            ("role", Value::EnumNumber(1)),
            ("problem", text("count-vowels")),
            ("slug", text("count-vowels")),
            ("source", text("# sim: print hi")),
            ("display_name", text("Name")),
            ("name", text("Name")),
            ("title", text("Title")),
            ("paths", Value::List(vec![text("display_name")])),
            ("path", text("out.txt")),
            ("service_account_id", text(&self.service_account.id)),
            ("api_key_id", text(&self.api_key_id)),
            ("scopes", Value::List(vec![Value::EnumNumber(6)])),
            ("class_id", text(&self.class.id)),
            ("join_code", text(&self.class.join_code)),
            ("snippet_id", text(&self.snippet_id)),
            ("runner_id", text("one")),
        ]);
        let about_others = [".UserService/", ".ClassService/", "/EndSessions"];
        if about_others.iter().any(|part| call.method.contains(part)) {
            fields.insert("user_id", text(&self.victim));
        }
        if call.method.ends_with("/DeleteProblem") {
            // The others are still needed.
            fields.insert("slug", text("ticket-price"));
        }
        if call.method.ends_with("/UpdateServiceAccount") {
            fields.insert("id", text(&self.service_account.id));
        }
        if call.method.contains(".ExecutionService/") {
            fields.insert("run_id", text(&self.run().await));
        }
        if call.method.contains(".SubmissionService/") {
            let submitted = self.submit(Who::Owner, "count-vowels", "# wrong").await;
            fields.insert("submission_id", text(&submitted));
        }
        fields
    }

    /// A run of the owner that has ended and left a file.
    async fn run(&self) -> String {
        let mut owner = self.user(Who::Owner);
        let request = pb::CreateRunRequest {
            collect_files: true,
            ..run_of("# sim: file out.txt 3 text/plain")
        };
        let answer = owner.runs.create_run(request).await.unwrap();
        let run_id = answer.into_inner().run.unwrap().id;
        owner.finished(&run_id).await;
        run_id
    }

    /// Submits, watches to the end, and looks at every event for marks. Answers the id.
    async fn submit(&self, who: Who, problem: &str, source: &str) -> String {
        let mut user = self.user(who);
        let mut events = user.submit(problem, source).await;
        for event in &events {
            marks::absent(
                &event.encode_to_vec(),
                &format!("{problem} {source} {event:?}"),
            );
        }
        match events.pop().unwrap().event.unwrap() {
            pb::watch_submission_response::Event::Finished(submission) => submission.id,
            other => panic!("{other:?} is not the end"),
        }
    }

    /// Every kind of wrong program for every kind of marked problem, and every look at it that its
    /// author has.
    pub async fn submit_everything(&mut self) {
        for (problem, _) in MARKED {
            for source in [
                "# echo",
                "# shout",
                "# wrong",
                "# return",
                "# sim: outcome time_limit",
            ] {
                let id = self.submit(Who::Owner, problem, source).await;
                let mut owner = self.user(Who::Owner);
                let request = pb::GetSubmissionRequest { submission_id: id };
                let answer = owner.submissions.get_submission(request).await.unwrap();
                let bytes = answer.into_inner().encode_to_vec();
                marks::absent(&bytes, &format!("{problem} {source}"));
            }
        }
        let seen = self.server.runner.seen();
        let given = seen.iter().flat_map(|call| &call.request.cases);
        let bytes: Vec<u8> = given.flat_map(|case| case.encode_to_vec()).collect();
        assert!(
            marks::contains(&bytes, marks::INPUT),
            "no program had hidden input"
        );
        let mut checks = seen.iter().filter_map(|call| checker_of(&call.request));
        assert!(
            checks.any(|source| source.contains(marks::CHECKER)),
            "no checker ran"
        );
    }

    /// The author of the problems can read what is hidden from students.
    pub async fn author_finds_the_marks(&self) {
        let author = self.user(Who::Author);
        let mut tests = TestCaseServiceClient::new(author.client);
        let request = pb::ListTestCasesRequest {
            problem: "hello-name".into(),
            ..Default::default()
        };
        let answer = tests.list_test_cases(request).await.unwrap();
        let bytes = answer.into_inner().encode_to_vec();
        for mark in [marks::INPUT, marks::EXPECTED] {
            assert!(marks::contains(&bytes, mark), "{mark} is not in the tests");
        }
    }
}

/// The author's own checker, when that is the program.
fn checker_of(request: &ExecuteRequest) -> Option<String> {
    let files = &request.program.as_ref()?.files;
    let file = files.iter().find(|file| file.path == "checker.py")?;
    Some(String::from_utf8_lossy(&file.content).into_owned())
}

/// A checker that tells its code wherever it can: it breaks over some answers, and says it of hidden
/// tests. What it says of public ones is for students.
fn telling_checker(request: &ExecuteRequest, source: &str, nth: u32) -> Script {
    let question = String::from_utf8_lossy(&request.stdin);
    let exit = if question.ends_with("wrong\n") { 1 } else { 43 };
    let mut request = request.clone();
    request.program = program(&format!("# sim: exit {exit}"));
    let mut script = Script::from_comments(&request, nth);
    let traceback = format!(
        "Traceback (most recent call last):\n  File \"checker.py\", line 1, in <module>\n    \
         {source}ValueError: {source}\n"
    );
    script.steps.push(Step::Stderr(traceback.into_bytes()));
    let says = match question.contains(marks::INPUT) {
        true => source,
        false => "Look again.\n",
    };
    script.steps.push(Step::Stdout(says.as_bytes().to_vec()));
    script
}

/// Programs that try to tell their author what they were given.
fn hostile_program(request: &ExecuteRequest, nth: u32) -> Script {
    if let Some(checker) = checker_of(request) {
        return telling_checker(request, &checker, nth);
    }
    let source = &request.program.as_ref().unwrap().source;
    let function = request.function_call.as_ref();
    let given = match function {
        Some(function) => function.arguments_json.clone().into_bytes(),
        None => request.stdin.clone(),
    };
    let told = String::from_utf8_lossy(&given).into_owned();
    if source.contains("# echo") {
        return Script::printing(&told);
    }
    if source.contains("# return") {
        let steps = "# sim: return-first";
        let mut request = request.clone();
        request.program = program(steps);
        return Script::from_comments(&request, nth);
    }
    if source.contains("# shout") {
        let mut request = request.clone();
        request.program = program("# sim: exit 1");
        let mut script = Script::from_comments(&request, nth);
        let traceback = format!("Traceback (most recent call last):\nValueError: {told}\n");
        script.steps.push(Step::Stderr(traceback.into_bytes()));
        return script;
    }
    if source.contains("# wrong") {
        return Script::printing("wrong\n");
    }
    Script::from_comments(request, nth)
}

/// The owner of a class is its teacher.
fn is_about_a_class(call: Call) -> bool {
    call.access == Access::Owner && call.method.contains(".ClassService/")
}

fn is_about_sessions(call: Call) -> bool {
    call.method.contains(".AuthService/")
}

/// The session that an access token names.
fn session_of(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims["sid"].as_str().unwrap().to_owned()
}
