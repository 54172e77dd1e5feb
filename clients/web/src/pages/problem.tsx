// A problem: what is to be done, the code, and what comes of it. On wide screens all three are in
// sight, on narrow ones they are tabs.

import { createMemo, createResource, createSignal, type JSX, Match, onCleanup, Show, Switch } from "solid-js";
import { problemClient } from "../api/clients";
import { session as who, user } from "../api/session";
import type { ConsoleSink } from "../console/console";
import { neighbour, reloadProgress } from "../course";
import { type Draft, openDraft } from "../drafts/draft";
import type { Problem } from "../gen/coderunner/v1/problem_pb";
import { type Submission, Verdict } from "../gen/coderunner/v1/submission_pb";
import { t } from "../i18n";
import { Button, FailureNotice, Spinner, Tabs } from "../kit/kit";
import { Page } from "../kit/page";
import { go, Link } from "../router";
import type { DrawingSink } from "../run/drawing";
import { lineOf } from "../run/explanation";
import { createRunSession } from "../run/run";
import { RunPanel } from "../run/run-panel";
import { createSubmitSession } from "../submit/submission";
import { TestsPanel } from "../submit/tests-panel";
import { CodePane } from "./problem-code";
import { TaskPane } from "./problem-task";
import "./problem.css";

interface Opened {
  readonly problem: Problem;
  readonly draft: Draft;
}

type Pane = "task" | "code" | "output";

export default function ProblemPage(props: { readonly slug: string }): JSX.Element {
  // Whose draft it is depends on who is logged in.
  const [opened, { refetch }] = createResource(
    () => (who().kind === "starting" ? undefined : { slug: props.slug, user: user()?.id }),
    async ({ slug }): Promise<Opened> => {
      const { problem } = await problemClient.getProblem({ slug });
      if (problem === undefined) {
        throw new Error(`the server sent no problem for ${slug}`);
      }
      return { problem, draft: await openDraft(slug, problem.starterSource) };
    },
  );
  return (
    <Switch>
      <Match when={opened.error !== undefined}>
        <Page title={t().problem.task}>
          <FailureNotice error={opened.error} onRetry={() => void refetch()} />
          <p>
            <Link to={{ page: "learn" }}>{t().missing.toLearn}</Link>
          </p>
        </Page>
      </Match>
      <Match when={opened.state === "ready" && opened()} keyed>
        {(ready) => <Workplace problem={ready.problem} draft={ready.draft} />}
      </Match>
      <Match when={true}>
        <Spinner />
      </Match>
    </Switch>
  );
}

