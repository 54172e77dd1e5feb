// The cheatsheets with their search, as the page shows them and as a panel beside an editor: a
// list or finds, and the sheet that is open. In a narrow place one of the two is shown.

import { createEffect, createMemo, createResource, createSignal, For, type JSX, on, Show } from "solid-js";
import { cheatsheetWords } from "../i18n/cheatsheets";
import { announce } from "../kit/announce";
import { Icon } from "../kit/icons";
import { Button, FailureNotice, Field } from "../kit/kit";
import { Loaded } from "../kit/loaded";
import { Markdown } from "../kit/markdown";
import { type Find, search } from "./search";
import { readAllBodies, readBody, reloadSheets, searchable, sheets } from "./sheets";
import "./cheatsheets.css";

export interface CheatsheetsProps {
  /** The sheet to begin with. */
  readonly slug?: string | undefined;
  /** Hears which sheet is shown now, if any. */
  readonly onOpen?: (slug: string | undefined) => void;
  /** One column, for a panel. */
  readonly narrow?: boolean;
}

/** What is open: a sheet, at its beginning or at one of its headings. */
interface Place {
  readonly slug: string;
  readonly heading: number;
}

export function Cheatsheets(props: CheatsheetsProps): JSX.Element {
  const w = cheatsheetWords;
  const [query, setQuery] = createSignal("");
  const [place, setPlace] = createSignal<Place | undefined>(props.slug === undefined ? undefined : { slug: props.slug, heading: -1 });
  const [readError, setReadError] = createSignal<unknown>();
  const finds = createMemo(() => search(searchable(), query()));
  const isSearching = () => query().trim() !== "";
  const type = (text: string) => {
    setQuery(text);
    setReadError(undefined);
  };
  const open = (to: Place | undefined) => {
    setPlace(to);
    props.onOpen?.(to?.slug);
  };
  createEffect(() => {
    if (isSearching() && sheets.state === "ready") {
      void readAllBodies().catch(setReadError);
    }
  });
  createEffect(
    on(finds, (found) => {
      if (isSearching()) {
        announce(found.length === 0 ? w().nothing(query().trim()) : w().finds(found.length));
      }
    }, { defer: true }),
  );
  return (
    <div class="sheets" classList={{ "sheets-narrow": props.narrow === true, "sheets-open": place() !== undefined }}>
      <div class="sheets-list">
        <Field label={w().search} type="search" placeholder={w().placeholder} value={query()} onInput={(event) => type(event.currentTarget.value)} />
        <Show when={!isSearching()} fallback={<Finds finds={finds()} query={query().trim()} error={readError()} onOpen={open} />}>
          <Loaded resource={sheets} onRetry={reloadSheets}>
            {(all) => (
              <nav aria-label={w().all}>
                <ul class="sheets-titles">
                  <For each={all()} fallback={<li>{w().empty}</li>}>
                    {(sheet) => (
                      <li>
                        <button
                          type="button"
                          class="sheets-title"
                          aria-current={place()?.slug === sheet.slug ? "true" : undefined}
                          onClick={() => open({ slug: sheet.slug, heading: -1 })}
                        >
                          {sheet.title}
                        </button>
                      </li>
                    )}
                  </For>
                </ul>
              </nav>
            )}
          </Loaded>
        </Show>
      </div>
      <div class="sheets-sheet">
        <Show when={place()} keyed fallback={<p class="soft">{w().choose}</p>}>
          {(now) => <OpenSheet place={now} onBack={() => open(undefined)} />}
        </Show>
      </div>
    </div>
  );
}

interface FindsProps {
  readonly finds: readonly Find[];
  readonly query: string;
  readonly error: unknown;
  readonly onOpen: (place: Place) => void;
}

function Finds(props: FindsProps): JSX.Element {
  const w = cheatsheetWords;
  return (
    <>
      <Show when={props.error !== undefined}>
        <FailureNotice error={props.error} />
      </Show>
      <p class="soft">{props.finds.length === 0 ? w().nothing(props.query) : w().finds(props.finds.length)}</p>
      <ul class="sheets-titles">
        <For each={props.finds}>
          {(find) => (
            <li>
              <button type="button" class="sheets-title" onClick={() => props.onOpen({ slug: find.sheet.slug, heading: find.section.index })}>
                {find.section.heading === "" ? find.sheet.title : find.section.heading}
                <Show when={find.section.heading !== "" && find.section.heading !== find.sheet.title}>
                  <span class="sheets-from"> · {find.sheet.title}</span>
                </Show>
                <code class="sheets-excerpt">{find.excerpt}</code>
              </button>
            </li>
          )}
        </For>
      </ul>
    </>
  );
}

function OpenSheet(props: { readonly place: Place; readonly onBack: () => void }): JSX.Element {
  const [body, { refetch }] = createResource(() => readBody(props.place.slug));
  let text: HTMLDivElement | undefined;
  createEffect(() => {
    if (body.state === "ready") {
      // After this turn the text is in the document.
      queueMicrotask(() => show(text, props.place.heading));
    }
  });
  return (
    <article>
      <Button kind="quiet" class="sheets-back" onClick={() => props.onBack()}>
        <Icon name="previous" /> {cheatsheetWords().backToList}
      </Button>
      <Loaded resource={body} onRetry={() => void refetch()}>
        {(markdown) => (
          <div ref={text} class="sheets-text" tabindex="-1">
            <Markdown text={markdown()} />
          </div>
        )}
      </Loaded>
    </article>
  );
}

/** Brings a heading into sight, and the reading position of a screen reader to it. */
function show(text: HTMLElement | undefined, heading: number): void {
  const found = heading <= 0 ? undefined : text?.querySelectorAll("h1, h2, h3, h4, h5, h6")[heading];
  if (found instanceof HTMLElement) {
    found.tabIndex = -1;
    found.focus({ preventScroll: true });
    found.scrollIntoView({ block: "start" });
  } else {
    text?.focus({ preventScroll: true });
  }
}
