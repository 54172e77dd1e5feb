// Accounts with a role, and more than one person at a time, as the journeys of teachers, authors
// and admins need them. An account with a role is made as an operator makes the first one: by
// control-plane's own command, beside the running server.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { baseUrl, visit } from "./browser";
import { programs } from "./stack";
import type { Account } from "./student";

export type Role = "teacher" | "author" | "admin";

/** An installation: where the app is, and where its settings are. */
export interface Place {
  readonly url: string;
  readonly folder: string;
}

/** The installation that all tests share. */
export function shared(): Place {
  const folder = process.env["CODERUNNER_STACK_FOLDER"];
  assert.ok(folder, "CODERUNNER_STACK_FOLDER is not set; run the tests with `npm test`");
  return { url: baseUrl(), folder };
}

export function makeAccount(place: Place, role: Role, name: string): Account {
  const account = { email: `${randomUUID()}@example.org`, password: randomUUID(), name };
  const words = ["user", "create", "--email", account.email, "--password-stdin", "--role", role, "--display-name", name];
  execFileSync(path.join(programs, "control-plane"), [...words, "--config", path.join(place.folder, "control-plane.toml")], {
    input: `${account.password}\n`,
    stdio: ["pipe", "ignore", "inherit"],
  });
  return account;
}

export async function logIn(page: Page, account: Account): Promise<void> {
  await page.goto("/login");
  await page.getByLabel("E-mail address").fill(account.email);
  await page.getByLabel("Password", { exact: true }).fill(account.password);
  await page.getByRole("button", { name: "Log in" }).last().click();
  await page.getByRole("heading", { level: 1, name: `Hello, ${account.name}!` }).waitFor();
}

/** A window of somebody with this role, who is logged in. */
export async function as(browser: Browser, place: Place, role: Role, name: string, work: (page: Page) => Promise<void>): Promise<void> {
  const account = makeAccount(place, role, name);
  await visit(browser, { baseURL: place.url }, async ({ page }) => {
    await logIn(page, account);
    await work(page);
  });
}
