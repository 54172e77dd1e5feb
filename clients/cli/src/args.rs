//! The command line: what can be said, and the help that says so.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use coderunner_proto::v1;

const EXIT_CODES: &str = "\
Exit codes:
    0  the program ended well, the submission was accepted, the command was done
    1  the program failed or reached a limit, the submission was not accepted
    2  wrong usage or bad input: arguments, files, names that do not exist
    3  the server can't be reached
    4  not logged in, or not allowed
    5  a quota is used up or the queue is full; the message says when to try again
    6  an internal error, of the server or of this program
  130  cancelled (Ctrl-C)

Files:
  Sessions are kept in CODERUNNER_CONFIG_DIR, or else in the folder coderunner of the user's
  configuration folder, readable by the user alone.";

/// Run and submit Python programs with Code Runner.
#[derive(Debug, Parser)]
#[command(name = "coderunner", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Arguments {
    /// Address of the server.
    #[arg(
        long,
        global = true,
        env = "CODERUNNER_SERVER",
        default_value = "http://127.0.0.1:8080",
        value_name = "URL"
    )]
    pub server: String,
    /// Certificate authority (PEM) to trust besides the system's.
    #[arg(
        long,
        global = true,
        env = "CODERUNNER_CA_CERTIFICATE",
        value_name = "FILE"
    )]
    pub ca_certificate: Option<PathBuf>,
    /// Print the result as JSON (canonical proto3 JSON, one line), and nothing else, on standard
    /// output.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an account and log in.
    Register(Register),
    /// Log in.
    Login(Login),
    /// Log out.
    Logout,
    /// Show who is logged in.
    Whoami,
    /// List problems.
    Problems(Problems),
    /// List the levels of the course with their sessions and problems.
    Levels {
        /// Only for this age group.
        #[arg(long, value_name = "AGES")]
        age_group: Option<AgeGroup>,
    },
    /// Show a problem.
    Show {
        /// Its short name, as `coderunner problems` lists it.
        problem: String,
        /// Print only the code to begin with: coderunner show PROBLEM --starter > solution.py
        #[arg(long)]
        starter: bool,
    },
    /// Run a program; its output appears as it comes, and it reads what you type.
    ///
    /// Ctrl-D ends its input. Ctrl-C stops it on the server; a second Ctrl-C leaves at once.
    #[command(after_help = EXIT_CODES)]
    Run(Run),
    /// Submit a program for grading.
    #[command(after_help = EXIT_CODES)]
    Submit(Submit),
    /// Show what you have done so far.
    Progress {
        /// List the problems that you tried, instead of the summary.
        #[arg(long)]
        problems: bool,
    },
    /// Classes: join one, or look after your own as a teacher.
    #[command(subcommand)]
    Class(crate::classes::Classes),
    /// Run the installation: accounts, services and their keys, signing keys, certificates.
    #[command(subcommand)]
    Admin(crate::admin::args::Admin),
}

/// A new account.
#[derive(Debug, Args)]
pub struct Register {
    /// Address for logging in.
    pub email: String,
    /// Name that others see.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Which levels to show first.
    #[arg(long, value_name = "AGES")]
    pub age_group: Option<AgeGroup>,
    /// Read the password from standard input instead of asking for it.
    #[arg(long)]
    pub password_stdin: bool,
}

/// Who logs in.
#[derive(Debug, Args)]
pub struct Login {
    /// Address of the account.
    pub email: String,
    /// Read the password from standard input instead of asking for it.
    #[arg(long)]
    pub password_stdin: bool,
}

/// Which problems to list.
#[derive(Debug, Args)]
pub struct Problems {
    /// Only for this age group.
    #[arg(long, value_name = "AGES")]
    pub age_group: Option<AgeGroup>,
    /// Only of this level, as `coderunner levels` names it.
    #[arg(long)]
    pub level: Option<String>,
    /// Only with this tag.
    #[arg(long)]
    pub tag: Option<String>,
    /// Only of this difficulty.
    #[arg(long)]
    pub difficulty: Option<Difficulty>,
}

/// A program to run.
#[derive(Debug, Args)]
pub struct Run {
    /// Its main file.
    pub file: PathBuf,
    /// One more file for its working directory; may be given several times.
    #[arg(long = "with", value_name = "FILE")]
    pub more_files: Vec<PathBuf>,
    /// What the program can import: "python", the standard library, or "science", numpy, pandas and
    /// matplotlib besides.
    #[arg(long, value_name = "NAME", default_value = "python")]
    pub profile: String,
    /// New or empty folder for the files that the program leaves; they are not kept without this.
    #[arg(long, value_name = "FOLDER")]
    pub collect: Option<PathBuf>,
    /// No explanation of an error, and no line with outcome, time and memory, at the end.
    #[arg(long, short)]
    pub quiet: bool,
}

/// A program to submit.
#[derive(Debug, Args)]
pub struct Submit {
    /// The problem's short name, as `coderunner problems` lists it.
    pub problem: String,
    /// The program's main file.
    pub file: PathBuf,
    /// One more file for its working directory; may be given several times.
    #[arg(long = "with", value_name = "FILE")]
    pub more_files: Vec<PathBuf>,
}

/// Whom a level is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum AgeGroup {
    /// 11 to 14 years.
    #[value(name = "11-14")]
    From11To14,
    /// 15 to 18 years.
    #[value(name = "15-18")]
    From15To18,
}

/// How hard a problem is.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Difficulty {
    /// A few lines.
    Easy,
    /// Some thought.
    Medium,
    /// An idea.
    Hard,
}

impl From<AgeGroup> for v1::AgeGroup {
    fn from(ages: AgeGroup) -> Self {
        match ages {
            AgeGroup::From11To14 => v1::AgeGroup::AgeGroup11To14,
            AgeGroup::From15To18 => v1::AgeGroup::AgeGroup15To18,
        }
    }
}

impl From<Difficulty> for v1::Difficulty {
    fn from(difficulty: Difficulty) -> Self {
        match difficulty {
            Difficulty::Easy => v1::Difficulty::Easy,
            Difficulty::Medium => v1::Difficulty::Medium,
            Difficulty::Hard => v1::Difficulty::Hard,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn no_argument_takes_a_password() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                let takes_value = argument.get_action().takes_values();
                let id = argument.get_id().as_str();
                assert!(!(takes_value && id.contains("password")), "{id}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }
}
