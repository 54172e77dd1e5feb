// Paths and routes belong together.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRoute, pathOf, type Route } from "../../src/routes";

const TABLE: readonly (readonly [string, Route])[] = [
  ["/", { page: "start" }],
  ["/learn", { page: "learn" }],
  ["/problems/fizz-buzz", { page: "problem", slug: "fizz-buzz" }],
  ["/problems/a%2Fb", { page: "problem", slug: "a/b" }],
  ["/account", { page: "account" }],
];

for (const [path, route] of TABLE) {
  test(path, () => {
    assert.deepEqual(parseRoute(path), route);
    if (route.page !== "missing") {
      assert.equal(pathOf(route), path);
    }
  });
}

test("what leads nowhere is missing, and nothing breaks the app", () => {
  for (const path of ["/nowhere", "/learn/more", "/problems", "/problems/a/b", "/%", "/problems/%ff/x", "/__proto__", "/constructor"]) {
    assert.deepEqual(parseRoute(path), { page: "missing" }, path);
  }
  assert.deepEqual(parseRoute("/learn/"), { page: "learn" });
});
