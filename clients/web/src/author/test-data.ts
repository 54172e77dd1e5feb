// The data of a test while it is written, and what is wrong with it. Pure.

export interface NewTest {
  readonly hidden: boolean;
  readonly input: string;
  readonly expected: string;
}

export const EMPTY_TEST: NewTest = { hidden: false, input: "", expected: "" };

export type TestProblem = "badArgs" | "badJson";

/** What is wrong with a test of a function; texts of stdin tests are never wrong. */
export function testProblems(test: NewTest, isFunction: boolean): { readonly input?: TestProblem; readonly expected?: TestProblem } {
  if (!isFunction) {
    return {};
  }
  const input = Array.isArray(parsed(test.input)) ? {} : { input: "badArgs" as const };
  return parsed(test.expected) === undefined ? { ...input, expected: "badJson" } : input;
}

/** None when it is no JSON; JSON itself has no such value. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The first lines of a text, and how many there are in all. */
export function beginning(text: string, lines: number): { readonly text: string; readonly lines: number } {
  const all = text.replace(/\n$/, "").split("\n");
  const shown = all.slice(0, lines).map((line) => (line.length > 120 ? `${line.slice(0, 119)}…` : line));
  return { text: shown.join("\n"), lines: all.length };
}
