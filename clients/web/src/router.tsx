// Which page is shown, in step with the address and the browser's buttons.
//
// Links are ordinary `<a href>`: a click on one within the app changes the page without loading
// anything, all other clicks (new tab, another site, a download) are the browser's.

import { createSignal, type JSX, splitProps } from "solid-js";
import { parseRoute, pathOf, type Route } from "./routes";

type KnownRoute = Exclude<Route, { page: "missing" }>;

const [route, setRoute] = createSignal<Route>(parseRoute(window.location.pathname));
const [search, setSearch] = createSignal(window.location.search);
export { route, search };

/** Shows a page. Afterwards the focus is on its heading: see `Page`. */
export function go(to: KnownRoute | string, options: { replace?: boolean } = {}): void {
  const path = typeof to === "string" ? to : pathOf(to);
  if (options.replace === true) {
    window.history.replaceState(null, "", path);
  } else {
    window.history.pushState(null, "", path);
  }
  follow();
  window.scrollTo(0, 0);
}

function follow(): void {
  setSearch(window.location.search);
  setRoute(parseRoute(window.location.pathname));
}

window.addEventListener("popstate", follow);

export interface LinkProps extends Omit<JSX.AnchorHTMLAttributes<HTMLAnchorElement>, "href"> {
  readonly to: KnownRoute;
}

/** A link to a page of the app. */
export function Link(props: LinkProps): JSX.Element {
  const [own, others] = splitProps(props, ["to", "children"]);
  const isCurrent = () => window.location.pathname === pathOf(own.to) && route().page === own.to.page;
  const onClick = (event: MouseEvent) => {
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (isPlain && !event.defaultPrevented) {
      event.preventDefault();
      go(own.to);
    }
  };
  return (
    <a {...others} href={pathOf(own.to)} aria-current={isCurrent() ? "page" : undefined} onClick={onClick}>
      {own.children}
    </a>
  );
}
