// Submitting a program and following it to its verdict.

import assert from "node:assert/strict";
import test from "node:test";
import { Verdict } from "../gen/coderunner/v1/submission_pb.js";
import { loggedIn, newcomer, randomUUID, sample } from "./support.js";

const problem = "hello-name";

/** Submits a program; answers with the finished submission and the numbers of tests seen. */
async function submit({ submissions }, source) {
  const { submission } = await submissions.createSubmission({
    requestId: randomUUID(),
    problem,
    program: { source },
  });
  const seen = new Set();
  let finished;
  for await (const { event } of submissions.watchSubmission({ submissionId: submission.id })) {
    if (event.case === "snapshot") {
      event.value.testResults.forEach(({ number }) => seen.add(number));
    } else if (event.case === "testResult") {
      seen.add(event.value.number);
    } else if (event.case === "finished") {
      finished = event.value;
    }
  }
  return { finished, seen };
}

test("a right program is accepted and counts as progress", async () => {
  const student = await newcomer();
  const { finished, seen } = await submit(student, sample(`${problem}/solution.py`));
  assert.equal(finished.verdict, Verdict.ACCEPTED);
  assert.equal(finished.passedTestCount, finished.testCount);
  assert.equal(seen.size, finished.testCount, "each test was seen");
  assert.ok(finished.points > 0);

  const { problems } = await student.progress.getProgress({});
  assert.equal(problems.length, 1);
  assert.equal(problems[0].problem, problem);
  assert.equal(problems[0].solved, true);
});

test("a wrong program learns of public tests only", async () => {
  const student = await loggedIn();
  const { finished } = await submit(student, sample(`${problem}/wrong/always_mira.py`));
  assert.equal(finished.verdict, Verdict.WRONG_ANSWER);
  const wrong = finished.testResults.filter(({ verdict }) => verdict === Verdict.WRONG_ANSWER);
  assert.ok(wrong.length > 0);
  for (const result of finished.testResults.filter(({ hidden }) => hidden)) {
    assert.equal(result.input + result.expected + result.actual, "", "hidden tests stay hidden");
  }
  for (const result of finished.testResults.filter(({ hidden }) => !hidden)) {
    assert.ok(result.expected.startsWith("Hello, "), "public tests show what was expected");
  }
});

test("a program that is no Python is told where", async () => {
  const { finished } = await submit(await loggedIn(), "name = input()\nprint('Hello'\n");
  assert.equal(finished.verdict, Verdict.COMPILE_ERROR);
  assert.equal(finished.compileError.line, 2);
  assert.ok(finished.compileError.column > 0);
});
