// The programs of a beginners' course draw the same picture as CPython's own turtle does on a display:
// each runs in a real sandbox, our module shows its end in a browser, and that is compared with the screen of
// a virtual display. Lines and areas are compared by their pixels, texts by their place and size.
//
//   CODERUNNER_SANDBOXD_SOCKET  socket of a sandboxd with this repository's root file system

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { compare, type Box, type Difference } from "./pixels";
import { Display, draw, Gallery, HEIGHT, WIDTH, type Seen, type Text } from "./tools";

const PROGRAMS = path.join(import.meta.dirname, "programs");
/** Pixels that may differ, of those with ink; and in any one tile, of all. */
const MOST_SHARE = 0.01;
const MOST_IN_TILE = 0.08;
/** Pixels by which a text may be elsewhere or of another size; two renderers space letters differently. */
const TEXT_SLACK = 4;
const TEXT_STRETCH = 0.05;

const socket = process.env["CODERUNNER_SANDBOXD_SOCKET"] ?? "";
const scratch = mkdtempSync(path.join(tmpdir(), "cr-pictures-"));
let display: Display;
let gallery: Gallery;

before(async () => {
  assert.ok(socket, "CODERUNNER_SANDBOXD_SOCKET is not set");
  [display, gallery] = await Promise.all([Display.start(), Gallery.start()]);
});

after(async () => {
  await gallery.close();
  await display.close();
  rmSync(scratch, { recursive: true, force: true });
});

async function ours(program: string): Promise<Seen> {
  const { drawing } = await draw(program, socket);
  return await gallery.show(drawing);
}

/** The texts' boxes in the compared part of the picture. */
function boxes(...texts: readonly Text[]): Box[] {
  return texts.map(({ box: [left = 0, top = 0, right = 0, bottom = 0] }) => ({
    left: left + WIDTH / 2 - TEXT_SLACK,
    top: top + HEIGHT / 2 - TEXT_SLACK,
    right: right + WIDTH / 2 + TEXT_SLACK,
    bottom: bottom + HEIGHT / 2 + TEXT_SLACK,
  }));
}

function difference(one: Seen, other: Seen): Difference {
  return compare(one.pixels, other.pixels, boxes(...one.texts, ...other.texts));
}

function isSame({ share, worstTile }: Difference): boolean {
  return share <= MOST_SHARE && worstTile <= MOST_IN_TILE;
}

function told({ share, worstTile, ink }: Difference): string {
  return `${(100 * share).toFixed(2)} % of ${ink} pixels, ${(100 * worstTile).toFixed(0)} % of the worst tile`;
}

/** Whether two texts are at the same place and as large as each other. */
function sameTexts(theirs: readonly Text[], ours: readonly Text[]): string | null {
  if (theirs.length !== ours.length) return `${theirs.length} texts became ${ours.length}`;
  for (const [index, { text, box }] of theirs.entries()) {
    const other = ours[index];
    if (other?.text !== text) return `${JSON.stringify(text)} became ${JSON.stringify(other?.text)}`;
    const slack = TEXT_SLACK + TEXT_STRETCH * ((box[2] ?? 0) - (box[0] ?? 0));
    const far = box.some((side, at) => Math.abs(side - (other.box[at] ?? 0)) > slack);
    if (far) return `${JSON.stringify(text)} at ${box.join(" ")} became ${other.box.join(" ")}`;
  }
  return null;
}

for (const name of readdirSync(PROGRAMS).sort()) {
  test(`${path.parse(name).name} is drawn as Python's own turtle draws it`, async (context) => {
    const program = path.join(PROGRAMS, name);
    const theirs = await display.run(program);
    const own = await ours(program);
    const found = difference(theirs, own);
    context.diagnostic(told(found));
    assert.ok(found.ink > 500 || theirs.texts.length > 0, "there is something to compare");
    assert.ok(isSame(found), told(found));
    assert.equal(sameTexts(theirs.texts, own.texts), null);
    assert.deepEqual(gallery.problems, []);
  });
}

const CHANGES: readonly (readonly [string, string, string, string])[] = [
  ["a wrong colour", "star.py", '"yellow"', '"gold"'],
  ["one side in a wrong colour", "square.py", "turtle.forward(150)", 'turtle.pencolor("red" if side == 2 else "black"); turtle.forward(150)'],
  ["a missing line", "square.py", "range(4)", "range(3)"],
  ["5 pixels to the right", "square.py", "import turtle\n", "import turtle\nturtle.penup(); turtle.forward(5); turtle.pendown()\n"],
  ["5 pixels too small", "several.py", "20 + 8", "19.5 + 8"],
  ["a stamp too many", "stamps.py", "pen.clearstamp(stamps[5])", "pass"],
  ["a branch too few", "tree.py", "length < 12", "length < 17"],
  ["a wider pen", "spiral.py", "step // 40 + 1", "step // 40 + 3"],
];

