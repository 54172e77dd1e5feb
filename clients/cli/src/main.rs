//! `coderunner`: Code Runner on the command line; see the library.

#![forbid(unsafe_code)]

fn main() {
    coderunner_cli::run_command_line()
}
