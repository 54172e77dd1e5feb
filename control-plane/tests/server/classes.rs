//! Classes: joined by code, seen by their teacher, and by nobody else.

use coderunner_proto::v1 as pb;
use control_plane::platform::ids::{SubmissionId, UserId};
use control_plane::progress::model::JudgedSubmission;
use control_plane::progress::store::record_judged;
use pb::class_service_client::ClassServiceClient;
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::support::{Running, UNLIMITED, refused, start, with};

impl Running {
    fn classes(&self) -> ClassServiceClient<Channel> {
        ClassServiceClient::new(self.channel.clone())
    }

    async fn make_class(&self, token: &str, title: &str) -> Result<pb::Class, Status> {
        let request = pb::CreateClassRequest {
            title: title.into(),
            ..Default::default()
        };
        let answer = self.classes().create_class(with(token, request)).await?;
        Ok(answer.into_inner().class.unwrap())
    }

    async fn join(&self, token: &str, code: &str) -> Result<pb::Class, Status> {
        let request = pb::JoinClassRequest {
            join_code: code.into(),
        };
        let answer = self.classes().join_class(with(token, request)).await?;
        Ok(answer.into_inner().class.unwrap())
    }

    async fn members(&self, token: &str, class: &str) -> Result<Vec<pb::Member>, Status> {
        let request = pb::ListMembersRequest {
            class_id: class.into(),
            ..Default::default()
        };
        let answer = self.classes().list_members(with(token, request)).await?;
        Ok(answer.into_inner().members)
    }

    async fn take_out(&self, token: &str, class: &str, user: &str) -> Result<(), Status> {
        let request = pb::RemoveMemberRequest {
            class_id: class.into(),
            user_id: user.into(),
        };
        self.classes()
            .remove_member(with(token, request))
            .await
            .map(drop)
    }

    async fn class_progress(
        &self,
        token: &str,
        class: &str,
        page: (i32, &str),
    ) -> Result<pb::GetClassProgressResponse, Status> {
        let request = pb::GetClassProgressRequest {
            class_id: class.into(),
            page_size: page.0,
            page_token: page.1.into(),
        };
        let answer = self
            .classes()
            .get_class_progress(with(token, request))
            .await?;
        Ok(answer.into_inner())
    }

    async fn my_classes(&self, token: &str) -> Vec<pb::Class> {
        let request = with(token, pb::ListMyClassesRequest::default());
        let answer = self.classes().list_my_classes(request).await.unwrap();
        answer.into_inner().classes
    }

    /// A student with an id and an access token.
    async fn pupil(&self, name: &str) -> (String, String) {
        let registered = self.student(name).await;
        let tokens = registered.tokens.unwrap();
        (registered.user.unwrap().id, tokens.access_token)
    }

