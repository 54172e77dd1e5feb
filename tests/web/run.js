// `npm test`: runs all tests against the control-plane that CODERUNNER_URL names, or else against a
// private installation that it starts and stops: test-stack of tests/e2e, from the folder
// CODERUNNER_TEST_BINARIES or target/debug. Ends with node's exit code and counts.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import path from "node:path";
import readline from "node:readline";

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);

/** Starts an installation; its settings, and how to stop it. */
async function startStack() {
  const folder = process.env.CODERUNNER_TEST_BINARIES ?? path.join(here, "../../target/debug");
  const stack = spawn(path.join(folder, "test-stack"), { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => {
    stack.on("error", (error) => resolve(error.message));
    stack.on("exit", (code, signal) => resolve(code === 0 ? undefined : `ended with ${code ?? signal}`));
  });
  const told = once(readline.createInterface(stack.stdout), "line");
  const early = ended.then((problem) => Promise.reject(new Error(`test-stack ${problem ?? "ended"}`)));
  const [line] = await Promise.race([told, early]);
  early.catch(() => {});
  const stop = async () => {
    stack.stdin.end();
    return await ended;
  };
  return { settings: JSON.parse(line), stop };
}

const files = readdirSync(path.join(here, "test")).filter((name) => name.endsWith(".test.js"));
const running = process.env.CODERUNNER_URL ? { settings: {}, stop: async () => {} } : await startStack();
// One file after the other: the account's quota is for one person.
const options = ["--test", "--test-concurrency=1", "--test-reporter=spec"];
const tests = spawn(process.execPath, [...options, ...files.map((name) => path.join("test", name))], {
  cwd: here,
  env: { ...process.env, ...running.settings },
  stdio: "inherit",
});
const [code] = await once(tests, "exit");
const problem = await running.stop();
if (problem) {
  console.error(`the installation under test ${problem}`);
}
process.exitCode = problem ? 1 : (code ?? 1);
