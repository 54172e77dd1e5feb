// The cheatsheets as a page of their own.

import type { JSX } from "solid-js";
import { Cheatsheets } from "../cheatsheets/cheatsheets";
import { cheatsheetWords } from "../i18n/cheatsheets";
import { Page } from "../kit/page";
import { pathOf } from "../routes";

export default function CheatsheetsPage(props: { readonly slug: string | undefined }): JSX.Element {
  // The address follows what is open, for links and for a reload, without making the page anew.
  const onOpen = (slug: string | undefined) => window.history.replaceState(null, "", pathOf({ page: "cheatsheets", slug }));
  return (
    <Page title={cheatsheetWords().title}>
      <p class="soft">{cheatsheetWords().lead}</p>
      <Cheatsheets slug={props.slug} onOpen={onOpen} />
    </Page>
  );
}
