// Newest wins, and nothing that is nowhere else is lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type LocalDraft, merge, parseLocal } from "../../src/drafts/merge";

const local = (source: string, changedAt: number, base: number | undefined, dirty: boolean): LocalDraft => ({ source, changedAt, base, dirty });

test("nothing anywhere", () => {
  assert.deepEqual(merge(undefined, undefined), { source: undefined, dirty: false, base: undefined, other: undefined });
});

test("only the server has something", () => {
  assert.deepEqual(merge(undefined, { source: "s", savedAt: 5 }), { source: "s", dirty: false, base: 5, other: undefined });
});

test("only the browser has something: it is sent", () => {
  assert.deepEqual(merge(local("l", 5, undefined, true), undefined), { source: "l", dirty: true, base: undefined, other: undefined });
});

test("both have the same: nothing to send", () => {
  assert.deepEqual(merge(local("x", 5, 1, true), { source: "x", savedAt: 9 }), { source: "x", dirty: false, base: 9, other: undefined });
});

test("the browser was in step, and another device went on", () => {
  assert.deepEqual(merge(local("old", 5, 5, false), { source: "new", savedAt: 9 }).source, "new");
});

test("the browser went on from what the server has", () => {
  assert.deepEqual(merge(local("mine", 7, 5, true), { source: "old", savedAt: 5 }), { source: "mine", dirty: true, base: 5, other: undefined });
});

test("both went on, the browser later: it wins and the other is kept", () => {
  const merged = merge(local("mine", 9, 5, true), { source: "theirs", savedAt: 7 });
  assert.deepEqual(merged, { source: "mine", dirty: true, base: 7, other: { source: "theirs", changedAt: 7 } });
});

test("both went on, the server later: it wins and the browser's is kept", () => {
  const merged = merge(local("mine", 6, 5, true), { source: "theirs", savedAt: 7 });
  assert.deepEqual(merged, { source: "theirs", dirty: false, base: 7, other: { source: "mine", changedAt: 6 } });
});

test("whatever happens, work of one's own is shown or kept", () => {
  const times = [undefined, 1, 5, 9];
  for (const base of times) {
    for (const savedAt of [1, 5, 9]) {
      for (const changedAt of [1, 5, 9]) {
        const merged = merge(local("mine", changedAt, base, true), { source: "theirs", savedAt });
        assert.ok(merged.source === "mine" || merged.other?.source === "mine", JSON.stringify({ base, savedAt, changedAt }));
      }
    }
  }
});

test("what is no draft is none", () => {
  for (const text of [undefined, "", "null", "3", "[]", "{}", '{"source":3,"changedAt":1}', "{"]) {
    assert.equal(parseLocal(text), undefined);
  }
  assert.deepEqual(parseLocal('{"source":"s","changedAt":1}'), local("s", 1, undefined, false));
});
