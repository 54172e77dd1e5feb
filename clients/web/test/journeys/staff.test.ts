// The administration page, with a runner that is drained under the eyes of a student, and roles;
// and what the progress page says. An installation of its own, because its only runner goes away.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launch, visit } from "../support/browser";
import { Stack } from "../support/stack";
import { as } from "../support/staff";
import { openProblem, register, run, shows, status, submit, until, write } from "../support/student";

let browser: Browser;
let stack: Stack;
before(async () => {
  browser = await launch();
  stack = await Stack.start();
});
after(async () => {
  await browser.close();
  await stack.stop();
});

test("an admin sees the queue and the runners, drains one, and lets it go on", async () => {
  await as(browser, stack, "admin", "Root", async (page) => {
    await page.getByRole("link", { name: "Admin" }).click();
    const queue = page.getByRole("region", { name: "Queue" });
    await queue.getByText("0 of 4 sandboxes are in use").waitFor();
    const runner = page.getByRole("row", { name: /^local/ });
    await runner.getByText("healthy").waitFor();
    await page.getByRole("button", { name: "Drain local" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drain" }).click();
    await runner.getByText("draining").waitFor();
    await visit(browser, { baseURL: stack.url }, async ({ page: student }) => {
      await register(student);
      await openProblem(student, "hello-name");
      await write(student, 'print("at last")\n');
      await run(student);
      await page.getByRole("button", { name: "Resume local" }).click();
      await runner.getByText("healthy").waitFor();
      // Whether it waited or was refused, it runs now, and nobody has to load the page again.
      await until("the program ran", async () => {
        const button = student.getByRole("button", { name: "Run", exact: true });
        const isOver = (await student.locator(".run-status").getByText("Finished").count()) > 0;
        await (!isOver && (await button.isVisible()) ? run(student) : Promise.resolve());
        return isOver;
      });
      await shows(student, "at last");
    });
    // The figures follow without a reload.
    await visit(browser, { baseURL: stack.url }, async ({ page: student }) => {
      await register(student);
      await openProblem(student, "hello-name");
      await write(student, 'name = input("Name? ")\n');
      await run(student);
      await shows(student, "Name?");
      await queue.getByText("1 of 4 sandboxes is in use").waitFor();
      await student.getByRole("button", { name: "Stop" }).click();
      await status(student, "Stopped by you");
      await queue.getByText("0 of 4 sandboxes are in use").waitFor();
    });
  });
});

test("an admin makes a student a teacher, and nobody can take the last admin away", async () => {
  await as(browser, stack, "admin", "Chief", async (page) => {
    await visit(browser, { baseURL: stack.url }, async ({ page: person }) => {
      const account = await register(person, "Sofia");
      await page.getByRole("link", { name: "Admin" }).click();
      await page.getByLabel("Find by e-mail address").fill(account.email);
      await page.getByRole("button", { name: "Find", exact: true }).click();
      const users = page.getByRole("region", { name: "Users" });
      await until("only Sofia is found", async () => (await users.locator("tbody tr").count()) === 1);
      await page.getByLabel("Role of Sofia").selectOption({ label: "Teacher" });
      await page.getByRole("dialog").getByText("Cancel").click();
      assert.equal(await page.getByLabel("Role of Sofia").locator("option:checked").innerText(), "Student");
      await page.getByLabel("Role of Sofia").selectOption({ label: "Teacher" });
      await page.getByRole("button", { name: "Change the role" }).click();
      await page.getByText("Sofia: Teacher from now on.").waitFor();
      await person.goto("/classes");
      await person.getByRole("button", { name: "Make it" }).waitFor();
      await person.goto("/admin");
      await person.getByText("Only admins see this page.").waitFor();
    });
  });
});

test("progress shows points, the streak, badges, levels and each attempt", async () => {
  await visit(browser, { baseURL: stack.url }, async ({ page }) => {
    await register(page);
    await page.getByRole("link", { name: "Progress" }).click();
    await page.getByText("You haven't handed in a program yet.").waitFor();
    await openProblem(page, "hello-name");
    await write(page, 'print("Hello " + input() + "!")\n');
    await submit(page);
    await page.getByText("Not right yet").first().waitFor();
    await write(page, 'print("Hello, " + input() + "!")\n');
    await submit(page);
    await page.getByText(/Solved!/).first().waitFor();
    await page.getByRole("link", { name: "Progress" }).click();
    await page.getByRole("region", { name: "Points" }).getByText("10", { exact: true }).waitFor();
    await page.getByRole("region", { name: "Streak" }).getByText("1 day", { exact: true }).waitFor();
    await page.getByText("First problem solved").waitFor();
    await page.getByText("1 of 5 · 20 %").waitFor();
    await page.getByText("1 problem solved for the first time").waitFor();
    await page.getByRole("button", { name: "Attempts at Hello, you!" }).click();
    const rows = page.getByRole("table", { name: "Attempts at Hello, you!" }).locator("tbody tr");
    await rows.nth(1).waitFor();
    assert.match(await rows.nth(0).innerText(), /Solved!/);
    assert.match(await rows.nth(1).innerText(), /Not right yet/);
  });
});
