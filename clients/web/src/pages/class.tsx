// A class as its teacher sees it: the code to join, large enough for the back row, and what every
// member has solved.

import { createMemo, createResource, createSignal, type JSX, Show } from "solid-js";
import { classClient, isMissing, readClasses, readProgress } from "../classes/client";
import { ProgressTable } from "../classes/progress-table";
import type { Class, MemberProgress } from "../gen/coderunner/v1/class_pb";
import { t } from "../i18n";
import { classWords } from "../i18n/classes";
import { announce } from "../kit/announce";
import { Icon } from "../kit/icons";
import { Button, Dialog, FailureNotice, Notice } from "../kit/kit";
import { Loaded } from "../kit/loaded";
import { Page } from "../kit/page";
import { go, Link } from "../router";
import { pathOf } from "../routes";
import "./classes.css";

interface Opened {
  readonly one: Class;
  readonly members: readonly MemberProgress[];
}

async function read(id: string): Promise<Opened | undefined> {
  const [classes, members] = await Promise.all([readClasses(), readProgress(id)]);
  const one = classes.find((known) => known.id === id);
  return one === undefined ? undefined : { one, members };
}

export default function ClassPage(props: { readonly id: string }): JSX.Element {
  const w = classWords;
  const [opened, { refetch }] = createResource(() => props.id, read);
  const title = () => (opened.state === "ready" || opened.state === "refreshing" ? opened.latest?.one.title : undefined) ?? w().title;
  return (
    <Page title={title()} class="class-page">
      <p>
        <Link to={{ page: "classes" }} class="class-back">
          <Icon name="previous" />
          {w().back}
        </Link>
      </p>
      <Loaded resource={opened} onRetry={() => void refetch()} failed={(error) => <Refusal error={error} onRetry={() => void refetch()} />}>
        {(all) => (
          <Show when={all()} fallback={<Notice kind="warn">{t().failure.notFound}</Notice>}>
            {(there) => <ClassView opened={there()} onChange={() => void refetch()} busy={opened.loading} />}
          </Show>
        )}
      </Loaded>
    </Page>
  );
}

function Refusal(props: { readonly error: unknown; readonly onRetry: () => void }): JSX.Element {
  return (
    <Show when={isMissing(props.error)} fallback={<FailureNotice error={props.error} onRetry={props.onRetry} />}>
      <Notice kind="warn">{classWords().notSupported}</Notice>
    </Show>
  );
}

interface ClassViewProps {
  readonly opened: Opened;
  readonly onChange: () => void;
  readonly busy: boolean;
}

function ClassView(props: ClassViewProps): JSX.Element {
  const w = classWords;
  const one = createMemo(() => props.opened.one);
  const [deleting, setDeleting] = createSignal(false);
  const [error, setError] = createSignal<unknown>();
  const remove = async () => {
    setDeleting(false);
    setError(undefined);
    try {
      await classClient.deleteClass({ classId: one().id });
      go({ page: "classes" });
    } catch (problem) {
      setError(problem);
    }
  };
  const removeMember = async (userId: string) => {
    setError(undefined);
    try {
      await classClient.removeMember({ classId: one().id, userId });
      props.onChange();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <div class="stack">
      <JoinCode code={one().joinCode} />
      <Show when={error() !== undefined}>
        <FailureNotice error={error()} />
      </Show>
      <ProgressTable
        title={one().title}
        members={props.opened.members}
        busy={props.busy}
        onRefresh={props.onChange}
        onRemove={(userId) => void removeMember(userId)}
      />
      <div class="row">
        <Button kind="danger" onClick={() => setDeleting(true)}>
          {w().deleteClass}
        </Button>
      </div>
      <Dialog open={deleting()} title={w().deleteTitle(one().title)} onClose={() => setDeleting(false)}>
        <p>{w().deleteText}</p>
        <div class="row">
          <Button kind="danger" onClick={() => void remove()}>
            {w().deleteIt}
          </Button>
          <Button onClick={() => setDeleting(false)}>{t().cancel}</Button>
        </div>
      </Dialog>
    </div>
  );
}

function JoinCode(props: { readonly code: string }): JSX.Element {
  const w = classWords;
  const [copied, setCopied] = createSignal(false);
  const link = () => `${window.location.origin}${pathOf({ page: "join", code: props.code })}`;
  const copy = async () => {
    await navigator.clipboard.writeText(link());
    setCopied(true);
    announce(w().copied);
  };
  return (
    <section class="card class-join" aria-labelledby="join-title">
      <h2 id="join-title">{w().howToJoin}</h2>
      <p>{w().howToJoinText(`${window.location.host}${pathOf({ page: "classes" })}`)}</p>
      <p class="class-code">{props.code}</p>
      {/* A page without encryption has no clipboard for scripts. */}
      <Show when={window.isSecureContext} fallback={<p class="soft">{link()}</p>}>
        <Button icon="share" onClick={() => void copy().catch(() => setCopied(false))}>
          {copied() ? w().copied : w().copyLink}
        </Button>
      </Show>
    </section>
  );
}
