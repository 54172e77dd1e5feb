// The author's form: from the API's message and back, what changed, what is wrong, and two authors.

import assert from "node:assert/strict";
import { test } from "node:test";
import { changedPaths, EMPTY, fieldOf, formOf, formProblems, problemOf, type ProblemForm } from "../../src/author/form";
import { mergeForms } from "../../src/author/merge";
import { beginning, testProblems } from "../../src/author/test-data";
import { numbersOf, rangesText, slugOf } from "../../src/author/texts";
import { create } from "@bufbuild/protobuf";
import { CheckerKind, ProblemKind, ProblemSchema, SubtaskScoring } from "../../src/gen/coderunner/v1/problem_pb";

const FORM: ProblemForm = {
  ...EMPTY,
  slug: "twice",
  title: "Twice",
  summary: "Double it.",
  category: "numbers",
  tags: "loops, if",
  timeLimit: "2.5",
  memoryLimit: "64",
  checkerKind: CheckerKind.FLOAT,
  subtasks: [{ name: "small", points: "4", scoring: SubtaskScoring.SUM, tests: "1, 3-5", required: "" }],
  wrongSolutions: [{ name: "wrong-1", source: "print(1)" }],
};

test("a form that becomes a message and a form again is the same", () => {
  assert.deepEqual(formOf(create(ProblemSchema, problemOf(FORM))), FORM);
  const called = { ...FORM, kind: ProblemKind.FUNCTION, functionName: "twice" };
  assert.deepEqual(formOf(create(ProblemSchema, problemOf(called))), called);
});

test("only what differs is sent, each path once", () => {
  assert.deepEqual(changedPaths(FORM, FORM), []);
  const changed = { ...FORM, title: "Double", caseSensitive: false, checkerSource: "x", timeLimit: "" };
  assert.deepEqual(changedPaths(FORM, changed), ["title", "checker", "limits"]);
});

test("what is wrong is told without the server", () => {
  assert.deepEqual(formProblems(FORM), {});
  const cases: readonly (readonly [Partial<ProblemForm>, object])[] = [
    [{ slug: "Twice" }, { slug: "slug" }],
    [{ title: " " }, { title: "title" }],
    [{ title: "x".repeat(101) }, { title: "title" }],
    [{ summary: "" }, { summary: "sentence" }],
    [{ summary: "two\nlines" }, { summary: "sentence" }],
    [{ category: "Two words" }, { category: "word" }],
    [{ tags: "loops, Two words" }, { tags: "words" }],
    [{ tags: "schleifen, für" }, {}],
    [{ points: "0" }, { points: "points" }],
    [{ points: "1.5" }, { points: "points" }],
    [{ kind: ProblemKind.FUNCTION, functionName: "2x" }, { functionName: "functionName" }],
    [{ timeLimit: "soon" }, { timeLimit: "number" }],
    [{ subtasks: [{ ...FORM.subtasks[0]!, tests: "5-3" }] }, { subtasks: "ranges" }],
    [{ wrongSolutions: [{ name: "-x", source: "" }] }, { wrongSolutions: "name" }],
  ];
  for (const [change, expected] of cases) {
    assert.deepEqual(formProblems({ ...FORM, ...change }), expected, JSON.stringify(change));
  }
});

test("the server's names of fields lead to the form's", () => {
  assert.equal(fieldOf("problem.function_name"), "functionName");
  assert.equal(fieldOf("problem.checker.source"), "checkerKind");
  assert.equal(fieldOf("problem.wrong_solutions"), "wrongSolutions");
  assert.equal(fieldOf("tests"), undefined);
});

test("two authors: what only one changed is taken, what both changed is asked", () => {
  const mine = { ...FORM, title: "Mine", points: "20" };
  const theirs = { ...FORM, title: "Theirs", category: "loops", points: "20" };
  const merged = mergeForms(FORM, mine, theirs);
  assert.deepEqual([merged.conflicts, merged.taken], [["title"], ["category"]]);
  assert.deepEqual(merged.form, { ...mine, category: "loops" });
});

test("slugs and ranges", () => {
  assert.equal(slugOf("  Größe & Maß: 2 Äpfel!  "), "groesse-mass-2-aepfel");
  assert.deepEqual(numbersOf("1, 3-5,4"), [1, 3, 4, 5]);
  assert.deepEqual([numbersOf("0"), numbersOf("a"), numbersOf("3-1"), numbersOf("")], [undefined, undefined, undefined, []]);
  assert.equal(rangesText([1, 3, 4, 5, 9]), "1, 3-5, 9");
});

test("tests of functions are JSON, those of programs are any text", () => {
  const empty = { hidden: false, input: "", expected: "" };
  assert.deepEqual(testProblems(empty, false), {});
  assert.deepEqual(testProblems(empty, true), { input: "badArgs", expected: "badJson" });
  assert.deepEqual(testProblems({ ...empty, input: "3", expected: "null" }, true), { input: "badArgs" });
  assert.deepEqual(beginning("1\n2\n3\n", 2), { text: "1\n2", lines: 3 });
});
