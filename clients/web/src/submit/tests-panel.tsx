// The tests of a submission as they come in: one row each, and for a failed test that may be seen
// its input, what was expected and what came, with the first difference marked.

import { createEffect, For, type JSX, Match, on, Show, Switch } from "solid-js";
import { type Problem, ProblemKind } from "../gen/coderunner/v1/problem_pb";
import { type Submission, type TestResult, Verdict } from "../gen/coderunner/v1/submission_pb";
import { t } from "../i18n";
import { announce } from "../kit/announce";
import { Icon } from "../kit/icons";
import { FailureNotice, Meter, Notice } from "../kit/kit";
import { Explanation } from "../run/explanation";
import { usageText } from "../run/run-panel";
import { Celebration } from "./celebration";
import { firstDifference, partsAt } from "./difference";
import { type SubmitSession, verdictKey } from "./submission";
import "./submit.css";

export interface TestsPanelProps {
  readonly session: SubmitSession;
  readonly problem: Problem;
  readonly onLine: (line: number) => void;
  /** Leads on from a solved problem; none at the last one. */
  readonly onNext?: (() => void) | undefined;
}

export function TestsPanel(props: TestsPanelProps): JSX.Element {
  const phase = () => props.session.phase();
  const finished = () => {
    const now = phase();
    return now.kind === "finished" ? now.submission : undefined;
  };
  const error = () => {
    const now = phase();
    return now.kind === "failed" ? now.error : undefined;
  };
  createEffect(on(() => stateText(props), (text) => announce(text)));
  return (
    <section class="tests" aria-label={t().submit.title}>
      <Switch>
        <Match when={error()}>{(problem) => <FailureNotice error={problem()} />}</Match>
        <Match when={finished()}>
          {(submission) => <Verdicts submission={submission()} onLine={props.onLine} onNext={props.onNext} />}
        </Match>
        <Match when={true}>
          <p class="tests-state">{stateText(props)}</p>
          <Meter value={props.session.results().length} max={props.problem.testCount} label={t().submit.title} />
          <Show when={props.session.connection() === "lost"}>
            <Notice kind="warn">{t().connection.waiting}</Notice>
          </Show>
        </Match>
      </Switch>
      <TestList results={props.session.results()} problem={props.problem} onLine={props.onLine} />
    </section>
  );
}

function stateText(props: TestsPanelProps): string {
  const now = props.session.phase();
  switch (now.kind) {
    case "idle":
    case "failed":
      return "";
    case "sending":
      return t().submit.sending;
    case "queued":
      return now.position === undefined ? t().submit.sending : t().submit.queued(now.position.position);
    case "testing":
      return t().submit.running(props.session.results().length, props.problem.testCount);
    case "finished": {
      const { submission } = now;
      return `${t().submit.verdict[verdictKey(submission.verdict)]} ${t().submit.result(submission.passedTestCount, submission.testCount)}`;
    }
  }
}

interface VerdictsProps {
  readonly submission: Submission;
  readonly onLine: (line: number) => void;
  readonly onNext?: (() => void) | undefined;
}

