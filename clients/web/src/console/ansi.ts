// ANSI escape codes of a program's output. Colours and weights become a style; everything else
// that terminals know (moving the cursor, titles, links, queries) is dropped, whole.
//
// Works on text that comes in pieces, cut anywhere, also within a code. Memory is bounded: a code
// that never ends is dropped after a while.

/** How text looks: class names for the console's style sheet. Equal looks are the same string. */
export type Look = string;

interface Pen {
  readonly colour: number | undefined;
  readonly background: number | undefined;
  readonly bold: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
}

const PLAIN: Pen = {
  colour: undefined,
  background: undefined,
  bold: false,
  italic: false,
  underline: false,
  inverse: false,
};

/** Longest code that is waited for. */
const LONGEST_CODE = 256;

type State = "text" | "escape" | "intermediate" | "control" | "string" | "string-escape";

/** Calls back with text that has no escape codes any more, and the look that it has. */
export class AnsiReader {
  #state: State = "text";
  #parameters = "";
  #length = 0;
  #pen = PLAIN;
  #look: Look = "";

  /** Reads a piece of text. What is passed on may still hold other control characters. */
  read(text: string, show: (text: string, look: Look) => void): void {
    let start = 0;
    for (let at = 0; at < text.length; at += 1) {
      if (this.#state !== "text") {
        this.#step(text.charCodeAt(at));
        start = at + 1;
        continue;
      }
      const code = text.charCodeAt(at);
      // ESC, and the one-character form of ESC [ that some programs use.
      if (code === 0x1b || code === 0x9b) {
        if (at > start) {
          show(text.slice(start, at), this.#look);
        }
        this.#begin(code === 0x1b ? "escape" : "control");
        start = at + 1;
      }
    }
    if (this.#state === "text" && start < text.length) {
      show(text.slice(start), this.#look);
    }
  }

  #begin(state: State): void {
    this.#state = state;
    this.#parameters = "";
    this.#length = 0;
  }

  #step(code: number): void {
    this.#length += 1;
    if (this.#length > LONGEST_CODE) {
      this.#state = "text";
      return;
    }
    switch (this.#state) {
      case "escape":
        this.#state = afterEscape(code);
        break;
      case "intermediate":
        this.#state = code >= 0x20 && code <= 0x2f ? "intermediate" : "text";
        break;
      case "control":
        this.#control(code);
        break;
      case "string":
        this.#state = code === 0x07 || code === 0x9c ? "text" : code === 0x1b ? "string-escape" : "string";
        break;
      default:
        this.#state = code === 0x5c ? "text" : "string";
    }
  }

  #control(code: number): void {
    if (code >= 0x40 && code <= 0x7e) {
      this.#state = "text";
      if (code === 0x6d && /^[\d;:]*$/.test(this.#parameters)) {
        this.#pen = drawn(this.#pen, this.#parameters);
        this.#look = lookOf(this.#pen);
      }
    } else if (code >= 0x20 && code <= 0x3f) {
      this.#parameters += String.fromCharCode(code);
    } else {
      // No code has such a character: what began is none.
      this.#state = code === 0x1b ? "escape" : "text";
    }
  }
}

function afterEscape(code: number): State {
  if (code === 0x5b) {
    return "control";
  }
  // OSC, DCS, SOS, PM and APC: everything up to their end.
  if (code === 0x5d || code === 0x50 || code === 0x58 || code === 0x5e || code === 0x5f) {
    return "string";
  }
  return code === 0x1b ? "escape" : code >= 0x20 && code <= 0x2f ? "intermediate" : "text";
}

/** The pen after `ESC [ parameters m`. */
function drawn(pen: Pen, parameters: string): Pen {
  const numbers = parameters.split(/[;:]/).map((part) => (part === "" ? 0 : Number(part)));
  let now = pen;
  for (let at = 0; at < numbers.length; at += 1) {
    const number = numbers[at] ?? 0;
    if (number === 38 || number === 48) {
      const [colour, used] = extended(numbers, at + 1);
      now = number === 38 ? { ...now, colour } : { ...now, background: colour };
      at += used;
    } else {
      now = changed(now, number);
    }
  }
  return now;
}

function changed(pen: Pen, number: number): Pen {
  switch (number) {
    case 0:
      return PLAIN;
    case 1:
      return { ...pen, bold: true };
    case 3:
      return { ...pen, italic: true };
    case 4:
      return { ...pen, underline: true };
    case 7:
      return { ...pen, inverse: true };
    case 22:
      return { ...pen, bold: false };
    case 23:
      return { ...pen, italic: false };
    case 24:
      return { ...pen, underline: false };
    case 27:
      return { ...pen, inverse: false };
    case 39:
      return { ...pen, colour: undefined };
    case 49:
      return { ...pen, background: undefined };
    default:
      return ranged(pen, number);
  }
}

function ranged(pen: Pen, number: number): Pen {
  const tens = Math.floor(number / 10);
  const unit = number % 10;
  if (unit > 7) {
    return pen;
  }
  if (tens === 3 || tens === 9) {
    return { ...pen, colour: unit };
  }
  return tens === 4 || tens === 10 ? { ...pen, background: unit } : pen;
}

/** A colour of 256 or of 16 million as the nearest of eight, and how many numbers it took. */
function extended(numbers: readonly number[], at: number): readonly [number | undefined, number] {
  if (numbers[at] === 5) {
    return [ofPalette(numbers[at + 1] ?? 0), 2];
  }
  if (numbers[at] === 2) {
    return [nearest(numbers[at + 1] ?? 0, numbers[at + 2] ?? 0, numbers[at + 3] ?? 0), 4];
  }
  return [undefined, 1];
}

function ofPalette(index: number): number {
  if (index < 16) {
    return index % 8;
  }
  if (index >= 232) {
    return index < 244 ? 0 : 7;
  }
  const cube = index - 16;
  return nearest(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51);
}

function nearest(red: number, green: number, blue: number): number {
  return (red > 127 ? 1 : 0) + (green > 127 ? 2 : 0) + (blue > 127 ? 4 : 0);
}

function lookOf(pen: Pen): Look {
  const [colour, background] = pen.inverse ? [pen.background ?? -1, pen.colour ?? 7] : [pen.colour, pen.background];
  const names = [
    colour === undefined ? "" : colour < 0 ? "ansi-dark" : `ansi-${colour}`,
    background === undefined ? "" : `ansi-on-${background}`,
    pen.bold ? "ansi-bold" : "",
    pen.italic ? "ansi-italic" : "",
    pen.underline ? "ansi-underline" : "",
  ];
  return names.filter((name) => name !== "").join(" ");
}
