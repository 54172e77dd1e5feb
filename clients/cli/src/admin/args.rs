//! What `coderunner admin` takes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use coderunner_proto::v1;

/// For those who run an installation. The first four ask the server, logged in as an admin; the
/// others work on the installation's own files, with the program `control-plane`.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Accounts of people.
    #[command(subcommand)]
    Users(Users),
    /// Accounts of other services.
    #[command(subcommand)]
    Services(Services),
    /// API keys of other services.
    #[command(subcommand)]
    Keys(Keys),
    /// Runner hosts: how they are, and which gets no new work.
    #[command(subcommand)]
    Runners(Runners),
    /// Make an account with the role admin, or make an account an admin and give it this password,
    /// which ends its sessions if it is another than before. Needs the installation's files.
    #[command(name = "first-admin")]
    MakeFirst {
        /// Address for logging in.
        email: String,
        /// Configuration file of control-plane.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Read the password from standard input instead of asking for it.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Keys that sign access tokens: list, rotate. Needs the installation's files.
    #[command(disable_help_flag = true)]
    SigningKeys(HandedOver),
    /// Certificates for runner hosts and control-planes: make, renew, list.
    #[command(disable_help_flag = true)]
    Pki(HandedOver),
    /// Save the database in a file.
    #[command(disable_help_flag = true)]
    Backup(HandedOver),
    /// Fill the database from such a file.
    #[command(disable_help_flag = true)]
    Restore(HandedOver),
    /// Runs, submissions and sessions that are old: show, run.
    #[command(disable_help_flag = true)]
    Retention(HandedOver),
    /// What is stuck: show it, have it begun again.
    #[command(disable_help_flag = true)]
    Requeue(HandedOver),
    /// The way of one run or submission, without its program and output.
    #[command(disable_help_flag = true)]
    History(HandedOver),
}

/// Arguments that `control-plane` reads.
#[derive(Debug, Args)]
pub struct HandedOver {
    /// Passed on; --help tells more.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENTS"
    )]
    pub arguments: Vec<OsString>,
}

/// What can be done with accounts of people.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// List accounts, newest first.
    List {
        /// Only with this role.
        #[arg(long)]
        role: Option<Role>,
    },
    /// Give an account a role.
    Role {
        /// Its address or id.
        user: String,
        /// The new role.
        role: Role,
    },
    /// End all sessions of an account, as after others have seen its password.
    EndSessions {
        /// Its address or id.
        user: String,
    },
}

/// What can be done with accounts of services.
#[derive(Debug, Subcommand)]
pub enum Services {
    /// List service accounts, newest first.
    List,
    /// Make a service account. It can do nothing before it has a key.
    Create(NewService),
    /// Let none of its keys work.
    Disable {
        /// The account's id.
        service: String,
    },
    /// Let its keys work again.
    Enable {
        /// The account's id.
        service: String,
    },
}

/// A service account to be made. Quotas that are not said are those of users.
#[derive(Debug, Args)]
pub struct NewService {
    /// Name that others see.
    pub name: String,
    /// What it may do at most: student, teacher or author.
    #[arg(long, default_value = "student")]
    pub role: Role,
    /// Runs and submissions a minute.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub runs_per_minute: i32,
    /// Runs and submissions an hour.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub runs_per_hour: i32,
    /// Runs and submissions a day.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub runs_per_day: i32,
    /// Other calls a minute.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    pub calls_per_minute: i32,
}

/// What can be done with API keys.
#[derive(Debug, Subcommand)]
pub enum Keys {
    /// List the keys of a service account, newest first.
    List {
        /// The account's id.
        service: String,
    },
    /// Make a key and print it, this once, on standard output.
    Create {
        /// The account's id.
        service: String,
        /// What the key is for.
        name: String,
        /// What it may be used for, such as runs:write; may be given several times.
        #[arg(long = "scope", required = true, value_parser = scope)]
        scopes: Vec<v1::Scope>,
        /// Days until it expires, at most 366; the server's 90 when not said.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=366))]
        days: Option<u32>,
    },
    /// End a key at once.
    Revoke {
        /// The key's id, as `keys list` tells it; not its secret.
        key: String,
    },
}

/// What can be done with runner hosts.
#[derive(Debug, Subcommand)]
pub enum Runners {
    /// List them with their health.
    List,
    /// Send one no new work; its running work ends. Until it is resumed, or control-plane starts anew.
    Drain {
        /// Its name in the configuration.
        runner: String,
    },
    /// Send it work again.
    Resume {
        /// Its name in the configuration.
        runner: String,
    },
}

/// What an account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Learns.
    Student,
    /// Has classes.
    Teacher,
    /// Writes problems.
    Author,
    /// Runs the installation.
    Admin,
}

impl From<Role> for v1::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Student => v1::Role::Student,
            Role::Teacher => v1::Role::Teacher,
            Role::Author => v1::Role::Author,
            Role::Admin => v1::Role::Admin,
        }
    }
}

/// All scopes, in the order of the API.
fn scopes() -> impl Iterator<Item = v1::Scope> {
    (1..).map_while(|number| v1::Scope::try_from(number).ok())
}

/// The word for a scope, such as `runs:write`.
pub fn scope_word(scope: v1::Scope) -> String {
    let name = scope.as_str_name().trim_start_matches("SCOPE_");
    name.to_lowercase().replacen('_', ":", 1)
}

fn scope(text: &str) -> Result<v1::Scope, String> {
    let known = scopes().find(|scope| scope_word(*scope) == text);
    known.ok_or_else(|| {
        let all: Vec<_> = scopes().map(scope_word).collect();
        format!("there are {}", all.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_have_words() {
        assert_eq!(scope("runs:write"), Ok(v1::Scope::RunsWrite));
        assert_eq!(
            scope("submissions:rejudge"),
            Ok(v1::Scope::SubmissionsRejudge)
        );
        for known in scopes() {
            assert_eq!(scope(&scope_word(known)), Ok(known));
        }
        let refused = scope("everything").unwrap_err();
        assert!(
            refused.contains("problems:read, problems:write"),
            "{refused}"
        );
    }
}
