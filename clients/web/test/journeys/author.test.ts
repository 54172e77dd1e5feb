// A problem from the empty form to a student who solves it, and two authors at the same problem.
// An installation of its own: the course of the other tests stays as it is.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch, visit } from "../support/browser";
import { Stack } from "../support/stack";
import { as, logIn, makeAccount } from "../support/staff";
import { editor, register, submit, until, write, writeInto } from "../support/student";

/** What students must never get to see. */
const SECRET_INPUT = "271828";
const SECRET_OUTPUT = "543656";

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

const part = (page: Page, name: string) => page.getByRole("tab", { name, exact: true }).click();

async function program(page: Page, label: string, source: string): Promise<void> {
  await writeInto(page, page.getByRole("textbox", { name: label }), source);
}

/** Fills the form of a new problem, with a public and a hidden test, and stores it. */
async function makeProblem(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Problems", exact: true }).click();
  await page.getByRole("link", { name: "New problem" }).click();
  await page.getByRole("heading", { level: 1, name: "New problem" }).waitFor();
  await page.getByRole("textbox", { name: "Title" }).fill("Twice as much");
  assert.equal(await page.getByLabel("Slug").inputValue(), "twice-as-much");
  await page.getByLabel("Summary").fill("Read a number and print it doubled.");
  await page.getByLabel("Tags").fill("numbers");
  await page.getByLabel("Category").fill("arithmetic");
  await page.getByLabel("Place in the course").selectOption({ label: "First programs: Say and ask" });
  await part(page, "Statement");
  await page.getByRole("textbox", { name: "Statement" }).fill("# Twice as much\n\nRead **one number** and print it doubled.");
  await page.getByRole("region", { name: "Preview" }).locator("strong", { hasText: "one number" }).waitFor();
  await part(page, "Programs");
  await program(page, "Starter code", "number = int(input())\n");
  await program(page, "Reference solution", "print(int(input()) * 2)\n");
  await page.getByRole("button", { name: "Add a wrong solution" }).click();
  await page.getByLabel("Program of wrong-1").fill("print(int(input()) ** 2)\n");
  await part(page, "Tests");
  await page.getByLabel("Input", { exact: true }).fill("2\n");
  await page.getByLabel("Expected output").fill("4\n");
  await page.getByRole("button", { name: "Add a test" }).click();
  assert.equal(await page.getByLabel("Hidden from students").last().isChecked(), true);
  await page.getByLabel("Input", { exact: true }).last().fill(`${SECRET_INPUT}\n`);
  await page.getByLabel("Expected output").last().fill(`${SECRET_OUTPUT}\n`);
  await page.getByRole("button", { name: "Create problem" }).click();
  await page.getByRole("heading", { level: 1, name: "Edit “Twice as much”" }).waitFor();
}

test("an author writes a problem with hidden tests, validates it, and a student solves it", async () => {
  await as(browser, stack, "author", "Ada", async (page) => {
    await makeProblem(page);
    await part(page, "Validate");
    await page.getByRole("button", { name: "Validate" }).click();
    // The wrong solution passes the public test: that is what the hidden one is for.
    await page.getByRole("region", { name: "Reference solution" }).getByText("2 of 2 tests passed").waitFor();
    await page.getByRole("region", { name: "wrong-1" }).getByText("1 of 2 tests passed").waitFor();
    await page.getByText("as it should be").nth(1).waitFor();
  });
  await visit(browser, { baseURL: stack.url }, async ({ page }) => {
    const answers: string[] = [];
    page.on("response", (response) => {
      response.body().then((body) => answers.push(body.toString("latin1")), () => undefined);
    });
    await register(page);
    await page.getByRole("link", { name: /Twice as much/ }).click();
    await page.getByRole("heading", { level: 1, name: "Twice as much" }).waitFor();
    await editor(page).waitFor();
    await write(page, "print(int(input()) ** 2)\n");
    await submit(page);
    await page.getByText("Not right yet").first().waitFor();
    await page.getByText("1 of 2 tests passed").first().waitFor();
    await page.getByText("The input of hidden tests isn't shown").first().waitFor();
    await write(page, "print(int(input()) * 2)\n");
    await submit(page);
    await page.getByText(/Solved!/).first().waitFor();
    await page.getByText("+ 10 points").waitFor();
    assert.ok(answers.some((answer) => answer.includes("Twice as much")), "the answers were looked at");
    for (const secret of [SECRET_INPUT, SECRET_OUTPUT]) {
      assert.ok(!answers.some((answer) => answer.includes(secret)), `the server sent ${secret} to a student`);
      assert.ok(!(await page.content()).includes(secret), `the page shows ${secret} to a student`);
    }
  });
});

test("two authors change one problem: nothing is overwritten unseen", async () => {
  await as(browser, stack, "author", "Ada", async (page) => {
    await as(browser, stack, "author", "Grace", async (other) => {
      for (const either of [page, other]) {
        await either.goto("/author/problems/fizz-buzz");
        await either.getByRole("textbox", { name: "Title" }).waitFor();
      }
      await other.getByRole("textbox", { name: "Title" }).fill("Fizz, then buzz");
      await other.getByLabel("Points", { exact: true }).fill("25");
      await other.getByRole("button", { name: "Save", exact: true }).click();
      await other.getByText("Saved.", { exact: true }).waitFor();
      await page.getByRole("textbox", { name: "Title" }).fill("Buzz, then fizz");
      await page.getByLabel("Category").fill("counting");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      const conflict = page.getByRole("alert").filter({ hasText: "Somebody else has changed this problem" });
      await conflict.getByText("Fizz, then buzz").waitFor();
      assert.equal(await page.getByRole("textbox", { name: "Title" }).inputValue(), "Buzz, then fizz");
      assert.equal(await page.getByLabel("Points", { exact: true }).inputValue(), "25", "what only they changed is taken over");
      await conflict.getByRole("button", { name: "Title: Take theirs" }).click();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText("Saved.", { exact: true }).waitFor();
      await other.reload();
      await other.getByRole("textbox", { name: "Title" }).waitFor();
      const stored = await Promise.all(["Title", "Category"].map((name) => other.getByRole("textbox", { name }).inputValue()));
      assert.deepEqual(stored, ["Fizz, then buzz", "counting"]);
    });
  });
});

