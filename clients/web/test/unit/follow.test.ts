// Following over broken connections: every event once, in order.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Connection, follow, type FollowOptions, type Numbered } from "../../src/api/follow";

interface Said extends Numbered {
  readonly text?: string;
}

const event = (sequence: number, kind: string, text = ""): Said => ({ sequence: BigInt(sequence), event: { case: kind }, text });

/** A server with all events; each connection breaks as its script says. */
class Server {
  readonly opened: bigint[] = [];
  constructor(
    readonly events: readonly Said[],
    readonly breaks: (string | number)[],
  ) {}

  async *open(after: bigint, signal: AbortSignal): AsyncGenerator<Said> {
    this.opened.push(after);
    const how = this.breaks.shift();
    if (how === "refused") {
      throw new Error("refused");
    }
    yield event(Number(after), "snapshot");
    let sent = 0;
    for (const one of this.events.filter(({ sequence }) => sequence > after)) {
      if (typeof how === "number" && sent >= how) {
        throw new Error("broken");
      }
      yield one;
      sent += 1;
    }
    if (how === "silent") {
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))));
    }
  }
}

const EVENTS = [event(1, "started"), event(4, "output", "abc"), event(6, "output", "de"), event(7, "heartbeat"), event(9, "output", "f"), event(10, "finished")];

async function hear(server: Server, more: Partial<FollowOptions<Said>> = {}) {
  const connections: Connection[] = [];
  const pauses: number[] = [];
  const heard: Said[] = [];
  const events = follow<Said>({
    open: (after, signal) => server.open(after, signal),
    signal: new AbortController().signal,
    onConnection: (now) => connections.push(now),
    mayPass: () => true,
    pause: async (milliseconds) => void pauses.push(milliseconds),
    ...more,
  });
  for await (const one of events) {
    heard.push(one);
  }
  return { heard, connections, pauses, text: heard.map(({ text }) => text ?? "").join("") };
}

test("one connection", async () => {
  const { text, heard, connections } = await hear(new Server(EVENTS, []));
  assert.equal(text, "abcdef");
  assert.equal(heard.at(-1)?.event.case, "finished");
  assert.deepEqual(new Set(connections), new Set(["connecting", "live"]));
});

test("broken after every event, nothing is lost or doubled", async () => {
  const server = new Server(EVENTS, [1, 1, 1, 1, 1, 1, 1]);
  const { text } = await hear(server);
  assert.equal(text, "abcdef");
  assert.deepEqual(server.opened.slice(0, 3), [0n, 1n, 4n]);
});

test("a server that sends again what came already", async () => {
  const again: Said[] = [event(1, "started"), event(4, "output", "abc"), event(4, "output", "abc"), event(10, "finished")];
  const { text } = await hear(new Server(again, []));
  assert.equal(text, "abc");
});

test("refused for a while: longer and longer pauses, then it goes on", async () => {
  const { text, pauses, connections } = await hear(new Server(EVENTS, [1, "refused", "refused", "refused", "refused", "refused", "refused"]));
  assert.equal(text, "abcdef");
  assert.deepEqual(pauses, [300, 600, 1200, 2400, 4800, 5000, 5000].slice(0, pauses.length));
  assert.ok(connections.includes("lost"));
});

test("a silent connection is taken for broken", async () => {
  const quiet = new Server(EVENTS.slice(0, 2), ["silent"]);
  const full = new Server(EVENTS, []);
  let first = true;
  const { text } = await hear(quiet, {
    silenceLimitMs: 30,
    open: (after, signal) => {
      const server = first ? quiet : full;
      first = false;
      return server.open(after, signal);
    },
  });
  assert.equal(text, "abcdef");
});

test("an error that can't pass ends it", async () => {
  await assert.rejects(hear(new Server(EVENTS, [2]), { mayPass: () => false }), /broken/);
});

test("a stream that ends without a last event is opened again", async () => {
  const short = new Server(EVENTS.slice(0, 3), []);
  const full = new Server(EVENTS, []);
  let count = 0;
  const { text } = await hear(short, { open: (after, signal) => (count++ === 0 ? short : full).open(after, signal) });
  assert.equal(text, "abcdef");
  assert.equal(full.opened[0], 6n);
});

test("whoever follows can end it", async () => {
  const controller = new AbortController();
  const heard: string[] = [];
  const server = new Server(EVENTS.slice(0, 2), ["silent"]);
  for await (const one of follow<Said>({
    open: (after, signal) => server.open(after, signal),
    signal: controller.signal,
    mayPass: () => true,
    pause: async () => {},
  })) {
    heard.push(one.event.case ?? "");
    if (one.event.case === "output") {
      setTimeout(() => controller.abort(), 10);
    }
  }
  assert.deepEqual(heard, ["snapshot", "started", "output"]);
});
