// The problems that a student has tried, each with its attempts when one asks for them.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createSignal, For, type JSX, onMount, Show } from "solid-js";
import { progressClient } from "../api/clients";
import { course } from "../course";
import type { Attempt, ProblemProgress } from "../gen/coderunner/v1/progress_pb";
import { moment, t } from "../i18n";
import { progressWords } from "../i18n/progress";
import { Icon } from "../kit/icons";
import { Button, FailureNotice, Spinner } from "../kit/kit";
import { Link } from "../router";

const PAGE_SIZE = 20;

export function TriedProblem(props: { readonly progress: ProblemProgress }): JSX.Element {
  const w = progressWords;
  const [open, setOpen] = createSignal(false);
  const problems = () => (course.error === undefined ? course.latest?.problems : undefined);
  const title = () => problems()?.find(({ slug }) => slug === props.progress.problem)?.title ?? props.progress.problem;
  const state = () => (props.progress.solved ? "solved" : "tried");
  return (
    <li class="tried">
      <div class="row">
        <span class={`tried-mark tried-mark-${state()}`}>
          <Icon name={props.progress.solved ? "check" : "again"} />
        </span>
        <span class="grow">
          <Link to={{ page: "problem", slug: props.progress.problem }}>{title()}</Link>
          <br />
          <span class="soft">
            {props.progress.solved ? w().isSolved : w().notYet} · {t().points(props.progress.points)} ·{" "}
            {props.progress.lastAttemptTime ? moment(timestampMs(props.progress.lastAttemptTime)) : ""}
          </span>
        </span>
        <Button kind="quiet" aria-expanded={open()} aria-label={w().attemptsOf(title())} onClick={() => setOpen(!open())}>
          {w().attempts(props.progress.attemptCount)}
        </Button>
      </div>
      <Show when={open()}>
        <Attempts problem={props.progress.problem} title={title()} />
      </Show>
    </li>
  );
}

function Attempts(props: { readonly problem: string; readonly title: string }): JSX.Element {
  const w = progressWords;
  const [attempts, setAttempts] = createSignal<readonly Attempt[]>([]);
  const [next, setNext] = createSignal("");
  const [state, setState] = createSignal<{ readonly busy: boolean; readonly error?: unknown }>({ busy: true });
  const load = async () => {
    setState({ busy: true });
    try {
      const answer = await progressClient.listAttempts({ problem: props.problem, pageSize: PAGE_SIZE, pageToken: next() });
      setAttempts((before) => [...before, ...answer.attempts]);
      setNext(answer.nextPageToken);
      setState({ busy: false });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  onMount(() => void load());
  return (
    <div class="attempts">
      <Show when={attempts().length > 0}>
        <table class="table">
          <caption class="only-read">{w().attemptsOf(props.title)}</caption>
          <thead>
            <tr>
              <th scope="col">{w().when}</th>
              <th scope="col">{w().result}</th>
              <th scope="col">{w().tests}</th>
            </tr>
          </thead>
          <tbody>
            <For each={attempts()}>{(attempt) => <AttemptRow attempt={attempt} />}</For>
          </tbody>
        </table>
      </Show>
      <Show when={state().error !== undefined}>
        <FailureNotice error={state().error} onRetry={() => void load()} />
      </Show>
      <Show when={state().busy && attempts().length === 0}>
        <Spinner />
      </Show>
      <Show when={next() !== ""}>
        <Button busy={state().busy} onClick={() => void load()}>
          {w().more}
        </Button>
      </Show>
    </div>
  );
}

function AttemptRow(props: { readonly attempt: Attempt }): JSX.Element {
  return (
    <tr>
      <td>{props.attempt.createTime ? moment(timestampMs(props.attempt.createTime)) : ""}</td>
      <td>
        <span class={`badge ${props.attempt.verdict === "ACCEPTED" ? "badge-good" : ""}`}>{verdictText(props.attempt.verdict)}</span>
        <Show when={props.attempt.rejudgeTime}> {progressWords().rejudged}</Show>
      </td>
      <td>
        {props.attempt.passedTestCount} / {props.attempt.testCount}
      </td>
    </tr>
  );
}

/** A verdict's name in words; one that is not known stands for itself. */
export function verdictText(verdict: string): string {
  const words = t().submit.verdict;
  const known: Readonly<Record<string, string>> = {
    ACCEPTED: words.accepted,
    WRONG_ANSWER: words.wrong,
    RUNTIME_ERROR: words.error,
    TIME_LIMIT: words.time,
    MEMORY_LIMIT: words.memory,
    OUTPUT_LIMIT: words.output,
    PROCESS_LIMIT: words.process,
    COMPILE_ERROR: words.compile,
    CANCELLED: words.cancelled,
    INTERNAL_ERROR: words.internal,
    SKIPPED: words.skipped,
  };
  return known[verdict] ?? verdict;
}
