// The cheatsheets as a page of their own.

import { createEffect, createSignal, type JSX, on, Show } from "solid-js";
import { Cheatsheets } from "../cheatsheets/cheatsheets";
import { cheatsheetWords } from "../i18n/cheatsheets";
import { Page } from "../kit/page";
import { route } from "../router";
import { pathOf } from "../routes";

export default function CheatsheetsPage(props: { readonly slug: string | undefined }): JSX.Element {
  // The address follows what is open, for links, a reload and the browser's way back, without making
  // the page anew.
  const onOpen = (slug: string | undefined) => {
    const path = pathOf({ page: "cheatsheets", slug });
    if (path !== window.location.pathname) {
      window.history.pushState(null, "", path);
    }
  };
  // Whoever goes somewhere goes there, also when the page was made for the same address before.
  const [visit, setVisit] = createSignal(1);
  createEffect(on(route, () => setVisit((before) => before + 1), { defer: true }));
  return (
    <Page title={cheatsheetWords().title}>
      <p class="soft">{cheatsheetWords().lead}</p>
      <Show when={visit()} keyed>
        {(_) => <Cheatsheets slug={props.slug} onOpen={onOpen} />}
      </Show>
    </Page>
  );
}
