// A run from the click to its end, without looks: signals that a page shows, and a sink that gets
// what the program writes.
//
// A run outlives the page: its id is kept in the browser until it has ended, so that a page that
// is opened again goes on with it.

import { createSignal } from "solid-js";
import { executionClient } from "../api/clients";
import { failureOf, mayPass } from "../api/failure";
import { type Connection, follow, pauseUntilHope } from "../api/follow";
import type { ConsoleSink } from "../console/console";
import { Outcome, OutputStream, RunState } from "../gen/coderunner/common/v1/common_pb";
import type { QueuePosition, Run, WatchRunResponse } from "../gen/coderunner/v1/execution_pb";
import { keep, kept } from "../keep";
import type { DrawingSink } from "./drawing";
import { newRequestId } from "../requests";

export type Phase =
  | { readonly kind: "idle" }
  | { readonly kind: "sending" }
  | { readonly kind: "queued"; readonly position: QueuePosition | undefined }
  | { readonly kind: "running" }
  | { readonly kind: "finished"; readonly run: Run }
  | { readonly kind: "failed"; readonly error: unknown };

export interface Program {
  readonly source: string;
  readonly files?: readonly { readonly path: string; readonly content: Uint8Array }[];
  /** Standard input that is there from the start; then nothing is typed. */
  readonly stdin?: string;
  /** Empty for the standard one. */
  readonly profile?: string;
}

export interface RunSession {
  readonly phase: () => Phase;
  readonly connection: () => Connection;
  /** Whether the program still takes what is typed. */
  readonly takesInput: () => boolean;
  /** Whether it has written anything. */
  readonly wrote: () => boolean;
  /** The program was started again after its runner was lost. */
  readonly startedAgain: () => boolean;
  readonly inputError: () => unknown;
  readonly start: (program: Program) => Promise<void>;
  /** Goes on with a run of before, if there is one that has not ended. */
  readonly goOn: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly type: (line: string) => Promise<void>;
  readonly endInput: () => Promise<void>;
  readonly clear: () => void;
  /** All bytes of standard output so far. */
  readonly output: () => Blob;
  readonly dispose: () => void;
}

const encoder = new TextEncoder();

/**
 * `place` names where the run belongs, such as a problem: one run a place is remembered. `sink` and
 * `drawing` get what the program writes and draws.
 */
