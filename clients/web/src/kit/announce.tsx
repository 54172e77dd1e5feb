// What screen readers are told in passing: one live region for the whole app, one sentence at a
// time, so that output that pours in does not flood whoever listens.

import { createSignal, type JSX } from "solid-js";

const [sentence, setSentence] = createSignal("");
let timer: number | undefined;

/** Says a sentence soon. Of several within a moment only the last is said. */
export function announce(text: string): void {
  window.clearTimeout(timer);
  timer = window.setTimeout(() => {
    // The same sentence twice is a change only when something is between.
    setSentence("");
    window.requestAnimationFrame(() => setSentence(text));
  }, 400);
}

export function Announcer(): JSX.Element {
  return (
    <div class="only-read" role="status" aria-live="polite">
      {sentence()}
    </div>
  );
}
