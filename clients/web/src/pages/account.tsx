// One's own account: name, age group, and where one is logged in.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createResource, createSignal, For, type JSX, Show } from "solid-js";
import { authClient, userClient } from "../api/clients";
import { become, user } from "../api/session";
import { deviceOf } from "../device";
import { AgeGroup } from "../gen/coderunner/v1/user_pb";
import { moment, t } from "../i18n";
import { Button, Choice, FailureNotice, Field, Notice, Spinner } from "../kit/kit";
import { Page } from "../kit/page";
import { newRequestId } from "../requests";
import { Appearance } from "../theme/appearance";

export default function Account(): JSX.Element {
  return (
    <Page title={t().account.title}>
      <div class="stack">
        <Profile />
        <section class="card stack" aria-label={t().nav.appearance}>
          <h2>{t().nav.appearance}</h2>
          <Appearance />
        </section>
        <Sessions />
      </div>
    </Page>
  );
}

function Profile(): JSX.Element {
  const [name, setName] = createSignal(user()?.displayName ?? "");
  const [age, setAge] = createSignal(String(user()?.ageGroup ?? AgeGroup.AGE_GROUP_UNSPECIFIED));
  const [state, setState] = createSignal<{ busy: boolean; saved: boolean; error?: unknown }>({ busy: false, saved: false });
  const ages = () => [
    { value: String(AgeGroup.AGE_GROUP_11_TO_14), text: t().auth.age11 },
    { value: String(AgeGroup.AGE_GROUP_15_TO_18), text: t().auth.age15 },
    { value: String(AgeGroup.AGE_GROUP_UNSPECIFIED), text: t().auth.ageOther },
  ];
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    setState({ busy: true, saved: false });
    try {
      const answer = await userClient.updateProfile({
        requestId: newRequestId(),
        user: { displayName: name().trim(), ageGroup: Number(age()) },
        updateMask: { paths: ["display_name", "age_group"] },
      });
      become(answer.user);
      setState({ busy: false, saved: true });
    } catch (error) {
      setState({ busy: false, saved: false, error });
    }
  };
  return (
    <form class="card stack" onSubmit={(event) => void save(event)}>
      <h2>{t().account.profile}</h2>
      <Field
        label={t().auth.displayName}
        hint={t().auth.displayNameHint}
        autocomplete="nickname"
        value={name()}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <Choice label={t().auth.ageGroup} options={ages()} value={age()} onChoose={setAge} />
      <Show when={state().error !== undefined}>
        <FailureNotice error={state().error} />
      </Show>
      <Show when={state().saved}>
        <Notice kind="good">{t().account.saved}</Notice>
      </Show>
      <div class="row">
        <Button type="submit" kind="primary" busy={state().busy}>
          {t().save}
        </Button>
      </div>
    </form>
  );
}

function Sessions(): JSX.Element {
  const [sessions, { refetch }] = createResource(async () => (await authClient.listSessions({ pageSize: 50 })).sessions);
  const end = async (sessionId: string) => {
    await authClient.revokeSession({ sessionId }).catch(() => undefined);
    await refetch();
  };
  return (
    <section class="card" aria-label={t().account.sessions}>
      <h2>{t().account.sessions}</h2>
      <Show when={sessions.error === undefined} fallback={<FailureNotice error={sessions.error} onRetry={() => void refetch()} />}>
        <Show when={sessions()} fallback={<Spinner />}>
          {(all) => (
            <ul class="plain-list">
              <For each={all()}>
                {(session) => (
                  <li class="row">
                    <span class="grow">
                      <strong title={session.userAgent}>{deviceText(session.userAgent)}</strong>
                      <br />
                      <span class="soft">
                        {t().account.lastUsed(session.lastUsedTime ? moment(timestampMs(session.lastUsedTime)) : "")}
                      </span>
                    </span>
                    <Show when={!session.current} fallback={<span class="badge badge-accent">{t().account.thisDevice}</span>}>
                      <Button onClick={() => void end(session.id)}>{t().account.end}</Button>
                    </Show>
                  </li>
                )}
              </For>
            </ul>
          )}
        </Show>
      </Show>
    </section>
  );
}

function deviceText(userAgent: string): string {
  const device = deviceOf(userAgent);
  if (device !== undefined) {
    return device.system === "" ? device.browser : t().account.device(device.browser, device.system);
  }
  return userAgent === "" ? t().account.unknownDevice : userAgent;
}
