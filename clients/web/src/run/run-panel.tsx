// The console with all that belongs to a run: its state, its end, the explanation of an error, and
// the files that it left.

import { createEffect, type JSX, Match, on, onMount, Show, Switch } from "solid-js";
import { Console, type ConsoleSink } from "../console/console";
import { Outcome, type Usage } from "../gen/coderunner/common/v1/common_pb";
import type { Run } from "../gen/coderunner/v1/execution_pb";
import { decimal, t } from "../i18n";
import { announce } from "../kit/announce";
import { Button, FailureNotice, Notice } from "../kit/kit";
import { DrawingPane, type DrawingSink } from "./drawing";
import { Explanation } from "./explanation";
import { Files, save, size } from "./files";
import { outcomeKey, type RunSession } from "./run";
import "./run.css";

export interface RunPanelProps {
  readonly session: RunSession;
  /** Both are called once, with the ways to write and to draw, before `onReady`. */
  readonly sink: (sink: ConsoleSink) => void;
  readonly drawing: (sink: DrawingSink) => void;
  readonly onReady?: () => void;
  readonly expectsInput: boolean;
  readonly onLine: (line: number) => void;
}

export function RunPanel(props: RunPanelProps): JSX.Element {
  const finished = () => {
    const now = props.session.phase();
    return now.kind === "finished" ? now.run : undefined;
  };
  onMount(() => props.onReady?.());
  createEffect(
    on(
      () => stateText(props.session),
      (text) => announce(text),
      { defer: true },
    ),
  );
  return (
    <section class="run" aria-label={t().run.console}>
      <Status session={props.session} />
      <div class="run-body">
        <DrawingPane ref={props.drawing} />
        <Console
          ref={props.sink}
          takesInput={props.session.takesInput()}
          expectsInput={props.expectsInput}
          isEmpty={!props.session.wrote()}
          placeholder={placeholder(props.session)}
          onLine={(line) => void props.session.type(line)}
          onEndInput={() => void props.session.endInput()}
          onInterrupt={() => void props.session.stop()}
        />
      </div>
      <Show when={props.session.inputError() !== undefined}>
        <FailureNotice error={props.session.inputError()} />
      </Show>
      <Show when={finished()} keyed>
        {(run) => <Ending run={run} onLine={props.onLine} />}
      </Show>
    </section>
  );
}

function Status(props: { readonly session: RunSession }): JSX.Element {
  const phase = () => props.session.phase();
  const isOver = () => phase().kind === "finished" || phase().kind === "failed" || phase().kind === "idle";
  const usage = () => {
    const now = phase();
    return now.kind === "finished" ? now.run.usage : undefined;
  };
  return (
    <div class={`run-status run-status-${mood(props.session)}`}>
      <Switch fallback={<strong>{stateText(props.session)}</strong>}>
        <Match when={failure(props.session)}>{(error) => <FailureNotice error={error()} />}</Match>
        <Match when={!isOver() && props.session.connection() === "lost"}>
          <Notice kind="warn">{navigator.onLine ? t().run.lost : t().run.offline}</Notice>
        </Match>
      </Switch>
      <Show when={usage()}>{(used) => <span class="run-usage">{usageText(used())}</span>}</Show>
      <span class="row run-tools">
        <Show when={props.session.wrote()}>
          <Button
            kind="quiet"
            icon="download"
            class="icon-button"
            aria-label={t().run.saveOutput}
            title={t().run.saveOutput}
            onClick={() => save(props.session.output(), "output.txt")}
          />
        </Show>
        <Show when={isOver() && phase().kind !== "idle"}>
          <Button
            kind="quiet"
            icon="cross"
            class="icon-button"
            aria-label={t().run.clear}
            title={t().run.clear}
            onClick={() => props.session.clear()}
          />
        </Show>
      </span>
    </div>
  );
}

function Ending(props: { readonly run: Run; readonly onLine: (line: number) => void }): JSX.Element {
  const isCut = () => props.run.usage?.stdoutTruncated === true || props.run.usage?.stderrTruncated === true;
  const hasContent = () => {
    const files = props.run.files;
    return props.run.explanation !== undefined || isCut() || (files !== undefined && files.files.length + files.leftOut.length > 0);
  };
  return (
    <Show when={hasContent()}>
      <div class="run-ending" tabindex="0" role="group" aria-label={t().run.outcome[outcomeKey(props.run.outcome)]}>
        <Show when={isCut()}>
          <p class="soft">{t().run.truncated}</p>
        </Show>
        <Show when={props.run.explanation}>
          {(explanation) => <Explanation explanation={explanation()} onLine={props.onLine} />}
        </Show>
        <Show when={props.run.files}>{(files) => <Files runId={props.run.id} files={files()} />}</Show>
      </div>
    </Show>
  );
}

function failure(session: RunSession): unknown {
  const now = session.phase();
  return now.kind === "failed" ? now.error : undefined;
}

function mood(session: RunSession): "good" | "bad" | "busy" | "calm" {
  const now = session.phase();
  switch (now.kind) {
    case "idle":
      return "calm";
    case "finished":
      return now.run.outcome === Outcome.OK ? "good" : now.run.outcome === Outcome.CANCELLED ? "calm" : "bad";
    case "failed":
      return "bad";
    default:
      return "busy";
  }
}

/** Where a run stands, in one sentence. */
function stateText(session: RunSession): string {
  const now = session.phase();
  switch (now.kind) {
    case "idle":
      return t().run.console;
    case "sending":
      return t().run.sending;
    case "queued":
      return now.position === undefined
        ? t().run.sending
        : t().run.queued(now.position.position, Math.round(Number(now.position.estimatedWaitDuration?.seconds ?? 0)));
    case "running":
      return session.startedAgain() ? t().run.again : session.takesInput() ? t().run.runningInput : t().run.running;
    case "finished":
      return t().run.outcome[outcomeKey(now.run.outcome)];
    case "failed":
      return "";
  }
}

function placeholder(session: RunSession): string {
  const now = session.phase().kind;
  return now === "idle" ? t().run.idle : now === "finished" ? t().run.noOutput : "";
}

export function usageText(usage: Usage): string {
  const wall = usage.wallDuration;
  const seconds = wall === undefined ? 0 : Number(wall.seconds) + wall.nanos / 1e9;
  return t().run.used(`${decimal(seconds, 2)} s`, size(Number(usage.peakMemoryBytes)));
}
