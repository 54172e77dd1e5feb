//! Accounts and the session: register, log in, log out, who am I.

use coderunner_proto::v1::auth_service_client::AuthServiceClient;
use coderunner_proto::v1::{
    AgeGroup, GetMeRequest, LoginRequest, LogoutRequest, RegisterRequest, User,
};

use crate::client::{Login, Repeat};
use crate::execution::new_request_id;
use crate::{Client, Error};

/// An account to be made.
#[derive(Clone)]
pub struct NewAccount {
    /// Address for logging in.
    pub email: String,
    /// 8 to 128 characters.
    pub password: String,
    /// Name that others see.
    pub display_name: String,
    /// Which levels to show first.
    pub age_group: AgeGroup,
}

impl Client {
    /// Makes an account and logs it in.
    pub async fn register(&self, account: NewAccount) -> Result<User, Error> {
        let NewAccount {
            email,
            password,
            display_name,
            age_group,
        } = account;
        let request = RegisterRequest {
            request_id: new_request_id(),
            email,
            password,
            display_name,
            age_group: age_group.into(),
        };
        let answer = self
            .call(
                request,
                Login::Unused,
                Repeat::Safe,
                |channel, request| async move {
                    AuthServiceClient::new(channel).register(request).await
                },
            )
            .await?;
        let tokens = answer.tokens.ok_or(Error::Incomplete("tokens"))?;
        self.session().replace(Some(&tokens))?;
        answer.user.ok_or(Error::Incomplete("user"))
    }

    /// Logs in; later calls use the new session.
    pub async fn login(&self, email: &str, password: &str) -> Result<User, Error> {
        let request = LoginRequest {
            email: email.to_owned(),
            password: password.to_owned(),
        };
        let answer = self
            .call(request, Login::Unused, Repeat::Never, |channel, request| async move {
                AuthServiceClient::new(channel).login(request).await
            })
            .await?;
        let tokens = answer.tokens.ok_or(Error::Incomplete("tokens"))?;
        self.session().replace(Some(&tokens))?;
        answer.user.ok_or(Error::Incomplete("user"))
    }

    /// Ends the session and forgets its tokens. Succeeds when the session was over already; when
    /// the server can't be reached the tokens are kept, so that it can be tried again.
    pub async fn logout(&self) -> Result<(), Error> {
        let ended = self
            .call(LogoutRequest {}, Login::Needed, Repeat::Safe, |channel, request| async move {
                AuthServiceClient::new(channel).logout(request).await
            })
            .await;
        match ended {
            Ok(_) | Err(Error::NotLoggedIn(_)) => self.session().replace(None),
            Err(error) => Err(error),
        }
    }

    /// Who is logged in.
    pub async fn me(&self) -> Result<User, Error> {
        let answer = self
            .call(GetMeRequest {}, Login::Needed, Repeat::Safe, |channel, request| async move {
                AuthServiceClient::new(channel).get_me(request).await
            })
            .await?;
        answer.user.ok_or(Error::Incomplete("user"))
    }
}
