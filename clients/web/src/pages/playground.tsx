// A place to try anything: several files, the libraries that one wants, and a link to share it.
//
// What is written is kept in the browser: one program for each account, and for each shared one
// that was changed.

import { createResource, createSignal, type JSX, lazy, Match, onCleanup, Show, Suspense, Switch } from "solid-js";
import { executionClient } from "../api/clients";
import { failureOf } from "../api/failure";
import { session as who, user } from "../api/session";
import type { ConsoleSink } from "../console/console";
import type { CodeEditor } from "../editor/codemirror";
import { t } from "../i18n";
import { playgroundWords } from "../i18n/playground";
import { keep, kept } from "../keep";
import { Button, Choice, FailureNotice, Notice, Spinner, Tabs } from "../kit/kit";
import { Page } from "../kit/page";
import { FileTabs } from "../playground/file-tabs";
import {
  isSame,
  isTooLarge,

  newProject,
  parseProject,
  programOf,
  type Project,
  projectOf,
  projectText,
  renamed,
  USUAL_PROFILE,
  withFile,
  withoutFile,
  withText,
} from "../playground/project";
import { isMissing, Share, snippetClient } from "../playground/share";
import { go, Link } from "../router";
import type { DrawingSink } from "../run/drawing";
import { lineOf } from "../run/explanation";
import { createRunSession } from "../run/run";
import { RunPanel } from "../run/run-panel";
import "./problem.css";
import "./playground.css";

const Cheatsheets = lazy(async () => ({ default: (await import("../cheatsheets/cheatsheets")).Cheatsheets }));

interface Opened {
  /** Where the browser keeps it. */
  readonly place: string;
  readonly project: Project;
  /** As it was shared; none for one's own. */
  readonly shared: Project | undefined;
}

export default function Playground(props: { readonly snippet: string | undefined }): JSX.Element {
  const w = playgroundWords;
  const [opened, { refetch }] = createResource(
    () => (who().kind === "starting" ? undefined : { snippet: props.snippet, user: user()?.id }),
    ({ snippet }) => (snippet === undefined ? openOwn() : openShared(snippet)),
  );
  return (
    <Switch>
      <Match when={opened.error !== undefined}>
        <Page title={w().title}>
          <Refusal error={opened.error} onRetry={() => void refetch()} />
          <p>
            <Link to={{ page: "playground", snippet: undefined }}>{w().toOwn}</Link>
          </p>
        </Page>
      </Match>
      <Match when={opened.state === "ready" && opened()} keyed>
        {(ready) => <Bench opened={ready} onReset={() => void refetch()} />}
      </Match>
      <Match when={true}>
        <Spinner />
      </Match>
    </Switch>
  );
}

function Refusal(props: { readonly error: unknown; readonly onRetry: () => void }): JSX.Element {
  const w = playgroundWords;
  return (
    <Switch fallback={<FailureNotice error={props.error} onRetry={props.onRetry} />}>
      <Match when={isMissing(props.error)}>
        <Notice kind="warn">{w().notSupported}</Notice>
      </Match>
      <Match when={["notFound", "invalid"].includes(failureOf(props.error).kind)}>
        <Notice kind="warn">{w().sharedGone}</Notice>
      </Match>
    </Switch>
  );
}

function openOwn(): Opened {
  const place = `playground.${user()?.id ?? "visitor"}`;
  // What a visitor wrote before logging in is not lost by it.
  const project = parseProject(kept(place)) ?? parseProject(kept("playground.visitor")) ?? newProject(playgroundWords().begin);
  return { place, project, shared: undefined };
}

async function openShared(snippet: string): Promise<Opened> {
  const answer = await snippetClient.getSnippet({ snippetId: snippet });
  const shared = projectOf(answer.snippet?.program, answer.snippet?.profile ?? "");
  const place = `playground.shared.${user()?.id ?? "visitor"}.${snippet}`;
  return { place, project: parseProject(kept(place)) ?? shared, shared };
}

type Pane = "code" | "output" | "sheets";

