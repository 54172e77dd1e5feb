// What the cheatsheets find, how a class is sorted and written as a table, and days of the progress.

import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { search, sections, type Sheet } from "../../src/cheatsheets/search";
import { csv, sorted } from "../../src/classes/members";
import { MemberProgressSchema } from "../../src/gen/coderunner/v1/class_pb";
import { axisTop, countByDay } from "../../src/progress/figures";

const SHEETS: readonly Sheet[] = [
  { slug: "loops", title: "Loops", body: "# Loops\n\nintro\n\n## Count with `range`\n\n```python\n# no heading\nfor i in range(3):\n    print(i)\n```\n\n## While\n\nwhile True: break" },
  { slug: "input", title: "Reading input", body: "# Reading input\n\nname = input()" },
];

test("a sheet is cut at its headings, and not within code", () => {
  assert.deepEqual(sections(SHEETS[0]?.body ?? "").map(({ heading, index }) => [heading, index]), [["Loops", 0], ["Count with range", 1], ["While", 2]]);
});

test("all words must be there, and the best place comes first", () => {
  const places = (query: string) => search(SHEETS, query).map(({ sheet, section }) => `${sheet.slug}/${section.heading}`);
  assert.deepEqual(places("range"), ["loops/Count with range"]);
  assert.deepEqual(places("RANGE print"), ["loops/Count with range"]);
  assert.deepEqual(places("range input"), []);
  assert.deepEqual(places("input"), ["input/Reading input"]);
  assert.deepEqual(places("  "), []);
  assert.equal(search(SHEETS, "print")[0]?.excerpt, "print(i)");
});

test("what was found in a table is shown without the table's marks", () => {
  const body = "# Lists\n\n| what | how |\n|---|---|\n| the *last* one | `names[-1]` |\n\n    x = a | b | last_one\n";
  const excerpts = ["names", "last_one"].map((query) => search([{ slug: "lists", title: "", body }], query)[0]?.excerpt);
  assert.deepEqual(excerpts, ["the last one · names[-1]", "x = a | b | last_one"]);
});

const member = (displayName: string, points: number, lastMs?: number) =>
  create(MemberProgressSchema, {
    member: { userId: displayName, displayName },
    points,
    problems: points > 0 ? [{ problem: "a", solved: true, attemptCount: 1 }] : [],
    ...(lastMs === undefined ? {} : { lastAttemptTime: timestampFromMs(lastMs) }),
  });

test("a class is sorted by name, points and time", () => {
  const all = [member("Zoë", 0), member("änne", 10, 1000), member("Bo", 10, 2000)];
  const names = (order: "name" | "points" | "active") => sorted(all, order, "de").map((one) => one.member?.displayName);
  assert.deepEqual(names("name"), ["änne", "Bo", "Zoë"]);
  assert.deepEqual(names("points"), ["änne", "Bo", "Zoë"]);
  assert.deepEqual(names("active"), ["Bo", "änne", "Zoë"]);
});

test("a table for spreadsheets: quotes are doubled, and no name becomes a formula", () => {
  const text = csv(["Name", "Points", "Solved", "Active"], [member('=HYPERLINK("x")', 10, 0), member("a;b", 0)], [{ slug: "a", title: "A, first" }]);
  assert.deepEqual(text.split("\r\n"), ['Name,Points,Solved,Active,"A, first"', `"'=HYPERLINK(""x"")",10,1,,1`, '"a;b",0,0,,']);
});

test("days are days of the calendar, also when the clock changes", () => {
  const now = new Date(2026, 2, 30, 0, 30);
  const days = countByDay([new Date(2026, 2, 29, 23, 59).getTime(), new Date(2026, 2, 29, 0, 0).getTime(), now.getTime(), 0], now, 3);
  assert.deepEqual(days.map(({ start, count }) => [start.getDate(), count]), [[28, 0], [29, 2], [30, 1]]);
  assert.deepEqual([axisTop([0, 1]), axisTop([7])], [3, 7]);
});
