// Everything with the keyboard alone: from the login form to a solved problem, into the editor and
// out of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch, visit } from "../support/browser";
import { register, shows, status } from "../support/student";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** The accessible name of what has the focus, also inside the editor's shadow root. */
async function focused(page: Page): Promise<string> {
  return await page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) {
      element = element.shadowRoot.activeElement;
    }
    return `${element?.getAttribute("aria-label") ?? ""} ${element?.textContent?.slice(0, 80) ?? ""}`.trim();
  });
}

/** Presses Tab until something of this name has the focus. */
async function tabTo(page: Page, name: RegExp, key = "Tab"): Promise<void> {
  const seen: string[] = [];
  for (let count = 0; count < 60; count += 1) {
    await page.keyboard.press(key);
    const now = await focused(page);
    if (name.test(now)) {
      return;
    }
    seen.push(now);
  }
  assert.fail(`Tab never came to ${String(name)}, but to: ${seen.join(" | ")}`);
}

test("a problem is solved without a mouse", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await tabTo(page, /^Skip to the content/, "Shift+Tab").catch(() => tabTo(page, /^Skip to the content/));
    await page.keyboard.press("Enter");
    await tabTo(page, /Continue/);
    await page.keyboard.press("Enter");
    await page.locator(".pane-code .cm-content").waitFor();
    await tabTo(page, /^Your program/);
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type('name = input("Name? ")');
    await page.keyboard.press("Enter");
    await page.keyboard.type('print("Hello, " + name + "!")');
    await page.keyboard.press("Control+Enter");
    await shows(page, "Name?");
    await page.keyboard.type("Mira");
    await page.keyboard.press("Enter");
    await shows(page, "Hello, Mira!");
    await status(page, "Finished");
    await tabTo(page, /^Your program/, "Shift+Tab");
    // Tab indents in the editor; Escape and then Tab leaves it.
    await page.keyboard.press("Tab");
    assert.match(await focused(page), /^Your program/);
    await page.keyboard.press("Control+Z");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.doesNotMatch(await focused(page), /^Your program/);
    await tabTo(page, /^Your program/, "Shift+Tab");
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type('print("Hello, " + input() + "!")');
    await page.keyboard.press("Control+Shift+Enter");
    await page.getByText(/Solved!/).first().waitFor();
    await page.keyboard.press("Escape");
    await tabTo(page, /^Next problem/);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Saving for a skateboard" }).waitFor({ state: "attached" });
  });
});

test("tabs are moved with arrow keys, and menus closed with Escape", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await page.getByRole("button", { name: "Appearance" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("radio", { name: "Leo" }).focus();
    await page.keyboard.press("Space");
    assert.equal(await page.locator("html").getAttribute("data-character"), "leo");
    await page.keyboard.press("Escape");
    assert.match(await focused(page), /^Appearance/);
    await page.goto("/problems/hello-name");
    await page.getByRole("tab", { name: "Task" }).last().focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await focused(page), /^My submissions/);
    await page.getByText("You haven't handed in a program").waitFor();
  });
});
