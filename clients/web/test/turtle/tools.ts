// What the comparison needs: the virtual display with CPython's own turtle, a sandbox with ours, and the
// page in a browser. Each is given back by close().

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { type Browser, chromium, type Page } from "playwright-core";
import { createServer, type ViteDevServer } from "vite";
import type { Shown } from "./page";
import { crop, readPng, readScreen, type Pixels } from "./pixels";

const here = import.meta.dirname;
const repository = path.join(here, "../../../..");
const binaries = process.env["CODERUNNER_TEST_BINARIES"] ?? path.join(repository, "target/debug");
/** Debian's own, which has tkinter. */
const PYTHON = "/usr/bin/python3";
/** What is compared of a canvas of 640 by 600: all but its border. */
export const WIDTH = 600;
export const HEIGHT = 560;

export interface Text {
  readonly text: string;
  readonly box: readonly number[];
}

export interface Seen {
  readonly pixels: Pixels;
  readonly texts: readonly Text[];
}

/** A display that nobody looks at. */
export class Display {
  private constructor(
    private readonly server: ChildProcess,
    private readonly folder: string,
    private readonly name: string,
  ) {}

  static async start(): Promise<Display> {
    const folder = mkdtempSync(path.join(tmpdir(), "cr-display-"));
    const screen = ["-screen", "0", "1280x800x24", "-dpi", "96", "-fbdir", folder, "-nolisten", "tcp"];
    const server = spawn("Xvfb", ["-displayfd", "3", ...screen], { stdio: ["ignore", "ignore", "ignore", "pipe"] });
    const told = server.stdio[3];
    if (!told || !("setEncoding" in told)) throw new Error("Xvfb could not be started");
    const [number] = (await Promise.race([once(told, "data"), once(server, "exit").then(() => ["?"])])) as [Buffer | string];
    const name = String(number).trim();
    if (name === "?") throw new Error("Xvfb did not start; is the package xvfb there?");
    return new Display(server, folder, `:${name}`);
  }

  /** What CPython's own turtle shows at the end of a program. */
  async run(program: string): Promise<Seen> {
    const options = { env: { ...process.env, DISPLAY: this.name } };
    const child = spawn(PYTHON, [path.join(here, "reference.py"), program], { ...options, stdio: ["pipe", "pipe", "inherit"] });
    const [line] = (await Promise.race([once(createInterface(child.stdout), "line"), once(child, "exit")])) as [string];
    try {
      const place = JSON.parse(line) as { x: number; y: number; texts: Text[] };
      const screen = readScreen(readFileSync(path.join(this.folder, "Xvfb_screen0")));
      const [left, top] = [Math.round(place.x - WIDTH / 2), Math.round(place.y - HEIGHT / 2)];
      return { pixels: crop(screen, left, top, WIDTH, HEIGHT), texts: place.texts };
    } finally {
      child.stdin.end("\n");
      if (child.exitCode === null) await once(child, "exit");
    }
  }

  /** What our tkinter knows by heart and Tk says otherwise, and how much was compared. */
  async facts(): Promise<readonly string[]> {
    const words = [path.join(here, "facts.py"), path.join(repository, "rootfs/runner/tkinter")];
    const options = { env: { ...process.env, DISPLAY: this.name, PYTHONDONTWRITEBYTECODE: "1" } };
    const { stdout } = await promisify(execFile)(PYTHON, words, options);
    return stdout.trim().split("\n");
  }

  async close(): Promise<void> {
    const ended = once(this.server, "exit");
    this.server.kill("SIGTERM");
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The page, in a browser. */
export class Gallery {
  private constructor(
    private readonly server: ViteDevServer,
    private readonly browser: Browser,
    readonly page: Page,
    /** What went wrong in the page. */
    readonly problems: readonly string[],
  ) {}

  static async start(): Promise<Gallery> {
    const server = await createServer({
      root: here,
      configFile: false,
      logLevel: "error",
      server: { host: "127.0.0.1", port: 0, hmr: false, fs: { allow: [path.join(here, "../..")] } },
      optimizeDeps: { noDiscovery: true },
    });
    await server.listen();
    const browser = await chromium.launch({
      executablePath: process.env["CODERUNNER_CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--force-device-scale-factor=1", "--hide-scrollbars"],
    });
    const page = await browser.newPage({ viewport: { width: 1000, height: 1000 } });
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      // Vite's own client sets styles in development; the built app has them in a file.
      if (message.type() === "error" && !message.text().includes("style-src")) problems.push(message.text());
    });
    await page.goto(server.resolvedUrls?.local[0] ?? "");
    await page.waitForFunction(() => window.showDrawing !== undefined);
    return new Gallery(server, browser, page, problems);
  }

  /** Shows the end of a drawing. */
  async show(drawing: Uint8Array): Promise<Seen & { readonly shown: Shown }> {
    const bytes = Buffer.from(drawing).toString("base64");
    const shown = await this.page.evaluate((bytes) => window.showDrawing?.(bytes, true), bytes);
    if (shown === undefined) throw new Error("the page shows nothing");
    const clip = { x: Math.round(shown.x - WIDTH / 2), y: Math.round(shown.y - HEIGHT / 2), width: WIDTH, height: HEIGHT };
    const pixels = readPng(await this.page.screenshot({ clip }));
    return { pixels, texts: shown.texts, shown };
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.server.close();
  }
}

/** Runs a program in a real sandbox; returns what it drew and what it wrote. */
export async function draw(program: string, socket: string): Promise<{ drawing: Uint8Array; stderr: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), "cr-drawing-"));
  try {
    const file = path.join(folder, "drawing");
    const words = ["exec", program, "--socket", socket, "--drawing", file, "--wall-time-limit-ms", "20000"];
    const { stderr } = await promisify(execFile)(path.join(binaries, "sandboxd"), words);
    return { drawing: readFileSync(file), stderr };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
