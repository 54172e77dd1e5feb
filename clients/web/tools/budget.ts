// How much a browser loads, compressed with gzip, against the budget: the first page, and the page
// of a problem with its editor. Counts what the page names and what that imports, statically, and
// for the second number everything that the problem's page brings in. Fails over the budget.

import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";

const dist = path.join(import.meta.dirname, "../dist");
const FIRST_LOAD_KB = 250;
const WITH_EDITOR_KB = 600;

interface Chunk {
  readonly file: string;
  readonly src?: string;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
  readonly css?: readonly string[];
}

const manifestFile = path.join(dist, ".vite/manifest.json");
if (!existsSync(manifestFile)) {
  throw new Error(`${manifestFile} is missing: run \`npm run build\` first`);
}
const manifest = JSON.parse(readFileSync(manifestFile, "utf8")) as Record<string, Chunk>;

/** Files that are loaded with these chunks; `dynamic` says which chunks' dynamic imports count too. */
function files(keys: readonly string[], dynamic: (key: string) => boolean): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const visit = (key: string) => {
    const chunk = manifest[key];
    if (chunk === undefined || seen.has(key)) {
      return;
    }
    seen.add(key);
    found.add(chunk.file);
    chunk.css?.forEach((file) => found.add(file));
    chunk.imports?.forEach(visit);
    if (dynamic(key)) {
      chunk.dynamicImports?.forEach(visit);
    }
  };
  keys.forEach(visit);
  return found;
}

function kilobytes(names: Iterable<string>): number {
  let bytes = 0;
  for (const name of names) {
    bytes += gzipSync(readFileSync(path.join(dist, name)), { level: 9 }).length;
  }
  return bytes / 1000;
}

const PROBLEM = "src/pages/problem.tsx";
if (manifest["index.html"] === undefined || manifest[PROBLEM] === undefined) {
  throw new Error("the manifest has no index.html or no problem page: the budget can't be measured");
}
const first = [...files(["index.html"], () => false), "index.html"];
const editor = [...files(["index.html", PROBLEM], (key) => key !== "index.html"), "index.html"];
const rows: readonly (readonly [string, number, number])[] = [
  ["first load", kilobytes(first), FIRST_LOAD_KB],
  ["with the editor", kilobytes(editor), WITH_EDITOR_KB],
];
for (const [name, size, budget] of rows) {
  console.log(`${name}: ${size.toFixed(1)} KB of ${budget} KB`);
}
process.exitCode = rows.every(([, size, budget]) => size < budget) ? 0 : 1;
