// The playground: several files, libraries with charts, a link for others. And the cheatsheets,
// which are a page and a panel beside the program.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { launch, visit } from "../support/browser";
import { output, register, run, shows, status, until, writeInto } from "../support/student";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

const file = (page: Page, path: string) => page.getByRole("textbox", { name: `Program file ${path}` });

async function addFile(page: Page, path: string, text: string): Promise<void> {
  await page.getByRole("button", { name: "New file" }).click();
  await page.getByLabel("Name of the file").fill(path);
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await writeInto(page, file(page, path), text);
}

async function open(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Playground" }).click();
  await file(page, "main.py").waitFor();
}

test("a program of several files runs, is shared, and another one runs and changes a copy", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await open(page);
    await writeInto(page, file(page, "main.py"), "from colours import favourite\nprint(favourite(), open('words.txt').read())\n");
    await addFile(page, "colours.py", "def favourite():\n    return 'turquoise'\n");
    await addFile(page, "words.txt", "and words");
    await run(page);
    await shows(page, "turquoise and words");
    await status(page, "Finished");
    await page.getByRole("button", { name: "Share" }).click();
    const link = await page.getByLabel("Link", { exact: true }).inputValue();
    assert.match(link, /\/playground\/[A-Za-z0-9_-]{16,}$/);
    const path = new URL(link).pathname;
    await visit(browser, { path }, async ({ page: visitor }) => {
      await visitor.getByText("Somebody shared this program with you.").waitFor();
      await file(visitor, "main.py").getByText("favourite(), open").waitFor();
      await visitor.getByRole("button", { name: "Log in to run and share programs." }).waitFor();
    });
    await visit(browser, {}, async ({ page: friend }) => {
      await register(friend, "Noor");
      await friend.goto(path);
      await file(friend, "main.py").waitFor();
      await run(friend);
      await shows(friend, "turquoise and words");
      await status(friend, "Finished");
      await friend.getByRole("tab", { name: "colours.py" }).click();
      await writeInto(friend, file(friend, "colours.py"), "def favourite():\n    return 'crimson'\n");
      await run(friend);
      await shows(friend, "crimson and words");
      await friend.getByRole("button", { name: "Show as it was shared" }).click();
      await friend.getByRole("tab", { name: "colours.py" }).click();
      await file(friend, "colours.py").getByText("turquoise").waitFor();
    });
    // Nobody changed what is the first one's.
    await page.reload();
    await page.getByRole("tab", { name: "colours.py" }).click();
    await file(page, "colours.py").getByText("turquoise").waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete", exact: true }).click();
    await until("the tab is gone", async () => (await page.getByRole("tab", { name: "colours.py" }).count()) === 0);
  });
});

test("a name for a file that can't be is refused in words, and a link to nothing says so", async () => {
  await visit(browser, {}, async ({ page, expect }) => {
    expect(/404/);
    await register(page);
    await open(page);
    await page.getByRole("button", { name: "New file" }).click();
    for (const [name, words] of [
      ["", "Please enter a name."],
      ["main.py", "main.py is the file that is run"],
      ["../x.py", "A name can't have"],
    ] as const) {
      await page.getByLabel("Name of the file").fill(name);
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByText(words).waitFor();
    }
    await page.goto("/playground/AAAAAAAAAAAAAAAAAAAAAA");
    await page.getByText("This link leads to nothing any more").waitFor();
    await page.getByRole("link", { name: "To my own playground" }).click();
    await file(page, "main.py").waitFor();
  });
});

test("what a visitor wrote is there after logging in, and input can be there from the start", async () => {
  await visit(browser, {}, async ({ page }) => {
    await open(page);
    await writeInto(page, file(page, "main.py"), "print(input() * 2)\n");
    await page.getByText("Saved in this browser").waitFor();
    await register(page);
    await open(page);
    await file(page, "main.py").getByText("print(input() * 2)").waitFor();
    await page.locator(".play-settings summary").click();
    await page.getByRole("radio", { name: "It is there from the start" }).check();
    await page.getByLabel("Input for the program").first().fill("ab\n");
    await run(page);
    await status(page, "Finished");
    assert.equal(await output(page), "abab\n");
  });
});

