// What authors write as text and the API has as something else: slugs, lists of words, numbers of
// tests. Pure.

/** A slug that a title suggests. */
export function slugOf(title: string): string {
  const plain = title.toLowerCase().replaceAll("ä", "ae").replaceAll("ö", "oe").replaceAll("ü", "ue").replaceAll("ß", "ss");
  const ascii = plain.normalize("NFD").replace(/\p{M}/gu, "");
  return ascii.replace(/[^a-z0-9]+/g, "-").slice(0, 40).replace(/^-+|-+$/g, "");
}

export function words(text: string): string[] {
  return text.split(",").map((word) => word.trim()).filter((word) => word !== "");
}

/** Test numbers of a text such as "1, 3-5", rising and each once; none for what is no such text. */
export function numbersOf(text: string): number[] | undefined {
  const found = new Set<number>();
  for (const part of words(text)) {
    const [, first, last] = /^(\d{1,3})(?:\s*[-–]\s*(\d{1,3}))?$/.exec(part) ?? [];
    const from = Number(first);
    const to = Number(last ?? first);
    if (first === undefined || from < 1 || to < from) {
      return undefined;
    }
    for (let number = from; number <= to; number += 1) {
      found.add(number);
    }
  }
  return [...found].sort((one, other) => one - other);
}

/** The shortest text for rising numbers: "1, 3-5". */
export function rangesText(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) {
      last[1] = number;
    } else {
      ranges.push([number, number]);
    }
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(", ");
}
