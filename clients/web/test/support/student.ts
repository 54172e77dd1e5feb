// What students do in the app, as the journeys need it: by role and name, as a screen reader finds
// things, so that a button without a name fails the tests.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Locator, Page } from "playwright-core";

export interface Account {
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

/** Fills the form of `/register` and waits for the map of the course. */
export async function register(page: Page, name = "Mira"): Promise<Account> {
  const account = { email: `${randomUUID()}@example.org`, password: randomUUID(), name };
  await page.goto("/register");
  await page.getByLabel("Name", { exact: true }).fill(account.name);
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("radio", { name: "11 to 14" }).check();
  await page.getByRole("button", { name: "Create account" }).click();
  await page.getByRole("heading", { level: 1, name: `Hello, ${name}!` }).waitFor();
  return account;
}

/** Opens a problem and waits for its editor. */
export async function openProblem(page: Page, slug: string): Promise<void> {
  await page.goto(`/problems/${slug}`);
  await editor(page).waitFor({ state: "attached" });
  await pane(page, "Code");
}

/** On a phone the parts of a problem are tabs; elsewhere all are in sight. */
export async function pane(page: Page, name: "Task" | "Code" | "Output"): Promise<void> {
  const tab = page.getByRole("tablist", { name: "Parts of the page" }).getByRole("tab", { name });
  if (await tab.isVisible()) {
    await tab.click();
  }
}

export function editor(page: Page): Locator {
  return page.locator(".pane-code .cm-content");
}

/** Replaces the program in the editor, as a paste over everything does. */
export async function write(page: Page, source: string): Promise<void> {
  const content = editor(page);
  await pane(page, "Code");
  await content.click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.press("Delete");
  await content.evaluate((element, text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }, source);
}

/** The program in the editor. It must be short: CodeMirror draws only what is in sight. */
export async function program(page: Page): Promise<string> {
  const lines = await page.locator(".pane-code .cm-line").allInnerTexts();
  return lines.map((line) => line.replace(/\n$/, "")).join("\n");
}

export function consoleOf(page: Page): Locator {
  return page.getByRole("log", { name: "Console" });
}

export async function run(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Run", exact: true }).click();
}

/** Waits until the line above the console says this. */
export async function status(page: Page, text: string | RegExp): Promise<void> {
  await page.locator(".run-status").getByText(text).waitFor();
}

/** Waits until the console shows this text. */
export async function shows(page: Page, text: string): Promise<void> {
  await consoleOf(page).getByText(text).first().waitFor();
}

/** Everything in the console, without the input. */
export async function output(page: Page): Promise<string> {
  const blocks = await consoleOf(page).locator(".console-block, .console-written").allTextContents();
  return blocks.join("");
}

export async function submit(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Submit", exact: true }).click();
}

export async function saved(page: Page): Promise<void> {
  await page.locator(".code-state").getByText("Saved", { exact: true }).waitFor();
}

/** Waits for a condition that the page fulfils by and by. */
export async function until(what: string, holds: () => Promise<boolean>, patienceMs = 20_000): Promise<void> {
  const end = Date.now() + patienceMs;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `${what} did not come true within ${patienceMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