test("what is not saved is there after the tab was closed, and can be thrown away", async () => {
  const ada = makeAccount(stack, "author", "Ada");
  await visit(browser, { baseURL: stack.url }, async ({ page, context }) => {
    await logIn(page, ada);
    await page.goto("/author/problems/hello-name");
    await page.getByLabel("Summary").fill("A summary that is not saved yet.");
    await page.getByText("There are changes that are not saved.").waitFor();
    await page.close();
    const again = await context.newPage();
    await again.goto("/author/problems/hello-name");
    await again.getByText("These are your changes from before").waitFor();
    assert.equal(await again.getByLabel("Summary").inputValue(), "A summary that is not saved yet.");
    await again.getByRole("button", { name: "Discard my changes" }).click();
    await until("the summary is the stored one", async () => (await again.getByLabel("Summary").inputValue()) !== "A summary that is not saved yet.");
  });
});

test("tests of a stored problem are added, changed and deleted, and a problem goes out and comes in", async () => {
  await as(browser, stack, "author", "Ada", async (page) => {
    await page.goto("/author/problems/pocket-money");
    await part(page, "Tests");
    const tests = page.locator(".tests > li");
    await tests.first().waitFor();
    const count = await tests.count();
    await page.getByRole("button", { name: "Add a test" }).click();
    await page.getByLabel("Input", { exact: true }).fill("1\n2\n");
    await page.getByLabel("Expected output").fill("3\n");
    await page.getByRole("button", { name: "Save the test" }).click();
    await until("there is one more", async () => (await tests.count()) === count + 1);
    await page.getByRole("button", { name: `Test ${count + 1}: Edit` }).click();
    await page.getByLabel("Expected output").fill("4\n");
    await page.getByRole("button", { name: "Save the test" }).click();
    await tests.last().locator("pre", { hasText: "4" }).waitFor();
    await page.getByRole("button", { name: `Test ${count + 1}: Delete` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    await until("it is gone", async () => (await tests.count()) === count);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "As a folder" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "pocket-money.zip");
    const file = await download.path();
    await page.getByRole("link", { name: "All problems" }).click();
    await page.getByRole("button", { name: "Import", exact: true }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("What it is").selectOption({ label: "A problem's folder of a course" });
    await dialog.getByLabel("Zip file").setInputFiles(file);
    await dialog.getByLabel("Slug").fill("pocket-money-again");
    await dialog.getByRole("button", { name: "Import", exact: true }).click();
    await dialog.getByRole("link", { name: "Open it" }).click();
    await page.getByRole("heading", { level: 1, name: /^Edit / }).waitFor();
    assert.equal(await page.getByLabel("Slug").inputValue(), "pocket-money-again");
    await page.getByRole("button", { name: "Delete the problem" }).click();
    await page.getByRole("button", { name: "Delete it" }).click();
    await page.getByRole("heading", { level: 1, name: "Problems" }).waitFor();
    await until("it is gone from the list", async () => (await page.getByText("pocket-money-again").count()) === 0);
  });
});

test("a form that is not right says what and where, and a student gets no form", async () => {
  await as(browser, stack, "author", "Ada", async (page) => {
    await page.goto("/author/new");
    await page.getByLabel("Points", { exact: true }).fill("many");
    await page.getByRole("button", { name: "Create problem" }).click();
    await page.getByText("1 to 100 characters.").first().waitFor();
    await page.getByText("A whole number from 1 to 1000.").first().waitFor();
    await page.getByText("One word of small letters, digits and hyphens.").first().waitFor();
    await page.getByRole("textbox", { name: "Title" }).fill("Fizz buzz");
    await page.getByLabel("Points", { exact: true }).fill("10");
    await page.getByLabel("Summary").fill("Fizz and buzz.");
    await page.getByLabel("Category").fill("loops");
    await page.getByRole("button", { name: "Create problem" }).click();
    await page.getByText("There is already a problem with this name.").waitFor();
    // What only the server knows comes in the words of the form.
    await page.getByRole("radio", { name: "Function" }).check();
    await page.getByLabel("Name of the function").fill("class");
    await part(page, "Tests");
    await page.getByLabel("Arguments, as a JSON array").fill("[1]");
    await page.getByLabel("Return value, as JSON").fill("1");
    await page.getByRole("button", { name: "Create problem" }).click();
    await page.getByRole("alert").getByText("Name of the function:").first().waitFor();
  });
  await visit(browser, { baseURL: stack.url }, async ({ page }) => {
    await register(page);
    assert.equal(await page.getByRole("link", { name: "Problems", exact: true }).count(), 0);
    await page.goto("/author/problems/fizz-buzz");
    await page.getByText("Only authors write problems.").waitFor();
  });
});
