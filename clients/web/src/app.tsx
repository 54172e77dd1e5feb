// The app's frame: header, navigation, the page of the address, and what is said to screen readers.

import { createEffect, createSignal, type JSX, lazy, Match, onCleanup, Show, Suspense, Switch } from "solid-js";
import { logout, session, user } from "./api/session";
import { mayAdminister, mayWrite } from "./api/roles";
import { t } from "./i18n";
import { Announcer } from "./kit/announce";
import { Button, Panel, Spinner } from "./kit/kit";
import { Missing } from "./pages/missing";
import { Start } from "./pages/start";
import { go, Link, route } from "./router";
import { isPrivate, type Route } from "./routes";
import { Appearance } from "./theme/appearance";
import { Mascot } from "./theme/mascots";
import { character } from "./theme/theme";

const Login = lazy(() => import("./pages/login"));
const Register = lazy(() => import("./pages/register"));
const Learn = lazy(() => import("./pages/learn"));
const Problem = lazy(() => import("./pages/problem"));
const Account = lazy(() => import("./pages/account"));
const Progress = lazy(() => import("./pages/progress"));
const Cheatsheets = lazy(() => import("./pages/cheatsheets"));
const Playground = lazy(() => import("./pages/playground"));
const Classes = lazy(() => import("./pages/classes"));
const ClassPage = lazy(() => import("./pages/class"));
const Author = lazy(() => import("./pages/author"));
const EditProblem = lazy(() => import("./pages/edit-problem"));
const Admin = lazy(() => import("./pages/admin"));

/** A component for each route. */
const PAGES: { readonly [Page in Route["page"]]: (route: Extract<Route, { page: Page }>) => JSX.Element } = {
  start: () => <Start />,
  login: () => <Login />,
  register: () => <Register />,
  learn: () => <Learn />,
  problem: ({ slug }) => <Problem slug={slug} />,
  account: () => <Account />,
  progress: () => <Progress />,
  cheatsheets: ({ slug }) => <Cheatsheets slug={slug} />,
  playground: ({ snippet }) => <Playground snippet={snippet} />,
  classes: () => <Classes code="" />,
  class: ({ id }) => <ClassPage id={id} />,
  join: ({ code }) => <Classes code={code} />,
  author: () => <Author />,
  newProblem: () => <EditProblem slug={undefined} />,
  editProblem: ({ slug }) => <EditProblem slug={slug} />,
  admin: () => <Admin />,
  missing: () => <Missing />,
};

export function App(): JSX.Element {
  // A private page sends visitors to log in, and back to it afterwards.
  createEffect(() => {
    if (session().kind === "out" && isPrivate(route())) {
      go(`/login?then=${encodeURIComponent(window.location.pathname)}`, { replace: true });
    }
  });
  return (
    <>
      <a class="skip button button-primary" href="#content" onClick={skip}>
        {t().skipToContent}
      </a>
      <Header />
      <ConnectionBanner />
      <main id="content" tabindex="-1">
        <Suspense fallback={<Spinner />}>
          <Show when={!(isPrivate(route()) && session().kind !== "in")} fallback={<Spinner />}>
            <PageOf route={route()} />
          </Show>
        </Suspense>
      </main>
      <Announcer />
    </>
  );
}

function PageOf(props: { readonly route: Route }): JSX.Element {
  // A page with parameters is made anew when they change: it may keep them for its life.
  return (
    <Show when={JSON.stringify(props.route)} keyed>
      {pageOf(props.route)}
    </Show>
  );
}

function pageOf<Page extends Route["page"]>(shown: Extract<Route, { page: Page }>): JSX.Element {
  return PAGES[shown.page as Page](shown);
}

function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Header(): JSX.Element {
  return (
    <header class="header">
      <Link to={{ page: user() ? "learn" : "start" }} class="brand" aria-label={t().nav.home}>
        <Mascot character={character()} />
        <span class="brand-name">{t().appName}</span>
      </Link>
      <nav aria-label={t().nav.label}>
        <Link to={{ page: "learn" }}>{t().nav.learn}</Link>
        <MoreLinks />
      </nav>
      <div class="header-end">
        <Panel label={t().nav.appearance} icon="palette">
          <Appearance />
        </Panel>
        <Switch>
          <Match when={user()}>
            {(who) => (
              <>
                <span class="header-name">{who().displayName}</span>
                <Panel label={t().nav.account} icon="person">
                  <AccountMenu name={who().displayName} />
                </Panel>
              </>
            )}
          </Match>
          <Match when={session().kind === "out"}>
            <Link to={{ page: "login" }} class="button button-quiet">
              {t().nav.login}
            </Link>
          </Match>
        </Switch>
      </div>
    </header>
  );
}

/** The pages besides the course, as far as the role of who is logged in opens them. */
function MoreLinks(): JSX.Element {
  return (
    <>
      <Link to={{ page: "playground", snippet: undefined }}>{t().nav.playground}</Link>
      <Link to={{ page: "cheatsheets", slug: undefined }}>{t().nav.cheatsheets}</Link>
      <Show when={user() !== undefined}>
        <Link to={{ page: "progress" }}>{t().nav.progress}</Link>
        <Link to={{ page: "classes" }}>{t().nav.classes}</Link>
      </Show>
      <Show when={mayWrite()}>
        <Link to={{ page: "author" }}>{t().nav.author}</Link>
      </Show>
      <Show when={mayAdminister()}>
        <Link to={{ page: "admin" }}>{t().nav.admin}</Link>
      </Show>
    </>
  );
}

function AccountMenu(props: { readonly name: string }): JSX.Element {
  const leave = async () => {
    await logout();
    go({ page: "start" });
  };
  return (
    <>
      <strong>{props.name}</strong>
      <Link to={{ page: "account" }} class="button">
        {t().nav.account}
      </Link>
      <Button onClick={() => void leave()}>{t().nav.logout}</Button>
    </>
  );
}

/** Says so while the browser is offline, or while the server can't be reached at the start. */
function ConnectionBanner(): JSX.Element {
  const [online, setOnline] = createSignal(navigator.onLine);
  const update = () => setOnline(navigator.onLine);
  window.addEventListener("online", update);
  window.addEventListener("offline", update);
  onCleanup(() => {
    window.removeEventListener("online", update);
    window.removeEventListener("offline", update);
  });
  const isWaiting = () => {
    const now = session();
    return now.kind === "starting" && now.waiting;
  };
  return (
    <div role="status">
      <Switch>
        <Match when={!online()}>
          <p class="banner">{t().connection.offline}</p>
        </Match>
        <Match when={isWaiting()}>
          <p class="banner">{t().connection.waiting}</p>
        </Match>
      </Switch>
    </div>
  );
}
