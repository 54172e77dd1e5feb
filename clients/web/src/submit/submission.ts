// A submission from the click to its verdict, without looks.

import { createSignal } from "solid-js";
import { submissionClient } from "../api/clients";
import { mayPass } from "../api/failure";
import { type Connection, follow, pauseUntilHope } from "../api/follow";
import { RunState } from "../gen/coderunner/common/v1/common_pb";
import type { QueuePosition } from "../gen/coderunner/v1/execution_pb";
import { type Submission, type TestResult, Verdict, type WatchSubmissionResponse } from "../gen/coderunner/v1/submission_pb";
import { keep, kept } from "../keep";
import { newRequestId } from "../requests";

export type SubmitPhase =
  | { readonly kind: "idle" }
  | { readonly kind: "sending" }
  | { readonly kind: "queued"; readonly position: QueuePosition | undefined }
  | { readonly kind: "testing" }
  | { readonly kind: "finished"; readonly submission: Submission }
  | { readonly kind: "failed"; readonly error: unknown };

export interface SubmitSession {
  readonly phase: () => SubmitPhase;
  readonly connection: () => Connection;
  /** Results so far, by number. */
  readonly results: () => readonly TestResult[];
  readonly submit: (source: string) => Promise<void>;
  /** Goes on with a submission that had not ended when the page was closed. */
  readonly goOn: () => Promise<void>;
  readonly clear: () => void;
  readonly dispose: () => void;
}

/** `place` names where it belongs, as with runs. */
export function createSubmitSession(place: string, problem: string, onFinished: (submission: Submission) => void): SubmitSession {
  const [phase, setPhase] = createSignal<SubmitPhase>({ kind: "idle" });
  const [connection, setConnection] = createSignal<Connection>("connecting");
  const [results, setResults] = createSignal<readonly TestResult[]>([]);
  const memory = `submission.${place}`;
  let watching = new AbortController();
  let request = { id: newRequestId(), source: "", sent: false };

  const takeResults = (more: readonly TestResult[]) => {
    const byNumber = new Map([...results(), ...more].map((result) => [result.number, result]));
    setResults([...byNumber.values()].sort((a, b) => a.number - b.number));
  };
  const finish = (submission: Submission) => {
    keep(memory, undefined);
    takeResults(submission.testResults);
    setPhase({ kind: "finished", submission });
    onFinished(submission);
  };
  const onEvent = ({ event }: WatchSubmissionResponse) => {
    switch (event.case) {
      case "snapshot":
        takeResults(event.value.testResults);
        if (event.value.state === RunState.QUEUED) {
          setPhase({ kind: "queued", position: event.value.queuePosition });
        } else if (event.value.state === RunState.RUNNING) {
          setPhase({ kind: "testing" });
        }
        break;
      case "queueUpdate":
        setPhase({ kind: "queued", position: event.value.queuePosition });
        break;
      case "started":
        setPhase({ kind: "testing" });
        break;
      case "testResult":
        takeResults([event.value]);
        break;
      case "finished":
        finish(event.value);
        break;
    }
  };
  const watch = async (submissionId: string) => {
    const { signal } = watching;
    const events = follow<WatchSubmissionResponse>({
      open: (afterSequence, one) => submissionClient.watchSubmission({ submissionId, afterSequence }, { signal: one }),
      signal,
      onConnection: (now) => signal.aborted || setConnection(now),
      mayPass,
      pause: pauseUntilHope,
    });
    for await (const event of events) {
      if (!signal.aborted) {
        onEvent(event);
      }
    }
  };
  const reset = () => {
    watching.abort();
    watching = new AbortController();
    setResults([]);
  };
  const attempt = async (work: () => Promise<void>) => {
    const { signal } = watching;
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) {
        keep(memory, undefined);
        setPhase({ kind: "failed", error });
      }
    }
  };
  return {
    phase,
    connection,
    results,
    async submit(source) {
      reset();
      setPhase({ kind: "sending" });
      // A submission whose answer got lost is asked for again, not made twice.
      request = !request.sent && request.source === source ? request : { id: newRequestId(), source, sent: false };
      await attempt(async () => {
        const answer = await submissionClient.createSubmission({ requestId: request.id, problem, program: { source } });
        request.sent = true;
        const id = answer.submission?.id ?? "";
        keep(memory, id);
        setPhase({ kind: "queued", position: answer.submission?.queuePosition });
        await watch(id);
      });
    },
    async goOn() {
      const id = kept(memory);
      if (id === undefined || id === "" || phase().kind !== "idle") {
        return;
      }
      reset();
      setPhase({ kind: "queued", position: undefined });
      await attempt(() => watch(id));
    },
    clear() {
      reset();
      setPhase({ kind: "idle" });
    },
    dispose: () => watching.abort(),
  };
}

const VERDICT_KEYS = {
  [Verdict.UNSPECIFIED]: "none",
  [Verdict.ACCEPTED]: "accepted",
  [Verdict.WRONG_ANSWER]: "wrong",
  [Verdict.RUNTIME_ERROR]: "error",
  [Verdict.TIME_LIMIT]: "time",
  [Verdict.MEMORY_LIMIT]: "memory",
  [Verdict.OUTPUT_LIMIT]: "output",
  [Verdict.PROCESS_LIMIT]: "process",
  [Verdict.COMPILE_ERROR]: "compile",
  [Verdict.CANCELLED]: "cancelled",
  [Verdict.INTERNAL_ERROR]: "internal",
  [Verdict.SKIPPED]: "skipped",
} as const satisfies Record<Verdict, string>;

/** A verdict as a key of the language tables. */
export function verdictKey(verdict: Verdict): (typeof VERDICT_KEYS)[Verdict] {
  return VERDICT_KEYS[verdict] ?? "none";
}
