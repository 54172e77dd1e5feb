//! AuthService over gRPC. Clients that are pages in a browser get their refresh token as a cookie,
//! and the message without it.

use coderunner_proto::v1 as pb;
use http::header::SET_COOKIE;
use pb::auth_service_server::AuthService;
use tonic::{Request, Response, Status};

use super::cookie;
use super::model::{Login, Password, Registration, Session, TokenPair};
use super::service::Auth;
use crate::platform::config::Limits;
use crate::platform::context::OpContext;
use crate::platform::errors::{Error, Violations};
use crate::platform::ids::SessionId;
use crate::platform::pagination::Page;
use crate::platform::wire::timestamp;
use crate::users::api::{age_group_in, user_out};
use crate::users::model::{DisplayName, Email};
use crate::users::service::Users;

/// The gRPC side of `Auth`.
pub struct AuthApi {
    auth: Auth,
    users: Users,
    limits: Limits,
}

impl AuthApi {
    /// Serves these logins.
    pub fn new(auth: Auth, users: Users, limits: Limits) -> Self {
        Self {
            auth,
            users,
            limits,
        }
    }

    /// An answer that holds tokens. From a browser's, the refresh token is taken out.
    fn answer<T>(
        &self,
        context: &OpContext,
        mut tokens: TokenPair,
        message: impl FnOnce(pb::Tokens) -> T,
    ) -> Response<T> {
        if !context.browser {
            return Response::new(message(tokens_out(tokens)));
        }
        let token = std::mem::take(&mut tokens.refresh_token);
        let kept = cookie::keeping(&token, self.limits.refresh_token_lifetime);
        let mut response = Response::new(message(tokens_out(tokens)));
        response.metadata_mut().as_mut().insert(SET_COOKIE, kept);
        response
    }
}

#[tonic::async_trait]
impl AuthService for AuthApi {
    async fn register(
        &self,
        request: Request<pb::RegisterRequest>,
    ) -> Result<Response<pb::RegisterResponse>, Status> {
        let context = OpContext::of(&request)?;
        let registration = registration_in(request.into_inner(), self.limits.password_min_chars)?;
        let Login { user, tokens } = self.auth.register(&context, registration).await?;
        let user = Some(user_out(user));
        Ok(
            self.answer(&context, tokens, |tokens| pb::RegisterResponse {
                user,
                tokens: Some(tokens),
            }),
        )
    }

    async fn login(
        &self,
        request: Request<pb::LoginRequest>,
    ) -> Result<Response<pb::LoginResponse>, Status> {
        let context = OpContext::of(&request)?;
        let pb::LoginRequest { email, password } = request.into_inner();
        let password = Password::attempt(password);
        let Login { user, tokens } = self.auth.login(&context, &email, password).await?;
        let user = Some(user_out(user));
        Ok(self.answer(&context, tokens, |tokens| pb::LoginResponse {
            user,
            tokens: Some(tokens),
        }))
    }

    async fn refresh(
        &self,
        request: Request<pb::RefreshRequest>,
    ) -> Result<Response<pb::RefreshResponse>, Status> {
        let context = OpContext::of(&request)?;
        let (metadata, _, message) = request.into_parts();
        let pb::RefreshRequest { mut refresh_token } = message;
        if context.browser && refresh_token.is_empty() {
            let kept = cookie::refresh_token(metadata.as_ref());
            refresh_token = kept.unwrap_or_default().to_owned();
        }
        match self.auth.refresh(&refresh_token).await {
            Ok(tokens) => Ok(self.answer(&context, tokens, |tokens| pb::RefreshResponse {
                tokens: Some(tokens),
            })),
            Err(error) => Err(without_cookie(&context, error)),
        }
    }

    async fn logout(
        &self,
        request: Request<pb::LogoutRequest>,
    ) -> Result<Response<pb::LogoutResponse>, Status> {
        let context = OpContext::of(&request)?;
        let caller = context.caller()?;
        self.auth.end_session(caller, caller.session_id()?).await?;
        let mut response = Response::new(pb::LogoutResponse {});
        if context.browser {
            let headers = response.metadata_mut().as_mut();
            headers.insert(SET_COOKIE, cookie::clearing());
        }
        Ok(response)
    }

