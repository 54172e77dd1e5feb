//! Who is not logged in, or only says so.

use super::*;

pub fn calls_without_a_token_are_refused(stack: &Stack) -> Result<()> {
    wait(async {
        let channel = stack.client()?.channel();
        let mut execution = ExecutionServiceClient::new(channel.clone());
        let mut auth = AuthServiceClient::new(channel.clone());
        let mut progress = ProgressServiceClient::new(channel.clone());
        let codes = [
            code_of(execution.create_run(run_of("print(1)")).await)?,
            code_of(execution.get_run(GetRunRequest { run_id: new_id() }).await)?,
            code_of(execution.watch_run(WatchRunRequest::default()).await)?,
            code_of(auth.get_me(GetMeRequest {}).await)?,
            code_of(progress.get_summary(GetSummaryRequest {}).await)?,
            // Authorised before validated: the empty request is wrong too, but that is not told.
            code_of(execution.create_run(CreateRunRequest::default()).await)?,
        ];
        ensure!(
            codes.iter().all(|code| *code == Code::Unauthenticated),
            "{codes:?}"
        );
        Ok(())
    })
}

pub fn forged_tokens_are_refused(stack: &Stack) -> Result<()> {
    wait(async {
        let tokens = tokens_of_a_student(stack).await?;
        let good = tokens.access_token;
        let (header, body, signature) = parts(&good)?;
        let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
        let other = if signature.starts_with('A') { "B" } else { "A" };
        let forged = [
            format!("Bearer {none}.{body}."),
            format!("Bearer {header}.{body}.{other}{}", &signature[1..]),
            format!("Bearer {header}.{body}"),
            format!("Bearer {}", tokens.refresh_token),
            format!("Bearer {}", "x".repeat(5000)),
            "Bearer ".to_owned(),
            good.clone(),
            format!("Basic {good}"),
        ];
        for value in forged {
            let (code, reason, _) =
                refusal(who_am_i(stack, &value).await).with_context(|| value.clone())?;
            ensure!(
                code == Code::Unauthenticated,
                "{code:?} {reason} with {value}"
            );
        }
        who_am_i(stack, &format!("Bearer {good}"))
            .await
            .context("the real token works")?;
        Ok(())
    })
}

pub fn expired_tokens_are_refused_and_renewed(stack: &Stack) -> Result<()> {
    wait(async {
        let tokens = tokens_of_a_student(stack).await?;
        let expired = signed_with(stack, &tokens.access_token, |claims| {
            claims["iat"] = json!(1_700_000_000);
            claims["exp"] = json!(1_700_000_900);
        })?;
        let (code, reason, _) = refusal(who_am_i(stack, &format!("Bearer {expired}")).await)?;
        ensure!(
            code == Code::Unauthenticated && reason == "TOKEN_EXPIRED",
            "{code:?} {reason}"
        );
        let of_another = signed_with(stack, &tokens.access_token, |claims| {
            claims["sub"] = json!(new_id());
        })?;
        let refused = code_of(who_am_i(stack, &format!("Bearer {of_another}")).await)?;
        ensure!(
            refused == Code::Unauthenticated,
            "a session of somebody else: {refused:?}"
        );

        // The client's clock says that the token is good; the server's refusal is what counts.
        let store = MemoryTokens::default();
        store.save(Some(&Tokens {
            access_token: expired,
            ..tokens
        }))?;
        let client = Client::with_tokens(Settings::new(stack.url()), Arc::new(store))?;
        client.me().await.context("the client renews the token")?;
        Ok(())
    })
}

async fn tokens_of_a_student(stack: &Stack) -> Result<Tokens> {
    let account = new_account();
    let request = RegisterRequest {
        request_id: new_id(),
        email: account.email,
        password: account.password,
        display_name: account.display_name,
        age_group: account.age_group.into(),
    };
    let mut auth = AuthServiceClient::new(stack.client()?.channel());
    auth.register(request)
        .await?
        .into_inner()
        .tokens
        .context("tokens")
}

async fn who_am_i(stack: &Stack, authorization: &str) -> Result<Response<GetMeResponse>, Status> {
    let channel = stack
        .client()
        .map_err(|error| Status::unknown(error.to_string()))?
        .channel();
    let mut request = Request::new(GetMeRequest {});
    let value = authorization
        .parse()
        .map_err(|_| Status::unknown("not a header value"))?;
    request.metadata_mut().insert("authorization", value);
    AuthServiceClient::new(channel).get_me(request).await
}

fn parts(token: &str) -> Result<(&str, &str, &str)> {
    let (header, rest) = token.split_once('.').context("an access token is a JWT")?;
    let (body, signature) = rest.split_once('.').context("an access token is a JWT")?;
    Ok((header, body, signature))
}

/// The token with other claims, signed with the server's own key.
fn signed_with(stack: &Stack, token: &str, change: impl Fn(&mut Value)) -> Result<String> {
    let (_, body, _) = parts(token)?;
    let mut claims: Value = serde_json::from_slice(&BASE64_URL.decode(body)?)?;
    change(&mut claims);
    let key = EncodingKey::from_ed_pem(&std::fs::read(stack.signing_key())?)?;
    let header = jsonwebtoken::decode_header(token)?;
    Ok(jsonwebtoken::encode(&header, &claims, &key)?)
}

pub fn no_error_tells_of_the_inside(stack: &Stack) -> Result<()> {
    wait(async {
        let mut auth = AuthServiceClient::new(stack.client()?.channel());
        let hostile = [
            "'; DROP TABLE users; --",
            "\u{0}",
            "\u{202e}",
            "%s%n",
            "🙂".repeat(60).as_str(),
        ]
        .map(str::to_owned);
        for text in hostile {
            let request = LoginRequest {
                email: text.clone(),
                password: text.clone(),
            };
            let Err(status) = auth.login(request).await else {
                anyhow::bail!("{text:?} logged in");
            };
            let codes = [
                Code::Unauthenticated,
                Code::InvalidArgument,
                Code::ResourceExhausted,
            ];
            ensure!(codes.contains(&status.code()), "{text:?}: {status:?}");
            for inside in ["sql", "SQL", "/", "panicked", "thread", "127.0.0.1"] {
                ensure!(!status.message().contains(inside), "{text:?}: {status:?}");
            }
        }
        Ok(())
    })
}