const CHARTS = `import matplotlib.pyplot as plt

plt.plot([1, 2, 3], [3, 1, 2], color="#ff0000", linewidth=6)
plt.show()
plt.bar(["a", "b"], [3, 5], color="#00aa00")
plt.show()
plt.scatter([1, 2, 3], [1, 3, 2], color="#0000ff", s=400)
plt.show()
figure, (left, right) = plt.subplots(1, 2)
left.bar([1, 2], [1, 2], color="#ff00ff")
right.bar([1, 2], [2, 1], color="#00ffff")
plt.show()
`;

/** How many pixels of a picture have each of these colours, nearly. */
async function pixels(picture: Locator, colours: readonly (readonly [number, number, number])[]): Promise<number[]> {
  return await picture.evaluate(async (image, wanted) => {
    const { naturalWidth: width, naturalHeight: height } = image as HTMLImageElement;
    const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
    context?.drawImage(image as HTMLImageElement, 0, 0);
    const data = context?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
    return wanted.map((colour) => {
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        count += colour.every((value, part) => Math.abs((data[at + part] ?? 0) - value) < 8) ? 1 : 0;
      }
      return count;
    });
  }, colours);
}

test("charts of Matplotlib appear: lines, bars, points, and several in one", async () => {
  await visit(browser, {}, async ({ page }) => {
    await register(page);
    await open(page);
    await page.locator(".play-settings summary").click();
    await page.getByRole("radio", { name: "With NumPy, pandas and Matplotlib" }).check();
    await writeInto(page, file(page, "main.py"), CHARTS);
    await run(page);
    await status(page, "Finished");
    const expected: readonly (readonly [string, readonly (readonly [number, number, number])[]])[] = [
      ["figure-1.png", [[255, 0, 0]]],
      ["figure-2.png", [[0, 170, 0]]],
      ["figure-3.png", [[0, 0, 255]]],
      ["figure-4.png", [[255, 0, 255], [0, 255, 255]]],
    ];
    for (const [name, colours] of expected) {
      const picture = page.getByRole("img", { name: `Picture ${name}` });
      await picture.waitFor();
      await until(`${name} is drawn`, () => picture.evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth > 100));
      for (const count of await pixels(picture, colours)) {
        assert.ok(count > 500, `${name} has ${count} pixels of its colour`);
      }
    }
  });
});

test("the cheatsheets are searched, and read beside the program", async () => {
  await visit(browser, {}, async ({ page }) => {
    await page.getByRole("link", { name: "Cheatsheets" }).click();
    await page.getByRole("button", { name: "Repeat with loops" }).waitFor();
    await page.getByLabel("Search the cheatsheets").fill("enumerate");
    await page.getByRole("button", { name: /Walk through a text or a list/ }).click();
    const heading = page.getByRole("heading", { name: "Walk through a text or a list" });
    await heading.waitFor();
    await until("its part has the focus", () => heading.evaluate((element) => element === document.activeElement));
    assert.equal(new URL(page.url()).pathname, "/cheatsheets/loops");
    // From a sheet back to none: by the link that leads to the page, and by the browser's button.
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Cheatsheets" }).click();
    await page.getByText("Choose a cheatsheet.").waitFor();
    await page.getByRole("button", { name: "Repeat with loops" }).click();
    await page.getByRole("heading", { name: "Repeat with loops" }).waitFor();
    await page.goBack();
    await page.getByText("Choose a cheatsheet.").waitFor();
    await page.goForward();
    await page.reload();
    await page.getByRole("heading", { name: "Repeat with loops" }).waitFor();
    await page.getByLabel("Search the cheatsheets").fill("xyzzy");
    await page.getByText("Nothing found for “xyzzy”.").first().waitFor();
    await open(page);
    await page.getByRole("button", { name: "Cheatsheets", exact: true }).click();
    const panel = page.getByRole("region", { name: "Cheatsheets" });
    await panel.getByRole("button", { name: "Repeat with loops" }).click();
    await panel.getByRole("heading", { name: "A known number of times" }).waitFor();
    await file(page, "main.py").waitFor();
  });
});