    async fn judged(&self, user: &str, problem: &str, points: u32) {
        let user_id: UserId = user.parse().unwrap();
        let judged = JudgedSubmission {
            submission_id: SubmissionId::new(),
            user_id,
            problem: problem.into(),
            verdict: if points == 10 {
                "ACCEPTED"
            } else {
                "WRONG_ANSWER"
            },
            accepted: points == 10,
            points,
            passed_test_count: points,
            test_count: 10,
            create_time: self.platform.clock.now(),
        };
        let mut tx = self.platform.db.write().await.unwrap();
        record_judged(&mut tx, &judged).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_class_is_joined_by_its_code_as_children_type_it() {
    let running = start(UNLIMITED).await;
    let teacher = running.token("Curie", "teacher").await;
    let class = running.make_class(&teacher, " 7b ").await.unwrap();
    assert_eq!(
        (class.title.as_str(), class.teacher_name.as_str()),
        ("7b", "Curie")
    );
    assert!(class.taught);
    assert_eq!((class.join_code.len(), &class.join_code[4..5]), (9, "-"));
    let (_, ada) = running.pupil("ada").await;
    let joined = running
        .join(&ada, &class.join_code.to_lowercase().replace('-', " "))
        .await;
    let joined = joined.unwrap();
    assert_eq!(
        (joined.id.as_str(), joined.member_count),
        (class.id.as_str(), 1)
    );
    assert_eq!((joined.join_code.as_str(), joined.taught), ("", false));
    // A repeat changes nothing, and neither does the teacher's own.
    let again = running.join(&ada, &class.join_code).await.unwrap();
    assert_eq!(again, joined);
    running.join(&teacher, &class.join_code).await.unwrap();
    let members = running.members(&teacher, &class.id).await.unwrap();
    let names: Vec<_> = members
        .iter()
        .map(|member| member.display_name.as_str())
        .collect();
    assert_eq!(names, ["ada"]);
    for wrong in ["", "CDFG", "CDFG-3470", "CDFG-3479", &class.id] {
        refused(running.join(&ada, wrong).await, Code::NotFound, "NOT_FOUND");
    }
    let listed = running.my_classes(&ada).await;
    assert_eq!(listed, [joined]);
    let listed = running.my_classes(&teacher).await;
    assert_eq!(listed[0].join_code, class.join_code);
    assert_eq!(listed[0].member_count, 1);
}

#[tokio::test]
async fn for_everybody_else_there_is_no_class() {
    let running = start(UNLIMITED).await;
    let teacher = running.token("Curie", "teacher").await;
    let class = running.make_class(&teacher, "7b").await.unwrap();
    let (ada_id, ada) = running.pupil("ada").await;
    let (bob_id, bob) = running.pupil("bob").await;
    running.join(&ada, &class.join_code).await.unwrap();
    running.join(&bob, &class.join_code).await.unwrap();
    let other = running.token("Noether", "teacher").await;
    let admin = running.token("root", "admin").await;
    let made = running.make_class(&ada, "mine").await;
    refused(made, Code::PermissionDenied, "ROLE_REQUIRED");
    for token in [&ada, &other, &admin] {
        for id in [class.id.as_str(), "", "x", &ada_id] {
            refused(
                running.members(token, id).await,
                Code::NotFound,
                "NOT_FOUND",
            );
            let progress = running.class_progress(token, id, (0, "")).await;
            refused(progress, Code::NotFound, "NOT_FOUND");
            let taken = running.take_out(token, id, &bob_id).await;
            refused(taken, Code::NotFound, "NOT_FOUND");
            let request = pb::DeleteClassRequest {
                class_id: id.into(),
            };
            let deleted = running.classes().delete_class(with(token, request)).await;
            refused(deleted, Code::NotFound, "NOT_FOUND");
        }
    }
    assert!(running.my_classes(&other).await.is_empty());
    assert_eq!(running.members(&teacher, &class.id).await.unwrap().len(), 2);
    // A member may leave, and so may who is not in it; that tells nothing.
    running.take_out(&ada, &class.id, &ada_id).await.unwrap();
    running.take_out(&ada, &class.id, &ada_id).await.unwrap();
    assert_eq!(running.members(&teacher, &class.id).await.unwrap().len(), 1);
    running
        .take_out(&teacher, &class.id, &bob_id)
        .await
        .unwrap();
    running
        .take_out(&teacher, &class.id, &bob_id)
        .await
        .unwrap();
    assert_eq!(running.my_classes(&teacher).await[0].member_count, 0);
    assert!(running.my_classes(&bob).await.is_empty());
}

#[tokio::test]
async fn who_is_no_teacher_any_more_sees_no_class() {
    let running = start(UNLIMITED).await;
    let teacher = running.token("Curie", "teacher").await;
    let class = running.make_class(&teacher, "7b").await.unwrap();
    let request = with(&teacher, pb::GetMeRequest {});
    let me = running
        .auth()
        .get_me(request)
        .await
        .unwrap()
        .into_inner()
        .user
        .unwrap();
    let admin = running.token("root", "admin").await;
    let mut users = pb::user_service_client::UserServiceClient::new(running.channel.clone());
    let role = pb::SetRoleRequest {
        user_id: me.id,
        role: pb::Role::Student.into(),
    };
    users.set_role(with(&admin, role)).await.unwrap();
    refused(
        running.members(&teacher, &class.id).await,
        Code::NotFound,
        "NOT_FOUND",
    );
    assert_eq!(running.my_classes(&teacher).await[0].join_code, "");
}

#[tokio::test]
async fn a_teacher_sees_names_and_progress_page_by_page_and_nothing_else() {
    let running = start(UNLIMITED).await;
    let teacher = running.token("Curie", "teacher").await;
    let class = running.make_class(&teacher, "7b").await.unwrap();
    for name in ["eve", "ada", "dan", "cleo", "bob"] {
        let (id, token) = running.pupil(name).await;
        running.join(&token, &class.join_code).await.unwrap();
        match name {
            "ada" => {
                running.judged(&id, "fizz-buzz", 3).await;
                running.judged(&id, "fizz-buzz", 10).await;
                running.judged(&id, "hello-name", 10).await;
                running.judged(&id, "no-such-problem", 10).await;
            }
            "bob" => running.judged(&id, "hello-name", 4).await,
            _ => {}
        }
    }
    let (outsider, _) = running.pupil("zoe").await;
    running.judged(&outsider, "hello-name", 10).await;
    let mut members = Vec::new();
    let mut token = String::new();
    loop {
        let page = running
            .class_progress(&teacher, &class.id, (2, &token))
            .await
            .unwrap();
        assert!(page.members.len() <= 2);
        members.extend(page.members);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let names: Vec<_> = members
        .iter()
        .map(|it| it.member.as_ref().unwrap().display_name.as_str())
        .collect();
    assert_eq!(names, ["ada", "bob", "cleo", "dan", "eve"]);
    let tried = |index: usize| -> Vec<_> {
        let problems = members[index].problems.iter();
        problems
            .map(|it| (it.problem.as_str(), it.solved, it.attempt_count, it.points))
            .collect()
    };
    // In the order of the course, and without what is not in it.
    assert_eq!(
        tried(0),
        [("hello-name", true, 1, 10), ("fizz-buzz", true, 2, 10)]
    );
    assert_eq!(tried(1), [("hello-name", false, 1, 4)]);
    assert!(tried(2).is_empty());
    let points: Vec<_> = members.iter().map(|it| it.points).collect();
    assert_eq!(points, [20, 4, 0, 0, 0]);
    let tried: Vec<_> = members
        .iter()
        .map(|it| it.last_attempt_time.is_some())
        .collect();
    assert_eq!(tried, [true, true, false, false, false]);
    let solved = |index: usize| -> i32 {
        members[index]
            .levels
            .iter()
            .map(|level| level.solved_problem_count)
            .sum()
    };
    assert_eq!((solved(0), solved(1)), (2, 0));
    let everything = format!("{members:?}");
    assert!(!everything.contains('@'), "an address in {everything}");
    let wrong = running.class_progress(&teacher, &class.id, (2, "x")).await;
    refused(wrong, Code::InvalidArgument, "PAGE_TOKEN_INVALID");
}

#[tokio::test]
async fn members_of_one_name_are_all_listed_once() {
    let running = start(UNLIMITED).await;
    let teacher = running.token("Curie", "teacher").await;
    let class = running.make_class(&teacher, "7b").await.unwrap();
    for number in 0..5 {
        let mut registration = crate::support::registration(&format!("same{number}"));
        registration.display_name = "Kim".into();
        let answer = running
            .auth()
            .register(registration)
            .await
            .unwrap()
            .into_inner();
        let token = answer.tokens.unwrap().access_token;
        running.join(&token, &class.join_code).await.unwrap();
    }
    let mut ids = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListMembersRequest {
            class_id: class.id.clone(),
            page_size: 2,
            page_token,
        };
        let page = running
            .classes()
            .list_members(with(&teacher, request))
            .await;
        let page = page.unwrap().into_inner();
        ids.extend(page.members.into_iter().map(|member| member.user_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(ids.len(), 5);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[tokio::test]
async fn classes_and_members_are_limited_and_a_deleted_class_is_gone() {
    let settings = format!("{UNLIMITED}classes_per_teacher = 2\nmembers_per_class = 1\n");
    let running = start(&settings).await;
    let teacher = running.token("Curie", "teacher").await;
    let first = running.make_class(&teacher, "one").await.unwrap();
    running.make_class(&teacher, "two").await.unwrap();
    let refusal = running.make_class(&teacher, "three").await;
    refused(refusal, Code::FailedPrecondition, "CLASS_LIMIT");
    for wrong in ["", " ", "a\nb", &"x".repeat(101)] {
        let refusal = running.make_class(&teacher, wrong).await;
        refused(refusal, Code::InvalidArgument, "INVALID_ARGUMENT");
    }
    let (_, ada) = running.pupil("ada").await;
    let (_, bob) = running.pupil("bob").await;
    running.join(&ada, &first.join_code).await.unwrap();
    let refusal = running.join(&bob, &first.join_code).await;
    refused(refusal, Code::FailedPrecondition, "CLASS_FULL");
    running
        .join(&ada, &first.join_code)
        .await
        .expect("is in it");
    let request = pb::DeleteClassRequest {
        class_id: first.id.clone(),
    };
    running
        .classes()
        .delete_class(with(&teacher, request))
        .await
        .unwrap();
    refused(
        running.join(&ada, &first.join_code).await,
        Code::NotFound,
        "NOT_FOUND",
    );
    assert!(running.my_classes(&ada).await.is_empty());
    running.make_class(&teacher, "three").await.unwrap();
    let titles: Vec<_> = running
        .my_classes(&teacher)
        .await
        .into_iter()
        .map(|it| it.title)
        .collect();
    assert_eq!(titles, ["three", "two"]);
}

#[tokio::test]
async fn codes_can_t_be_tried_in_masses() {
    let running = start("[limits]\nanonymous_calls_per_minute = 0\n").await;
    let teacher = running.token("Curie", "teacher").await;
    let class = running.make_class(&teacher, "7b").await.unwrap();
    let mut tried = 0;
    // Ten accounts of ten tries each, then the address has had enough.
    for number in 0..11 {
        let (_, token) = running.pupil(&format!("guesser{number}")).await;
        loop {
            let refusal = running.join(&token, "CDFG-3479").await.unwrap_err();
            if refusal.code() == Code::ResourceExhausted {
                break;
            }
            tried += 1;
        }
    }
    assert_eq!(tried, 100);
    let (_, late) = running.pupil("late").await;
    let refusal = running.join(&late, &class.join_code).await;
    let details = refused(refusal, Code::ResourceExhausted, "RATE_LIMITED");
    running
        .clock
        .advance(details.retry_info().unwrap().retry_delay.unwrap());
    running.join(&late, &class.join_code).await.unwrap();
}

#[tokio::test]
async fn a_repeated_request_makes_one_class() {
    let running = start(UNLIMITED).await;
    let teacher = running.token("Curie", "teacher").await;
    let request = || {
        let request = pb::CreateClassRequest {
            request_id: "one".into(),
            title: "7b".into(),
        };
        with(&teacher, request)
    };
    let first = running
        .classes()
        .create_class(request())
        .await
        .unwrap()
        .into_inner();
    let again = running
        .classes()
        .create_class(request())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    assert_eq!(running.my_classes(&teacher).await.len(), 1);
}
