// A new student, from the first page to the first solved problem; a wrong answer that is fixed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launch, visit } from "../support/browser";
import { openProblem, register, run, shows, status, submit, write } from "../support/student";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("a new student registers, runs a program and solves the first problem", async () => {
  await visit(browser, {}, async ({ page }) => {
    await page.getByRole("link", { name: "Create an account" }).click();
    await register(page);
    await page.getByRole("link", { name: "Continue" }).click();
    await page.getByRole("heading", { level: 1, name: "Hello, you!" }).waitFor();
    await page.locator(".pane-code .cm-content").waitFor();
    await write(page, 'name = input()\nprint("Hello, " + name + "!")\n');
    await run(page);
    await page.getByLabel("Input for the program").fill("Mira");
    await page.keyboard.press("Enter");
    await shows(page, "Hello, Mira!");
    await status(page, "Finished");
    await submit(page);
    await page.getByText(/Solved!/).first().waitFor();
    await page.getByText("+ 10 points").waitFor();
    const cut = await page.locator(".celebration").evaluate((box) => {
      const last = box.querySelector("button")?.getBoundingClientRect().bottom ?? Number.POSITIVE_INFINITY;
      return last - box.getBoundingClientRect().bottom;
    });
    assert.ok(cut <= 0, `${cut} pixels of the celebration are cut off`);
    await page.getByRole("button", { name: "Next problem" }).click();
    await page.getByRole("heading", { level: 1, name: "Saving for a skateboard" }).waitFor();
    await page.getByRole("link", { name: "Learn" }).click();
    await page.getByText("1 of 5 solved").first().waitFor();
  });
});

test("a wrong answer shows where it differs, and is fixed", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await openProblem(page, "hello-name");
    await write(page, 'name = input()\nprint("Hello " + name + "!")\n');
    await submit(page);
    await page.getByText("Not right yet").first().waitFor();
    await page.getByText(/The first difference is in line 1, at character 6/).first().waitFor();
    const marks = await page.locator(".test-details mark").allTextContents();
    assert.deepEqual(marks.slice(0, 2), [",", "\u00b7"]);
    await write(page, 'name = input()\nprint("Hello, " + name + "!")\n');
    await submit(page);
    await page.getByText(/Solved!/).first().waitFor();
    await page.getByRole("tab", { name: "My submissions" }).click();
    const entries = page.locator(".history-entry");
    await entries.nth(1).waitFor();
    await entries.nth(1).getByRole("button", { name: "Show code" }).click();
    await entries.nth(1).locator(".cm-line", { hasText: 'print("Hello " + name + "!")' }).waitFor();
  });
});
