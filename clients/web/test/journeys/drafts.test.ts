// Code is not lost: not when the tab is closed, not on another device, not without a connection.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launch, visit } from "../support/browser";
import { openProblem, program, register, run, saved, shows, status, until, write } from "../support/student";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("a tab that is closed at once and opened again has the code, and one is still logged in", async () => {
  await visit(browser, {}, async ({ page, context }) => {
    await register(page);
    await openProblem(page, "hello-name");
    await write(page, "# not even a second old");
    await page.close();
    const again = await context.newPage();
    await openProblem(again, "hello-name");
    assert.equal(await program(again), "# not even a second old");
    await again.getByRole("button", { name: "Run", exact: true }).waitFor();
    await saved(again);
  });
});

test("a run goes on in a tab that is opened again, with all of its output", async () => {
  await visit(browser, {}, async ({ page, context }) => {
    await register(page);
    await openProblem(page, "hello-name");
    await write(page, 'print("before")\nname = input("Name? ")\nprint("after", name)\n');
    await run(page);
    await shows(page, "Name?");
    await page.close();
    const again = await context.newPage();
    await openProblem(again, "hello-name");
    await shows(again, "before");
    await again.getByLabel("Input for the program").fill("Mira");
    await again.keyboard.press("Enter");
    await shows(again, "after Mira");
    await status(again, "Finished");
  });
});

test("another device has the code from the server, and two different versions are both kept", async () => {
  await visit(browser, {}, async ({ page }) => {
    const account = await register(page);
    await openProblem(page, "hello-name");
    await write(page, "# from the first");
    await saved(page);
    await visit(browser, { path: "/login" }, async ({ page: other, context, expect }) => {
      expect(/ERR_FAILED.*SaveDraft/);
      await other.getByLabel("E-mail address").fill(account.email);
      await other.getByLabel("Password", { exact: true }).fill(account.password);
      await other.getByRole("button", { name: "Log in" }).last().click();
      await other.getByRole("heading", { level: 1, name: "Hello, Mira!" }).waitFor();
      await openProblem(other, "hello-name");
      assert.equal(await program(other), "# from the first");
      // This one is in no net when it is changed, and the first one changes too.
      await other.route("**/*SaveDraft", (route) => route.abort());
      await write(other, "# from the second");
      await other.getByText("It will be sent to the server").waitFor();
      await write(page, "# from the first, later");
      await saved(page);
      await other.close();
      const again = await context.newPage();
      await openProblem(again, "hello-name");
      await again.getByText("There is another version").waitFor();
      // Which of them is shown depends on who looked first; that both are there does not.
      const shown = await program(again);
      await again.getByRole("button", { name: "Use the other version" }).click();
      assert.deepEqual([shown, await program(again)].sort(), ["# from the first, later", "# from the second"]);
      await saved(again);
    });
  });
});

test("without a connection the code is kept, told of, and sent later", async () => {
  await visit(browser, {}, async ({ page, context, expect }) => {
    expect(/ERR_INTERNET_DISCONNECTED/);
    await register(page);
    await openProblem(page, "hello-name");
    await context.setOffline(true);
    await page.getByText("You are offline.").first().waitFor();
    await write(page, "# written in the train");
    await page.getByText("It will be sent to the server").waitFor();
    await context.setOffline(false);
    await saved(page);
    await until("the banner is gone", async () => !(await page.locator(".banner").isVisible()));
  });
});
