// The submissions that one has made for a problem, with their code.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createEffect, createResource, createSignal, For, type JSX, on, Show } from "solid-js";
import { submissionClient } from "../api/clients";
import { Editor } from "../editor/editor";
import type { Problem } from "../gen/coderunner/v1/problem_pb";
import { type Submission, Verdict } from "../gen/coderunner/v1/submission_pb";
import { moment, t } from "../i18n";
import { Button, FailureNotice, Spinner } from "../kit/kit";
import { TestList } from "./tests-panel";
import { verdictKey } from "./submission";

const PAGE_SIZE = 20;

export interface HistoryProps {
  readonly problem: Problem;
  /** Changes when there is a new submission. */
  readonly version: number;
  readonly onUse: (source: string) => void;
  readonly onLine: (line: number) => void;
}

export function History(props: HistoryProps): JSX.Element {
  const [shown, setShown] = createSignal<readonly Submission[]>();
  const [next, setNext] = createSignal("");
  const [error, setError] = createSignal<unknown>();
  const read = async (pageToken: string, before: readonly Submission[]) => {
    setError(undefined);
    try {
      const answer = await submissionClient.listSubmissions({ problem: props.problem.slug, pageSize: PAGE_SIZE, pageToken });
      setShown([...before, ...answer.submissions]);
      setNext(answer.nextPageToken);
    } catch (problem) {
      setError(problem);
    }
  };
  createEffect(on(() => props.version, () => void read("", [])));
  return (
    <div class="history">
      <Show when={error() !== undefined}>
        <FailureNotice error={error()} onRetry={() => void read("", [])} />
      </Show>
      <Show when={shown()} fallback={<Show when={error() === undefined}>{<Spinner />}</Show>}>
        {(submissions) => (
          <Show when={submissions().length > 0} fallback={<p>{t().history.empty}</p>}>
            <ul class="plain-list">
              <For each={submissions()}>{(submission) => <Entry {...props} submission={submission} />}</For>
            </ul>
          </Show>
        )}
      </Show>
      <Show when={next() !== ""}>
        <Button onClick={() => void read(next(), shown() ?? [])}>{t().history.more}</Button>
      </Show>
    </div>
  );
}

function Entry(props: HistoryProps & { readonly submission: Submission }): JSX.Element {
  const [open, setOpen] = createSignal(false);
  const [full, { refetch }] = createResource(
    () => open() && props.submission.id,
    async (submissionId) => (await submissionClient.getSubmission({ submissionId })).submission,
  );
  const when = () => (props.submission.createTime === undefined ? "" : moment(timestampMs(props.submission.createTime)));
  const isGood = () => props.submission.verdict === Verdict.ACCEPTED;
  return (
    <li class="history-entry">
      <div class="row">
        <span class={`badge ${isGood() ? "badge-good" : "badge-bad"}`}>{t().submit.verdict[verdictKey(props.submission.verdict)]}</span>
        <span class="grow">
          {when()}
          <br />
          <span class="soft">{t().submit.result(props.submission.passedTestCount, props.submission.testCount)}</span>
        </span>
        <Button aria-expanded={open()} onClick={() => setOpen(!open())}>
          {open() ? t().history.hide : t().history.show}
        </Button>
      </div>
      <Show when={open()}>
        <Show when={full.error === undefined} fallback={<FailureNotice error={full.error} onRetry={() => void refetch()} />}>
          <Show when={full()} fallback={<Spinner />}>
            {(submission) => (
              <>
                <div class="history-code">
                  <Editor label={t().history.codeOf(when())} source={submission().source} readOnly />
                </div>
                <Button onClick={() => props.onUse(submission().source)}>{t().history.use}</Button>
                <TestList results={submission().testResults} problem={props.problem} onLine={props.onLine} />
              </>
            )}
          </Show>
        </Show>
      </Show>
    </li>
  );
}
