// What all tests here need: the server and the account from the environment, clients over
// gRPC-web as a browser would make them, and ways to wait and to fail.
//
//   CODERUNNER_URL        public address of a running control-plane, e.g. http://127.0.0.1:8080
//   CODERUNNER_EMAIL      an account on it
//   CODERUNNER_PASSWORD   its password
//   CODERUNNER_ORIGIN     a web origin that its configuration allows

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { AuthService } from "../gen/coderunner/v1/auth_pb.js";
import { ExecutionService } from "../gen/coderunner/v1/execution_pb.js";
import { ProblemService } from "../gen/coderunner/v1/problem_pb.js";
import { ProgressService } from "../gen/coderunner/v1/progress_pb.js";
import { SubmissionService } from "../gen/coderunner/v1/submission_pb.js";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.js";

export const url = setting("CODERUNNER_URL");
export const email = setting("CODERUNNER_EMAIL");
export const password = setting("CODERUNNER_PASSWORD");
export const origin = setting("CODERUNNER_ORIGIN");

function setting(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set; these tests need a running control-plane`);
  return value;
}

/** Clients of all services that a student uses; `token` goes into each call. */
export function clients(token) {
  const authorise = (next) => (request) => {
    if (token) {
      request.header.set("authorization", `Bearer ${token}`);
    }
    return next(request);
  };
  const transport = createGrpcWebTransport({ baseUrl: url, interceptors: [authorise] });
  return {
    auth: createClient(AuthService, transport),
    execution: createClient(ExecutionService, transport),
    problems: createClient(ProblemService, transport),
    progress: createClient(ProgressService, transport),
    submissions: createClient(SubmissionService, transport),
  };
}

/** Clients of the account from the environment. */
export async function loggedIn() {
  const { tokens } = await clients().auth.login({ email, password });
  return clients(tokens.accessToken);
}

/** Clients of an account that did not exist before. */
export async function newcomer() {
  const { tokens } = await clients().auth.register({
    requestId: randomUUID(),
    email: `${randomUUID()}@example.org`,
    password: randomUUID(),
    displayName: "Somebody else",
  });
  return clients(tokens.accessToken);
}

/** Starts a program and returns its id. */
export async function start(execution, source, more = {}) {
  const { run } = await execution.createRun({
    requestId: randomUUID(),
    program: { source },
    ...more,
  });
  return run.id;
}

/** A file of the sample course. */
export function sample(path) {
  const course = new URL("../../../control-plane/content/sample/problems/", import.meta.url);
  return readFileSync(new URL(path, course), "utf8");
}

/** Expects a call to be refused, and returns the error. */
export async function refused(call, code, reason) {
  const error = await call.then(
    () => assert.fail("the call was not refused"),
    (error) => ConnectError.from(error),
  );
  assert.equal(Code[error.code], Code[code], error.message);
  const [info] = error.findDetails(ErrorInfoSchema);
  assert.ok(info, "the error has ErrorInfo");
  if (reason) {
    assert.equal(info.reason, reason);
  }
  assert.match(info.reason, /^[A-Z0-9_]+$/);
  return error;
}

export { randomUUID };
