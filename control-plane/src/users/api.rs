//! UserService over gRPC.

use coderunner_proto::v1 as pb;
use pb::user_service_server::UserService;
use tonic::{Request, Response, Status};

use super::model::{AgeGroup, DisplayName, Email, ProfileChange, User};
use super::service::Users;
use crate::platform::context::{OpContext, Role};
use crate::platform::errors::{Error, Violations};
use crate::platform::idempotency::Idempotency;
use crate::platform::pagination::Page;
use crate::platform::wire::{mask_in, timestamp};

/// The gRPC side of `Users`.
pub struct UserApi {
    users: Users,
    idempotency: Idempotency,
}

impl UserApi {
    /// Serves these accounts.
    pub fn new(users: Users, idempotency: Idempotency) -> Self {
        Self { users, idempotency }
    }
}

#[tonic::async_trait]
impl UserService for UserApi {
    async fn get_profile(
        &self,
        request: Request<pb::GetProfileRequest>,
    ) -> Result<Response<pb::GetProfileResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let user = self.users.get(caller.user_id).await?;
        Ok(Response::new(pb::GetProfileResponse {
            user: Some(user_out(user)),
        }))
    }

    async fn update_profile(
        &self,
        request: Request<pb::UpdateProfileRequest>,
    ) -> Result<Response<pb::UpdateProfileResponse>, Status> {
        let context = OpContext::of(&request)?;
        let caller = context.caller()?;
        let request = request.into_inner();
        let change = change_in(&request)?;
        let work = async {
            let user = self.users.update_profile(caller.user_id, change).await?;
            Ok(pb::UpdateProfileResponse {
                user: Some(user_out(user)),
            })
        };
        let once = self
            .idempotency
            .once(&context, &request.request_id, &request, work);
        Ok(Response::new(once.await?))
    }

    async fn get_stats(
        &self,
        request: Request<pb::GetStatsRequest>,
    ) -> Result<Response<pb::GetStatsResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let stats = self.users.stats(caller.user_id).await?;
        Ok(Response::new(pb::GetStatsResponse {
            run_count: stats.run_count,
            submission_count: stats.submission_count,
            accepted_submission_count: stats.accepted_submission_count,
            solved_problem_count: stats.solved_problem_count,
        }))
    }

    async fn list_users(
        &self,
        request: Request<pb::ListUsersRequest>,
    ) -> Result<Response<pb::ListUsersResponse>, Status> {
        let pb::ListUsersRequest {
            page_size,
            page_token,
            role,
            email,
        } = request.into_inner();
        let role = role_in(role)?;
        let email = email_in(&email)?;
        let list = format!("users {role:?} {email:?}");
        let page = Page::parse(page_size, &page_token, &list)?;
        let (users, next_page_token) = self.users.list(role, email.as_ref(), &page).await?;
        let users = users.into_iter().map(user_out).collect();
        Ok(Response::new(pb::ListUsersResponse {
            users,
            next_page_token,
        }))
    }

    async fn set_role(
        &self,
        request: Request<pb::SetRoleRequest>,
    ) -> Result<Response<pb::SetRoleResponse>, Status> {
        let pb::SetRoleRequest { user_id, role } = request.into_inner();
        let role = role_in(role)?.ok_or_else(|| Error::invalid("role", "is missing."))?;
        let user_id = user_id.parse().map_err(|_| Error::NotFound("account"))?;
        let user = self.users.set_role(user_id, role).await?;
        Ok(Response::new(pb::SetRoleResponse {
            user: Some(user_out(user)),
        }))
    }
}

/// None when no address is said.
fn email_in(text: &str) -> Result<Option<Email>, Error> {
    if text.is_empty() {
        return Ok(None);
    }
    let email = Email::parse(text).map_err(|error| Error::invalid("email", error.to_string()))?;
    Ok(Some(email))
}

fn change_in(request: &pb::UpdateProfileRequest) -> Result<ProfileChange, Error> {
    let mut wrong = Violations::default();
    let mut change = ProfileChange::default();
    let user = request.user.clone().unwrap_or_default();
    for path in mask_in(request.update_mask.as_ref())? {
        match path.as_str() {
            "display_name" => {
                let name = DisplayName::parse(&user.display_name);
                change.display_name = wrong.keep("user.display_name", name);
            }
            "age_group" => match age_group_in(user.age_group) {
                Ok(age_group) => change.age_group = Some(age_group),
                Err(_) => wrong.add("user.age_group", "is not an age group."),
            },
            _ => wrong.add("update_mask", "may hold display_name and age_group."),
        }
    }
    if change == ProfileChange::default() {
        wrong.add("update_mask", "must name at least one field.");
    }
    wrong.check()?;
    Ok(change)
}

/// An account on the wire.
pub fn user_out(user: User) -> pb::User {
    let User {
        id,
        email,
        display_name,
        age_group,
        role,
        create_time,
    } = user;
    pb::User {
        id: id.to_string(),
        email,
        display_name,
        age_group: age_group_out(age_group).into(),
        role: role_out(role).into(),
        create_time: Some(timestamp(create_time)),
    }
}

/// An age group from the wire; none when it is not said.
pub fn age_group_in(value: i32) -> Result<Option<AgeGroup>, Error> {
    match pb::AgeGroup::try_from(value) {
        Ok(pb::AgeGroup::Unspecified) => Ok(None),
        Ok(pb::AgeGroup::AgeGroup11To14) => Ok(Some(AgeGroup::From11To14)),
        Ok(pb::AgeGroup::AgeGroup15To18) => Ok(Some(AgeGroup::From15To18)),
        Err(_) => Err(Error::invalid("age_group", "is not an age group.")),
    }
}

/// An age group on the wire.
pub fn age_group_out(age_group: Option<AgeGroup>) -> pb::AgeGroup {
    match age_group {
        None => pb::AgeGroup::Unspecified,
        Some(AgeGroup::From11To14) => pb::AgeGroup::AgeGroup11To14,
        Some(AgeGroup::From15To18) => pb::AgeGroup::AgeGroup15To18,
    }
}

/// A role from the wire; none when it is not said.
pub fn role_in(value: i32) -> Result<Option<Role>, Error> {
    match pb::Role::try_from(value) {
        Ok(pb::Role::Unspecified) => Ok(None),
        Ok(pb::Role::Student) => Ok(Some(Role::Student)),
        Ok(pb::Role::Teacher) => Ok(Some(Role::Teacher)),
        Ok(pb::Role::Author) => Ok(Some(Role::Author)),
        Ok(pb::Role::Admin) => Ok(Some(Role::Admin)),
        Err(_) => Err(Error::invalid("role", "is not a role.")),
    }
}

/// A role on the wire.
pub fn role_out(role: Role) -> pb::Role {
    match role {
        Role::Student => pb::Role::Student,
        Role::Teacher => pb::Role::Teacher,
        Role::Author => pb::Role::Author,
        Role::Admin => pb::Role::Admin,
    }
}
