// A real browser for the tests. Every page is watched: an error in the console, an exception that
// nobody caught, a rejection that nobody handled, or a request to another host fails the test.

import assert from "node:assert/strict";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const CHROMIUM = process.env["CODERUNNER_CHROMIUM"] ?? "/usr/bin/chromium";
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
/** Longest that anything may take that normally takes a moment. */
export const PATIENCE_MS = 20_000;

export function baseUrl(): string {
  const url = process.env["CODERUNNER_URL"];
  assert.ok(url, "CODERUNNER_URL is not set; run the tests with `npm test`");
  return url;
}

export async function launch(): Promise<Browser> {
  return await chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS, headless: true });
}

export interface Visit {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in the page so far. */
  readonly problems: string[];
  /** Lets messages pass that belong to what a test does on purpose, such as a server that is away. */
  expect(pattern: RegExp): void;
}

/** Opens a window of its own, without any cookies, and closes it after the work. */
export async function visit(
  browser: Browser,
  options: BrowserContextOptions & { readonly path?: string },
  work: (visit: Visit) => Promise<void>,
): Promise<void> {
  const { path = "/", ...contextOptions } = options;
  const home = contextOptions.baseURL ?? baseUrl();
  const context = await browser.newContext({ locale: "en-GB", ...contextOptions, baseURL: home });
  const problems: string[] = [];
  const expected: RegExp[] = [];
  context.setDefaultTimeout(PATIENCE_MS);
  // The loader of the tests calls this in functions that are sent into the page.
  await context.addInitScript("globalThis.__name ??= (named) => named");
  context.on("page", (page) => watch(page, problems, new URL(home).origin));
  try {
    const page = await context.newPage();
    await page.goto(path);
    await work({ page, context, problems, expect: (pattern) => expected.push(pattern) });
    const unexpected = problems.filter((problem) => !expected.some((pattern) => pattern.test(problem)));
    assert.deepEqual(unexpected, [], "the page had problems");
  } finally {
    await context.close();
  }
}

function watch(page: Page, problems: string[], origin: string): void {
  page.on("console", (message) => {
    // Whether a browser knows every feature that the server's policy forbids is no concern of the page.
    const isPolicy = message.text().startsWith("Error with Permissions-Policy header");
    if (message.type() === "error" || (message.type() === "warning" && !isPolicy)) {
      problems.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  // Unhandled rejections come as page errors too.
  page.on("pageerror", (error) => problems.push(`page error: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (/^(?:http|ws)s?:$/.test(url.protocol) && url.origin !== origin) {
      problems.push(`a request to another host: ${request.url()}`);
    }
  });
}