export function createRunSession(
  place: string,
  sink: () => ConsoleSink | undefined,
  drawing: () => DrawingSink | undefined,
  onFinished: (run: Run) => void = () => {},
): RunSession {
  const [phase, setPhase] = createSignal<Phase>({ kind: "idle" });
  const [connection, setConnection] = createSignal<Connection>("connecting");
  const [interactive, setInteractive] = createSignal(false);
  const [wrote, setWrote] = createSignal(false);
  const [startedAgain, setStartedAgain] = createSignal(false);
  const [inputError, setInputError] = createSignal<unknown>();
  const memory = `run.${place}`;
  let watching = new AbortController();
  let runId: string | undefined;
  let stopWanted = false;
  let hasStarted = false;
  let bytes: Uint8Array<ArrayBuffer>[] = [];
  // What is typed goes out one line after the other, in order.
  let typing: Promise<void> = Promise.resolve();

  const reset = () => {
    watching.abort();
    watching = new AbortController();
    stopWanted = false;
    hasStarted = false;
    runId = undefined;
    setStartedAgain(false);
    setInputError(undefined);
    empty();
  };
  const empty = () => {
    bytes = [];
    setWrote(false);
    sink()?.clear();
    drawing()?.clear();
  };
  const show = (stream: OutputStream, data: Uint8Array) => {
    if (stream === OutputStream.DRAWING) {
      if (data.length > 0) {
        drawing()?.append(data);
      }
    } else if (data.length > 0) {
      bytes.push(new Uint8Array(data));
      setWrote(true);
      sink()?.write(stream === OutputStream.STDERR ? "stderr" : "stdout", data);
    }
  };
  const showSnapshot = (run: Run) => {
    show(OutputStream.STDOUT, run.stdout);
    show(OutputStream.STDERR, run.stderr);
    show(OutputStream.DRAWING, run.drawing);
    if (run.state === RunState.QUEUED) {
      setPhase({ kind: "queued", position: run.queuePosition });
    } else if (run.state === RunState.RUNNING) {
      hasStarted = true;
      setPhase({ kind: "running" });
    }
  };
  const onEvent = ({ event }: WatchRunResponse) => {
    switch (event.case) {
      case "snapshot":
        showSnapshot(event.value);
        break;
      case "queueUpdate":
        setPhase({ kind: "queued", position: event.value.queuePosition });
        break;
      case "started":
        if (hasStarted) {
          // The runner was lost and the program runs again from its beginning.
          empty();
          setStartedAgain(true);
        }
        hasStarted = true;
        setPhase({ kind: "running" });
        break;
      case "output":
        show(event.value.stream, event.value.data);
        break;
      case "finished":
        keep(memory, undefined);
        drawing()?.finish();
        setPhase({ kind: "finished", run: event.value });
        onFinished(event.value);
        break;
    }
  };
  const watch = async (id: string) => {
    const { signal } = watching;
    const events = follow<WatchRunResponse>({
      open: (afterSequence, one) => executionClient.watchRun({ runId: id, afterSequence }, { signal: one }),
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
  const fail = (error: unknown, signal: AbortSignal) => {
    if (!signal.aborted) {
      keep(memory, undefined);
      setPhase({ kind: "failed", error });
    }
  };
  const cancel = async (id: string) => {
    await executionClient.cancelRun({ runId: id });
  };

  return {
    phase,
    connection,
    takesInput: () => interactive() && phase().kind === "running",
    wrote,
    startedAgain,
    inputError,
    async start(program) {
      reset();
      const { signal } = watching;
      const isInteractive = program.stdin === undefined;
      setInteractive(isInteractive);
      setPhase({ kind: "sending" });
      try {
        const answer = await executionClient.createRun({
          requestId: newRequestId(),
          program: { source: program.source, files: [...(program.files ?? [])] },
          stdin: encoder.encode(program.stdin ?? ""),
          interactive: isInteractive,
          profile: program.profile ?? "",
          collectFiles: true,
        });
        if (signal.aborted || answer.run === undefined) {
          return;
        }
        runId = answer.run.id;
        keep(memory, JSON.stringify({ runId, interactive: isInteractive }));
        setPhase({ kind: "queued", position: answer.run.queuePosition });
        if (stopWanted) {
          await cancel(runId);
        }
        await watch(runId);
      } catch (error) {
        fail(error, signal);
      }
    },
    async goOn() {
      const before = remembered(memory);
      if (before === undefined || phase().kind !== "idle") {
        return;
      }
      reset();
      const { signal } = watching;
      runId = before.runId;
      setInteractive(before.interactive);
      setPhase({ kind: "queued", position: undefined });
      try {
        await watch(before.runId);
      } catch (error) {
        if (failureOf(error).kind === "notFound") {
          keep(memory, undefined);
          setPhase({ kind: "idle" });
        } else {
          fail(error, signal);
        }
      }
    },
    async stop() {
      stopWanted = true;
      if (runId !== undefined) {
        await cancel(runId).catch(setInputError);
      }
    },
    async type(line) {
      const id = runId;
      if (id === undefined) {
        return;
      }
      sink()?.say("input", `${line}\n`);
      setInputError(undefined);
      const requestId = newRequestId();
      typing = typing.then(() => send(() => executionClient.sendInput({ requestId, runId: id, data: encoder.encode(`${line}\n`) })));
      await typing.catch(setInputError);
      typing = typing.catch(() => undefined);
    },
    async endInput() {
      const id = runId;
      if (id === undefined) {
        return;
      }
      setInteractive(false);
      typing = typing.then(() => send(() => executionClient.closeInput({ runId: id })));
      await typing.catch(setInputError);
      typing = typing.catch(() => undefined);
    },
    clear() {
      reset();
      keep(memory, undefined);
      setPhase({ kind: "idle" });
    },
    output: () => new Blob(bytes, { type: "text/plain;charset=utf-8" }),
    dispose: () => watching.abort(),
  };

  /** Repeats a call while the server is away or asks to wait; safe, because it carries its id. */
  async function send(call: () => Promise<unknown>): Promise<void> {
    const { signal } = watching;
    for (;;) {
      try {
        await call();
        return;
      } catch (error) {
        const failure = failureOf(error);
        const isOver = failure.kind === "notRunning" || phase().kind === "finished";
        if (isOver || signal.aborted) {
          return;
        }
        if (!mayPass(error) && failure.kind !== "inputFull") {
          throw error;
        }
        await pauseUntilHope((failure.retrySeconds ?? 0.5) * 1000, signal);
      }
    }
  }
}

/** How a run ended, as a key of the language tables. */
export function outcomeKey(outcome: Outcome): "ok" | "error" | "time" | "memory" | "output" | "process" | "compile" | "cancelled" | "internal" {
  switch (outcome) {
    case Outcome.OK:
      return "ok";
    case Outcome.RUNTIME_ERROR:
      return "error";
    case Outcome.TIME_LIMIT:
      return "time";
    case Outcome.MEMORY_LIMIT:
      return "memory";
    case Outcome.OUTPUT_LIMIT:
      return "output";
    case Outcome.PROCESS_LIMIT:
      return "process";
    case Outcome.COMPILE_ERROR:
      return "compile";
    case Outcome.CANCELLED:
      return "cancelled";
    default:
      return "internal";
  }
}

function remembered(memory: string): { runId: string; interactive: boolean } | undefined {
  try {
    const value: unknown = JSON.parse(kept(memory) ?? "null");
    if (typeof value === "object" && value !== null && "runId" in value && "interactive" in value) {
      const { runId, interactive } = value;
      return typeof runId === "string" && typeof interactive === "boolean" ? { runId, interactive } : undefined;
    }
  } catch {
    // Somebody else's text; as good as none.
  }
  return undefined;
}
