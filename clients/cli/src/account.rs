//! `register`, `login`, `logout`, `whoami`.

use std::io::{self, BufRead};

use coderunner_client::{Client, NewAccount};
use coderunner_proto::v1::{AgeGroup, LogoutResponse, Role, User};

use crate::args::{Login, Register};
use crate::failure::{End, Failure};
use crate::text::{plain, print_json, say};

/// Makes an account and logs it in.
pub async fn register(
    client: &Client,
    server: &str,
    new: Register,
    json: bool,
) -> Result<End, Failure> {
    let Register {
        email,
        name,
        age_group,
        password_stdin,
    } = new;
    warn_if_readable_on_the_way(server);
    let password = match password_stdin {
        true => password_from_stdin()?,
        false => ask_twice()?,
    };
    let account = NewAccount {
        email,
        password,
        display_name: name,
        age_group: age_group.map(AgeGroup::from).unwrap_or_default(),
    };
    let user = client.register(account).await?;
    tell(&user, json, |user| {
        format!("Welcome, {user}. You are logged in.")
    })
}

/// Logs in.
pub async fn login(
    client: &Client,
    server: &str,
    login: Login,
    json: bool,
) -> Result<End, Failure> {
    let Login {
        email,
        password_stdin,
    } = login;
    warn_if_readable_on_the_way(server);
    let password = match password_stdin {
        true => password_from_stdin()?,
        false => ask("Password: ")?,
    };
    let user = client.login(&email, &password).await?;
    tell(&user, json, |user| format!("Logged in as {user}."))
}

/// Logs out.
pub async fn logout(client: &Client, json: bool) -> Result<End, Failure> {
    client.logout().await?;
    match json {
        true => print_json(&LogoutResponse {})?,
        false => say!("Logged out."),
    }
    Ok(End::Good)
}

/// Shows who is logged in.
pub async fn whoami(client: &Client, json: bool) -> Result<End, Failure> {
    let user = client.me().await?;
    let role = match user.role() {
        Role::Unspecified | Role::Student => "student",
        Role::Teacher => "teacher",
        Role::Author => "author",
        Role::Admin => "admin",
    };
    tell(&user, json, |name| format!("{name}, {role}"))
}

fn tell(user: &User, json: bool, sentence: impl Fn(&str) -> String) -> Result<End, Failure> {
    if json {
        print_json(user)?;
    } else {
        let name = format!("{} <{}>", plain(&user.display_name), plain(&user.email));
        say!("{}", sentence(&name));
    }
    Ok(End::Good)
}

/// Asks for a new password.
pub fn ask_twice() -> Result<String, Failure> {
    let password = ask("Password: ")?;
    if ask("The same again: ")? != password {
        return Err(Failure::Input("the two passwords differ".to_owned()));
    }
    Ok(password)
}

fn ask(prompt: &str) -> Result<String, Failure> {
    rpassword::prompt_password(prompt).map_err(|_no_terminal| {
        Failure::Input(
            "there is no terminal to ask for the password; pass --password-stdin and write it \
             to standard input"
                .to_owned(),
        )
    })
}

/// The first line, without its end.
fn password_from_stdin() -> Result<String, Failure> {
    let mut line = String::new();
    let read = io::stdin().lock().read_line(&mut line);
    let password = line.trim_end_matches(['\r', '\n']).to_owned();
    match read {
        Ok(_) if !password.is_empty() => Ok(password),
        Ok(_) => Err(Failure::Input(
            "standard input has no password in its first line".to_owned(),
        )),
        Err(error) => Err(Failure::Input(format!(
            "can't read the password from standard input: {error}"
        ))),
    }
}

/// Without TLS, whoever is between can read the password; on this machine nobody is.
fn warn_if_readable_on_the_way(server: &str) {
    let local = ["http://127.", "http://localhost", "http://[::1]"];
    if server.starts_with("http://") && !local.iter().any(|prefix| server.starts_with(prefix)) {
        eprintln!(
            "coderunner: warning: {server} is not encrypted; others on the network can read your \
             password. Use an https:// address if the server has one."
        );
    }
}
