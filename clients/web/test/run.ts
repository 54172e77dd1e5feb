// `npm test`: builds the app, starts one installation, runs all tests against it, stops it, and
// ends with node's exit code and counts. Words are parts of file names: `npm test -- xss phone`
// runs only those. With --screenshots it makes pictures of all pages instead.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import path from "node:path";
import { Stack } from "./support/stack";

const here = import.meta.dirname;
const screenshots = process.argv.includes("--screenshots");
const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));

/** Test files of a folder that are meant. */
function testsIn(folder: string): string[] {
  return readdirSync(path.join(here, folder))
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .map((name) => path.join("test", folder, name));
}

async function run(command: readonly string[], environment: Readonly<Record<string, string>>): Promise<number> {
  const child = spawn(process.execPath, ["--import", "tsx", ...command], {
    cwd: path.join(here, ".."),
    env: { ...process.env, ...environment },
    stdio: "inherit",
  });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

const stack = await Stack.start();
const environment = { CODERUNNER_URL: stack.url, CODERUNNER_STACK_FOLDER: stack.folder };
try {
  if (screenshots) {
    process.exitCode = await run(["test/screenshots.ts", ...words], environment);
  } else {
    const files = [...testsIn("unit"), ...testsIn("journeys")];
    const options = ["--test", "--test-concurrency=1", "--test-reporter=spec"];
    process.exitCode = files.length === 0 ? 1 : await run([...options, ...files], environment);
  }
} finally {
  await stack.stop();
}
