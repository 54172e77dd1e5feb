// A private installation for the tests: sandboxd and control-plane with a database, keys, ports,
// control groups and user ids of their own, in a folder that goes with it. Unlike test-stack of
// tests/e2e it serves the app, and control-plane can be killed and started again.
//
//   CODERUNNER_TEST_BINARIES  folder with the built programs; by default target/debug
//   CODERUNNER_TEST_ROOTFS    root file system; by default target/rootfs/rootfs-current/tree

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, chmodSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as after } from "node:timers/promises";

const repository = path.join(import.meta.dirname, "../../../..");
const binaries = process.env["CODERUNNER_TEST_BINARIES"] ?? path.join(repository, "target/debug");
const rootfs = process.env["CODERUNNER_TEST_ROOTFS"] ?? path.join(repository, "target/rootfs/rootfs-current/tree");
export const dist = path.join(import.meta.dirname, "../../dist");
const PATIENCE_MS = 60_000;
const SANDBOXES = 4;

export interface StackOptions {
  /** Where the installation writes and reads its course; the sample course by default. */
  readonly course?: string;
  /** Settings of control-plane in the table [limits] besides the quotas, which are off. */
  readonly limits?: Readonly<Record<string, number>>;
}

export class Stack {
  readonly folder: string;
  readonly url: string;
  readonly #ports: readonly [number, number];
  readonly #programs = new Map<string, ChildProcess>();

  private constructor(folder: string, ports: readonly [number, number]) {
    this.folder = folder;
    this.#ports = ports;
    this.url = `http://127.0.0.1:${ports[0]}`;
  }

  static async start(options: StackOptions = {}): Promise<Stack> {
    for (const needed of [path.join(binaries, "sandboxd"), path.join(binaries, "control-plane"), rootfs, dist]) {
      if (!existsSync(needed)) {
        throw new Error(`${needed} is missing: build the programs, the root file system and the app first`);
      }
    }
    // Sandboxes reach their mount points in here as users of their own.
    const folder = mkdtempSync(path.join(tmpdir(), "cr-web-"));
    chmodSync(folder, 0o755);
    const stack = new Stack(folder, [await freePort(), await freePort()]);
    try {
      stack.#configure(options);
      stack.#call(["init", "--config"]);
      await stack.#startSandboxd();
      await stack.startControlPlane();
    } catch (error) {
      await stack.stop();
      throw error;
    }
    return stack;
  }

  async startControlPlane(): Promise<void> {
    this.#spawn("control-plane");
    await this.#until("control-plane", async () => {
      const answer = await fetch(`http://127.0.0.1:${this.#ports[1]}/ready`).catch(() => undefined);
      return answer?.ok === true;
    });
  }

  /** Ends control-plane as a crash or an operator would. */
  async endControlPlane(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    await this.#end("control-plane", signal);
  }

  /** Loads a course folder in the place of the one that is there. */
  loadCourse(folder: string): void {
    this.#call(["content", "load", folder, "--config"]);
  }

  /** Calls `control-plane WORDS... --config FILE`; the caller leaves the last word to this. */
  #call(words: readonly string[]): void {
    const file = path.join(this.folder, "control-plane.toml");
    execFileSync(path.join(binaries, "control-plane"), [...words, file], { stdio: ["ignore", "ignore", "inherit"] });
  }

  async stop(): Promise<void> {
    await this.#end("control-plane", "SIGTERM");
    await this.#end("sandboxd", "SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }

  #configure(options: StackOptions): void {
    const ids = 40_000_000 + (process.pid % 100_000) * 1000 + this.#ports[0] % 16 * 50;
    const socket = path.join(this.folder, "sandboxd.sock");
    const sandboxd = [
      `listen = { socket = "${socket}" }`,
      `rootfs = { path = "${realpathSync(rootfs)}" }`,
      `pool = { max_sandboxes = ${SANDBOXES} }`,
      `identity = { uid_base = ${ids}, daemon_uid = ${ids + 2 * (SANDBOXES + 1)} }`,
      `cgroup = { parent = "coderunner-web-${ids}" }`,
    ];
    const limits = { ...Object.fromEntries(QUOTAS.map((name) => [name, 0])), ...options.limits };
    const controlPlane = [
      `mode = "development"`,
      `listen = "127.0.0.1:${this.#ports[0]}"`,
      `admin_listen = "127.0.0.1:${this.#ports[1]}"`,
      `database_url = "sqlite:coderunner.db"`,
      `keys_dir = "keys"`,
      `content_dir = "${options.course ?? sampleCourse}"`,
      `web_root = "${dist}"`,
      `runners = [{ id = "local", address = "unix:${socket}" }]`,
      `[limits]`,
      ...Object.entries(limits).map(([name, value]) => `${name} = ${value}`),
    ];
    writeFileSync(path.join(this.folder, "sandboxd.toml"), `${sandboxd.join("\n")}\n`);
    writeFileSync(path.join(this.folder, "control-plane.toml"), `${controlPlane.join("\n")}\n`);
  }

  async #startSandboxd(): Promise<void> {
    this.#spawn("sandboxd");
    await this.#until("sandboxd", async () => existsSync(path.join(this.folder, "sandboxd.sock")));
  }

  #spawn(name: "sandboxd" | "control-plane"): void {
    const log = createWriteStream(path.join(this.folder, `${name}.log`), { flags: "a" });
    const config = path.join(this.folder, `${name}.toml`);
    const program = spawn(path.join(binaries, name), ["serve", "--config", config], { stdio: ["ignore", "pipe", "pipe"] });
    program.stdout.pipe(log, { end: false });
    program.stderr.pipe(log, { end: false });
    this.#programs.set(name, program);
  }

  async #until(name: string, isReady: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    while (!(await isReady())) {
      const program = this.#programs.get(name);
      if (program?.exitCode !== null || Date.now() > deadline) {
        throw new Error(`${name} did not become ready; see ${path.join(this.folder, `${name}.log`)}`);
      }
      await after(50);
    }
  }

  async #end(name: string, signal: NodeJS.Signals): Promise<void> {
    const program = this.#programs.get(name);
    this.#programs.delete(name);
    if (program !== undefined && program.exitCode === null && program.signalCode === null) {
      const ended = once(program, "exit");
      program.kill(signal);
      await ended;
    }
  }
}

export const sampleCourse = path.join(repository, "control-plane/content/sample");

/** Limits of control-plane for which 0 means none. */
const QUOTAS = [
  "runs_per_minute",
  "runs_per_hour",
  "runs_per_day",
  "calls_per_minute",
  "inputs_per_minute",
  "anonymous_calls_per_minute",
  "logins_per_minute",
  "queue_wait_ms",
  "queue_length",
];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") {
    throw new Error("no free port");
  }
  return address.port;
}
