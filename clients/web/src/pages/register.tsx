// Making an account: as few questions as possible, and none about who one really is.

import { createSignal, type JSX } from "solid-js";
import { register } from "../api/session";
import { AgeGroup } from "../gen/coderunner/v1/user_pb";
import { t } from "../i18n";
import { Button, Choice, Field } from "../kit/kit";
import { Page } from "../kit/page";
import { newRequestId } from "../requests";
import { Link } from "../router";
import { Mascot } from "../theme/mascots";
import { character } from "../theme/theme";
import { createSending, PasswordField, SendingNotice } from "./auth-form";
import "./auth.css";

type Age = "younger" | "older" | "unsaid";

const AGE_GROUPS: Readonly<Record<Age, AgeGroup>> = {
  younger: AgeGroup.AGE_GROUP_11_TO_14,
  older: AgeGroup.AGE_GROUP_15_TO_18,
  unsaid: AgeGroup.AGE_GROUP_UNSPECIFIED,
};

const SHORTEST_PASSWORD = 8;
const LONGEST_NAME = 50;

export default function Register(): JSX.Element {
  const [email, setEmail] = createSignal("");
  const [password, setPassword] = createSignal("");
  const [name, setName] = createSignal("");
  const [age, setAge] = createSignal<Age>("unsaid");
  const [checked, setChecked] = createSignal(false);
  const sending = createSending();
  // The same form sent again, after an answer that got lost, must not make a second account.
  let request = { id: newRequestId(), body: "" };
  const problems = () => ({
    name: name().trim() === "" || [...name().trim()].length > LONGEST_NAME ? t().auth.enterName : undefined,
    email: /^\S+@\S+$/.test(email().trim()) ? undefined : t().auth.enterEmail,
    password: [...password()].length < SHORTEST_PASSWORD ? t().auth.enterPassword : undefined,
  });
  const shown = (field: "name" | "email" | "password", wireName: string) =>
    (checked() ? problems()[field] : undefined) ?? sending.wrong(wireName);
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    setChecked(true);
    if (Object.values(problems()).some((problem) => problem !== undefined)) {
      return;
    }
    const newcomer = {
      email: email().trim(),
      password: password(),
      displayName: name().trim(),
      ageGroup: AGE_GROUPS[age()],
    };
    const body = JSON.stringify(newcomer);
    request = request.body === body ? request : { id: newRequestId(), body };
    void sending.send(() => register(newcomer, request.id));
  };
  const ages = () => [
    { value: "younger" as const, text: t().auth.age11 },
    { value: "older" as const, text: t().auth.age15 },
    { value: "unsaid" as const, text: t().auth.ageOther },
  ];
  return (
    <Page title={t().auth.registerTitle} class="page-narrow auth">
      <Mascot character={character()} class="auth-mascot" />
      <form class="card" onSubmit={onSubmit} noValidate>
        <Field
          label={t().auth.displayName}
          hint={t().auth.displayNameHint}
          name="name"
          autocomplete="nickname"
          required
          problem={shown("name", "display_name")}
          value={name()}
          onInput={(event) => setName(event.currentTarget.value)}
        />
        <Field
          label={t().auth.email}
          type="email"
          name="email"
          autocomplete="username"
          inputmode="email"
          required
          problem={shown("email", "email")}
          value={email()}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordField
          autocomplete="new-password"
          hint={t().auth.passwordHint}
          problem={shown("password", "password")}
          value={password()}
          onInput={setPassword}
        />
        <Choice label={t().auth.ageGroup} options={ages()} value={age()} onChoose={setAge} />
        <SendingNotice sending={sending} />
        <Button type="submit" kind="primary" busy={sending.busy()}>
          {t().auth.registerButton}
        </Button>
      </form>
      <p class="auth-other">
        {t().auth.haveAccount} <Link to={{ page: "login" }}>{t().auth.toLogin}</Link>
      </p>
    </Page>
  );
}
