//! `class`: joining a class, and what its teacher does with it.

use clap::Subcommand;
use coderunner_client::Client;
use coderunner_proto::v1::class_service_client::ClassServiceClient;
use coderunner_proto::v1::{
    Class, CreateClassRequest, DeleteClassRequest, GetClassProgressRequest,
    GetClassProgressResponse, GetMeRequest, JoinClassRequest, ListMyClassesRequest,
    ListMyClassesResponse, MemberProgress, RemoveMemberRequest,
    auth_service_client::AuthServiceClient,
};

use crate::admin::ask;
use crate::failure::{End, Failure};
use crate::text::{plain, print_json, print_table, say, table};

/// What can be done with classes.
#[derive(Debug, Subcommand)]
pub enum Classes {
    /// List the classes that you teach or are in.
    List,
    /// Join a class.
    Join {
        /// The code that its teacher gave you, such as CDFG-3479.
        code: String,
    },
    /// Leave a class.
    Leave {
        /// The class's id.
        class: String,
    },
    /// Make a class, as a teacher.
    Create {
        /// What it is called.
        title: String,
    },
    /// Show what each member of your class has done.
    Progress {
        /// The class's id.
        class: String,
    },
    /// Take a member out of your class.
    Remove {
        /// The class's id.
        class: String,
        /// The member's id, as `class progress` lists it.
        member: String,
    },
    /// Delete your class. Its members keep their accounts and progress.
    Delete {
        /// The class's id.
        class: String,
    },
}

/// Does what was said about classes.
pub async fn classes(client: &Client, command: Classes, json: bool) -> Result<End, Failure> {
    match command {
        Classes::List => list(client, json).await?,
        Classes::Join { code } => {
            let request = JoinClassRequest { join_code: code };
            let answer = ask!(client, ClassServiceClient.join_class(request));
            told(
                answer.class.unwrap_or_default(),
                "You are in the class",
                json,
            )?;
        }
        Classes::Leave { class } => {
            let me = ask!(client, AuthServiceClient.get_me(GetMeRequest {}));
            let member = me.user.unwrap_or_default().id;
            remove(
                client,
                class,
                member,
                "You are not in this class any more.",
                json,
            )
            .await?;
        }
        Classes::Create { title } => {
            let request = CreateClassRequest {
                title,
                ..Default::default()
            };
            let answer = ask!(client, ClassServiceClient.create_class(request));
            told(answer.class.unwrap_or_default(), "Made the class", json)?;
        }
        Classes::Progress { class } => progress(client, &class, json).await?,
        Classes::Remove { class, member } => {
            remove(client, class, member, "The member is out.", json).await?;
        }
        Classes::Delete { class } => {
            let request = DeleteClassRequest { class_id: class };
            let answer = ask!(client, ClassServiceClient.delete_class(request));
            match json {
                true => print_json(&answer)?,
                false => say!("The class is gone."),
            }
        }
    }
    Ok(End::Good)
}

fn told(class: Class, what: &str, json: bool) -> Result<(), Failure> {
    if json {
        print_json(&class)?;
        return Ok(());
    }
    say!("{what} {} ({}).", plain(&class.title), plain(&class.id));
    if class.taught {
        say!("Its code: {}", plain(&class.join_code));
    }
    Ok(())
}

async fn list(client: &Client, json: bool) -> Result<(), Failure> {
    let mut classes = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListMyClassesRequest {
            page_size: 100,
            page_token,
        };
        let page = ask!(client, ClassServiceClient.list_my_classes(request));
        classes.extend(page.classes);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if json {
        print_json(&ListMyClassesResponse {
            classes,
            next_page_token: String::new(),
        })?;
        return Ok(());
    }
    let mut rows = table(["ID", "TITLE", "TEACHER", "MEMBERS", "CODE"]);
    for class in &classes {
        rows.add_row([
            plain(&class.id),
            plain(&class.title),
            plain(&class.teacher_name),
            class.member_count.to_string(),
            plain(&class.join_code),
        ]);
    }
    print_table(&rows);
    Ok(())
}

async fn remove(
    client: &Client,
    class_id: String,
    user_id: String,
    done: &str,
    json: bool,
) -> Result<(), Failure> {
    let request = RemoveMemberRequest { class_id, user_id };
    let answer = ask!(client, ClassServiceClient.remove_member(request));
    match json {
        true => print_json(&answer)?,
        false => say!("{done}"),
    }
    Ok(())
}

async fn progress(client: &Client, class: &str, json: bool) -> Result<(), Failure> {
    let mut members = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = GetClassProgressRequest {
            class_id: class.to_owned(),
            page_size: 100,
            page_token,
        };
        let page = ask!(client, ClassServiceClient.get_class_progress(request));
        members.extend(page.members);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if json {
        print_json(&GetClassProgressResponse {
            members,
            next_page_token: String::new(),
        })?;
        return Ok(());
    }
    let mut rows = table(["ID", "NAME", "SOLVED", "TRIED", "POINTS"]);
    for row in members {
        let MemberProgress {
            member,
            problems,
            points,
            ..
        } = row;
        let member = member.unwrap_or_default();
        let solved = problems.iter().filter(|problem| problem.solved).count();
        rows.add_row([
            plain(&member.user_id),
            plain(&member.display_name),
            solved.to_string(),
            problems.len().to_string(),
            points.to_string(),
        ]);
    }
    print_table(&rows);
    Ok(())
}
