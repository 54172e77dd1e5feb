// The language is the browser's until one chooses; explanations come in it, too. So do the
// companion and the brightness.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launch, visit } from "../support/browser";
import { openProblem, register, until, write } from "../support/student";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("a German browser gets German, and an error is explained in it", async () => {
  await visit(browser, { locale: "de-AT" }, async ({ page }) => {
    await page.getByRole("link", { name: "Konto anlegen" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "de");
  });
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await page.getByRole("button", { name: "Appearance" }).click();
    await page.getByRole("radio", { name: "Deutsch" }).check();
    await page.getByRole("heading", { level: 1, name: "Hallo, Mira!" }).waitFor();
    await openProblem(page, "hello-name");
    await write(page, "print(nme)\n");
    await page.getByRole("button", { name: "Start", exact: true }).click();
    await page.getByText("Mit einem Fehler beendet").first().waitFor();
    await page.locator(".explanation-what").getByText(/Namen/).waitFor();
    await page.reload();
    await page.getByRole("button", { name: "Abgeben" }).waitFor();
  });
});

test("a language that the app doesn't have becomes English", async () => {
  await visit(browser, { locale: "fr-FR" }, async ({ page }) => {
    await page.getByRole("link", { name: "Create an account" }).waitFor();
  });
});

test("brightness follows the system until it is chosen, and the choice is kept", async () => {
  await visit(browser, { colorScheme: "dark" }, async ({ page }) => {
    const mode = () => page.locator("html").getAttribute("data-mode");
    assert.equal(await mode(), "dark");
    await page.emulateMedia({ colorScheme: "light" });
    await until("the page is light", async () => (await mode()) === "light");
    await page.getByRole("radio", { name: "Kenji" }).check();
    await page.getByRole("button", { name: "Appearance" }).click();
    await page.getByRole("radio", { name: "Dark" }).check();
    await page.reload();
    await page.getByRole("link", { name: "Create an account" }).waitFor();
    assert.deepEqual([await mode(), await page.locator("html").getAttribute("data-character")], ["dark", "kenji"]);
  });
});
