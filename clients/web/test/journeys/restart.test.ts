// The server is killed in the middle of a run and started again: the page says so, goes on by
// itself, and shows everything exactly once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launch, visit } from "../support/browser";
import { Stack } from "../support/stack";
import { openProblem, output, register, run, shows, status, until, write } from "../support/student";

let browser: Browser;
let stack: Stack;
before(async () => {
  browser = await launch();
  stack = await Stack.start({ limits: { run_wall_time_ms: 30_000 } });
});
after(async () => {
  await browser.close();
  await stack.stop();
});

const COUNTING = 'import time\nfor number in range(1, 16):\n    print("number", number)\n    time.sleep(0.4)\n';

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  test(`control-plane gets ${signal} in mid-run`, async () => {
    await visit(browser, { baseURL: stack.url }, async ({ page, expect }) => {
      expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_HTTP2/);
      await register(page);
      await openProblem(page, "fizz-buzz");
      await write(page, COUNTING);
      await run(page);
      await shows(page, "number 3");
      const down = stack.endControlPlane(signal);
      if (signal === "SIGKILL") {
        await down;
        await page.getByText("The connection is lost.").waitFor();
      }
      await down;
      await stack.startControlPlane();
      await status(page, "Finished");
      const wanted = Array.from({ length: 15 }, (_, index) => `number ${index + 1}\n`).join("");
      await until("all output is there", async () => (await output(page)).endsWith("number 15\n"));
      assert.equal(await output(page), wanted);
    });
  });
}