function Verdicts(props: VerdictsProps): JSX.Element {
  const isSolved = () => props.submission.verdict === Verdict.ACCEPTED;
  return (
    <>
      <Show
        when={isSolved()}
        fallback={
          <div class={`verdict ${props.submission.verdict === Verdict.INTERNAL_ERROR ? "" : "verdict-bad"}`}>
            <strong>{t().submit.verdict[verdictKey(props.submission.verdict)]}</strong>
            <span>{t().submit.result(props.submission.passedTestCount, props.submission.testCount)}</span>
            <Show when={props.submission.passedTestCount * 2 > props.submission.testCount}>
              <span>{t().submit.almost}</span>
            </Show>
          </div>
        }
      >
        <Celebration submission={props.submission} onNext={props.onNext} />
      </Show>
      <Show when={props.submission.explanation}>
        {(explanation) => <Explanation explanation={explanation()} onLine={props.onLine} />}
      </Show>
      <Show when={props.submission.authorMessage !== ""}>
        <Notice kind="warn">{props.submission.authorMessage}</Notice>
      </Show>
      <Show when={props.submission.subtaskResults.length > 0}>
        <h3>{t().submit.subtasks}</h3>
        <ul class="plain-list">
          <For each={props.submission.subtaskResults}>
            {(part) => (
              <li class="row">
                <span class="grow">{part.name}</span>
                <span>{t().submit.partPoints(part.points, part.possiblePoints)}</span>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </>
  );
}

interface TestListProps {
  readonly results: readonly TestResult[];
  readonly problem: Problem;
  readonly onLine: (line: number) => void;
}

export function TestList(props: TestListProps): JSX.Element {
  const firstFailed = () =>
    props.results.find((result) => result.verdict !== Verdict.ACCEPTED && result.verdict !== Verdict.SKIPPED)?.number;
  return (
    <>
      <ol class="tests-list">
        <For each={props.results}>
          {(result) => (
            <li class="test">
              <TestRow result={result} problem={props.problem} open={result.number === firstFailed()} onLine={props.onLine} />
            </li>
          )}
        </For>
      </ol>
      <Show when={props.results.some(({ hidden, verdict }) => hidden && verdict !== Verdict.ACCEPTED)}>
        <p class="soft">{t().submit.hiddenWhy}</p>
      </Show>
    </>
  );
}

interface TestRowProps {
  readonly result: TestResult;
  readonly problem: Problem;
  readonly open: boolean;
  readonly onLine: (line: number) => void;
}

function TestRow(props: TestRowProps): JSX.Element {
  const passed = () => props.result.verdict === Verdict.ACCEPTED;
  const hasDetails = () => !passed() && (!props.result.hidden || props.result.explanation !== undefined || props.result.message !== "");
  return (
    <Show when={hasDetails()} fallback={<TestHead result={props.result} />}>
      <details open={props.open}>
        <summary>
          <TestHead result={props.result} />
        </summary>
        <div class="test-details">
          <Show when={!props.result.hidden}>
            <Outputs result={props.result} problem={props.problem} />
          </Show>
          <Show when={props.result.explanation}>
            {(explanation) => <Explanation explanation={explanation()} onLine={props.onLine} />}
          </Show>
          <Show when={props.result.message !== ""}>
            <Text label={t().submit.message} text={props.result.message} />
          </Show>
        </div>
      </details>
    </Show>
  );
}

function TestHead(props: { readonly result: TestResult }): JSX.Element {
  const passed = () => props.result.verdict === Verdict.ACCEPTED;
  const skipped = () => props.result.verdict === Verdict.SKIPPED;
  return (
    <span class="test-head">
      <span class={`test-mark ${passed() ? "test-passed" : skipped() ? "" : "test-failed"}`}>
        <Icon name={passed() ? "check" : skipped() ? "clock" : "cross"} />
      </span>
      <span class="test-name">{t().submit.test(props.result.number)}</span>
      <span class="badge">
        <Show when={props.result.hidden}>
          <Icon name="lock" />
        </Show>
        {props.result.hidden ? t().submit.hidden : t().submit.public}
      </span>
      <span class={passed() ? "test-good" : skipped() ? "soft" : "test-bad"}>
        {passed() ? t().submit.passed : t().submit.verdict[verdictKey(props.result.verdict)]}
      </span>
      <Show when={props.result.usage}>{(usage) => <span class="test-usage soft">{usageText(usage())}</span>}</Show>
    </span>
  );
}

function Outputs(props: { readonly result: TestResult; readonly problem: Problem }): JSX.Element {
  const isFunction = () => props.problem.kind === ProblemKind.FUNCTION;
  const difference = () =>
    props.result.verdict === Verdict.WRONG_ANSWER ? firstDifference(props.result.expected, props.result.actual) : undefined;
  const hint = () => {
    const found = difference();
    if (found === undefined || isFunction()) {
      return undefined;
    }
    const more = found.kind === "changed" ? "" : ` ${found.kind === "tooShort" ? t().submit.tooShort : t().submit.tooLong}`;
    return t().submit.difference(found.line, found.column) + more;
  };
  const marked = (text: string) => {
    const found = difference();
    return found === undefined ? undefined : partsAt(text, found);
  };
  return (
    <>
      <Text
        label={isFunction() ? t().problem.call : t().problem.input}
        text={isFunction() ? callText(props.problem.functionName, props.result.input) : props.result.input}
      />
      <div class="test-pair">
        <Text label={isFunction() ? t().problem.returns : t().problem.expected} text={props.result.expected} parts={marked(props.result.expected)} />
        <Text label={isFunction() ? t().submit.yourResult : t().submit.yourOutput} text={props.result.actual} parts={marked(props.result.actual)} />
      </div>
      <Show when={hint()}>{(text) => <p class="test-hint">{text()}</p>}</Show>
    </>
  );
}

interface TextProps {
  readonly label: string;
  readonly text: string;
  readonly parts?: { readonly before: string; readonly mark: string; readonly after: string } | undefined;
}

function Text(props: TextProps): JSX.Element {
  return (
    <div class="test-text">
      <span class="test-label">{props.label}</span>
      <pre tabindex="0" aria-label={props.label}>
        <Show when={props.parts} fallback={props.text === "" ? " " : props.text}>
          {(parts) => (
            <>
              {parts().before}
              <mark>{parts().mark}</mark>
              {parts().after}
            </>
          )}
        </Show>
      </pre>
    </div>
  );
}

/** The arguments of a call, which come as a JSON array, as Python has them, or nearly. */
export function callText(name: string, input: string): string {
  try {
    const value: unknown = JSON.parse(input);
    return Array.isArray(value) ? `${name}(${value.map((argument) => JSON.stringify(argument)).join(", ")})` : `${name}(${input})`;
  } catch {
    return `${name}(${input})`;
  }
}
