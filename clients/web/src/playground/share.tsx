// Sharing a program: a dialog with its link.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createSignal, type JSX, Match, Show, Switch } from "solid-js";
import { transport } from "../api/clients";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb";
import { type CreateSnippetResponse, SnippetService } from "../gen/coderunner/v1/snippet_pb";
import { moment } from "../i18n";
import { playgroundWords } from "../i18n/playground";
import { announce } from "../kit/announce";
import { Button, Dialog, FailureNotice, Field, Notice, Spinner } from "../kit/kit";
import { newRequestId } from "../requests";
import { pathOf } from "../routes";
import { programOf, type Project } from "./project";

export const snippetClient = createClient(SnippetService, transport);

/** Whether the server is too old for what was asked. */
export function isMissing(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Unimplemented;
}

export interface ShareProps {
  readonly open: boolean;
  readonly project: Project;
  readonly onClose: () => void;
}

export function Share(props: ShareProps): JSX.Element {
  return (
    <Dialog open={props.open} title={playgroundWords().shareTitle} onClose={props.onClose}>
      <ShareBody project={props.project} />
    </Dialog>
  );
}

type State =
  | { readonly kind: "sending" }
  | { readonly kind: "shared"; readonly answer: CreateSnippetResponse }
  | { readonly kind: "failed"; readonly error: unknown };

function ShareBody(props: { readonly project: Project }): JSX.Element {
  const w = playgroundWords;
  const [state, setState] = createSignal<State>({ kind: "sending" });
  const [copied, setCopied] = createSignal(false);
  const requestId = newRequestId();
  const project = props.project;
  const send = async () => {
    setState({ kind: "sending" });
    try {
      const answer = await snippetClient.createSnippet({ requestId, program: programOf(project), profile: project.profile });
      setState({ kind: "shared", answer });
    } catch (error) {
      setState({ kind: "failed", error });
    }
  };
  void send();
  const shared = () => {
    const now = state();
    return now.kind === "shared" ? now.answer : undefined;
  };
  const failed = () => {
    const now = state();
    return now.kind === "failed" ? now.error : undefined;
  };
  const link = () => `${window.location.origin}${pathOf({ page: "playground", snippet: shared()?.snippetId })}`;
  let field: HTMLDivElement | undefined;
  const copy = async () => {
    // Without a secure context there is no clipboard for scripts: then the link is marked instead.
    try {
      await navigator.clipboard.writeText(link());
      setCopied(true);
      announce(w().copied);
    } catch {
      field?.querySelector("input")?.select();
    }
  };
  return (
    <Switch fallback={<Spinner />}>
      <Match when={failed()}>
        {(error) => (
          <Switch fallback={<FailureNotice error={error()} onRetry={() => void send()} />}>
            <Match when={isMissing(error())}>
              <Notice kind="warn">{w().notSupported}</Notice>
            </Match>
            <Match when={isFull(error())}>
              <Notice kind="warn">{w().sharesFull}</Notice>
            </Match>
          </Switch>
        )}
      </Match>
      <Match when={shared()}>
        {(answer) => (
          <>
            <p>{w().shareText}</p>
            <div ref={field}>
              <Field label={w().link} readOnly value={link()} onFocus={(event) => event.currentTarget.select()}>
                <Button kind="primary" onClick={() => void copy()}>
                  {copied() ? w().copied : w().copy}
                </Button>
              </Field>
            </div>
            <p class="soft">
              <Show when={answer().expireTime}>{(time) => <>{w().until(moment(timestampMs(time())))} </>}</Show>
              {w().shareWarning}
            </p>
          </>
        )}
      </Match>
    </Switch>
  );
}

function isFull(error: unknown): boolean {
  return ConnectError.from(error).findDetails(ErrorInfoSchema).some(({ reason }) => reason === "SNIPPETS_FULL");
}
