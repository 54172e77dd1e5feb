// The cheatsheets as the app keeps them: read once for the page's life. Their texts are asked for
// one by one, so a text is read when somebody opens its sheet, and all of them at the first search.

import { createResource, createRoot, createSignal, type Resource } from "solid-js";
import { problemClient } from "../api/clients";
import { session } from "../api/session";
import { allPages } from "../course";
import type { Cheatsheet } from "../gen/coderunner/v1/problem_pb";
import type { Sheet } from "./search";

/** Texts that are asked for at the same time. */
const AT_ONCE = 4;

interface Kept {
  readonly sheets: Resource<readonly Cheatsheet[]>;
  readonly reload: () => void;
}

const kept: Kept = createRoot(() => {
  const [sheets, { refetch }] = createResource(() => session().kind !== "starting", readTitles);
  return { sheets, reload: () => void refetch() };
});

export const { sheets, reload: reloadSheets } = kept;

const [bodies, setBodies] = createSignal<ReadonlyMap<string, string>>(new Map());
const underWay = new Map<string, Promise<string>>();

async function readTitles(): Promise<readonly Cheatsheet[]> {
  return await allPages(async (pageToken) => {
    const answer = await problemClient.listCheatsheets({ pageSize: 100, pageToken });
    return { items: answer.cheatsheets, next: answer.nextPageToken };
  });
}

/** Without waiting for them, so that whoever asks is not taken for loading. */
function titles(): readonly Cheatsheet[] {
  return sheets.state === "ready" || sheets.state === "refreshing" ? (sheets.latest ?? []) : [];
}

/** A sheet's text. One call, however often it is asked for at the same time. */
export async function readBody(slug: string): Promise<string> {
  const known = bodies().get(slug);
  if (known !== undefined) {
    return known;
  }
  const reading = underWay.get(slug) ?? fetchBody(slug).finally(() => underWay.delete(slug));
  underWay.set(slug, reading);
  return await reading;
}

async function fetchBody(slug: string): Promise<string> {
  const answer = await problemClient.getCheatsheet({ slug });
  const body = answer.cheatsheet?.body ?? "";
  setBodies((before) => new Map(before).set(slug, body));
  return body;
}

/** Reads all texts; what fails is left out, and said by throwing when all others are there. */
export async function readAllBodies(): Promise<void> {
  const missing = titles().map(({ slug }) => slug).filter((slug) => !bodies().has(slug));
  let failed: unknown;
  const worker = async () => {
    for (let slug = missing.shift(); slug !== undefined && failed === undefined; slug = missing.shift()) {
      await readBody(slug).catch((error: unknown) => {
        failed = error;
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failed !== undefined) {
    throw failed;
  }
}

/** All sheets as far as they are read; those whose text is missing can be found by their titles. */
export function searchable(): Sheet[] {
  return titles().map(({ slug, title }) => ({ slug, title, body: bodies().get(slug) ?? `# ${title}` }));
}