for (const [what, name, from, to] of CHANGES) {
  test(`the comparison sees ${what}`, async (context) => {
    const text = readFileSync(path.join(PROGRAMS, name), "utf8");
    assert.ok(text.includes(from));
    const changed = path.join(scratch, `${what.replaceAll(" ", "-")}.py`);
    writeFileSync(changed, text.replace(from, to));
    const found = difference(await display.run(path.join(PROGRAMS, name)), await ours(changed));
    context.diagnostic(told(found));
    assert.ok(!isSame(found), told(found));
  });
}

test("the comparison sees a text that is elsewhere, larger or another", async () => {
  const [theirs, own] = [await display.run(path.join(PROGRAMS, "text.py")), await ours(path.join(PROGRAMS, "text.py"))];
  assert.equal(sameTexts(theirs.texts, own.texts), null);
  const change = (at: number, by: number): Text[] =>
    own.texts.map((text) => ({ ...text, box: text.box.map((side, index) => (index === at ? side + by : side)) }));
  for (const at of [0, 1, 2, 3]) assert.notEqual(sameTexts(theirs.texts, change(at, 30)), null);
  assert.notEqual(sameTexts(theirs.texts, own.texts.slice(1)), null);
});

test("colours by name and the sizes of texts are Tk's", async () => {
  assert.deepEqual(await display.facts(), ["678 colours compared"]);
});

test("a program that waits for keys is told that none come, and its drawing is shown", async () => {
  const { stderr, drawing } = await draw(path.join(PROGRAMS, "onkey.py"), socket);
  assert.equal(stderr.match(/turtle: keys don't work here/g)?.length, 1, stderr);
  assert.equal(stderr.match(/turtle: clicks don't work here/g)?.length, 1, stderr);
  assert.ok(drawing.length > 500);
});

test("an animation plays at its pace, stops, goes on and can be skipped", async () => {
  const { drawing } = await draw(path.join(PROGRAMS, "square.py"), socket);
  const { page } = gallery;
  const bytes = Buffer.from(drawing).toString("base64");
  const waiting = async (): Promise<string> => await page.evaluate(() => window.shownDrawing?.toSvg() ?? "");
  await page.evaluate((bytes) => window.showDrawing?.(bytes, false), bytes);
  const early = await waiting();
  await page.getByRole("button", { name: "Pause" }).click();
  const stopped = await waiting();
  assert.notEqual(stopped, await theEnd(drawing), "it is not over at once");
  await page.evaluate(async () => await new Promise((done) => setTimeout(done, 300)));
  assert.equal(await waiting(), stopped, "a pause is a pause");
  await page.getByRole("button", { name: "Play" }).click();
  await page.waitForFunction((before) => window.shownDrawing?.toSvg() !== before, stopped);
  await page.getByRole("button", { name: "To the end" }).click();
  const end = await waiting();
  assert.equal(end, await theEnd(drawing));
  assert.notEqual(early, end);
});

async function theEnd(drawing: Uint8Array): Promise<string> {
  const text = Buffer.from(drawing).toString("base64");
  // Beside the one that is shown, which must not change.
  return await gallery.page.evaluate((bytes) => window.lastState?.(bytes) ?? "", text);
}

test("hostile bytes make no markup, no script and no problem of the page", async () => {
  const lines = [
    '[0,["w",-320,-300,640,600,"#ffffff"]]',
    '[0,["+",1,"text",[0,0],{"t":"<script>window.hacked=1</script><img src=x onerror=window.hacked=1>","f":"#000000"}]]',
    '[0,["+",2,"line",[0,0,1,1],{"f":"url(javascript:window.hacked=1)","onload":"window.hacked=1"}]]',
    '[0,["+",3,"script",[0,0],{"t":"window.hacked=1"}]]',
    '[0,["+",4,"polygon",["</svg><script>window.hacked=1</script>",0],{}]]',
  ];
  const { shown } = await gallery.show(new TextEncoder().encode(`${lines.join("\n")}\n`));
  const state = await gallery.page.evaluate(() => ({
    hacked: "hacked" in window,
    elements: [...new Set([...document.querySelectorAll("#place svg *")].map((element) => element.tagName))].sort(),
    handlers: document.querySelectorAll("#place [onload], #place [onerror], #place [style]").length,
  }));
  assert.deepEqual(state, { hacked: false, elements: ["g", "path", "rect", "text", "tspan"], handlers: 0 });
  assert.ok(!shown.file.includes("<script"), shown.file);
  assert.deepEqual(gallery.problems, []);
});
