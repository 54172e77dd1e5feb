// Figures for the charts of the progress page: pure, so that they can be tested without a page.

/** A day and what happened on it. */
export interface Day {
  /** Midnight of the day, where the student is. */
  readonly start: Date;
  readonly count: number;
}

/** How many of these moments fall on each of the last days, today last. */
export function countByDay(moments: readonly number[], now: Date, days: number): Day[] {
  const counts = new Map<string, number>();
  for (const moment of moments) {
    const key = dayKey(new Date(moment));
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return Array.from({ length: days }, (_, index) => {
    // By calendar and not by hours: a day with a change of the clock has 23 or 25.
    const start = new Date(now.getFullYear(), now.getMonth(), now.getDate() - (days - 1 - index));
    return { start, count: counts.get(dayKey(start)) ?? 0 };
  });
}

function dayKey(moment: Date): string {
  return `${moment.getFullYear()}-${moment.getMonth()}-${moment.getDate()}`;
}

/** The upper end of an axis that starts at 0: never under 3, so that one solved problem is no full column. */
export function axisTop(values: readonly number[]): number {
  return Math.max(3, ...values);
}

/** Badges in the order of their counts; what is not earned yet is shown as a goal. */
export const GOALS: readonly { readonly key: string; readonly count: number }[] = [
  { key: "first-solve", count: 1 },
  { key: "five-solves", count: 5 },
  { key: "ten-solves", count: 10 },
  { key: "twenty-five-solves", count: 25 },
  { key: "fifty-solves", count: 50 },
  { key: "hundred-solves", count: 100 },
];
