// The drawing of a run, beside the console. The module that shows drawings is loaded with the first
// bytes of one, because most programs draw nothing.

import { createSignal, type JSX, onCleanup, onMount, Show } from "solid-js";
import { t } from "../i18n";
import { Button } from "../kit/kit";
import type { Drawing } from "../turtle";
import { save } from "./files";

/** Where a run puts what its program draws. */
export interface DrawingSink {
  append(bytes: Uint8Array): void;
  /** No more bytes come. */
  finish(): void;
  clear(): void;
}

export function DrawingPane(props: { readonly ref: (sink: DrawingSink) => void }): JSX.Element {
  const [shown, setShown] = createSignal(false);
  const [ready, setReady] = createSignal<Drawing>();
  let host: HTMLDivElement | undefined;
  let drawing: Promise<Drawing> | undefined;
  // What was loaded for an earlier run must not show up in this one.
  let generation = 0;

  const load = async (mine: number): Promise<Drawing> => {
    const { mountDrawing } = await import("../turtle");
    const place = document.createElement("div");
    const { picture, play, pause, skip, speed } = t().drawing;
    const made = mountDrawing(place, { labels: { picture, play, pause, skip, speed } });
    if (mine === generation) {
      host?.replaceChildren(place);
      setReady(() => made);
    }
    return made;
  };
  const onDrawing = (act: (drawing: Drawing) => void) => void drawing?.then(act);
  onMount(() =>
    props.ref({
      append(bytes) {
        setShown(true);
        drawing ??= load(generation);
        // The bytes belong to the message that brought them.
        const own = bytes.slice();
        onDrawing((made) => made.append(own));
      },
      finish: () => onDrawing((made) => made.finish()),
      clear() {
        generation += 1;
        onDrawing((made) => made.dispose());
        drawing = undefined;
        setReady(undefined);
        setShown(false);
        host?.replaceChildren();
      },
    }),
  );
  onCleanup(() => onDrawing((made) => made.dispose()));
  return (
    <div class="drawing" hidden={!shown()} tabindex="0" role="group" aria-label={t().drawing.picture}>
      <div class="drawing-host" ref={host} />
      <Show when={ready()}>
        {(made) => (
          <Button icon="download" onClick={() => save(new Blob([made().toSvg()]), "drawing.svg")}>
            {t().drawing.save}
          </Button>
        )}
      </Show>
    </div>
  );
}
