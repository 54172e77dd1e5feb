// Validate: the author's programs against all tests, as it happens, and what is amiss.

import { ConnectError } from "@connectrpc/connect";
import { createSignal, For, type JSX, Match, onCleanup, Show, Switch } from "solid-js";
import { type TestResult, Verdict } from "../gen/coderunner/v1/submission_pb";
import {
  type ValidateTestCasesResponse,
  type ValidationProgramResult,
  type ValidationReport,
  type ValidationWarning,
  ValidationWarningKind,
} from "../gen/coderunner/v1/testcase_pb";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb";
import { t } from "../i18n";
import { authorWords } from "../i18n/author";
import { announce } from "../kit/announce";
import { Icon } from "../kit/icons";
import { Button, FailureNotice, Notice } from "../kit/kit";
import { verdictText } from "../progress/attempts";
import { rangesText } from "./form";
import { testClient } from "./tests-part";

/** A program of the author while it is tried. */
interface Tried {
  /** Empty for the reference solution. */
  readonly name: string;
  readonly tests: readonly TestResult[];
  readonly result: ValidationProgramResult | undefined;
}

type State =
  | { readonly kind: "idle" }
  | { readonly kind: "running"; readonly number: number; readonly count: number }
  | { readonly kind: "finished"; readonly report: ValidationReport }
  | { readonly kind: "failed"; readonly error: unknown };

export interface CheckProps {
  readonly problem: string;
  readonly isChanged: boolean;
}

export function CheckPart(props: CheckProps): JSX.Element {
  const w = authorWords;
  const [programs, setPrograms] = createSignal<readonly Tried[]>([]);
  const [state, setState] = createSignal<State>({ kind: "idle" });
  let work = new AbortController();
  onCleanup(() => work.abort());
  const onEvent = ({ event }: ValidateTestCasesResponse) => {
    const last = (change: (tried: Tried) => Tried) =>
      setPrograms((all) => all.map((tried, index) => (index === all.length - 1 ? change(tried) : tried)));
    switch (event.case) {
      case "started": {
        const { wrongSolutionName, number, count } = event.value;
        setState({ kind: "running", number, count });
        setPrograms((all) => [...all, { name: wrongSolutionName, tests: [], result: undefined }]);
        break;
      }
      case "testResult": {
        const test = event.value;
        last((tried) => ({ ...tried, tests: [...tried.tests, test].sort((one, other) => one.number - other.number) }));
        break;
      }
      case "programResult": {
        const result = event.value;
        last((tried) => ({ ...tried, result }));
        break;
      }
      case "finished": {
        const report = event.value;
        setState({ kind: "finished", report });
        announce(report.warnings.length === 0 ? w().check.good : w().check.warnings(report.warnings.length));
        break;
      }
    }
  };
  const start = async () => {
    work.abort();
    work = new AbortController();
    const { signal } = work;
    setPrograms([]);
    setState({ kind: "running", number: 0, count: 0 });
    try {
      for await (const answer of testClient.validateTestCases({ problem: props.problem }, { signal })) {
        onEvent(answer);
      }
    } catch (error) {
      if (!signal.aborted) {
        setState({ kind: "failed", error });
      }
    }
  };
  const stop = () => {
    work.abort();
    setState({ kind: "idle" });
  };
  const running = () => {
    const now = state();
    return now.kind === "running" ? now : undefined;
  };
  const report = () => {
    const now = state();
    return now.kind === "finished" ? now.report : undefined;
  };
  const failed = () => {
    const now = state();
    return now.kind === "failed" ? now.error : undefined;
  };
  return (
    <div class="stack">
      <p class="soft">{w().check.lead}</p>
      <Show when={props.isChanged}>
        <Notice kind="warn">{w().check.unsaved}</Notice>
      </Show>
      <div class="row">
        <Show
          when={running() === undefined}
          fallback={
            <Button kind="danger" icon="stop" onClick={stop}>
              {w().check.stop}
            </Button>
          }
        >
          <Button kind="primary" icon="check" onClick={() => void start()}>
            {w().check.start}
          </Button>
        </Show>
        <Show when={running()}>
          {(now) => (
            <span role="status">
              {now().count === 0 ? w().check.waiting : w().check.running(programName(programs().at(-1)?.name ?? ""), now().number, now().count)}
            </span>
          )}
        </Show>
      </div>
      <Show when={failed()}>{(error) => <CheckFailure error={error()} />}</Show>
      <Show when={report()}>{(found) => <Report report={found()} />}</Show>
      <For each={programs()}>{(tried) => <ProgramView tried={tried} />}</For>
    </div>
  );
}

function CheckFailure(props: { readonly error: unknown }): JSX.Element {
  const reason = () => ConnectError.from(props.error).findDetails(ErrorInfoSchema)[0]?.reason;
  return (
    <Switch fallback={<FailureNotice error={props.error} />}>
      <Match when={reason() === "NO_REFERENCE_SOLUTION"}>
        <Notice kind="warn">{authorWords().check.noSolution}</Notice>
      </Match>
      <Match when={reason() === "VALIDATION_RUNNING"}>
        <Notice kind="warn">{authorWords().check.alreadyRunning}</Notice>
      </Match>
    </Switch>
  );
}

function programName(name: string): string {
  return name === "" ? authorWords().check.reference : name;
}

