// The editor of a problem with its buttons, and what is said of the draft.

import { createEffect, createSignal, type JSX, on, Show } from "solid-js";
import { user } from "../api/session";
import type { Draft } from "../drafts/draft";
import type { CodeEditor } from "../editor/codemirror";
import { Editor } from "../editor/editor";
import type { Problem } from "../gen/coderunner/v1/problem_pb";
import { moment, t } from "../i18n";
import { Button, Dialog, Notice } from "../kit/kit";
import { Link } from "../router";

export interface CodePaneProps {
  readonly problem: Problem;
  readonly draft: Draft;
  readonly marked: number | undefined;
  readonly isRunning: boolean;
  readonly isSubmitting: boolean;
  readonly onChange: (source: string) => void;
  readonly onRun: () => void;
  readonly onStop: () => void;
  readonly onSubmit: () => void;
  readonly onReady: (editor: CodeEditor) => void;
}

export function CodePane(props: CodePaneProps): JSX.Element {
  const [editor, setEditor] = createSignal<CodeEditor>();
  const [resetting, setResetting] = createSignal(false);
  createEffect(on([() => props.marked, editor], ([line, made]) => made?.mark(line)));
  const take = (made: CodeEditor) => {
    setEditor(made);
    props.onReady(made);
  };
  const reset = () => {
    setResetting(false);
    editor()?.replace(props.problem.starterSource);
    editor()?.focus();
  };
  const useOther = () => {
    const other = props.draft.other();
    if (other !== undefined) {
      editor()?.replace(other.source);
      props.draft.forgetOther();
    }
  };
  return (
    <section class="pane pane-code" id="pane-code" aria-label={t().problem.code}>
      <div class="code-bar">
        <Show
          when={user() !== undefined}
          fallback={
            <Link to={{ page: "login" }} class="button button-primary">
              {t().problem.loginToRun}
            </Link>
          }
        >
          <Show
            when={!props.isRunning}
            fallback={
              <Button kind="danger" icon="stop" onClick={() => props.onStop()}>
                {t().problem.stop}
              </Button>
            }
          >
            <Button kind="primary" icon="play" title={t().problem.runHint} onClick={() => props.onRun()}>
              {t().problem.run}
            </Button>
          </Show>
          <Button icon="send" title={t().problem.submitHint} busy={props.isSubmitting} onClick={() => props.onSubmit()}>
            {t().problem.submit}
          </Button>
        </Show>
        <Button kind="quiet" icon="reset" class="code-reset" onClick={() => setResetting(true)}>
          {t().problem.reset}
        </Button>
        <span class="code-state soft">{t().drafts[props.draft.state()]}</span>
      </div>
      <Show when={props.draft.other()}>
        {(other) => (
          <Notice kind="warn">
            <p>
              {t().drafts.other} {t().drafts.othersTime(moment(other().changedAt))}
            </p>
            <div class="row">
              <Button onClick={useOther}>{t().drafts.showOther}</Button>
              <Button onClick={() => props.draft.forgetOther()}>{t().drafts.keepMine}</Button>
            </div>
          </Notice>
        )}
      </Show>
      <Editor
        label={t().problem.editor}
        source={props.draft.source}
        onChange={props.onChange}
        onRun={props.onRun}
        onSubmit={props.onSubmit}
        ref={take}
      />
      <p class="code-help soft">{t().problem.editorHelp}</p>
      <Dialog open={resetting()} title={t().problem.resetTitle} onClose={() => setResetting(false)}>
        <p>{t().problem.resetText}</p>
        <div class="row">
          <Button kind="danger" onClick={reset}>
            {t().problem.reset}
          </Button>
          <Button onClick={() => setResetting(false)}>{t().cancel}</Button>
        </div>
      </Dialog>
    </section>
  );
}
