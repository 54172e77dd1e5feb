// Running a program in the browser's way: unary calls and one server stream.

import assert from "node:assert/strict";
import test from "node:test";
import { Code } from "@connectrpc/connect";
import { Outcome, OutputStream, RunState } from "../gen/coderunner/common/v1/common_pb.js";
import { loggedIn, randomUUID, start } from "./support.js";

/** What the program wrote, from the snapshot and the events together. */
class Screen {
  stdout = "";
  #decoder = new TextDecoder();

  show(event) {
    if (event.case === "snapshot") {
      this.stdout += this.#decoder.decode(event.value.stdout, { stream: true });
    } else if (event.case === "output" && event.value.stream === OutputStream.STDOUT) {
      this.stdout += this.#decoder.decode(event.value.data, { stream: true });
    }
  }
}

test("the first line arrives before the second is written", async () => {
  const { execution } = await loggedIn();
  const source = 'import time\nprint("first")\ntime.sleep(2)\nprint("second")\n';
  const runId = await start(execution, source);
  const screen = new Screen();
  let firstSeen;
  let finished;
  for await (const { event } of execution.watchRun({ runId })) {
    screen.show(event);
    if (firstSeen === undefined && screen.stdout.includes("first")) {
      assert.ok(!screen.stdout.includes("second"), "the lines came together");
      firstSeen = performance.now();
    }
    if (event.case === "finished") {
      finished = event.value;
    }
  }
  const gap = performance.now() - firstSeen;
  assert.equal(screen.stdout, "first\nsecond\n");
  assert.equal(finished.state, RunState.FINISHED);
  assert.equal(finished.outcome, Outcome.OK);
  assert.ok(gap > 1500, `the end came ${gap.toFixed()} ms after the first line, not about 2000`);
});

test("a program reads what is typed while it runs", async () => {
  const { execution } = await loggedIn();
  const source = 'print("name?")\nprint("Hello, " + input())\nprint(input())\n';
  const runId = await start(execution, source, { interactive: true });
  const screen = new Screen();
  let typed = 0;
  let outcome;
  for await (const { event } of execution.watchRun({ runId })) {
    screen.show(event);
    // The answers are typed only after the program has said something: it is alive meanwhile.
    if (typed === 0 && screen.stdout.includes("name?")) {
      typed = 1;
      await type(execution, runId, "Mira\n");
    }
    if (typed === 1 && screen.stdout.includes("Hello, Mira")) {
      typed = 2;
      await type(execution, runId, "bye\n");
    }
    if (event.case === "finished") {
      outcome = event.value.outcome;
    }
  }
  assert.equal(screen.stdout, "name?\nHello, Mira\nbye\n");
  assert.equal(outcome, Outcome.OK);
});

test("closing the input ends a program that reads all of it", async () => {
  const { execution } = await loggedIn();
  const source = 'import sys\nprint("ready")\nprint(len(sys.stdin.read()))\n';
  const runId = await start(execution, source, { interactive: true });
  const screen = new Screen();
  let closed = false;
  for await (const { event } of execution.watchRun({ runId })) {
    screen.show(event);
    if (!closed && screen.stdout.includes("ready")) {
      closed = true;
      await type(execution, runId, "four");
      await execution.closeInput({ runId });
    }
  }
  assert.equal(screen.stdout, "ready\n4\n");
});

test("a run can be cancelled, and its stream ends", async () => {
  const { execution } = await loggedIn();
  const runId = await start(execution, 'print("on")\nwhile True:\n    pass\n');
  const screen = new Screen();
  let asked = false;
  let outcome;
  for await (const { event } of execution.watchRun({ runId })) {
    screen.show(event);
    if (!asked && screen.stdout.includes("on")) {
      asked = true;
      await execution.cancelRun({ runId });
    }
    if (event.case === "finished") {
      outcome = event.value.outcome;
    }
  }
  assert.equal(outcome, Outcome.CANCELLED);
});

test("a watch goes on after the last event that was seen", async () => {
  const { execution } = await loggedIn();
  const runId = await start(execution, "for n in range(3):\n    print(n, flush=True)\n");
  let all = [];
  for await (const message of execution.watchRun({ runId })) {
    all.push(message);
  }
  const sequences = all.filter(({ event }) => event.case !== "heartbeat").map((m) => m.sequence);
  const rising = sequences.every((sequence, i) => i === 0 || sequence > sequences[i - 1]);
  assert.ok(rising, `sequences ${sequences}`);

  const cases = [];
  for await (const message of execution.watchRun({ runId, afterSequence: sequences.at(-1) })) {
    cases.push(message.event.case);
  }
  assert.equal(cases[0], "snapshot");
  assert.ok(!cases.includes("output"), `after the end came ${cases}`);
});

async function type(execution, runId, text) {
  const data = new TextEncoder().encode(text);
  await execution.sendInput({ requestId: randomUUID(), runId, data });
}

test("files that a program leaves are listed and fetched", async () => {
  const { execution } = await loggedIn();
  const source = 'open("all.bin", "wb").write(bytes(range(256)) * 1000)\nopen("notes.txt", "w").write("grün")\n';
  const runId = await start(execution, source, { collectFiles: true });
  let finished;
  for await (const { event } of execution.watchRun({ runId })) {
    if (event.case === "finished") {
      finished = event.value;
    }
  }
  const listed = finished.files.files.map(({ path, sizeBytes, mediaType }) => [path, Number(sizeBytes), mediaType]);
  assert.deepEqual(listed, [
    ["all.bin", 256000, "application/octet-stream"],
    ["notes.txt", 5, "text/plain"],
  ]);
  const { data } = await execution.getRunFile({ runId, path: "all.bin" });
  assert.equal(data.length, 256000);
  assert.ok(data.every((byte, index) => byte === index % 256));
  const { data: notes } = await execution.getRunFile({ runId, path: "notes.txt" });
  assert.equal(new TextDecoder().decode(notes), "grün");
  await assert.rejects(execution.getRunFile({ runId, path: "../all.bin" }), (error) => error.code === Code.NotFound);
});
