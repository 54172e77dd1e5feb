//! `admin users`.

use coderunner_client::Client;
use coderunner_proto::v1::auth_service_client::AuthServiceClient;
use coderunner_proto::v1::user_service_client::UserServiceClient;
use coderunner_proto::v1::{
    EndSessionsRequest, ListUsersRequest, ListUsersResponse, Role, SetRoleRequest, User,
};

use super::args::Users;
use super::ask;
use crate::failure::{End, Failure};
use crate::text::{count, plain, print_json, print_table, say, table};

/// Does what was said about accounts of people.
pub async fn users(client: &Client, command: Users, json: bool) -> Result<End, Failure> {
    match command {
        Users::List { role } => {
            list(client, role.map_or(Role::Unspecified, Role::from), json).await
        }
        Users::Role { user, role } => {
            let request = SetRoleRequest {
                user_id: id_of(client, &user).await?,
                role: Role::from(role).into(),
            };
            let answer = ask!(client, UserServiceClient.set_role(request));
            match (json, answer.user) {
                (true, Some(user)) => print_json(&user)?,
                (_, user) => {
                    let user = user.unwrap_or_default();
                    say!(
                        "{} has the role {}.",
                        plain(&user.email),
                        role_word(user.role())
                    );
                }
            }
            Ok(End::Good)
        }
        Users::EndSessions { user } => {
            let user_id = id_of(client, &user).await?;
            let answer = ask!(
                client,
                AuthServiceClient.end_sessions(EndSessionsRequest { user_id })
            );
            match json {
                true => print_json(&answer)?,
                false => say!("Ended {}.", count(answer.ended_count, "session")),
            }
            Ok(End::Good)
        }
    }
}

async fn list(client: &Client, role: Role, json: bool) -> Result<End, Failure> {
    let users = all(client, role).await?;
    if json {
        print_json(&ListUsersResponse {
            users,
            next_page_token: String::new(),
        })?;
        return Ok(End::Good);
    }
    let mut rows = table(["ID", "EMAIL", "NAME", "ROLE"]);
    for user in &users {
        rows.add_row([
            plain(&user.id),
            plain(&user.email),
            plain(&user.display_name),
            role_word(user.role()).to_owned(),
        ]);
    }
    print_table(&rows);
    Ok(End::Good)
}

async fn all(client: &Client, role: Role) -> Result<Vec<User>, Failure> {
    let mut users = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListUsersRequest {
            page_size: 100,
            page_token,
            role: role.into(),
            email: String::new(),
        };
        let page = ask!(client, UserServiceClient.list_users(request));
        users.extend(page.users);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(users);
        }
    }
}

/// The id of an account that is named by address or id.
async fn id_of(client: &Client, user: &str) -> Result<String, Failure> {
    if !user.contains('@') {
        return Ok(user.to_owned());
    }
    let request = ListUsersRequest {
        email: user.to_owned(),
        ..Default::default()
    };
    let answer = ask!(client, UserServiceClient.list_users(request));
    let found = answer.users.into_iter().next();
    found
        .map(|user| user.id)
        .ok_or_else(|| Failure::Input(format!("there is no account with the address {user}")))
}

/// The word for a role.
pub fn role_word(role: Role) -> &'static str {
    match role {
        Role::Unspecified | Role::Student => "student",
        Role::Teacher => "teacher",
        Role::Author => "author",
        Role::Admin => "admin",
    }
}
