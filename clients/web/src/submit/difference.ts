// Where two outputs first differ, for a learner who looks for it.

export interface Difference {
  /** From 1. */
  readonly line: number;
  /** In characters, from 1. */
  readonly column: number;
  /** Where it is in either text, in UTF-16 units, as slices of strings need it. */
  readonly offset: number;
  readonly kind: "changed" | "tooShort" | "tooLong";
}

/** The first difference; none when the texts are the same but for line ends and white space at the end. */
export function firstDifference(expected: string, actual: string): Difference | undefined {
  const wanted = [...expected.replaceAll("\r\n", "\n").trimEnd()];
  const came = [...actual.replaceAll("\r\n", "\n").trimEnd()];
  let line = 1;
  let column = 1;
  let offset = 0;
  for (let at = 0; at < Math.max(wanted.length, came.length); at += 1) {
    const character = wanted[at];
    if (character === undefined || character !== came[at]) {
      const kind = at >= came.length ? "tooShort" : at >= wanted.length ? "tooLong" : "changed";
      return { line, column, offset, kind };
    }
    offset += character.length;
    column += 1;
    if (character === "\n") {
      line += 1;
      column = 1;
    }
  }
  return undefined;
}

/** A text around a difference: what is the same, the character that is not, and the rest. */
export interface Parts {
  readonly before: string;
  /** Made visible when it is white space; empty at the end of the text. */
  readonly mark: string;
  readonly after: string;
}

export function partsAt(text: string, difference: Difference): Parts {
  const clean = text.replaceAll("\r\n", "\n");
  const character = [...clean.slice(difference.offset, difference.offset + 2)][0] ?? "";
  const after = clean.slice(difference.offset + character.length);
  return { before: clean.slice(0, difference.offset), mark: visible(character), after };
}

function visible(character: string): string {
  switch (character) {
    case "":
      return "\u25c1";
    case " ":
      return "\u00b7";
    case "\n":
      return "\u21b5\n";
    case "\t":
      return "\u21e5";
    default:
      return character;
  }
}
