// Runs: typing while the program runs, stopping it, errors that are explained, files that it left.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { launch, visit } from "../support/browser";
import { consoleOf, openProblem, output, register, run, shows, status, until, write } from "../support/student";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("one types where the program asks, several times", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await openProblem(page, "hello-name");
    await write(page, 'name = input("Name? ")\nage = int(input("Age? "))\nprint(name, "will be", age + 1)\n');
    await run(page);
    await shows(page, "Name?");
    const input = page.getByLabel("Input for the program");
    // The focus is there by itself, behind the question.
    await until("the input has the focus", () => input.evaluate((element) => element === document.activeElement));
    const [question, place] = [await page.locator(".console-written").boundingBox(), await input.boundingBox()];
    assert.ok(question && place && place.x >= question.x + question.width - 1, "the input stands behind the question");
    await page.keyboard.type("Mira");
    await page.keyboard.press("Enter");
    await shows(page, "Age?");
    await page.keyboard.type("12");
    await page.keyboard.press("Enter");
    await shows(page, "Mira will be 13");
    await status(page, "Finished");
    assert.equal(await output(page), "Name? Mira\nAge? 12\nMira will be 13\n");
    assert.match(await page.locator(".run-usage").innerText(), /^\d+\.\d\d s, [\d.]+ MB$/);
  });
});

test("output appears while the program runs, and Ctrl+D ends the input", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await openProblem(page, "hello-name");
    await write(page, 'import sys\nprint("first")\ntext = sys.stdin.read()\nprint(len(text))\n');
    await run(page);
    await shows(page, "first");
    assert.equal(await output(page), "first\n");
    await page.getByLabel("Input for the program").fill("four");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Control+D");
    await status(page, "Finished");
    await until("the length is there", async () => (await output(page)) === "first\nfour\n5\n");
  });
});

test("an endless loop is stopped by the user", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await openProblem(page, "fizz-buzz");
    await write(page, 'print("round and round")\nwhile True:\n    pass\n');
    await run(page);
    await shows(page, "round and round");
    await page.getByRole("button", { name: "Stop" }).click();
    await status(page, "Stopped by you");
    await page.getByRole("button", { name: "Run", exact: true }).waitFor();
  });
});

test("an endless loop is stopped by the time limit, and explained", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await openProblem(page, "fizz-buzz");
    await write(page, "while True:\n    pass\n");
    await run(page);
    await status(page, "Stopped: it took too long");
    await page.locator(".explanation-what").waitFor();
  });
});

test("an error is explained, its line is marked, and the mark goes when the line is changed", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await openProblem(page, "hello-name");
    await write(page, "price = 3\nprint(prise)\n");
    await run(page);
    await status(page, "Stopped with an error");
    await page.locator(".explanation-what").getByText("prise").waitFor();
    const marked = page.locator(".cm-marked-line");
    await marked.waitFor();
    assert.equal(await marked.innerText(), "print(prise)");
    await page.getByRole("button", { name: "Go to line 2" }).click();
    await page.keyboard.press("End");
    await page.keyboard.press("Backspace");
    await until("the mark is gone", async () => (await marked.count()) === 0);
  });
});

test("a run with the input of an example needs no typing", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await openProblem(page, "hello-name");
    await write(page, 'print("Hello, " + input() + "!")\n');
    await page.getByRole("button", { name: "Run with this input" }).first().click();
    await status(page, "Finished");
    assert.match(await output(page), /^Hello, .+!\n$/);
  });
});

test("files of a run are shown and can be saved", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await openProblem(page, "hello-name");
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="7"><rect width="9" height="7"/></svg>';
    await write(page, `open("a.svg", "w").write('${svg}')\nopen("numbers.csv", "w").write("1,2")\n`);
    await run(page);
    const picture = page.getByRole("img", { name: "Picture a.svg" });
    await picture.waitFor();
    await until("the picture is drawn", () => picture.evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth === 9));
    assert.match((await picture.getAttribute("src")) ?? "", /^blob:/);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download numbers.csv" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "numbers.csv");
    await consoleOf(page).waitFor();
  });
});

test("what turtle draws is shown beside the console, and can be saved", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await openProblem(page, "hello-name");
    await write(page, "import turtle\nturtle.speed(0)\nturtle.color('red')\nfor _ in range(4):\n    turtle.forward(80)\n    turtle.left(90)\nprint('drawn')\n");
    await run(page);
    const picture = page.getByRole("img", { name: "Drawing of your program" });
    await picture.waitFor();
    await shows(page, "drawn");
    await status(page, "Finished");
    await until("four sides are there", async () => (await picture.locator("polyline, line, path, polygon").count()) > 0);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save the picture" }).click(),
    ]);
    assert.equal(download.suggestedFilename(), "drawing.svg");
    // The next run begins without it.
    await write(page, "print('nothing drawn')\n");
    await run(page);
    await status(page, "Finished");
    await until("the drawing is gone", async () => !(await picture.isVisible()));
  });
});
