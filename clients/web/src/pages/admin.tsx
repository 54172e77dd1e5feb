// What who runs the installation looks at: the queue, the runners, the accounts.

import { type JSX, Show } from "solid-js";
import { Queue } from "../admin/queue";
import { Runners } from "../admin/runners";
import { Users } from "../admin/users";
import { mayAdminister } from "../api/roles";
import { adminWords } from "../i18n/admin";
import { Notice } from "../kit/kit";
import { Page } from "../kit/page";
import "./admin.css";

export default function Admin(): JSX.Element {
  return (
    <Page title={adminWords().title}>
      <Show when={mayAdminister()} fallback={<Notice kind="warn">{adminWords().notAllowed}</Notice>}>
        <div class="stack">
          <Queue />
          <Runners />
          <Users />
        </div>
      </Show>
    </Page>
  );
}
