// The frame of a page: its title in the browser's tab, and one heading that takes the focus when
// the page is gone to, so that a screen reader says where one is.

import { createEffect, type JSX, onMount, Show } from "solid-js";
import { t } from "../i18n";

export interface PageProps {
  readonly title: string;
  /** The heading is only read, because the page shows its title otherwise. */
  readonly headingHidden?: boolean;
  readonly class?: string;
  readonly children: JSX.Element;
}

let isFirstPage = true;

export function Page(props: PageProps): JSX.Element {
  let heading: HTMLHeadingElement | undefined;
  createEffect(() => {
    document.title = props.title === t().appName ? props.title : `${props.title} · ${t().appName}`;
  });
  onMount(() => {
    // The browser itself says the title of the first page.
    if (!isFirstPage) {
      heading?.focus({ preventScroll: true });
    }
    isFirstPage = false;
  });
  return (
    <div class={`page ${props.class ?? ""}`}>
      <h1 ref={heading} tabindex="-1" classList={{ "only-read": props.headingHidden === true }}>
        {props.title}
      </h1>
      <Show when={true}>{props.children}</Show>
    </div>
  );
}
