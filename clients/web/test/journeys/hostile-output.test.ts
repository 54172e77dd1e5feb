// Output that would freeze a naive page or break its layout. The gaps between frames are measured
// in the page from the start of the run until everything is shown.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch, visit } from "../support/browser";
import { consoleOf, openProblem, register, run, status, write } from "../support/student";

const LONGEST_GAP_MS = 100;
const ATTEMPTS = 5;
/** The most that a run may write on a stream. */
const MEGABYTE = 1024 * 1024;

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

interface Case {
  readonly name: string;
  readonly program: string;
  /** What the end of the console must be. */
  readonly end: string;
}

const CASES: readonly Case[] = [
  {
    name: "a megabyte of lines",
    program: "import sys\nline = 'x' * 79 + '\\n'\nsys.stdout.write(line * 13000)\nprint('the end')\n",
    end: "the end\n",
  },
  {
    name: "one line of a megabyte",
    program: "import sys\nsys.stdout.write('abcdefghij' * 104000)\nprint('the end')\n",
    end: "abcdefghijthe end\n",
  },
  {
    name: "a word of a megabyte without a place to break, in wide letters",
    program: "import sys\nsys.stdout.write('\\u6f22' * 340000)\nprint('the end')\n",
    end: "the end\n",
  },
  {
    name: "a colour for every letter",
    program: "import sys\nsys.stdout.write(''.join(f'\\033[3{n % 8}ma' for n in range(150000)))\nprint('\\033[0mthe end')\n",
    end: "the end\n",
  },
  {
    name: "hundreds of thousands of empty lines",
    program: "import sys\nsys.stdout.write('\\n' * 900000)\nprint('the end')\n",
    end: "\nthe end\n",
  },
  {
    name: "a line that is written over again and again",
    program: "import sys\nfor n in range(90000):\n    sys.stdout.write(f'\\r{n:6} \\b\\b')\nprint('\\rthe end')\n",
    end: "the end\n",
  },
  {
    name: "control characters, escape codes that never end, and no UTF-8",
    program:
      "import sys\nout = sys.stdout.buffer\nout.write(bytes(range(256)) * 1000)\nout.write(b'\\033]0;' + b'x' * 300000)\nout.write(b'\\033[' + b'9' * 100000)\nout.write(b'\\nthe end\\n')\n",
    end: "the end\n",
  },
  {
    name: "letters with thousands of marks on them, and marks that turn the direction",
    program: "import sys\nsys.stdout.write(('a' + '\\u0301' * 2000 + '\\u202e\\u2066') * 200)\nprint('\\nthe end')\n",
    end: "the end\n",
  },
  {
    name: "both streams in turn",
    program: "import sys, time\nfor n in range(4000):\n    sys.stdout.write('out %d\\n' % n)\n    sys.stdout.flush()\n    sys.stderr.write('err %d\\n' % n)\ntime.sleep(0.5)\nprint('the end')\n",
    end: "the end\n",
  },
];

/** Measures until `stop` is called; the longest gap between two frames, and how many there were. */
async function measure(page: Page): Promise<() => Promise<{ longest: number; frames: number }>> {
  await page.evaluate(() => {
    const gaps: number[] = [];
    let last = performance.now();
    const frame = () => {
      const now = performance.now();
      gaps.push(now - last);
      last = now;
      if (Reflect.get(window, "measuring") === true) {
        requestAnimationFrame(frame);
      }
    };
    Reflect.set(window, "measuring", true);
    Reflect.set(window, "gaps", gaps);
    requestAnimationFrame(frame);
  });
  return async () =>
    await page.evaluate(() => {
      Reflect.set(window, "measuring", false);
      const gaps = Reflect.get(window, "gaps") as number[];
      return { longest: Math.max(...gaps), frames: gaps.length };
    });
}

/** Runs the program once; the longest gap between two frames until all of its output is shown. */
async function longestGap(page: Page, end: string): Promise<number> {
  const stop = await measure(page);
  // Nothing of the time before may be taken for its end.
  const clear = page.getByRole("button", { name: "Clear" });
  await ((await clear.isVisible()) ? clear.click() : Promise.resolve());
  await run(page);
  await status(page, "Finished");
  // The page itself watches for the end: reading a megabyte from outside would cost frames.
  await page.waitForFunction(
    (wanted) => {
      const parts = document.querySelectorAll(".console-block:nth-last-child(-n + 2), .console-written");
      return [...parts].map((part) => part.textContent).join("").endsWith(wanted);
    },
    end.slice(-60),
    { polling: 100, timeout: 40_000 },
  );
  const { longest, frames } = await stop();
  assert.ok(frames > 10, "frames were measured");
  return longest;
}

for (const { name, program, end } of CASES) {
  test(name, async (context) => {
    await visit(browser, {}, async ({ page }) => {
      await register(page);
      await openProblem(page, "fizz-buzz");
      await write(page, program);
      // A freeze of the page's own is there each time; one of a machine that does something else is not.
      const gaps: number[] = [];
      do {
        gaps.push(await longestGap(page, end));
      } while (Math.min(...gaps) >= LONGEST_GAP_MS && gaps.length < ATTEMPTS);
      context.diagnostic(`longest gaps: ${gaps.map((gap) => `${gap.toFixed()} ms`).join(", ")}`);
      assert.ok(Math.min(...gaps) < LONGEST_GAP_MS, `frames were ${gaps.map((gap) => gap.toFixed()).join(", ")} ms apart`);
      const sizes = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth] as const);
      assert.ok(sizes[0] <= sizes[1], `the page is ${sizes[0]} px wide in a window of ${sizes[1]} px`);
      const sideways = await consoleOf(page).evaluate((log) => log.scrollWidth - log.clientWidth);
      assert.ok(sideways <= 1, `the console is ${sideways} px too wide`);
    });
  });
}

test("too much output is cut by the limit, and all of what came can be saved", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await openProblem(page, "fizz-buzz");
    await write(page, "while True:\n    print('again and again ' * 100)\n");
    await run(page);
    await status(page, "Stopped: it wrote too much");
    await page.getByText("The output was cut here").waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save the whole output" }).click(),
    ]);
    const stream = await download.createReadStream();
    let bytes = 0;
    for await (const piece of stream) {
      bytes += (piece as Buffer).length;
    }
    // And what Python wrote to standard error when it was stopped.
    assert.ok(bytes >= MEGABYTE && bytes < MEGABYTE + 4096, `${bytes} bytes`);
  });
});
