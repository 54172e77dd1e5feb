// axe-core on every page, light and dark: nothing serious, nothing critical.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import type { AxeResults } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { launch, visit } from "../support/browser";
import { SIGHTS } from "../support/pages";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const SCHEMES = ["light", "dark"] as const;
/** So that no colour is measured half-way through an animation. */
const STILL = { reducedMotion: "reduce" } as const;

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** What axe finds, in a form that reads well in a failed test. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const results = await page.evaluate(async () => {
    const axe = Reflect.get(window, "axe") as { run: (options: object) => Promise<AxeResults> };
    return await axe.run({ resultTypes: ["violations"] });
  });
  return results.violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`));
}

/** Looks at a page as it stands in both schemes: the page follows the system's while it is open. */
async function findNothing(page: Page): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await page.locator(`html[data-mode="${colorScheme}"]`).waitFor();
    assert.deepEqual(await violations(page), [], colorScheme);
  }
}

for (const sight of SIGHTS) {
  test(`${sight.name}, light and dark`, async () => {
    await visit(browser, STILL, async ({ page, expect }) => {
      expect(/401|Unauthorized/);
      await sight.show(page);
      await findNothing(page);
    });
  });
}

for (const name of ["Leo", "Kenji", "Nila", "Cosmic"]) {
  test(`${name}, light and dark`, async () => {
    await visit(browser, STILL, async ({ page }) => {
      await page.getByRole("radio", { name }).check();
      await page.waitForTimeout(200);
      await findNothing(page);
      const sight = SIGHTS.find((known) => known.name === "problem-error");
      assert.ok(sight);
      await sight.show(page);
      assert.equal(await page.locator("html").getAttribute("data-character"), name.toLowerCase());
      await findNothing(page);
    });
  });
}
