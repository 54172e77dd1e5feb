// Writes a .br and a .gz beside every file of dist that is worth it: the server sends them as they
// are, so that nobody compresses the same bytes for every visitor.

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = path.join(import.meta.dirname, "../dist");
const WORTH_IT = /\.(html|js|css|svg|json|webmanifest|txt)$/;
const SMALLEST_BYTES = 512;

for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
  const file = path.join(dist, name);
  if (/\.(br|gz)$/.test(name)) {
    rmSync(file);
  }
}
for (const name of readdirSync(dist, { recursive: true, encoding: "utf8" })) {
  const file = path.join(dist, name);
  if (!WORTH_IT.test(name) || statSync(file).size < SMALLEST_BYTES) {
    continue;
  }
  const bytes = readFileSync(file);
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, quality));
  writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }));
}
