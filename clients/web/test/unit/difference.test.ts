// The first difference of two outputs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { firstDifference, partsAt } from "../../src/submit/difference";

const TABLE: readonly (readonly [string, string, string, readonly [number, number, string] | undefined])[] = [
  ["the same", "a\nb\n", "a\nb\n", undefined],
  ["only white space at the end", "a\n", "a", undefined],
  ["line ends of Windows", "a\nb", "a\r\nb", undefined],
  ["a comma", "Hello, Mira!", "Hello Mira!", [1, 6, "changed"]],
  ["the third line", "1\n2\nFizz\n", "1\n2\n3\n", [3, 1, "changed"]],
  ["too short", "1\n2\n3", "1\n2", [2, 2, "tooShort"]],
  ["nothing at all", "1", "", [1, 1, "tooShort"]],
  ["too long", "1", "1\n2", [1, 2, "tooLong"]],
  ["letters outside the first plane count once", "\u{1f600}a", "\u{1f600}b", [1, 2, "changed"]],
];

for (const [name, expected, actual, wanted] of TABLE) {
  test(name, () => {
    const found = firstDifference(expected, actual);
    assert.deepEqual(found && [found.line, found.column, found.kind], wanted);
  });
}

test("the place is marked, and white space is made visible", () => {
  const found = firstDifference("Hello, Mira!", "Hello Mira!");
  assert.ok(found);
  assert.deepEqual(partsAt("Hello, Mira!", found), { before: "Hello", mark: ",", after: " Mira!" });
  assert.deepEqual(partsAt("Hello Mira!", found), { before: "Hello", mark: "\u00b7", after: "Mira!" });
});

test("the end of a text that is too short is marked", () => {
  const found = firstDifference("1\n2", "1");
  assert.ok(found);
  assert.deepEqual(partsAt("1", found), { before: "1", mark: "\u25c1", after: "" });
  assert.deepEqual(partsAt("1\n2", found), { before: "1", mark: "\u21b5\n", after: "2" });
});

test("a letter of two units is not cut in half", () => {
  const found = firstDifference("a\u{1f600}b", "axb");
  assert.ok(found);
  assert.deepEqual(partsAt("a\u{1f600}b", found), { before: "a", mark: "\u{1f600}", after: "b" });
});

test("letters of two units before the place move it", () => {
  const found = firstDifference("\u{1f600}\u{1f600}a!", "\u{1f600}\u{1f600}b!");
  assert.ok(found);
  assert.deepEqual(partsAt("\u{1f600}\u{1f600}a!", found), { before: "\u{1f600}\u{1f600}", mark: "a", after: "!" });
});
