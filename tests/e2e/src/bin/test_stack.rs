//! `test-stack`: a private installation for tests in other languages. Prints one line of JSON with
//! its address and an account, stays until standard input ends, and then stops the installation.

#![forbid(unsafe_code)]

use std::io::Read;
use std::process::ExitCode;

use anyhow::Result;
use e2e_tests::{ORIGIN, Quotas, Stack, new_account, wait};
use serde_json::json;

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("test-stack: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<()> {
    let stack = Stack::start(Quotas::None)?;
    let account = new_account();
    let (email, password) = (account.email.clone(), account.password.clone());
    let client = stack.client()?;
    wait(async { Ok(client.register(account).await?) })?;
    let told = json!({
        "CODERUNNER_URL": stack.url(),
        "CODERUNNER_EMAIL": email,
        "CODERUNNER_PASSWORD": password,
        "CODERUNNER_ORIGIN": ORIGIN,
    });
    println!("{told}");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    stack.stop()
}
