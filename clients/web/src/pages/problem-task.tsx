// The left side of a problem: what is to be done, examples, and what one has handed in before.

import { createSignal, For, type JSX, Match, Show, Switch } from "solid-js";
import { user } from "../api/session";
import { course, difficultyText, neighbour, progressOf } from "../course";
import { type ExampleTest, type Problem, ProblemKind } from "../gen/coderunner/v1/problem_pb";
import { t } from "../i18n";
import { Icon } from "../kit/icons";
import { Button, Tabs } from "../kit/kit";
import { Markdown } from "../kit/markdown";
import { Link } from "../router";
import { History } from "../submit/history";
import { callText } from "../submit/tests-panel";

export interface TaskPaneProps {
  readonly problem: Problem;
  /** Changes with each new submission. */
  readonly version: number;
  readonly canRun: boolean;
  readonly onRunWith: (stdin: string) => void;
  readonly onUse: (source: string) => void;
  readonly onLine: (line: number) => void;
}

export function TaskPane(props: TaskPaneProps): JSX.Element {
  const [tab, setTab] = createSignal<"statement" | "history">("statement");
  const tabs = () => [
    { key: "statement" as const, text: t().problem.task },
    { key: "history" as const, text: t().problem.submissions },
  ];
  return (
    <section class="pane pane-task" id="pane-task" aria-label={t().problem.task}>
      <div class="task-scroll" tabindex="0" role="group" aria-label={props.problem.title}>
        <Crumbs problem={props.problem} />
        <h2 class="task-title">{props.problem.title}</h2>
        <Facts problem={props.problem} />
        <Show when={user() !== undefined}>
          <Tabs label={t().problem.task} tabs={tabs()} chosen={tab()} onChoose={setTab} panels="task" class="task-tabs" />
        </Show>
        <Switch>
          <Match when={tab() === "history"}>
            <div id="task-history" role="tabpanel" aria-labelledby="task-history-tab">
              <History problem={props.problem} version={props.version} onUse={props.onUse} onLine={props.onLine} />
            </div>
          </Match>
          <Match when={true}>
            <div id="task-statement" role={user() === undefined ? undefined : "tabpanel"} aria-labelledby={user() === undefined ? undefined : "task-statement-tab"}>
              <Markdown text={props.problem.statement} title={props.problem.title} />
              <Show when={props.problem.kind === ProblemKind.FUNCTION}>
                <p>{t().problem.writeFunction(props.problem.functionName)}</p>
              </Show>
              <Examples {...props} />
            </div>
          </Match>
        </Switch>
      </div>
    </section>
  );
}

function Crumbs(props: { readonly problem: Problem }): JSX.Element {
  const level = () =>
    course.error === undefined ? course.latest?.levels.find(({ id }) => id === props.problem.levelId) : undefined;
  const session = () => level()?.sessions.find(({ id }) => id === props.problem.sessionId);
  const step = (by: number) => neighbour(props.problem.slug, by);
  return (
    <nav class="crumbs" aria-label={t().problem.path}>
      <Link to={{ page: "learn" }}>{level()?.title ?? t().learn.title}</Link>
      <Show when={session()}>{(found) => <span class="soft">{found().title}</span>}</Show>
      <span class="crumbs-steps">
        <Show when={step(-1)} keyed>
          {(slug) => (
            <Link to={{ page: "problem", slug }} class="button button-quiet icon-button" aria-label={t().problem.previousProblem} title={t().problem.previousProblem}>
              <Icon name="previous" />
            </Link>
          )}
        </Show>
        <Show when={step(1)} keyed>
          {(slug) => (
            <Link to={{ page: "problem", slug }} class="button button-quiet icon-button" aria-label={t().problem.nextProblem} title={t().problem.nextProblem}>
              <Icon name="next" />
            </Link>
          )}
        </Show>
      </span>
    </nav>
  );
}

function Facts(props: { readonly problem: Problem }): JSX.Element {
  return (
    <p class="row">
      <span class="badge badge-accent">{difficultyText(props.problem.difficulty)}</span>
      <span class="badge">{t().points(props.problem.points)}</span>
      <Show when={progressOf(props.problem.slug)?.solved === true}>
        <span class="badge badge-good">
          <Icon name="check" />
          {t().learn.solved}
        </span>
      </Show>
    </p>
  );
}

function Examples(props: TaskPaneProps): JSX.Element {
  const isFunction = () => props.problem.kind === ProblemKind.FUNCTION;
  return (
    <Show when={props.problem.examples.length > 0}>
      <h3>{t().problem.examples}</h3>
      <div class="examples">
        <For each={props.problem.examples}>
          {(example, index) => (
            <article class="example" aria-label={t().problem.example(index() + 1)}>
              <Texts example={example} problem={props.problem} number={index() + 1} />
              <Show when={props.canRun && !isFunction()}>
                <Button icon="play" class="example-run" onClick={() => props.onRunWith(example.input)}>
                  {t().problem.runWithInput}
                </Button>
              </Show>
            </article>
          )}
        </For>
      </div>
    </Show>
  );
}

function Texts(props: { readonly example: ExampleTest; readonly problem: Problem; readonly number: number }): JSX.Element {
  const isFunction = () => props.problem.kind === ProblemKind.FUNCTION;
  const input = () => (isFunction() ? callText(props.problem.functionName, props.example.input) : props.example.input);
  const label = (text: string) => `${t().problem.example(props.number)}: ${text}`;
  return (
    <>
      <h4>{isFunction() ? t().problem.call : t().problem.input}</h4>
      <pre tabindex="0" aria-label={label(t().problem.input)}>
        {input() === "" ? t().problem.noInput : input()}
      </pre>
      <h4>{isFunction() ? t().problem.returns : t().problem.expected}</h4>
      <pre tabindex="0" aria-label={label(t().problem.expected)}>
        {props.example.expected}
      </pre>
    </>
  );
}
