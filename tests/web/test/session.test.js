// Login, who am I, renewal of the tokens, and reading the course.

import assert from "node:assert/strict";
import test from "node:test";
import { Code } from "@connectrpc/connect";
import { clients, email, loggedIn, password, refused } from "./support.js";

test("login answers with the user and tokens that work", async () => {
  const { user, tokens } = await clients().auth.login({ email, password });
  assert.equal(user.email, email);
  const me = await clients(tokens.accessToken).auth.getMe({});
  assert.equal(me.user.id, user.id);
});

test("a refresh token works once", async () => {
  const { tokens } = await clients().auth.login({ email, password });
  const renewed = await clients().auth.refresh({ refreshToken: tokens.refreshToken });
  assert.notEqual(renewed.tokens.refreshToken, tokens.refreshToken);
  await clients(renewed.tokens.accessToken).auth.getMe({});
  const again = clients().auth.refresh({ refreshToken: tokens.refreshToken });
  await refused(again, Code.Unauthenticated, "REFRESH_TOKEN_REUSED");
});

test("the course can be read without a login", async () => {
  const { problems } = clients();
  const page = await problems.listProblems({ pageSize: 100 });
  assert.ok(page.problems.length >= 12, `${page.problems.length} problems`);
  const { problem } = await problems.getProblem({ slug: "hello-name" });
  assert.ok(problem.statement.length > 0);
  assert.ok(problem.examples.length > 0);
  assert.ok(problem.testCount > problem.examples.length, "it has hidden tests");
});

test("progress is the caller's own", async () => {
  const { progress } = await loggedIn();
  const summary = await progress.getSummary({});
  assert.ok(summary.levels.length > 0);
});
