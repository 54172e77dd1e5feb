// Follows a run or a submission to its end over any number of connections.
//
// The server numbers events; a broken stream is opened again after the last number seen, so that
// nothing is lost, and what came already is passed over, so that nothing comes twice. A stream
// that is silent for longer than its heartbeats allow is taken for broken: a laptop that slept has
// connections that look alive.

/** What the server's watch calls send, as far as following needs it. */
export interface Numbered {
  readonly sequence: bigint;
  readonly event: { readonly case: string | undefined };
}

/** How the connection is. */
export type Connection = "connecting" | "live" | "lost";

export interface FollowOptions<E extends Numbered> {
  /** Opens a stream of what comes after this number. */
  readonly open: (after: bigint, signal: AbortSignal) => AsyncIterable<E>;
  /** Ends the following. */
  readonly signal: AbortSignal;
  /** Hears of each change of the connection. */
  readonly onConnection?: (connection: Connection) => void;
  /** Whether an error may pass, so that trying again has sense. */
  readonly mayPass: (error: unknown) => boolean;
  /** Waits before the next try; ends early when it has reason to hope. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Longest silence of a stream. The server sends a heartbeat every 10 seconds. */
  readonly silenceLimitMs?: number;
}

const SILENCE_LIMIT_MS = 25_000;
const FIRST_PAUSE_MS = 300;
const LONGEST_PAUSE_MS = 5_000;

/** Every event once, in order, `finished` last. Throws what can't pass. */
export async function* follow<E extends Numbered>(options: FollowOptions<E>): AsyncGenerator<E, void> {
  let last = 0n;
  let failures = 0;
  const tell = options.onConnection ?? (() => {});
  tell("connecting");
  while (!options.signal.aborted) {
    try {
      for await (const message of listen(options, last)) {
        failures = 0;
        tell("live");
        if (message.event.case === "heartbeat") {
          continue;
        }
        // A snapshot repeats the number of the event before it.
        if (message.event.case !== "snapshot" && message.sequence <= last) {
          continue;
        }
        last = message.sequence > last ? message.sequence : last;
        yield message;
        if (message.event.case === "finished") {
          return;
        }
      }
    } catch (error) {
      if (options.signal.aborted) {
        return;
      }
      if (!options.mayPass(error)) {
        throw error;
      }
    }
    tell("lost");
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    failures += 1;
    await options.pause(pause, options.signal);
  }
}

/** One connection, which ends when it is silent for too long. */
async function* listen<E extends Numbered>(options: FollowOptions<E>, after: bigint): AsyncGenerator<E, void> {
  const limit = options.silenceLimitMs ?? SILENCE_LIMIT_MS;
  const connection = new AbortController();
  const stop = () => connection.abort();
  options.signal.addEventListener("abort", stop, { once: true });
  let timer = setTimeout(stop, limit);
  try {
    for await (const message of options.open(after, connection.signal)) {
      clearTimeout(timer);
      yield message;
      timer = setTimeout(stop, limit);
    }
  } catch (error) {
    // Our own abort is a silence that was too long, and no error of the server.
    if (!connection.signal.aborted) {
      throw error;
    }
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", stop);
    connection.abort();
  }
}

/** Waits, but no longer than until the browser is online again, the page is looked at or all is over. */
export function pauseUntilHope(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    window.addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