function Bench(props: { readonly opened: Opened; readonly onReset: () => void }): JSX.Element {
  const w = playgroundWords;
  const { place, shared } = props.opened;
  const [project, setProject] = createSignal(props.opened.project);
  const [chosen, setChosen] = createSignal(0);
  const [pane, setPane] = createSignal<Pane>("code");
  const [sheetsOpen, setSheetsOpen] = createSignal(false);
  const [sharing, setSharing] = createSignal(false);
  const [isKept, setKept] = createSignal(true);
  const [expectsInput, setExpectsInput] = createSignal(false);
  const editors = new Map<number, CodeEditor>();
  let sink: ConsoleSink | undefined;
  let drawing: DrawingSink | undefined;
  const mark = (line: number | undefined) => editors.get(0)?.mark(line);
  const run = createRunSession(place, () => sink, () => drawing, (ended) => mark(lineOf(ended.explanation)));
  onCleanup(() => run.dispose());
  const isRunning = () => ["sending", "queued", "running"].includes(run.phase().kind);
  const isChanged = () => shared !== undefined && !isSame(shared, project());

  const change = (next: Project) => {
    setProject(next);
    setKept(keep(place, shared !== undefined && isSame(shared, next) ? undefined : projectText(next)));
  };
  const add = (path: string) => {
    const { project: next, file } = withFile(project(), path);
    change(next);
    setChosen(file.id);
  };
  const remove = (id: number) => {
    editors.delete(id);
    setChosen(0);
    change(withoutFile(project(), id));
  };
  const start = () => {
    if (user() === undefined || isRunning() || isTooLarge(project())) {
      return;
    }
    mark(undefined);
    setPane("output");
    const { profile, stdin } = project();
    setExpectsInput(stdin === undefined && project().files.some(({ text }) => /\binput\s*\(|\bstdin\b/.test(text)));
    void run.start({ ...programOf(project()), profile: profile === USUAL_PROFILE ? "" : profile, ...(stdin === undefined ? {} : { stdin }) });
  };
  const goToLine = (line: number) => {
    setPane("code");
    setChosen(0);
    queueMicrotask(() => editors.get(0)?.goTo(line));
  };
  const asShared = () => {
    keep(place, undefined);
    // All of this, its editors too, is made anew.
    props.onReset();
  };
  const panes = () => [
    { key: "code" as const, text: t().problem.code },
    { key: "output" as const, text: t().problem.output },
    ...(sheetsOpen() ? [{ key: "sheets" as const, text: t().nav.cheatsheets }] : []),
  ];
  const toggleSheets = () => {
    setSheetsOpen(!sheetsOpen());
    setPane(sheetsOpen() ? "sheets" : "code");
  };
  return (
    <Page title={w().title} headingHidden class="page-wide workplace">
      <Tabs label={t().problem.panes} tabs={panes()} chosen={pane()} onChoose={setPane} panels="pane" class="workplace-tabs" />
      <div class="workplace-panes playground" classList={{ "with-sheets": sheetsOpen() }} data-pane={pane()}>
        <section class="pane pane-code" id="pane-code" aria-label={t().problem.code}>
          <div class="code-bar">
            <Show
              when={user() !== undefined}
              fallback={
                <Button kind="primary" onClick={() => go(`/login?then=${encodeURIComponent(window.location.pathname)}`)}>
                  {w().loginToShare}
                </Button>
              }
            >
              <Show
                when={!isRunning()}
                fallback={
                  <Button kind="danger" icon="stop" onClick={() => void run.stop()}>
                    {t().problem.stop}
                  </Button>
                }
              >
                <Button kind="primary" icon="play" title={t().problem.runHint} onClick={start}>
                  {t().problem.run}
                </Button>
              </Show>
              <Button icon="share" onClick={() => setSharing(true)}>
                {w().share}
              </Button>
            </Show>
            <Button kind="quiet" icon="book" aria-expanded={sheetsOpen()} onClick={toggleSheets}>
              {sheetsOpen() ? w().hide : t().nav.cheatsheets}
            </Button>
            <span class="code-state soft">{isKept() ? t().drafts.here : t().drafts.notKept}</span>
          </div>
          <Notices project={project()} shared={shared !== undefined} isChanged={isChanged()} onAsShared={asShared} />
          <FileTabs
            project={project()}
            chosen={chosen()}
            onChoose={setChosen}
            onText={(id, text) => change(withText(project(), id, text))}
            onAdd={add}
            onRename={(id, path) => change(renamed(project(), id, path))}
            onDelete={remove}
            onRun={start}
            onEditor={(id, editor) => editors.set(id, editor)}
          />
          <Settings project={project()} onChange={change} />
          <p class="code-help soft">{t().problem.editorHelp}</p>
        </section>
        <section class="pane pane-output" id="pane-output" aria-label={w().run}>
          <RunPanel
            session={run}
            expectsInput={expectsInput()}
            onLine={goToLine}
            sink={(made) => (sink = made)}
            drawing={(made) => (drawing = made)}
            onReady={() => {
              if (user() !== undefined) {
                void run.goOn();
              }
            }}
          />
        </section>
        <Show when={sheetsOpen()}>
          <section class="pane pane-sheets" id="pane-sheets" aria-label={t().nav.cheatsheets}>
            <Suspense fallback={<Spinner />}>
              <Cheatsheets narrow />
            </Suspense>
          </section>
        </Show>
      </div>
      <Share open={sharing()} project={project()} onClose={() => setSharing(false)} />
    </Page>
  );
}

interface NoticesProps {
  readonly project: Project;
  readonly shared: boolean;
  readonly isChanged: boolean;
  readonly onAsShared: () => void;
}

function Notices(props: NoticesProps): JSX.Element {
  const w = playgroundWords;
  return (
    <>
      <Show when={props.shared}>
        <Notice kind="info">
          <div class="row">
            <span class="grow">{w().shared}</span>
            <Show when={props.isChanged}>
              <Button onClick={() => props.onAsShared()}>{w().asShared}</Button>
            </Show>
          </div>
        </Notice>
      </Show>
      <Show when={isTooLarge(props.project)}>
        <Notice kind="bad">{w().tooLarge}</Notice>
      </Show>
    </>
  );
}

/** The libraries and the input, folded away until somebody wants them. */
function Settings(props: { readonly project: Project; readonly onChange: (project: Project) => void }): JSX.Element {
  const w = playgroundWords;
  const [capabilities] = createResource(() => executionClient.getCapabilities({}).catch(() => undefined));
  const names = () => {
    const offered = (capabilities()?.profiles ?? []).map(({ name }) => name);
    return [...new Set([USUAL_PROFILE, ...offered, props.project.profile])];
  };
  const words = (): Readonly<Record<string, string>> => w().profiles;
  const profiles = () => names().map((value) => ({ value, text: words()[value] ?? value }));
  const modes = () => [
    { value: "typed" as const, text: w().typed },
    { value: "given" as const, text: w().given },
  ];
  const summary = () =>
    [words()[props.project.profile] ?? props.project.profile, props.project.stdin === undefined ? w().typed : w().given].join(" · ");
  return (
    <details class="play-settings">
      <summary>
        {w().settings}: <span class="soft">{summary()}</span>
      </summary>
      <div class="stack">
        <Choice label={w().profile} options={profiles()} value={props.project.profile} onChoose={(profile) => props.onChange({ ...props.project, profile })} />
        <Choice
          label={w().inputMode}
          options={modes()}
          value={props.project.stdin === undefined ? "typed" : "given"}
          onChoose={(mode) => props.onChange({ ...props.project, stdin: mode === "typed" ? undefined : "" })}
        />
        <Show when={props.project.stdin !== undefined}>
          <label class="play-stdin">
            {w().stdin}
            <textarea
              rows={4}
              spellcheck={false}
              value={props.project.stdin ?? ""}
              onInput={(event) => props.onChange({ ...props.project, stdin: event.currentTarget.value })}
            />
          </label>
        </Show>
      </div>
    </details>
  );
}

