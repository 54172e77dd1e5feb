//! Requests that break a rule of the API.

use super::*;

pub fn programs_that_break_a_rule_name_the_field(stack: &Stack) -> Result<()> {
    let file = |path: &str, bytes: usize| SourceFile {
        path: path.into(),
        content: vec![0; bytes],
    };
    let program = |source: &str, files: Vec<SourceFile>| CreateRunRequest {
        request_id: new_id(),
        program: Some(Program {
            source: source.to_owned(),
            files,
        }),
        ..CreateRunRequest::default()
    };
    let many = (0..65).map(|n| file(&format!("{n}.txt"), 1)).collect();
    let large = vec![file("a", 600 << 10), file("b", 600 << 10)];
    let table = [
        (
            "no program",
            CreateRunRequest {
                program: None,
                ..run_of("")
            },
            "program.source",
        ),
        ("an empty program", run_of(""), "program.source"),
        (
            "too long a program",
            run_of(&"#".repeat(101 << 10)),
            "program.source",
        ),
        (
            "a NUL in the program",
            run_of("print(1)\0"),
            "program.source",
        ),
        ("too many files", program("1", many), "program.files"),
        ("too much in files", program("1", large), "program.files"),
        (
            "a path upwards",
            program("1", vec![file("../x", 1)]),
            "program.files[0].path",
        ),
        (
            "an absolute path",
            program("1", vec![file("/etc/x", 1)]),
            "program.files[0].path",
        ),
        (
            "an empty path",
            program("1", vec![file("", 1)]),
            "program.files[0].path",
        ),
        (
            "the main file again",
            program("1", vec![file("main.py", 1)]),
            "program.files[0].path",
        ),
        (
            "the same file twice",
            program("1", vec![file("a", 1), file("a", 1)]),
            "program.files[1].path",
        ),
        (
            "too long a request id",
            CreateRunRequest {
                request_id: "x".repeat(65),
                ..run_of("1")
            },
            "request_id",
        ),
        (
            "too much input",
            CreateRunRequest {
                stdin: vec![0; (1 << 20) + 1],
                ..run_of("1")
            },
            "stdin",
        ),
    ];
    wait(async {
        let student = stack.student().await?;
        let mut execution = ExecutionServiceClient::new(student.channel());
        for (what, request, field) in table {
            let request = student.authorised(request).await?;
            let (code, _, fields) =
                refusal(execution.create_run(request).await).with_context(|| what.to_owned())?;
            ensure!(code == Code::InvalidArgument, "{what}: {code:?}");
            ensure!(fields == [field], "{what}: {fields:?}");
        }
        Ok(())
    })
}

pub fn a_profile_that_is_none_is_refused_and_those_that_are_are_listed(
    stack: &Stack,
) -> Result<()> {
    wait(async {
        let student = stack.student().await?;
        let mut execution = ExecutionServiceClient::new(student.channel());
        let unknown = CreateRunRequest {
            profile: "pypy".to_owned(),
            ..run_of("print(1)")
        };
        let request = student.authorised(unknown).await?;
        let (code, _, fields) = refusal(execution.create_run(request).await)?;
        ensure!(
            code == Code::InvalidArgument && fields == ["profile"],
            "{code:?} {fields:?}"
        );
        let told = execution
            .get_capabilities(GetCapabilitiesRequest {})
            .await?
            .into_inner();
        let names: Vec<_> = told.profiles.iter().map(|it| it.name.as_str()).collect();
        ensure!(names == ["python", "science"], "{names:?}");
        for library in ["numpy", "pandas", "matplotlib"] {
            let module = told.profiles[1]
                .modules
                .iter()
                .find(|it| it.name == library);
            let version = &module.context(library)?.version;
            ensure!(
                version.starts_with(|first: char| first.is_ascii_digit()),
                "{version}"
            );
        }
        for profile in &told.profiles {
            ensure!(profile.python_version == told.python_version, "{profile:?}");
        }
        Ok(())
    })
}

pub fn a_request_over_the_limit_is_refused(stack: &Stack) -> Result<()> {
    wait(async {
        let student = stack.student().await?;
        let mut execution = ExecutionServiceClient::new(student.channel());
        let request = student.authorised(run_of(&"#".repeat(5 << 20))).await?;
        let answer = execution.create_run(request).await;
        let refused = answer.err().context("5 MB were taken")?;
        // The limit is kept by the transport, before anything could add details.
        let codes = [
            Code::OutOfRange,
            Code::ResourceExhausted,
            Code::InvalidArgument,
        ];
        ensure!(codes.contains(&refused.code()), "{refused:?}");
        student
            .run(NewRun::of_source("print(1)"))
            .await
            .context("the connection still works")?;
        Ok(())
    })
}