function Report(props: { readonly report: ValidationReport }): JSX.Element {
  const w = authorWords;
  return (
    <Show when={props.report.warnings.length > 0} fallback={<Notice kind="good">{w().check.good}</Notice>}>
      <section aria-labelledby="warnings-title">
        <h2 id="warnings-title">{w().check.warnings(props.report.warnings.length)}</h2>
        <ul class="warnings">
          <For each={props.report.warnings}>
            {(warning) => (
              <li>
                <Icon name="warning" />
                <span>
                  {warningText(warning)}
                  <Show when={warning.testNumbers.length > 0}>
                    <span class="soft"> {w().check.testList(rangesText(warning.testNumbers))}</span>
                  </Show>
                </span>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
}

/** In the language of the page; a kind that the page does not know comes in the server's words. */
function warningText(warning: ValidationWarning): string {
  const kinds = authorWords().check.kinds;
  const name = programName(warning.wrongSolutionName);
  switch (warning.kind) {
    case ValidationWarningKind.NOT_JUDGED:
      return `${name} ${kinds.notJudged}.`;
    case ValidationWarningKind.SOLUTION_FAILS:
      return `${kinds.solutionFails}.`;
    case ValidationWarningKind.WRONG_SOLUTION_ACCEPTED:
      return `${name} ${kinds.wrongAccepted}.`;
    case ValidationWarningKind.NOT_TRIED:
      return `${name} ${kinds.notTried}.`;
    case ValidationWarningKind.WRONG_SOLUTION_NOT_COMPILED:
      return `${name} ${kinds.notCompiled}.`;
    case ValidationWarningKind.SOLUTION_NEAR_LIMIT:
      return `${kinds.nearLimit}.`;
    case ValidationWarningKind.NO_WRONG_SOLUTION:
      return `${kinds.noWrong}.`;
    case ValidationWarningKind.TESTS_CATCH_NOTHING:
      return `${kinds.catchNothing}.`;
    case ValidationWarningKind.WRONG_SOLUTION_PASSES:
      return `${name} ${kinds.wrongPasses}.`;
    default:
      return warning.message;
  }
}

function ProgramView(props: { readonly tried: Tried }): JSX.Element {
  const w = authorWords;
  const isReference = () => props.tried.name === "";
  const failedTests = () => (isReference() ? props.tried.tests.filter(({ verdict }) => verdict !== Verdict.ACCEPTED) : []);
  return (
    <section class="sub-card" aria-label={programName(props.tried.name)}>
      <div class="row">
        <h3 class="grow">{programName(props.tried.name)}</h3>
        <Show when={props.tried.result}>{(result) => <Outcome result={result()} />}</Show>
      </div>
      <ul class="test-marks">
        <For each={props.tried.tests}>
          {(test) => {
            const passed = test.verdict === Verdict.ACCEPTED;
            return (
              <li class={`test-mark test-mark-${passed ? "pass" : "fail"}`} title={w().check.testTitle(test.number, verdictName(test.verdict))}>
                {test.number}
                <span aria-hidden="true">{passed ? "✓" : "✗"}</span>
                <span class="only-read">{verdictName(test.verdict)}</span>
              </li>
            );
          }}
        </For>
      </ul>
      <Show when={props.tried.result?.authorMessage}>{(message) => <pre class="author-message">{message()}</pre>}</Show>
      <Show when={props.tried.result?.compileError}>
        {(error) => (
          <pre class="author-message">
            {error().file}, {error().line}: {error().message}
          </pre>
        )}
      </Show>
      <Show when={failedTests().length > 0}>
        <h4>{w().check.details}</h4>
        <For each={failedTests()}>{(test) => <FailedTest test={test} />}</For>
      </Show>
    </section>
  );
}

/** The reference solution must be accepted, the wrong ones must not. */
function Outcome(props: { readonly result: ValidationProgramResult }): JSX.Element {
  const w = authorWords;
  const isRight = () => (props.result.verdict === Verdict.ACCEPTED) === (props.result.wrongSolutionName === "");
  return (
    <>
      <span>
        {verdictName(props.result.verdict)}: {w().check.passed(props.result.passedTestCount, props.result.testCount)}
      </span>
      <span class={`badge ${isRight() ? "badge-good" : "badge-bad"}`}>{isRight() ? w().check.asItShould : w().check.notAsItShould}</span>
    </>
  );
}

function FailedTest(props: { readonly test: TestResult }): JSX.Element {
  const w = authorWords;
  return (
    <details>
      <summary>{w().check.testTitle(props.test.number, verdictName(props.test.verdict))}</summary>
      <dl class="test-texts">
        <dt>{w().tests.input}</dt>
        <dd>
          <pre>{props.test.input}</pre>
        </dd>
        <dt>{w().tests.expected}</dt>
        <dd>
          <pre>{props.test.expected}</pre>
        </dd>
        <dt>{w().check.actual}</dt>
        <dd>
          <pre>{props.test.actual}</pre>
        </dd>
        <Show when={props.test.message !== ""}>
          <dt>{t().submit.message}</dt>
          <dd>
            <pre>{props.test.message}</pre>
          </dd>
        </Show>
      </dl>
    </details>
  );
}

function verdictName(verdict: Verdict): string {
  return verdict === Verdict.ACCEPTED ? t().submit.passed : verdictText(Verdict[verdict] ?? "");
}
