// Attempts to get markup or scripts into the page, by every way that text of others takes: a
// problem's title, statement, examples and code, a user's name, output, error messages, file names
// and pictures. None may run, none may become an element, and the policy must have had nothing to
// block.

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launch, visit } from "../support/browser";
import { sampleCourse, Stack } from "../support/stack";
import { openProblem, output, register, run, shows, status, submit, until, write } from "../support/student";

const ATTACK = `<img src=x onerror="window.hacked='img'"><script>window.hacked='script'</script><svg onload="window.hacked='svg'">`;
const STATEMENT = `# Hello, you!

${ATTACK}

[link](javascript:window.hacked='link') [data](data:text/html,<script>window.hacked='data'</script>)
[entity](&#106;avascript:window.hacked='entity') ![picture](https://stranger.example/track.png "title")
![](data:image/svg+xml,<svg onload=window.hacked=1>)

<a href="javascript:window.hacked='a'" onclick="window.hacked='onclick'" style="position:fixed;inset:0">click me</a>
<iframe srcdoc="<script>parent.hacked='frame'</script>"></iframe>
<form action="https://stranger.example"><input name="q"><button>go</button></form>
<style>body{display:none}</style><base href="https://stranger.example/"><meta http-equiv="refresh" content="0;url=/x">
<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.hacked='mxss'&gt;">
<div id="app" name="app">clobbered</div><details open ontoggle="window.hacked='toggle'"><summary>more</summary>text</details>

\`\`\`html
${ATTACK}
\`\`\`

The end of the statement.
`;

let browser: Browser;
let stack: Stack;
let course: string;
before(async () => {
  browser = await launch();
  course = mkdtempSync(path.join(tmpdir(), "cr-web-course-"));
  cpSync(sampleCourse, course, { recursive: true });
  const folder = path.join(course, "problems/hello-name");
  writeFileSync(path.join(folder, "statement.md"), STATEMENT);
  writeFileSync(path.join(folder, "starter.py"), `# ${ATTACK}\n`);
  const settings = path.join(folder, "problem.toml");
  const changed = readFileSync(settings, "utf8")
    .replace(/^title = .*$/m, `title = "<b onclick=alert(1)>Hello</b>, you!"`)
    .replace(/^summary = .*$/m, `summary = '''${ATTACK}'''`);
  writeFileSync(settings, changed);
  stack = await Stack.start({ course });
});
after(async () => {
  await browser.close();
  await stack.stop();
  rmSync(course, { recursive: true, force: true });
});

async function isClean(page: Page): Promise<void> {
  const found = await page.evaluate(() => {
    const hacked: unknown = Reflect.get(window, "hacked");
    const bad = document.querySelectorAll(
      "iframe, form[action], base, meta[http-equiv], style, object, embed, script:not([src^='/assets/']), #app #app, " +
        "[onerror], [onload], [onclick], [ontoggle], a[href^='javascript:' i], a[href^='data:' i], .markdown [style]",
    );
    const pictures = [...document.images].map((image) => image.src).filter((source) => !source.startsWith("blob:"));
    return { hacked: String(hacked), bad: [...bad].map((element) => element.outerHTML.slice(0, 200)), pictures };
  });
  assert.deepEqual(found, { hacked: "undefined", bad: [], pictures: [] });
}

test("a hostile course and a hostile name", async () => {
  await visit(browser, { baseURL: stack.url }, async ({ page }) => {
    await register(page, "<img src=x onerror=window.hacked=1>");
    await isClean(page);
    await page.goto("/account");
    await page.getByText("This browser").waitFor();
    await isClean(page);
    await openProblem(page, "hello-name");
    await page.getByText("The end of the statement.").waitFor();
    await page.getByText("click me").click();
    await isClean(page);
    assert.match(await page.title(), /<b onclick=alert\(1\)>Hello<\/b>, you!/);
  });
});

test("hostile output, errors, tests and files", async () => {
  await visit(browser, { baseURL: stack.url }, async ({ page }) => {
    await register(page);
    await openProblem(page, "hello-name");
    const link = "\\033]8;;javascript:window.hacked=1\\033\\\\click\\033]8;;\\033\\\\";
    const program = `attack = ${JSON.stringify(ATTACK)}
print(attack, "${link}")
names = ["<img src=x onerror=window.hacked=1>.png", "a'\\"&.svg", "\\u202egnp.exe.txt"]
svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9" onload="window.hacked=2"><script>window.hacked=3</script><image href="https://stranger.example/x.png"/><rect width="9" height="9"/></svg>'
for name in names:
    with open(name, "w") as file:
        file.write(svg)
raise ValueError(attack)
`;
    await write(page, program);
    await run(page);
    await status(page, "Stopped with an error");
    await shows(page, "click");
    await until("the pictures are there", async () => (await page.locator(".files-picture").count()) > 0);
    assert.match(await output(page), /<script>window\.hacked='script'<\/script>/);
    await isClean(page);
    await submit(page);
    await page.locator(".verdict").waitFor();
    await isClean(page);
    // Somebody who opens the picture by itself runs none of it either: a blob of a picture is one.
    assert.equal(await page.locator(".console a").count(), 0);
  });
});

test("the page is served with a policy that runs nothing inline", async () => {
  const answer = await fetch(stack.url);
  const policy = answer.headers.get("content-security-policy") ?? "";
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.match(policy, /style-src 'self'(;|$)/);
  assert.doesNotMatch(policy, /unsafe/);
  assert.doesNotMatch(await answer.text(), /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=/);
});
