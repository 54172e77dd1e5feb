// Starts a sandboxd of its own, runs the comparison of pictures against it, and stops it. Ends with
// node's exit code and counts.
//
//   CODERUNNER_TEST_BINARIES  folder with the built programs; by default target/debug
//   CODERUNNER_TEST_ROOTFS    root file system; by default target/rootfs/rootfs-current/tree

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, createWriteStream, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as after } from "node:timers/promises";

const repository = path.join(import.meta.dirname, "../../../..");
const binaries = process.env["CODERUNNER_TEST_BINARIES"] ?? path.join(repository, "target/debug");
const rootfs = process.env["CODERUNNER_TEST_ROOTFS"] ?? path.join(repository, "target/rootfs/rootfs-current/tree");
const SANDBOXES = 2;
const PATIENCE_MS = 60_000;

// Sandboxes reach their mount points in here as users of their own.
const folder = mkdtempSync(path.join(tmpdir(), "cr-pictures-"));
chmodSync(folder, 0o755);
const socket = path.join(folder, "sandboxd.sock");
const log = path.join(folder, "sandboxd.log");
const ids = 42_000_000 + (process.pid % 100_000) * 100;
const settings = [
  `listen = { socket = "${socket}" }`,
  `rootfs = { path = "${realpathSync(rootfs)}" }`,
  `pool = { max_sandboxes = ${SANDBOXES} }`,
  `profiles = { science = { enabled = false } }`,
  `identity = { uid_base = ${ids}, daemon_uid = ${ids + 2 * (SANDBOXES + 1)} }`,
  `cgroup = { parent = "coderunner-pictures-${process.pid}" }`,
];
writeFileSync(path.join(folder, "sandboxd.toml"), `${settings.join("\n")}\n`);

const sandboxd = spawn(path.join(binaries, "sandboxd"), ["serve", "--config", path.join(folder, "sandboxd.toml")], {
  stdio: ["ignore", "pipe", "pipe"],
});
const stopped = once(sandboxd, "exit");
const to = createWriteStream(log);
sandboxd.stdout.pipe(to, { end: false });
sandboxd.stderr.pipe(to, { end: false });
try {
  const deadline = Date.now() + PATIENCE_MS;
  while (!existsSync(socket)) {
    if (sandboxd.exitCode !== null || Date.now() > deadline) {
      throw new Error(`sandboxd did not become ready:\n${readFileSync(log, "utf8")}`);
    }
    await after(50);
  }
  const tests = path.join(import.meta.dirname, "pictures.test.ts");
  const child = spawn(process.execPath, ["--import", "tsx", "--test", "--test-reporter=spec", tests], {
    cwd: path.join(import.meta.dirname, "../.."),
    env: { ...process.env, CODERUNNER_SANDBOXD_SOCKET: socket },
    stdio: "inherit",
  });
  const [code] = (await once(child, "exit")) as [number | null];
  process.exitCode = code ?? 1;
} finally {
  sandboxd.kill("SIGTERM");
  await stopped;
  rmSync(folder, { recursive: true, force: true });
}
