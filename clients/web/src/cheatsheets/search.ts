// Finding a place in the cheatsheets: pure, over sheets that were read before.
//
// A sheet is cut at its headings, so that a find leads to a place and not to a long page. All
// words of a query must be there; where they are decides the order.

/** A sheet as it is searched. */
export interface Sheet {
  readonly slug: string;
  readonly title: string;
  /** Markdown. */
  readonly body: string;
}

/** A part of a sheet from one heading to the next. */
export interface Section {
  /** Its place among the sheet's headings, from 0; -1 for what is before the first. */
  readonly index: number;
  readonly heading: string;
  readonly text: string;
}

export interface Find {
  readonly sheet: Sheet;
  readonly section: Section;
  /** A line of the section around the first word that was found. */
  readonly excerpt: string;
}

const MOST_FINDS = 30;
const EXCERPT_LENGTH = 90;
const WEIGHT = { title: 8, heading: 5, text: 1 } as const;

/** The parts of a Markdown text. Lines within a fenced block are no headings: Python comments look like them. */
export function sections(body: string): Section[] {
  const found: { index: number; heading: string; lines: string[] }[] = [{ index: -1, heading: "", lines: [] }];
  let fence: string | undefined;
  for (const line of body.split("\n")) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (mark !== undefined && (fence === undefined || (mark.startsWith(fence) && line.trim() === mark))) {
      fence = fence === undefined ? mark : undefined;
      continue;
    }
    const heading = fence === undefined ? /^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$/.exec(line)?.[1] : undefined;
    if (heading === undefined) {
      found.at(-1)?.lines.push(line);
    } else {
      found.push({ index: found.length - 1, heading: plain(heading), lines: [] });
    }
  }
  return found
    .map(({ index, heading, lines }) => ({ index, heading, text: lines.join("\n").trim() }))
    .filter(({ heading, text }) => heading !== "" || text !== "");
}

/** The best places for a query; none for one without words. */
export function search(sheets: readonly Sheet[], query: string): Find[] {
  const words = folded(query).split(/\s+/).filter((word) => word !== "");
  if (words.length === 0) {
    return [];
  }
  const finds: { readonly find: Find; readonly score: number }[] = [];
  for (const sheet of sheets) {
    for (const section of sections(sheet.body)) {
      const score = scoreOf(words, sheet, section);
      if (score > 0) {
        finds.push({ find: { sheet, section, excerpt: excerptOf(words, section) }, score });
      }
    }
  }
  // The sort is stable: equals stay in the order of the sheets.
  return finds.sort((one, other) => other.score - one.score).slice(0, MOST_FINDS).map(({ find }) => find);
}

/** 0 when a word is missing. */
function scoreOf(words: readonly string[], sheet: Sheet, section: Section): number {
  const places = [
    { text: folded(sheet.title), weight: WEIGHT.title },
    { text: folded(section.heading), weight: WEIGHT.heading },
    { text: folded(section.text), weight: WEIGHT.text },
  ];
  let sum = 0;
  let inSection = false;
  for (const word of words) {
    const hits = places.filter(({ text }) => text.includes(word));
    if (hits.length === 0) {
      return 0;
    }
    inSection ||= hits.some(({ weight }) => weight !== WEIGHT.title);
    for (const { text, weight } of hits) {
      // A word that stands alone counts more than a part of another: "in" and "print".
      sum += standsAlone(text, word) ? 2 * weight : weight;
    }
  }
  // The title alone leads to the sheet's beginning, and not to each of its parts.
  return inSection || section.index <= 0 ? sum : 0;
}

function standsAlone(text: string, word: string): boolean {
  const isPart = (letter: string | undefined) => letter !== undefined && /[\p{L}\p{N}_]/u.test(letter);
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!isPart(text[at - 1]) && !isPart(text[at + word.length])) {
      return true;
    }
  }
  return false;
}

function excerptOf(words: readonly string[], section: Section): string {
  const lines = section.text.split("\n").filter((line) => line.trim() !== "" && !/^\s*(`{3,}|~{3,})/.test(line));
  const line = readable(lines.find((candidate) => words.some((word) => folded(candidate).includes(word))) ?? lines[0] ?? "");
  const at = Math.max(0, ...words.map((word) => folded(line).indexOf(word)));
  const from = at < EXCERPT_LENGTH - 20 ? 0 : at - 30;
  const cut = line.slice(from, from + EXCERPT_LENGTH);
  return `${from > 0 ? "…" : ""}${cut.trim()}${from + EXCERPT_LENGTH < line.length ? "…" : ""}`;
}

/** A row of a table as its cells; every other line as it is, for it may be code. */
function readable(line: string): string {
  const cells = /^\s*\|(.*)\|\s*$/.exec(line)?.[1]?.split("|");
  return cells === undefined ? line : cells.map((cell) => plain(cell.trim())).join(" · ");
}

/** Without case and accents, so that nobody has to type them. Keeps the length of ordinary text. */
function folded(text: string): string {
  return text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
}

/** A heading without the marks of code and emphasis. */
function plain(heading: string): string {
  return heading.replace(/[`*_]{1,3}(?=\S)(.*?)(?<=\S)[`*_]{1,3}/g, "$1");
}
