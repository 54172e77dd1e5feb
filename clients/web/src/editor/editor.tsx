// A code editor for Python as a part of a page. CodeMirror is loaded when the first one is shown;
// until then there is a plain text area with the same text, so that a slow connection keeps nobody
// from writing.

import { createEffect, createSignal, createUniqueId, type JSX, on, onCleanup, onMount, Show } from "solid-js";
import { t } from "../i18n";
import type { CodeEditor } from "./codemirror";
import "./editor.css";

export interface EditorProps {
  readonly label: string;
  readonly source: string;
  readonly readOnly?: boolean;
  readonly onChange?: (source: string) => void;
  readonly onRun?: () => void;
  readonly onSubmit?: () => void;
  readonly ref?: (editor: CodeEditor) => void;
}

export function Editor(props: EditorProps): JSX.Element {
  let host: HTMLDivElement | undefined;
  let plain: HTMLTextAreaElement | undefined;
  let editor: CodeEditor | undefined;
  let gone = false;
  const [ready, setReady] = createSignal(false);
  const id = createUniqueId();
  onMount(() => void load());
  onCleanup(() => {
    gone = true;
    editor?.destroy();
  });
  const load = async () => {
    const { openEditor } = await import("./codemirror");
    if (gone || host === undefined) {
      return;
    }
    const hadFocus = document.activeElement === plain;
    editor = openEditor({
      parent: host,
      source: plain?.value ?? props.source,
      label: props.label,
      help: t().problem.editorHelp,
      readOnly: props.readOnly === true,
      phrases: {},
      onChange: (source) => props.onChange?.(source),
      ...(props.onRun === undefined ? {} : { onRun: () => props.onRun?.() }),
      ...(props.onSubmit === undefined ? {} : { onSubmit: () => props.onSubmit?.() }),
    });
    setReady(true);
    props.ref?.(editor);
    if (hadFocus) {
      editor.focus();
    }
  };
  createEffect(
    on([() => props.label, () => t().problem.editorHelp], ([label, help]) => editor?.relabel(label, help), { defer: true }),
  );
  return (
    <div class="editor">
      <div class="editor-host" ref={host} hidden={!ready()} />
      <Show when={!ready()}>
        <label class="only-read" for={id}>
          {props.label}
        </label>
        <textarea
          id={id}
          ref={plain}
          class="editor-plain"
          spellcheck={false}
          autocapitalize="off"
          readOnly={props.readOnly === true}
          value={props.source}
          onInput={(event) => props.onChange?.(event.currentTarget.value)}
        />
      </Show>
    </div>
  );
}
