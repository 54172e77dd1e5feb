//! ClassService over gRPC. What a member of a class may see of it is decided here: all but its code.

use coderunner_proto::v1 as pb;
use pb::class_service_server::ClassService;
use tonic::{Request, Response, Status};

use super::model::{Class, Member, MemberProgress, Title};
use super::service::{Classes, teaches};
use crate::platform::context::{Caller, OpContext};
use crate::platform::errors::Error;
use crate::platform::idempotency::Idempotency;
use crate::platform::pagination::Page;
use crate::platform::wire::timestamp;
use crate::progress::api::{level_out, progress_out};

/// The gRPC side of `Classes`.
pub struct ClassApi {
    classes: Classes,
    idempotency: Idempotency,
}

impl ClassApi {
    /// Serves these classes.
    pub fn new(classes: Classes, idempotency: Idempotency) -> Self {
        Self {
            classes,
            idempotency,
        }
    }
}

#[tonic::async_trait]
impl ClassService for ClassApi {
    async fn create_class(
        &self,
        request: Request<pb::CreateClassRequest>,
    ) -> Result<Response<pb::CreateClassResponse>, Status> {
        let context = OpContext::of(&request)?;
        let caller = context.caller()?;
        let request = request.into_inner();
        let title = Title::parse(&request.title)
            .map_err(|error| Error::invalid("title", error.to_string()))?;
        let work = async {
            let class = self.classes.create(caller, title).await?;
            Ok(pb::CreateClassResponse {
                class: Some(class_out(class, caller)),
            })
        };
        let id = &request.request_id;
        let answer = self.idempotency.once(&context, id, &request, work).await?;
        Ok(Response::new(answer))
    }

    async fn delete_class(
        &self,
        request: Request<pb::DeleteClassRequest>,
    ) -> Result<Response<pb::DeleteClassResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::DeleteClassRequest { class_id } = request.into_inner();
        self.classes.delete(caller, &class_id).await?;
        Ok(Response::new(pb::DeleteClassResponse {}))
    }

    async fn join_class(
        &self,
        request: Request<pb::JoinClassRequest>,
    ) -> Result<Response<pb::JoinClassResponse>, Status> {
        let context = OpContext::of(&request)?;
        let caller = context.caller()?;
        let pb::JoinClassRequest { join_code } = request.into_inner();
        let class = self.classes.join(&context, &join_code).await?;
        Ok(Response::new(pb::JoinClassResponse {
            class: Some(class_out(class, caller)),
        }))
    }

    async fn list_members(
        &self,
        request: Request<pb::ListMembersRequest>,
    ) -> Result<Response<pb::ListMembersResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::ListMembersRequest {
            class_id,
            page_size,
            page_token,
        } = request.into_inner();
        let list = format!("members of {class_id}");
        let page = Page::parse(page_size, &page_token, &list)?;
        let (members, next_page_token) = self.classes.members(caller, &class_id, &page).await?;
        Ok(Response::new(pb::ListMembersResponse {
            members: members.into_iter().map(member_out).collect(),
            next_page_token,
        }))
    }

    async fn remove_member(
        &self,
        request: Request<pb::RemoveMemberRequest>,
    ) -> Result<Response<pb::RemoveMemberResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::RemoveMemberRequest { class_id, user_id } = request.into_inner();
        self.classes
            .remove_member(caller, &class_id, &user_id)
            .await?;
        Ok(Response::new(pb::RemoveMemberResponse {}))
    }

    async fn get_class_progress(
        &self,
        request: Request<pb::GetClassProgressRequest>,
    ) -> Result<Response<pb::GetClassProgressResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::GetClassProgressRequest {
            class_id,
            page_size,
            page_token,
        } = request.into_inner();
        let list = format!("progress of {class_id}");
        let page = Page::parse(page_size, &page_token, &list)?;
        let (members, next_page_token) = self.classes.progress(caller, &class_id, &page).await?;
        Ok(Response::new(pb::GetClassProgressResponse {
            members: members.into_iter().map(member_progress_out).collect(),
            next_page_token,
        }))
    }

    async fn list_my_classes(
        &self,
        request: Request<pb::ListMyClassesRequest>,
    ) -> Result<Response<pb::ListMyClassesResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::ListMyClassesRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let page = Page::parse(page_size, &page_token, "classes")?;
        let (classes, next_page_token) = self.classes.mine(caller, &page).await?;
        let out = |class| class_out(class, caller);
        Ok(Response::new(pb::ListMyClassesResponse {
            classes: classes.into_iter().map(out).collect(),
            next_page_token,
        }))
    }
}

fn class_out(class: Class, caller: Caller) -> pb::Class {
    let taught = teaches(caller, &class);
    let Class {
        id,
        teacher_id: _,
        teacher_name,
        title,
        join_code,
        member_count,
        create_time,
    } = class;
    pb::Class {
        id: id.to_string(),
        title,
        join_code: if taught {
            join_code.shown()
        } else {
            String::new()
        },
        teacher_name,
        taught,
        member_count: i32::try_from(member_count).unwrap_or(i32::MAX),
        create_time: Some(timestamp(create_time)),
    }
}

fn member_out(member: Member) -> pb::Member {
    let Member {
        user_id,
        display_name,
        join_time,
    } = member;
    pb::Member {
        user_id: user_id.to_string(),
        display_name,
        join_time: Some(timestamp(join_time)),
    }
}

fn member_progress_out(progress: MemberProgress) -> pb::MemberProgress {
    let points = i32::try_from(progress.points()).unwrap_or(i32::MAX);
    let last_attempt_time = progress.last_attempt_time().map(timestamp);
    let MemberProgress {
        member,
        problems,
        levels,
    } = progress;
    pb::MemberProgress {
        member: Some(member_out(member)),
        problems: problems.into_iter().map(progress_out).collect(),
        levels: levels.into_iter().map(level_out).collect(),
        points,
        last_attempt_time,
    }
}
