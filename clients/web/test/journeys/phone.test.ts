// A phone: no page is wider than the screen, and the whole way of a problem works by touch.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch, visit } from "../support/browser";
import { openProblem, register, run, shows, status, submit, write } from "../support/student";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

async function fits(page: Page, what: string): Promise<void> {
  const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth] as const);
  assert.ok(content <= width, `${what} is ${content} px wide on a screen of ${width} px`);
}

test("a problem is solved on a phone", async () => {
  await visit(browser, PHONE, async ({ page }) => {
    await fits(page, "the start page");
    await register(page);
    await fits(page, "the map of the course");
    await openProblem(page, "hello-name");
    await fits(page, "the code");
    await write(page, 'name = input("Name? ")\nprint("Hello, " + name + "!")\n');
    await run(page);
    await shows(page, "Name?");
    await fits(page, "the output");
    await page.getByLabel("Input for the program").fill("Mira");
    await page.keyboard.press("Enter");
    await shows(page, "Hello, Mira!");
    await status(page, "Finished");
    await page.getByRole("tab", { name: "Code" }).tap();
    await write(page, 'print("Hello, " + input() + "!")\n');
    await submit(page);
    await page.getByText(/Solved!/).first().waitFor();
    await fits(page, "the tests");
    await page.getByRole("tab", { name: "Task", exact: true }).first().tap();
    await page.getByText("Your program can talk.").waitFor();
    await fits(page, "the task");
  });
});

test("the menus stay on the screen of a phone", async () => {
  await visit(browser, PHONE, async ({ page }) => {
    await register(page);
    for (const name of ["Appearance", "My account"]) {
      await page.getByRole("button", { name }).tap();
      const box = await page.locator(".panel:not([hidden])").boundingBox();
      assert.ok(box && box.x >= 0 && box.x + box.width <= PHONE.viewport.width, `${name}: ${JSON.stringify(box)}`);
      await fits(page, name);
      await page.keyboard.press("Escape");
    }
  });
});
