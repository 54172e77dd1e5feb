//! Classes: what a teacher sees of them, and what a pupil does.

use anyhow::{Context, Result};
use coderunner_proto::v1 as pb;
use pb::class_service_client::ClassServiceClient;

use super::{Amount, Named, deep, named};
use crate::place::Accounts;

/// The first of the admin's, as the seed has it.
const CLASS: &str = "01900000-0000-7000-8001-000000000001";

fn members() -> pb::ListMembersRequest {
    pb::ListMembersRequest {
        class_id: CLASS.to_owned(),
        ..pb::ListMembersRequest::default()
    }
}

fn progress() -> pb::GetClassProgressRequest {
    pb::GetClassProgressRequest {
        class_id: CLASS.to_owned(),
        ..pb::GetClassProgressRequest::default()
    }
}

fn mine(_: usize) -> pb::ListMyClassesRequest {
    pb::ListMyClassesRequest::default()
}

pub async fn calls(accounts: &Accounts) -> Result<Vec<Named>> {
    let Accounts {
        admin,
        ordinary,
        newcomer,
        heavy: _,
    } = accounts;
    let token = deep!(admin, ClassServiceClient.list_members, members());
    let deep_page = move |_: usize| pb::ListMembersRequest {
        page_size: 100,
        page_token: token.clone(),
        ..members()
    };
    let mut calls = calls!(ClassServiceClient by admin, Something;
        "ListMyClasses": list_my_classes(mine).classes,
        "ListMembers": list_members(|_| members()).members,
        "ListMembers, last page of 100": list_members(deep_page).members,
        "GetClassProgress": get_class_progress(|_| progress()).members,
    );
    calls.extend(calls!(ClassServiceClient by ordinary, Something;
        "ListMyClasses": list_my_classes(mine).classes,
    ));
    calls.extend(calls!(ClassServiceClient by newcomer, Nothing;
        "ListMyClasses": list_my_classes(mine).classes,
    ));
    Ok(calls)
}