pub fn bytes_that_are_no_message_are_refused(stack: &Stack) -> Result<()> {
    // Written by hand: a client library would not send it. 0xff is no field.
    let bodies: [&[u8]; 4] = [
        b"\0\0\0\0\x03\xff\xff\xff",
        b"\0\0\0\0\x04ab",
        b"\x07\0\0\0\0",
        b"\0\xff\xff\xff\xff",
    ];
    for body in bodies {
        let answer = post_grpc_web(stack.address(), "/coderunner.v1.AuthService/Login", body)?;
        let status = answer
            .lines()
            .find_map(|line| line.strip_prefix("grpc-status:"));
        let status = status.map(str::trim).map(str::to_owned);
        let refused = status.as_deref().is_some_and(|code| code != "0");
        let http_refused = answer.starts_with("HTTP/1.1 4");
        ensure!(
            refused || http_refused,
            "{body:?} was answered with {answer}"
        );
    }
    wait(async {
        stack.student().await.context("the server still works")?;
        Ok(())
    })
}

pub fn registrations_that_break_a_rule_name_the_field(stack: &Stack) -> Result<()> {
    let good = || {
        let account = new_account();
        RegisterRequest {
            request_id: new_id(),
            email: account.email,
            password: account.password,
            display_name: account.display_name,
            age_group: account.age_group.into(),
        }
    };
    let table = [
        (
            "no address",
            RegisterRequest {
                email: String::new(),
                ..good()
            },
            "email",
        ),
        (
            "no address at all",
            RegisterRequest {
                email: "mira".to_owned(),
                ..good()
            },
            "email",
        ),
        (
            "too long an address",
            RegisterRequest {
                email: format!("{}@example.org", "x".repeat(300)),
                ..good()
            },
            "email",
        ),
        (
            "a short password",
            RegisterRequest {
                password: "1234567".to_owned(),
                ..good()
            },
            "password",
        ),
        (
            "a long password",
            RegisterRequest {
                password: "x".repeat(129),
                ..good()
            },
            "password",
        ),
        (
            "no name",
            RegisterRequest {
                display_name: String::new(),
                ..good()
            },
            "display_name",
        ),
        (
            "a long name",
            RegisterRequest {
                display_name: "x".repeat(51),
                ..good()
            },
            "display_name",
        ),
        (
            "an unknown age group",
            RegisterRequest {
                age_group: 99,
                ..good()
            },
            "age_group",
        ),
    ];
    wait(async {
        let mut auth = AuthServiceClient::new(stack.client()?.channel());
        for (what, request, field) in table {
            let (code, _, fields) =
                refusal(auth.register(request).await).with_context(|| what.to_owned())?;
            ensure!(code == Code::InvalidArgument, "{what}: {code:?}");
            ensure!(fields == [field], "{what}: {fields:?}");
        }
        let first = good();
        auth.register(first.clone()).await?;
        let second = RegisterRequest {
            email: first.email,
            ..good()
        };
        let (code, reason, _) = refusal(auth.register(second).await)?;
        ensure!(
            code == Code::AlreadyExists && reason == "EMAIL_TAKEN",
            "{code:?} {reason}"
        );
        Ok(())
    })
}

pub fn bad_page_tokens_are_refused(stack: &Stack) -> Result<()> {
    wait(async {
        let mut problems = ProblemServiceClient::new(stack.client()?.channel());
        let page = |page_size: i32, page_token: &str| ListProblemsRequest {
            page_size,
            page_token: page_token.to_owned(),
            ..ListProblemsRequest::default()
        };
        for (request, field) in [
            (page(10, "nonsense"), "page_token"),
            (page(10, "OTk5"), "page_token"),
            (page(-1, ""), "page_size"),
        ] {
            let (code, _, fields) = refusal(problems.list_problems(request.clone()).await)?;
            ensure!(
                code == Code::InvalidArgument && fields == [field],
                "{request:?}: {fields:?}"
            );
        }
        Ok(())
    })
}
