// The console: what the program wrote, and the place where one types when it asks. The input
// stands behind the last thing that the program wrote, as in a terminal.

import { createEffect, createSignal, type JSX, on, onCleanup, onMount, Show } from "solid-js";
import { t } from "../i18n";
import { announce } from "../kit/announce";
import { Button } from "../kit/kit";
import { ConsoleView } from "./view";
import "./console.css";

/** What the console shows comes from here: a run writes into it. */
export interface ConsoleSink {
  write(stream: "stdout" | "stderr", data: Uint8Array): void;
  say(stream: "input" | "note", text: string): void;
  clear(): void;
}

export interface ConsoleProps {
  /** Is called once with the way to write. */
  readonly ref: (sink: ConsoleSink) => void;
  /** The program runs and may ask for input. */
  readonly takesInput: boolean;
  /** It most likely will: the focus goes to the input. */
  readonly expectsInput: boolean;
  readonly onLine: (line: string) => void;
  readonly onEndInput: () => void;
  readonly onInterrupt: () => void;
  /** Shown while nothing was written yet. */
  readonly placeholder: string;
  readonly isEmpty: boolean;
}

/** Longest text that is read aloud as it comes; of more, only how much it is. */
const LONGEST_ANNOUNCEMENT = 200;
const QUIET_MS = 800;

export function Console(props: ConsoleProps): JSX.Element {
  let scroller: HTMLDivElement | undefined;
  let blocks: HTMLDivElement | undefined;
  let current: HTMLSpanElement | undefined;
  let input: HTMLInputElement | undefined;
  const [leftOut, setLeftOut] = createSignal(0);
  let unread = { lines: 0, text: "" };
  let quiet: number | undefined;

  const onIdle = (lines: number, text: string) => {
    unread = { lines: unread.lines + lines, text: lines === 0 && unread.lines === 0 ? text : unread.text + text };
    window.clearTimeout(quiet);
    quiet = window.setTimeout(() => {
      const said = unread.text.trim();
      if (said !== "") {
        announce(said.length <= LONGEST_ANNOUNCEMENT ? said : t().run.newOutput(unread.lines));
      }
      unread = { lines: 0, text: "" };
    }, QUIET_MS);
  };

  onMount(() => {
    if (scroller !== undefined && blocks !== undefined && current !== undefined) {
      const view = new ConsoleView(scroller, blocks, current, { onIdle, onLeftOut: setLeftOut });
      props.ref(view);
      onCleanup(() => view.dispose());
    }
    onCleanup(() => window.clearTimeout(quiet));
  });

  createEffect(
    on(
      () => props.takesInput && props.expectsInput,
      (expects) => expects && input?.focus({ preventScroll: true }),
    ),
  );

  const send = (text: string) => {
    props.onLine(text);
    if (input !== undefined) {
      input.value = "";
    }
  };
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLInputElement }) => {
    const isControl = event.ctrlKey && !event.altKey && !event.metaKey;
    if (event.key === "Enter" && !event.isComposing && !event.ctrlKey) {
      event.preventDefault();
      send(event.currentTarget.value);
    } else if (isControl && event.key.toLowerCase() === "d") {
      event.preventDefault();
      props.onEndInput();
    } else if (isControl && event.key.toLowerCase() === "c" && event.currentTarget.selectionStart === event.currentTarget.selectionEnd) {
      props.onInterrupt();
    }
  };
  const onPaste = (event: ClipboardEvent & { currentTarget: HTMLInputElement }) => {
    const text = event.clipboardData?.getData("text") ?? "";
    const lines = text.split(/\r\n|\r|\n/);
    if (lines.length > 1) {
      event.preventDefault();
      const [first = "", ...others] = lines;
      const rest = others.pop() ?? "";
      send(event.currentTarget.value + first);
      others.forEach(send);
      event.currentTarget.value = rest;
    }
  };
  const onClick = () => {
    if (props.takesInput && (window.getSelection()?.isCollapsed ?? true)) {
      input?.focus({ preventScroll: true });
    }
  };

  return (
    <div class="console">
      {/* The click is a convenience: the input itself is reached with Tab. */}
      <div class="console-scroller" ref={scroller} role="log" aria-live="off" aria-label={t().run.console} tabindex="0" onClick={onClick}>
        <Show when={leftOut() > 0}>
          <p class="console-note">{t().run.leftOut(leftOut())}</p>
        </Show>
        <Show when={props.isEmpty}>
          <p class="console-placeholder">{props.placeholder}</p>
        </Show>
        <div ref={blocks} />
        <div class="console-current">
          <span ref={current} class="console-written" />
          <Show when={props.takesInput}>
            <input
              ref={input}
              class="console-line"
              type="text"
              aria-label={t().run.input}
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
              enterkeyhint="send"
              onKeyDown={onKeyDown}
              onPaste={onPaste}
            />
          </Show>
        </div>
      </div>
      <Show when={props.takesInput}>
        <div class="console-foot">
          <span>{t().run.inputHint}</span>
          <Button kind="quiet" class="console-button" title={t().run.endInputHint} onClick={() => props.onEndInput()}>
            {t().run.endInput} <kbd>{t().run.endInputHint}</kbd>
          </Button>
        </div>
      </Show>
    </div>
  );
}
