// Bytes to lines: the console's model.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Line, Screen } from "../../src/console/screen";

const encoder = new TextEncoder();

/** All lines, the one that is being written last, as text with looks before it: `[ansi-1]red`. */
function shown(screen: Screen): string[] {
  const text = (line: Line) => line.spans.map((span) => (span.look === "" ? "" : `[${span.look}]`) + span.text).join("|");
  return [...screen.takeFinished().map(text), text(screen.current())];
}

function after(...pieces: readonly string[]): string[] {
  const screen = new Screen();
  for (const piece of pieces) {
    screen.write("stdout", encoder.encode(piece));
  }
  return shown(screen);
}

const TABLE: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ["lines", ["a\nb\n"], ["a", "b", ""]],
  ["a line cut anywhere", ["he", "llo\nwor", "ld"], ["hello", "world"]],
  ["carriage returns overwrite", ["10%\r20%\r100%\n"], ["100%", ""]],
  ["a shorter text leaves the rest, as in a terminal", ["longer\rab\n"], ["abnger", ""]],
  ["Windows line ends", ["a\r\nb\r\n"], ["a", "b", ""]],
  ["backspace", ["abc\b\bX\n"], ["aXc", ""]],
  ["backspace stops at the beginning", ["\b\b\bok\n"], ["ok", ""]],
  ["tabs", ["a\tb\n"], ["a       b", ""]],
  ["colours", ["\u001b[31mred\u001b[0m plain\n"], ["[ansi-1]red| plain", ""]],
  ["bold bright on a ground", ["\u001b[1;92;44mx\n"], ["[ansi-2 ansi-on-4 ansi-bold]x", ""]],
  ["a code cut in the middle", ["\u001b[3", "1mred"], ["[ansi-1]red"]],
  ["256 colours", ["\u001b[38;5;196mx"], ["[ansi-1]x"]],
  ["16 million colours", ["\u001b[38;2;0;0;255mx"], ["[ansi-4]x"]],
  ["inverse", ["\u001b[7mx"], ["[ansi-dark ansi-on-7]x"]],
  ["moving the cursor does nothing", ["a\u001b[2J\u001b[10;10Hb"], ["ab"]],
  ["a title is dropped, whole", ["\u001b]0;evil title\u0007ok"], ["ok"]],
  ["a link is dropped, its text stays", ["\u001b]8;;javascript:x\u001b\\text\u001b]8;;\u001b\\"], ["text"]],
  ["a code that never ends is given up", [`\u001b[${"1".repeat(300)}mok`], [`${"1".repeat(44)}mok`]],
  ["the bell and NUL are dropped", ["a\u0007\u0000b"], ["ab"]],
  ["other control characters are made visible", ["a\u0001\u007f"], ["a|[ console-control]\u2401\u2421"]],
  ["marks of direction are dropped", ["a\u202eb\u2066c"], ["abc"]],
  ["marks on a letter are bounded", [`a${"\u0301".repeat(50)}b`], [`a${"\u0301".repeat(8)}b`]],
  ["empty parameters reset", ["\u001b[31mr\u001b[mp"], ["[ansi-1]r|p"]],
];

for (const [name, pieces, wanted] of TABLE) {
  test(name, () => assert.deepEqual(after(...pieces), wanted));
}

test("the same comes out wherever the bytes are cut", () => {
  const text = "a\u001b[31mr\u00e9d \u{1f600}\u001b[0m\r\nx\u001b]0;t\u001b\\y\tz\b\n\u6f22\u5b57";
  const bytes = encoder.encode(text);
  const whole = after(text);
  for (let cut = 1; cut < bytes.length; cut += 1) {
    const screen = new Screen();
    screen.write("stdout", bytes.subarray(0, cut));
    screen.write("stdout", bytes.subarray(cut));
    assert.deepEqual(shown(screen), whole, `cut at ${cut}`);
  }
});

test("the streams are decoded apart, and what is typed stands where it was asked", () => {
  const screen = new Screen();
  screen.write("stdout", encoder.encode("Name? "));
  screen.write("stdout", new Uint8Array([0xc3]));
  screen.write("stderr", encoder.encode("!"));
  screen.write("stdout", new Uint8Array([0xa9]));
  screen.say("input", "Mira\n");
  assert.deepEqual(shown(screen), ["Name? |[console-stderr]!|\u00e9|[console-input]Mira", ""]);
});

test("what is no UTF-8 is shown as such and breaks nothing", () => {
  const screen = new Screen();
  screen.write("stdout", new Uint8Array([0xff, 0xfe, 0x61, 0x0a]));
  assert.deepEqual(shown(screen), ["\ufffd\ufffda", ""]);
});

test("a line that never ends comes in bounded pieces that belong together", () => {
  const screen = new Screen();
  screen.write("stdout", encoder.encode("x".repeat(100_000)));
  const pieces = screen.takeFinished();
  assert.ok(pieces.length > 10);
  assert.ok(pieces.every(({ continues, spans }) => continues && (spans[0]?.text.length ?? 0) <= 4096));
  const all = [...pieces, screen.current()].flatMap(({ spans }) => spans.map(({ text }) => text)).join("");
  assert.equal(all, "x".repeat(100_000));
});
