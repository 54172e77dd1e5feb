// Logging in.

import { createSignal, type JSX, Show } from "solid-js";
import { login } from "../api/session";
import { t } from "../i18n";
import { Button, Field, Notice } from "../kit/kit";
import { Page } from "../kit/page";
import { Link, search } from "../router";
import { Mascot } from "../theme/mascots";
import { character } from "../theme/theme";
import { createSending, PasswordField, SendingNotice } from "./auth-form";
import "./auth.css";

export default function Login(): JSX.Element {
  const [email, setEmail] = createSignal("");
  const [password, setPassword] = createSignal("");
  const [checked, setChecked] = createSignal(false);
  const sending = createSending();
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (email().trim() !== "" && password() !== "") {
      void sending.send(() => login(email().trim(), password()));
    }
  };
  return (
    <Page title={t().auth.loginTitle} class="page-narrow auth">
      <Mascot character={character()} class="auth-mascot" />
      <form class="card" onSubmit={onSubmit} noValidate>
        <Show when={new URLSearchParams(search()).has("then")}>
          <Notice kind="info">{t().auth.privateCourse}</Notice>
        </Show>
        <Field
          label={t().auth.email}
          type="email"
          name="email"
          autocomplete="username"
          inputmode="email"
          required
          problem={checked() && email().trim() === "" ? t().auth.enterEmail : undefined}
          value={email()}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordField
          autocomplete="current-password"
          problem={checked() && password() === "" ? t().auth.enterPassword : undefined}
          value={password()}
          onInput={setPassword}
        />
        <SendingNotice sending={sending} />
        <Button type="submit" kind="primary" busy={sending.busy()}>
          {t().auth.loginButton}
        </Button>
      </form>
      <p class="auth-other">
        {t().auth.noAccount} <Link to={{ page: "register" }}>{t().auth.toRegister}</Link>
      </p>
    </Page>
  );
}
