// The classes that somebody is in or teaches: joining by a code, making one.

import { createResource, createSignal, For, type JSX, Match, Show, Switch } from "solid-js";
import { failureOf } from "../api/failure";
import { mayTeach } from "../api/roles";
import { user } from "../api/session";
import { classClient, isMissing, readClasses, reasonOf } from "../classes/client";
import type { Class } from "../gen/coderunner/v1/class_pb";
import { t } from "../i18n";
import { classWords } from "../i18n/classes";
import { Button, Dialog, FailureNotice, Field, Notice } from "../kit/kit";
import { Loaded } from "../kit/loaded";
import { Page } from "../kit/page";
import { newRequestId } from "../requests";
import { go, Link } from "../router";
import "./classes.css";

/** `code` is that of a link for joining; empty without one. */
export default function Classes(props: { readonly code: string }): JSX.Element {
  const w = classWords;
  const [classes, { refetch }] = createResource(readClasses);
  const taught = (all: readonly Class[]) => all.filter(isTaught);
  const mine = (all: readonly Class[]) => all.filter((one) => !isTaught(one));
  return (
    <Page title={w().title}>
      <p class="soft">{mayTeach() ? w().leadTeacher : w().lead}</p>
      <Loaded resource={classes} onRetry={() => void refetch()} failed={(error) => <Refusal error={error} onRetry={() => void refetch()} />}>
        {(all) => (
          <div class="stack">
            <Show when={mayTeach()}>
              <Taught classes={taught(all())} />
            </Show>
            <Mine classes={mine(all())} code={props.code} onChange={() => void refetch()} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function isTaught(one: Class): boolean {
  return one.taught;
}

function Refusal(props: { readonly error: unknown; readonly onRetry: () => void }): JSX.Element {
  return (
    <Show when={isMissing(props.error)} fallback={<FailureNotice error={props.error} onRetry={props.onRetry} />}>
      <Notice kind="warn">{classWords().notSupported}</Notice>
    </Show>
  );
}

function Taught(props: { readonly classes: readonly Class[] }): JSX.Element {
  const w = classWords;
  return (
    <section class="card" aria-labelledby="taught-title">
      <h2 id="taught-title">{w().taught}</h2>
      <Show when={props.classes.length > 0} fallback={<p class="soft">{w().noneTaught}</p>}>
        <ul class="plain-list">
          <For each={props.classes}>
            {(one) => (
              <li class="row">
                <span class="grow">
                  <Link to={{ page: "class", id: one.id }} class="class-title">
                    {one.title}
                  </Link>
                  <br />
                  <span class="soft">{w().members(one.memberCount)}</span>
                </span>
                <code class="class-code-small">{one.joinCode}</code>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <MakeClass />
    </section>
  );
}

function MakeClass(): JSX.Element {
  const w = classWords;
  const [title, setTitle] = createSignal("");
  const [state, setState] = createSignal<{ readonly busy: boolean; readonly problem?: string; readonly error?: unknown }>({ busy: false });
  let requestId = newRequestId();
  const make = async (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = title().trim();
    if (wanted === "" || [...wanted].length > 100) {
      setState({ busy: false, problem: w().enterName });
      return;
    }
    setState({ busy: true });
    try {
      const answer = await classClient.createClass({ requestId, title: wanted });
      go({ page: "class", id: answer.class?.id ?? "" });
    } catch (error) {
      requestId = newRequestId();
      setState({ busy: false, error });
    }
  };
  return (
    <form class="class-form" onSubmit={(event) => void make(event)} novalidate>
      <h3>{w().make}</h3>
      <Field label={w().className} problem={state().problem} value={title()} autocomplete="off" onInput={(event) => setTitle(event.currentTarget.value)}>
        <Button type="submit" kind="primary" busy={state().busy}>
          {w().makeButton}
        </Button>
      </Field>
      <Show when={state().error !== undefined}>
        <Show when={reasonOf(state().error) === "CLASS_LIMIT"} fallback={<FailureNotice error={state().error} />}>
          <Notice kind="bad">{w().limit}</Notice>
        </Show>
      </Show>
    </form>
  );
}

interface MineProps {
  readonly classes: readonly Class[];
  readonly code: string;
  readonly onChange: () => void;
}

function Mine(props: MineProps): JSX.Element {
  const w = classWords;
  const [leaving, setLeaving] = createSignal<Class>();
  const [error, setError] = createSignal<unknown>();
  const leave = async (one: Class) => {
    setLeaving(undefined);
    setError(undefined);
    try {
      await classClient.removeMember({ classId: one.id, userId: user()?.id ?? "" });
      props.onChange();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <section class="card" aria-labelledby="mine-title">
      <h2 id="mine-title">{w().mine}</h2>
      <Show when={error() !== undefined}>
        <FailureNotice error={error()} />
      </Show>
      <Show when={props.classes.length > 0} fallback={<p class="soft">{w().noneMine}</p>}>
        <ul class="plain-list">
          <For each={props.classes}>
            {(one) => (
              <li class="row">
                <span class="grow">
                  <strong class="class-title">{one.title}</strong>
                  <br />
                  <span class="soft">{w().by(one.teacherName)}</span>
                </span>
                <Button aria-label={w().leaveTitle(one.title)} onClick={() => setLeaving(one)}>
                  {w().leave}
                </Button>
              </li>
            )}
          </For>
        </ul>
      </Show>
      <JoinClass code={props.code} onJoined={props.onChange} />
      <Dialog open={leaving() !== undefined} title={w().leaveTitle(leaving()?.title ?? "")} onClose={() => setLeaving(undefined)}>
        <p>{w().leaveText}</p>
        <div class="row">
          <Button
            kind="danger"
            onClick={() => {
              const one = leaving();
              if (one !== undefined) {
                void leave(one);
              }
            }}
          >
            {w().leave}
          </Button>
          <Button onClick={() => setLeaving(undefined)}>{t().cancel}</Button>
        </div>
      </Dialog>
    </section>
  );
}

interface JoinState {
  readonly busy: boolean;
  readonly problem?: string;
  readonly error?: unknown;
  readonly joined?: string;
}

function JoinClass(props: { readonly code: string; readonly onJoined: () => void }): JSX.Element {
  const w = classWords;
  const [code, setCode] = createSignal(props.code);
  const [state, setState] = createSignal<JoinState>({ busy: false });
  const join = async (event: SubmitEvent) => {
    event.preventDefault();
    if (code().trim() === "") {
      setState({ busy: false, problem: w().enterCode });
      return;
    }
    setState({ busy: true });
    try {
      const answer = await classClient.joinClass({ joinCode: code().trim() });
      setState({ busy: false, joined: answer.class?.title ?? "" });
      setCode("");
      props.onJoined();
    } catch (error) {
      const kind = failureOf(error).kind;
      if (kind === "notFound" || kind === "invalid") {
        setState({ busy: false, problem: w().noSuchCode });
      } else {
        setState({ busy: false, error });
      }
    }
  };
  return (
    <form class="class-form" onSubmit={(event) => void join(event)} novalidate>
      <h3>{w().join}</h3>
      <Field
        label={w().code}
        hint={w().codeHint}
        problem={state().problem}
        value={code()}
        autocomplete="off"
        autocapitalize="characters"
        spellcheck={false}
        onInput={(event) => setCode(event.currentTarget.value)}
      >
        <Button type="submit" kind="primary" busy={state().busy}>
          {w().joinButton}
        </Button>
      </Field>
      <Switch>
        <Match when={state().joined}>{(title) => <Notice kind="good">{w().joined(title())}</Notice>}</Match>
        <Match when={reasonOf(state().error) === "CLASS_FULL"}>
          <Notice kind="bad">{w().full}</Notice>
        </Match>
        <Match when={state().error !== undefined}>
          <FailureNotice error={state().error} />
        </Match>
      </Switch>
    </form>
  );
}
