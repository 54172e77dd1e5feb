// The playground's files: names, sizes, and what is read back from the browser's store.

import assert from "node:assert/strict";
import { test } from "node:test";
import { isSame, isTooLarge, nameProblem, newProject, parseProject, programOf, projectText, renamed, withFile, withoutFile, withText } from "../../src/playground/project";

const two = withFile(newProject("print(1)\n"), "data/words.txt").project;

test("names that can't be are told apart", () => {
  const cases = [
    ["colours.py", undefined],
    ["data/numbers.txt", undefined],
    ["", "empty"],
    ["main.py", "main"],
    ["data", "taken"],
    ["data/words.txt", "taken"],
    ["data/words.txt/x", "taken"],
    ["../x", "bad"],
    ["a//b", "bad"],
    ["/a", "bad"],
    ["a/.", "bad"],
    ["a\u0000", "bad"],
    ["\u202egnp.exe", "bad"],
    ["ü".repeat(128), "long"],
    ["a/".repeat(16) + "b", "long"],
  ] as const;
  for (const [name, expected] of cases) {
    assert.equal(nameProblem(name, two.files), expected, JSON.stringify(name));
  }
});

test("there is a most of files", () => {
  let project = newProject("");
  for (let count = 0; count < 64; count += 1) {
    assert.equal(nameProblem(`f${count}`, project.files), undefined);
    project = withFile(project, `f${count}`).project;
  }
  assert.equal(nameProblem("one-more", project.files), "many");
});

test("the main file keeps its name and can't be deleted", () => {
  assert.equal(renamed(two, 0, "other.py").files[0]?.path, "main.py");
  assert.equal(withoutFile(two, 0).files.length, 2);
  assert.deepEqual(withoutFile(two, 1).files.map(({ path }) => path), ["main.py"]);
});

test("what is too large is told in bytes and not in letters", () => {
  assert.equal(isTooLarge(newProject("x".repeat(100_000))), false);
  assert.equal(isTooLarge(newProject("ü".repeat(50_001))), true);
  assert.equal(isTooLarge(withText(two, 1, "x".repeat(1_000_000))), true);
});

test("a program goes to the server with its files as bytes", () => {
  const { source, files } = programOf(withText(two, 1, "ü"));
  assert.equal(source, "print(1)\n");
  assert.deepEqual(files, [{ path: "data/words.txt", content: new Uint8Array([0xc3, 0xbc]) }]);
});

test("what the browser kept is read back, and anything else is nothing", () => {
  const back = parseProject(projectText({ ...two, stdin: "1\n" }));
  assert.ok(back !== undefined && isSame(back, two) && back.stdin === "1\n");
  for (const text of [undefined, "", "{", "null", "[]", '{"files":[],"profile":"python"}', '{"files":[{"path":"x"}],"profile":"python"}', '{"files":[{"path":"a.py","text":""}],"profile":"python"}']) {
    assert.equal(parseProject(text), undefined, text);
  }
});
