// Logging in, staying logged in and logging out, in one tab and in several; and where tokens are.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launch, visit } from "../support/browser";
import { register, until } from "../support/student";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("no script can read a token, and reloading keeps the session", async () => {
  await visit(browser, {}, async ({ page, context }) => {
    await register(page);
    for (let count = 0; count < 3; count += 1) {
      await page.reload();
      await page.getByRole("heading", { level: 1, name: "Hello, Mira!" }).waitFor();
    }
    const readable = await page.evaluate(() => `${document.cookie} ${JSON.stringify({ ...localStorage, ...sessionStorage })}`);
    assert.doesNotMatch(readable, /eyJ|refresh|token/i);
    const [cookie, ...others] = await context.cookies();
    assert.ok(cookie !== undefined && others.length === 0, "there is one cookie");
    assert.deepEqual([cookie.httpOnly, cookie.secure, cookie.sameSite], [true, true, "Strict"]);
    assert.equal(cookie.path, "/coderunner.v1.AuthService/");
  });
});

test("many tabs that are opened at once are all logged in, and stay so", async () => {
  await visit(browser, {}, async ({ page, context }) => {
    await register(page);
    const tabs = await Promise.all(Array.from({ length: 5 }, () => context.newPage()));
    await Promise.all(tabs.map((tab) => tab.goto("/learn")));
    await Promise.all(tabs.map((tab) => tab.getByRole("heading", { level: 1, name: "Hello, Mira!" }).waitFor()));
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "Hello, Mira!" }).waitFor();
  });
});

test("logging out in one tab logs out in the others, and a private page asks to log in", async () => {
  await visit(browser, {}, async ({ page, context }) => {
    const account = await register(page);
    const other = await context.newPage();
    await other.goto("/learn");
    await other.getByRole("heading", { level: 1, name: "Hello, Mira!" }).waitFor();
    await page.getByRole("button", { name: "My account" }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await other.getByRole("heading", { level: 1, name: "Learn" }).waitFor();
    await other.goto("/account");
    await other.getByText("please log in first").waitFor();
    await other.getByLabel("E-mail address").fill(account.email);
    await other.getByLabel("Password", { exact: true }).fill(account.password);
    await other.getByRole("button", { name: "Log in" }).click();
    await other.getByRole("heading", { level: 1, name: "My account" }).waitFor();
    // And the first tab is logged in again, too.
    await until("the first tab has the name", async () => await page.locator(".header-name").isVisible());
  });
});

test("a wrong password is told in words, and an address that is taken too", async () => {
  await visit(browser, {}, async ({ page }) => {
    const account = await register(page);
    await page.getByRole("button", { name: "My account" }).click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.goto("/login");
    await page.getByLabel("E-mail address").fill(account.email);
    await page.getByLabel("Password", { exact: true }).fill("something else");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("don't go together").waitFor();
    await page.goto("/register");
    await page.getByLabel("Name", { exact: true }).fill("Twin");
    await page.getByLabel("E-mail address").fill(account.email);
    await page.getByLabel("Password", { exact: true }).fill(account.password);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByText("There is already an account").waitFor();
  });
});

test("the profile can be changed", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await page.goto("/account");
    await page.getByLabel("Name", { exact: true }).fill("Mira the Great");
    await page.getByRole("radio", { name: "15 to 18" }).check();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Your profile is saved.").waitFor();
    await page.getByRole("link", { name: "Learn", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: "Hello, Mira the Great!" }).waitFor();
    await page.getByText("Data and functions").waitFor();
  });
});
