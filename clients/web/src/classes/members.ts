// A class's progress as rows: sorted, and as a table for other programs. Pure.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import type { MemberProgress } from "../gen/coderunner/v1/class_pb";

export type Order = "name" | "points" | "active";

export function sorted(members: readonly MemberProgress[], order: Order, language: string): MemberProgress[] {
  const names = new Intl.Collator(language, { sensitivity: "base", numeric: true });
  const byName = (one: MemberProgress, other: MemberProgress) => names.compare(nameOf(one), nameOf(other));
  const by: Readonly<Record<Order, (one: MemberProgress, other: MemberProgress) => number>> = {
    name: byName,
    points: (one, other) => other.points - one.points || byName(one, other),
    active: (one, other) => lastActive(other) - lastActive(one) || byName(one, other),
  };
  return [...members].sort(by[order]);
}

export function nameOf(progress: MemberProgress): string {
  return progress.member?.displayName ?? "";
}

/** In milliseconds; 0 for never. */
export function lastActive(progress: MemberProgress): number {
  return progress.lastAttemptTime === undefined ? 0 : timestampMs(progress.lastAttemptTime);
}

export function solvedCount(progress: MemberProgress): number {
  return progress.problems.filter(({ solved }) => solved).length;
}

export interface Column {
  readonly slug: string;
  readonly title: string;
}

/** Rows of a CSV file: name, points, solved, last active, then 1, 0 or nothing for each problem. */
export function csv(heads: readonly string[], members: readonly MemberProgress[], columns: readonly Column[]): string {
  const lines = members.map((progress) => {
    const bySlug = new Map(progress.problems.map((problem) => [problem.problem, problem.solved]));
    const cells = columns.map(({ slug }) => (bySlug.has(slug) ? (bySlug.get(slug) === true ? "1" : "0") : ""));
    const last = lastActive(progress);
    return [nameOf(progress), String(progress.points), String(solvedCount(progress)), last === 0 ? "" : new Date(last).toISOString(), ...cells];
  });
  return [[...heads, ...columns.map(({ title }) => title)], ...lines].map((line) => line.map(cell).join(",")).join("\r\n");
}

/** A name that begins like a formula would be one in a spreadsheet: an apostrophe keeps it text. */
function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n;]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
