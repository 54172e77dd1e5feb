// Refusals arrive in the browser with their code, their reason and the fields that are wrong.

import assert from "node:assert/strict";
import test from "node:test";
import { Code } from "@connectrpc/connect";
import { BadRequestSchema } from "../gen/google/rpc/error_details_pb.js";
import { clients, email, loggedIn, newcomer, randomUUID, refused, start } from "./support.js";

test("a call without a token is UNAUTHENTICATED", async () => {
  const { auth, execution } = clients();
  await refused(auth.getMe({}), Code.Unauthenticated);
  await refused(execution.createRun({ requestId: randomUUID() }), Code.Unauthenticated);
});

test("a forged token is UNAUTHENTICATED", async () => {
  const { tokens } = await clients().auth.register({
    requestId: randomUUID(),
    email: `${randomUUID()}@example.org`,
    password: randomUUID(),
    displayName: "Forger",
  });
  const [header, body, signature] = tokens.accessToken.split(".");
  const claims = JSON.parse(Buffer.from(body, "base64url"));
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const forged = {
    "other claims": `${header}.${encode({ ...claims, role: "admin", sub: "x" })}.${signature}`,
    "no signature": `${encode({ alg: "none", typ: "JWT" })}.${body}.`,
    "no token at all": "nonsense",
  };
  for (const [what, token] of Object.entries(forged)) {
    await assert.doesNotReject(
      refused(clients(token).auth.getMe({}), Code.Unauthenticated),
      `with ${what}`,
    );
  }
});

test("a wrong password and an unknown account look the same", async () => {
  const { auth } = clients();
  const wrong = await refused(
    auth.login({ email, password: "not the password" }),
    Code.Unauthenticated,
    "BAD_CREDENTIALS",
  );
  const unknown = await refused(
    auth.login({ email: `${randomUUID()}@example.org`, password: "not the password" }),
    Code.Unauthenticated,
    "BAD_CREDENTIALS",
  );
  assert.equal(wrong.rawMessage, unknown.rawMessage);
});

test("bad input names the fields", async () => {
  const { execution } = await loggedIn();
  const error = await refused(
    execution.createRun({ requestId: randomUUID(), program: { source: "#".repeat(200 * 1024) } }),
    Code.InvalidArgument,
  );
  const [details] = error.findDetails(BadRequestSchema);
  assert.ok(details, "the error has BadRequest");
  const fields = details.fieldViolations.map(({ field }) => field);
  assert.deepEqual(fields, ["program.source"]);
});

test("another user's run does not exist", async () => {
  const owner = await loggedIn();
  const runId = await start(owner.execution, "print(1)\n");
  const { execution } = await newcomer();
  await refused(execution.getRun({ runId }), Code.NotFound);
  await refused(execution.cancelRun({ runId }), Code.NotFound);
  const watched = execution.watchRun({ runId })[Symbol.asyncIterator]();
  await refused(watched.next(), Code.NotFound);
});

test("what never existed does not exist either", async () => {
  const { execution, problems } = await loggedIn();
  await refused(problems.getProblem({ slug: "no-such-problem" }), Code.NotFound);
  await refused(execution.getRun({ runId: randomUUID() }), Code.NotFound);
});