    async fn get_me(
        &self,
        request: Request<pb::GetMeRequest>,
    ) -> Result<Response<pb::GetMeResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let user = self.users.get(caller.user_id).await?;
        Ok(Response::new(pb::GetMeResponse {
            user: Some(user_out(user)),
        }))
    }

    async fn list_sessions(
        &self,
        request: Request<pb::ListSessionsRequest>,
    ) -> Result<Response<pb::ListSessionsResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::ListSessionsRequest {
            page_size,
            page_token,
        } = request.into_inner();
        let page = Page::parse(page_size, &page_token, "sessions")?;
        let (sessions, next_page_token) = self.auth.sessions(caller, &page).await?;
        let current = caller.session_id()?;
        let out = |session| session_out(session, current);
        let sessions = sessions.into_iter().map(out).collect();
        Ok(Response::new(pb::ListSessionsResponse {
            sessions,
            next_page_token,
        }))
    }

    async fn revoke_session(
        &self,
        request: Request<pb::RevokeSessionRequest>,
    ) -> Result<Response<pb::RevokeSessionResponse>, Status> {
        let caller = OpContext::of(&request)?.caller()?;
        let pb::RevokeSessionRequest { session_id } = request.into_inner();
        let session_id = session_id.parse().map_err(|_| Error::NotFound("session"))?;
        self.auth.end_session(caller, session_id).await?;
        Ok(Response::new(pb::RevokeSessionResponse {}))
    }

    async fn end_sessions(
        &self,
        request: Request<pb::EndSessionsRequest>,
    ) -> Result<Response<pb::EndSessionsResponse>, Status> {
        let pb::EndSessionsRequest { user_id } = request.into_inner();
        let user_id = user_id.parse().map_err(|_| Error::NotFound("account"))?;
        let count = self.auth.end_sessions(user_id).await?;
        Ok(Response::new(pb::EndSessionsResponse {
            ended_count: i32::try_from(count).unwrap_or(i32::MAX),
        }))
    }
}

/// A refusal to refresh. A browser gives up a token that is refused for good, and keeps it through an
/// outage.
fn without_cookie(context: &OpContext, error: Error) -> Status {
    let for_good = matches!(error, Error::Unauthenticated(_));
    let mut status = Status::from(error);
    if context.browser && for_good {
        let headers = status.metadata_mut().as_mut();
        headers.insert(SET_COOKIE, cookie::clearing());
    }
    status
}

fn registration_in(
    request: pb::RegisterRequest,
    password_min_chars: u64,
) -> Result<Registration, Error> {
    let pb::RegisterRequest {
        request_id,
        email,
        password,
        display_name,
        age_group,
    } = request;
    let mut wrong = Violations::default();
    let email = wrong.keep("email", Email::parse(&email));
    let password = wrong.keep("password", Password::parse(password, password_min_chars));
    let display_name = wrong.keep("display_name", DisplayName::parse(&display_name));
    let age_group = wrong.keep(
        "age_group",
        age_group_in(age_group).map_err(|_| "is not an age group."),
    );
    let (Some(email), Some(password), Some(display_name), Some(age_group)) =
        (email, password, display_name, age_group)
    else {
        return Err(wrong.into_error());
    };
    Ok(Registration {
        request_id,
        email,
        password,
        display_name,
        age_group,
    })
}

fn tokens_out(tokens: TokenPair) -> pb::Tokens {
    pb::Tokens {
        access_token: tokens.access_token,
        access_token_expire_time: Some(timestamp(tokens.access_token_expire_time)),
        refresh_token: tokens.refresh_token,
        refresh_token_expire_time: Some(timestamp(tokens.refresh_token_expire_time)),
    }
}

fn session_out(session: Session, current: SessionId) -> pb::Session {
    let Session {
        id,
        user_agent,
        create_time,
        last_used_time,
        expire_time,
    } = session;
    pb::Session {
        id: id.to_string(),
        create_time: Some(timestamp(create_time)),
        last_used_time: Some(timestamp(last_used_time)),
        expire_time: Some(timestamp(expire_time)),
        user_agent,
        current: id == current,
    }
}
