// A class: its teacher makes it, a student joins it by its link, and the teacher sees what was solved.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch, visit } from "../support/browser";
import { as, shared } from "../support/staff";
import { openProblem, register, submit, until, write } from "../support/student";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

/** Makes a class and returns its code. */
async function makeClass(page: Page, title: string): Promise<string> {
  await page.getByRole("link", { name: "Classes", exact: true }).click();
  await page.getByLabel("Name of the class").fill(title);
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
  const code = await page.locator(".class-code").innerText();
  assert.match(code, /^[A-Z0-9]{4}-[A-Z0-9]{4}$/);
  return code;
}

test("a teacher makes a class, a student joins it and solves a problem, and the teacher sees it", async () => {
  await as(browser, shared(), "teacher", "Ms Hopper", async (page) => {
    const code = await makeClass(page, "7b Informatics");
    await page.getByText("Nobody has joined yet.").waitFor();
    await visit(browser, {}, async ({ page: student }) => {
      await register(student, "Mira");
      await student.goto(`/join/${code}`);
      assert.equal(await student.getByLabel("Class code").inputValue(), code);
      await student.getByRole("button", { name: "Join", exact: true }).click();
      await student.getByText("You are in the class “7b Informatics” now.").waitFor();
      await student.getByText("taught by Ms Hopper").waitFor();
      await openProblem(student, "hello-name");
      await write(student, 'print("Hello, " + input() + "!")\n');
      await submit(student);
      await student.getByText(/Solved!/).first().waitFor();
      await openProblem(student, "pocket-money");
      await submit(student);
      await student.locator(".verdict").waitFor();

      await page.getByRole("button", { name: "Refresh" }).click();
      const row = page.getByRole("row", { name: /Mira/ });
      await row.getByText("1 / 5").waitFor();
      assert.deepEqual((await row.getByRole("cell").allInnerTexts()).slice(0, 2), ["10", "1"]);
      await page.getByLabel("Problems of").selectOption({ label: "First programs" });
      await row.getByTitle("solved", { exact: true }).waitFor();
      await row.getByTitle("tried 1 time, not solved").waitFor();
      await row.getByTitle("not begun").first().waitFor();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: "Save as table (CSV)" }).click(),
      ]);
      const [heads, mira] = readFileSync(await download.path(), "utf8").split("\r\n");
      assert.match(heads ?? "", /^\uFEFFName,Points,Solved,Last active,"?Hello, you!"?,/);
      assert.match(mira ?? "", /^Mira,10,1,\d{4}-\d\d-\d\dT[\d:.]+Z,1,0,/);

      await page.getByLabel("Problems of").selectOption({ label: "Overview" });
      await page.getByRole("button", { name: "Remove Mira from the class?" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
      await page.getByText("Nobody has joined yet.").waitFor();
      await student.goto("/classes");
      await student.getByText("You are in no class yet.").waitFor();
    });
    await page.getByRole("button", { name: "Delete the class" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.getByText("You have no class yet.").waitFor();
  });
});

test("a code is typed as it comes, a wrong one is told, and a student can leave", async () => {
  await as(browser, shared(), "teacher", "Mr Turing", async (page) => {
    const code = await makeClass(page, "Club");
    await visit(browser, {}, async ({ page: student, expect }) => {
      expect(/404/);
      await register(student);
      await student.getByRole("link", { name: "Classes", exact: true }).click();
      await student.getByLabel("Class code").fill("CDFG-3479");
      await student.getByRole("button", { name: "Join", exact: true }).click();
      await student.getByText("There is no class with this code.").waitFor();
      await student.getByLabel("Class code").fill(code.toLowerCase().replace("-", " "));
      await student.getByRole("button", { name: "Join", exact: true }).click();
      await student.getByText("You are in the class “Club” now.").waitFor();
      // The class is its teacher's: a member has no way to the others' progress.
      assert.equal(await student.getByRole("link", { name: "Club" }).count(), 0);
      const address = new URL(page.url()).pathname;
      await student.goto(address);
      await student.getByText("This doesn't exist, or not any more.").waitFor();
      await student.goto("/classes");
      await student.getByRole("button", { name: "Leave “Club”?" }).click();
      await student.getByRole("dialog").getByRole("button", { name: "Leave", exact: true }).click();
      await until("the class is gone", async () => await student.getByText("You are in no class yet.").isVisible());
    });
  });
});