/** Whether a program most likely asks for input. */
export function mentionsInput(source: string): boolean {
  return /\binput\s*\(|\bstdin\b|\bfileinput\b/.test(source);
}

function Workplace(props: Opened): JSX.Element {
  const { problem, draft } = props;
  const [pane, setPane] = createSignal<Pane>("task");
  const [below, setBelow] = createSignal<"console" | "tests">("console");
  const [version, setVersion] = createSignal(0);
  const [expectsInput, setExpectsInput] = createSignal(false);
  const [marked, setMarked] = createSignal<number>();
  let sink: ConsoleSink | undefined;
  let drawing: DrawingSink | undefined;
  let source = draft.source;
  let editorActions: { replace: (source: string) => void; goTo: (line: number) => void } | undefined;
  const place = `${user()?.id ?? "visitor"}.${problem.slug}`;
  const run = createRunSession(place, () => sink, () => drawing, (ended) => setMarked(lineOf(ended.explanation)));
  const onFinished = (submission: Submission) => {
    setVersion(version() + 1);
    setMarked(lineOf(submission.explanation));
    if (submission.verdict === Verdict.ACCEPTED || submission.points > 0) {
      reloadProgress();
    }
  };
  const submission = createSubmitSession(place, problem.slug, onFinished);
  const isRunning = () => ["sending", "queued", "running"].includes(run.phase().kind);
  const isSubmitting = () => ["sending", "queued", "testing"].includes(submission.phase().kind);
  const next = createMemo(() => neighbour(problem.slug, 1));

  onCleanup(() => {
    run.dispose();
    submission.dispose();
    draft.dispose();
  });

  const startRun = (stdin?: string) => {
    if (user() === undefined || isRunning()) {
      return;
    }
    setMarked(undefined);
    setBelow("console");
    setPane("output");
    setExpectsInput(stdin === undefined && mentionsInput(source));
    void draft.flush();
    void run.start({ source, profile: problem.profile, ...(stdin === undefined ? {} : { stdin }) });
  };
  const startSubmit = () => {
    if (user() === undefined || isSubmitting()) {
      return;
    }
    setMarked(undefined);
    setBelow("tests");
    setPane("output");
    void draft.flush();
    void submission.submit(source);
  };
  const goToLine = (line: number) => {
    setPane("code");
    // The pane must be in sight before it can take the focus.
    queueMicrotask(() => editorActions?.goTo(line));
  };
  const useSource = (other: string) => {
    editorActions?.replace(other);
    setPane("code");
  };
  const panes = () => [
    { key: "task" as const, text: t().problem.task },
    { key: "code" as const, text: t().problem.code },
    { key: "output" as const, text: t().problem.output },
  ];
  const belowTabs = () => [
    { key: "console" as const, text: t().run.console },
    { key: "tests" as const, text: t().submit.title },
  ];
  return (
    <Page title={problem.title} headingHidden class="page-wide workplace">
      <Tabs label={t().problem.panes} tabs={panes()} chosen={pane()} onChoose={setPane} panels="pane" class="workplace-tabs" />
      <div class="workplace-panes" data-pane={pane()}>
        <TaskPane
          problem={problem}
          version={version()}
          canRun={user() !== undefined}
          onRunWith={startRun}
          onUse={useSource}
          onLine={goToLine}
        />
        <div class="workplace-right">
          <CodePane
            problem={problem}
            draft={draft}
            marked={marked()}
            isRunning={isRunning()}
            isSubmitting={isSubmitting()}
            onChange={(changed) => {
              source = changed;
              draft.change(changed);
            }}
            onRun={() => startRun()}
            onStop={() => void run.stop()}
            onSubmit={startSubmit}
            onReady={(actions) => (editorActions = actions)}
          />
          <section class="pane pane-output" id="pane-output" aria-label={t().problem.output}>
            <Show when={submission.phase().kind !== "idle"}>
              <Tabs label={t().problem.output} tabs={belowTabs()} chosen={below()} onChoose={setBelow} panels="below" class="below-tabs" />
            </Show>
            <div id="below-console" class="below" hidden={below() !== "console"} role={submission.phase().kind === "idle" ? undefined : "tabpanel"} aria-label={t().run.console}>
              <RunPanel
                session={run}
                expectsInput={expectsInput()}
                onLine={goToLine}
                sink={(made) => (sink = made)}
                drawing={(made) => (drawing = made)}
                onReady={() => {
                  if (user() !== undefined) {
                    void run.goOn();
                    void submission.goOn();
                  }
                }}
              />
            </div>
            <Show when={submission.phase().kind !== "idle"}>
              <div id="below-tests" class="below" hidden={below() !== "tests"} role="tabpanel" aria-label={t().submit.title}>
                <TestsPanel
                  session={submission}
                  problem={problem}
                  onLine={goToLine}
                  onNext={next() === undefined ? undefined : () => go({ page: "problem", slug: next() ?? "" })}
                />
                <Show when={submission.phase().kind === "failed"}>
                  <Button icon="again" onClick={startSubmit}>
                    {t().tryAgain}
                  </Button>
                </Show>
              </div>
            </Show>
          </section>
        </div>
      </div>
    </Page>
  );
}
