//! What can't be seen from outside: a password that changes during a login, and what the command
//! line does to accounts.

use std::net::{IpAddr, Ipv4Addr};

use super::lockout::Place;
use super::model::Password;
use super::service::Auth;
use super::tokens::AccessTokens;
use crate::platform::config::Mode;
use crate::platform::context::{OpContext, Role};
use crate::platform::errors::{Error, Reason};
use crate::platform::ids::CallId;
use crate::platform::keys;
use crate::platform::testing::{Ground, ground};
use crate::users::model::{Email, User};
use crate::users::store as users;

const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn auth(ground: &Ground) -> Auth {
    let config = &ground.platform.config;
    keys::create(&config.keys_dir).unwrap();
    let keys = keys::load(&config.keys_dir, Mode::Production).unwrap();
    let lifetime = config.limits.access_token_lifetime;
    let tokens = AccessTokens::new(&keys.token_keys, lifetime).unwrap();
    Auth::new(ground.platform.clone(), tokens).unwrap()
}

fn context() -> OpContext {
    OpContext {
        call_id: CallId::new(),
        caller: None,
        address: ADDRESS,
        user_agent: String::new(),
        browser: false,
        deadline: None,
        method: "test",
    }
}

fn ada() -> Email {
    Email::parse("ada@example.org").unwrap()
}

async fn put(
    auth: &Auth,
    email: &Email,
    password: &str,
    role: Option<Role>,
) -> Result<User, Error> {
    let password = Password::attempt(password.into());
    auth.put_account(email, "Ada".into(), password, role).await
}

#[tokio::test]
async fn a_password_that_changed_while_it_was_checked_opens_no_session() {
    let ground = ground().await;
    let (auth, email) = (auth(&ground), ada());
    let user = put(&auth, &email, "correct horse", None).await.unwrap();
    let account = users::by_email(ground.platform.db.read(), &email);
    let checked = account.await.unwrap().unwrap().password_hash;
    let place = Place::new(&email, ADDRESS);
    let enter = async || {
        let fitting = Some(checked.clone());
        let wrong = Error::Unauthenticated(Reason::BAD_CREDENTIALS);
        auth.enter(&context(), &email, &place, fitting, wrong).await
    };
    enter().await.expect("nothing has changed");
    let mut tx = ground.platform.db.write().await.unwrap();
    users::set_password(&mut tx, user.id, "another")
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let refusal = enter().await.unwrap_err();
    assert_eq!(refusal.reason(), Reason::BAD_CREDENTIALS);
}

#[tokio::test]
async fn an_account_keeps_its_role_unless_another_is_said_and_the_last_admin_always() {
    let ground = ground().await;
    let auth = auth(&ground);
    let [ada, bob] = ["ada@example.org", "bob@example.org"].map(|it| Email::parse(it).unwrap());
    for (email, role, result) in [
        (&ada, None, Ok(Role::Student)),
        (&ada, Some(Role::Admin), Ok(Role::Admin)),
        (&ada, None, Ok(Role::Admin)),
        (&ada, Some(Role::Student), Err(Reason::LAST_ADMIN)),
        (&bob, Some(Role::Admin), Ok(Role::Admin)),
        (&ada, Some(Role::Student), Ok(Role::Student)),
        (&bob, Some(Role::Author), Err(Reason::LAST_ADMIN)),
    ] {
        let told = put(&auth, email, "correct horse", role).await;
        let told = told.map(|user| user.role).map_err(|error| error.reason());
        assert_eq!(told, result, "{email:?} {role:?}");
        if let Ok(role) = result {
            let account = users::by_email(ground.platform.db.read(), email).await;
            assert_eq!(account.unwrap().unwrap().user.role, role, "{email:?}");
        }
    }
}
