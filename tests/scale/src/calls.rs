//! The calls whose time is measured: every list and every summary of the API, by whom it is worst
//! for, by somebody usual and by somebody who has nothing. A call counts only if its answer holds
//! something, or nothing where nothing is expected.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;

use anyhow::{Result, ensure};
use coderunner_proto::v1 as pb;
use pb::problem_service_client::ProblemServiceClient;
use tonic::transport::Channel;
use tonic::{Request, Status};

use crate::measure::Call;
use crate::place::{Account, Accounts};

/// Pages before a deep one, as far as there are so many.
const DEEP: usize = 300;

/// A call with its name and who makes it.
pub struct Named {
    pub name: &'static str,
    pub who: &'static str,
    pub call: Call,
}

/// How much an answer must hold.
#[derive(Debug, Clone, Copy)]
enum Amount {
    Something,
    Nothing,
}

/// Makes a call of requests, and of how to send one, which says how much the answer holds.
fn named<Q, F>(
    name: &'static str,
    account: &Account,
    amount: Amount,
    request: impl Fn(usize) -> Q + Send + Sync + 'static,
    send: impl Fn(Channel, Request<Q>) -> F + Copy + Send + Sync + 'static,
) -> Named
where
    Q: Send + 'static,
    F: Future<Output = Result<usize, Status>> + Send + 'static,
{
    let client = account.client.clone();
    Named {
        name,
        who: account.name,
        call: Arc::new(move |number| {
            let (client, message) = (client.clone(), request(number));
            Box::pin(async move {
                let request = client.authorised(message).await?;
                let count = send(client.channel(), request).await?;
                let fits = match amount {
                    Amount::Something => count > 0,
                    Amount::Nothing => count == 0,
                };
                ensure!(fits, "the answer holds {count}, and not {amount:?}");
                Ok(())
            })
        }),
    }
}

/// Calls of a service by somebody, whose answers hold something or nothing:
/// `"name": method(request).field`, where the field is what is looked at.
macro_rules! calls {
    ($stub:ident by $account:expr, $amount:ident;
     $($name:literal: $method:ident($request:expr).$field:ident,)*) => {
        vec![$(
            named($name, $account, Amount::$amount, $request, |channel, request| async move {
                let answer = $stub::new(channel).$method(request).await?;
                Ok(answer.into_inner().$field.into_iter().count())
            }),
        )*]
    };
}

/// The token of the last of some pages: of the one after [`DEEP`], or of the last but one.
async fn deep<F>(mut page: impl FnMut(String) -> F) -> Result<String>
where
    F: Future<Output = Result<String>>,
{
    let mut token = String::new();
    for _ in 0..DEEP {
        let next = page(token.clone()).await?;
        if next.is_empty() {
            break;
        }
        token = next;
    }
    ensure!(!token.is_empty(), "there is only one page");
    Ok(token)
}

/// A token of a stub's list, as `deep` has it.
macro_rules! deep {
    ($account:expr, $stub:ident.$method:ident, $request:expr) => {
        deep(|page_token| async move {
            let mut message = $request;
            (message.page_size, message.page_token) = (100, page_token);
            let request = $account.client.authorised(message).await?;
            let mut stub = $stub::new($account.client.channel());
            Ok(stub.$method(request).await?.into_inner().next_page_token)
        })
        .await
        .context(stringify!($method))?
    };
}

mod classes;
mod course;
mod people;
mod progress;
mod submissions;

/// All of them.
pub async fn all(accounts: &Accounts) -> Result<Vec<Named>> {
    let mut calls = course::calls(accounts).await?;
    calls.extend(submissions::calls(accounts).await?);
    calls.extend(progress::calls(accounts).await?);
    calls.extend(people::calls(accounts).await?);
    calls.extend(classes::calls(accounts).await?);
    let measured: BTreeSet<_> = calls.iter().map(Named::method).collect();
    for (service, method) in lists() {
        ensure!(
            measured.contains(method.as_str()),
            "{service}/{method} lists or sums up, and is not measured"
        );
    }
    Ok(calls)
}

/// Asks for the first page of problems, for which control-plane reads the course.
pub async fn read_course(account: &Account) -> Result<()> {
    let request = pb::ListProblemsRequest::default();
    let request = account.client.authorised(request).await?;
    let mut stub = ProblemServiceClient::new(account.client.channel());
    stub.list_problems(request).await?;
    Ok(())
}

impl Named {
    /// The call's name in the API: what is before the comma.
    fn method(&self) -> &'static str {
        self.name.split(',').next().unwrap_or(self.name)
    }
}

/// What lists or sums up in the public API, by service and method.
fn lists() -> Vec<(String, String)> {
    let words = [
        "List",
        "Search",
        "Progress",
        "Summary",
        "Stats",
        "Leaderboard",
    ];
    let services = coderunner_proto::DESCRIPTOR_POOL.services();
    let public = services.filter(|service| service.package_name() == "coderunner.v1");
    let methods = public.flat_map(|service| service.methods().collect::<Vec<_>>());
    methods
        .filter(|method| words.iter().any(|word| method.name().contains(word)))
        .map(|method| {
            let service = method.parent_service().full_name().to_owned();
            (service, method.name().to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_summaries_are_found_in_the_api() {
        let found: BTreeSet<_> = lists().into_iter().map(|(_, method)| method).collect();
        for method in ["ListProblems", "GetSummary", "GetStats", "GetClassProgress"] {
            assert!(found.contains(method), "{method}");
        }
        assert!(!found.contains("GetProblem") && !found.contains("Execute"));
    }
}
