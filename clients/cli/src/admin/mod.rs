//! `admin`: what asks the server, and what is handed over to `control-plane`.

pub mod args;
mod handover;
mod runners;
mod services;
mod users;

use coderunner_client::Client;

use crate::failure::{End, Failure};
use args::{Admin, HandedOver};

/// Does what needs the installation's files and no server; gives back what needs a server.
pub fn of_the_installation(admin: Admin) -> Result<Result<End, Admin>, Failure> {
    let end = match admin {
        Admin::MakeFirst {
            email,
            config,
            password_stdin,
        } => handover::first_admin(&email, &config, password_stdin)?,
        Admin::SigningKeys(HandedOver { arguments }) => {
            handover::hand_over("signing-keys", &arguments)?
        }
        Admin::Pki(HandedOver { arguments }) => handover::hand_over("pki", &arguments)?,
        Admin::Backup(HandedOver { arguments }) => handover::hand_over("backup", &arguments)?,
        Admin::Restore(HandedOver { arguments }) => handover::hand_over("restore", &arguments)?,
        Admin::Retention(HandedOver { arguments }) => handover::hand_over("retention", &arguments)?,
        Admin::Requeue(HandedOver { arguments }) => handover::hand_over("requeue", &arguments)?,
        Admin::History(HandedOver { arguments }) => handover::hand_over("history", &arguments)?,
        other => return Ok(Err(other)),
    };
    Ok(Ok(end))
}

/// Does what an admin asks the server for.
pub async fn of_the_server(client: &Client, admin: Admin, json: bool) -> Result<End, Failure> {
    match admin {
        Admin::Users(command) => users::users(client, command, json).await,
        Admin::Services(command) => services::services(client, command, json).await,
        Admin::Keys(command) => services::keys(client, command, json).await,
        Admin::Runners(command) => runners::runners(client, command, json).await,
        Admin::MakeFirst { .. }
        | Admin::SigningKeys(_)
        | Admin::Pki(_)
        | Admin::Backup(_)
        | Admin::Restore(_)
        | Admin::Retention(_)
        | Admin::Requeue(_)
        | Admin::History(_) => unreachable!("done without a server"),
    }
}

/// Makes a call of a generated stub with the session's token.
macro_rules! ask {
    ($client:expr, $stub:ident . $call:ident ( $message:expr )) => {{
        let request = $client.authorised($message).await?;
        let answer = $stub::new($client.channel()).$call(request).await;
        answer.map_err(|status| $client.error(status))?.into_inner()
    }};
}
pub(crate) use ask;
