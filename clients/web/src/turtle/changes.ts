// What a drawing is made of, and the reader of what a program sends: lines of JSON, described in
// rootfs/runner/tkinter/_picture.py. All of it is the program's choice, so nothing is believed: a
// change is taken when every part of it is of its kind and within bounds, and dropped otherwise.

export type Kind = "line" | "polygon" | "oval" | "rectangle" | "text";
export type Face = "sans" | "serif" | "mono";

export interface Font {
  readonly face: Face;
  readonly pixels: number;
  readonly bold: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly overstrike: boolean;
}

/** How an item looks. Colours are "#rrggbb", or "" for none. */
export interface Look {
  readonly fill?: string;
  readonly outline?: string;
  readonly width?: number;
  readonly cap?: "butt" | "round" | "projecting";
  readonly text?: string;
  readonly anchor?: string;
  readonly font?: Font;
  readonly hidden?: boolean;
}

/** The part of the canvas that is seen, and its background. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly background: string;
}

export type Change =
  | { readonly what: "view"; readonly view: View }
  | { readonly what: "add"; readonly id: number; readonly kind: Kind; readonly points: readonly number[]; readonly look: Look }
  | { readonly what: "move" | "extend"; readonly id: number; readonly points: readonly number[] }
  | { readonly what: "look"; readonly id: number; readonly look: Look }
  | { readonly what: "raise" | "lower" | "delete"; readonly id: number }
  | { readonly what: "clear" };

/** What changes at one moment, and how many milliseconds that is after the moment before. */
export interface Frame {
  readonly delay: number;
  readonly changes: readonly Change[];
}

const LONGEST_LINE = 1024 * 1024;
const LARGEST = 1_000_000;
const LARGEST_ID = 2 ** 31;
const MOST_POINTS = 100_000;
const LONGEST_TEXT = 10_000;
const LONGEST_DELAY = 60_000;
const KINDS: readonly string[] = ["line", "polygon", "oval", "rectangle", "text"];
const FACES: readonly string[] = ["sans", "serif", "mono"];
const CAPS: readonly string[] = ["butt", "round", "projecting"];
const ANCHORS: readonly string[] = ["n", "s", "e", "w", "ne", "nw", "se", "sw", "center"];
const SIMPLE: Readonly<Record<string, "raise" | "lower" | "delete">> = { "^": "raise", v: "lower", "-": "delete" };
const NEWLINE = 10;

/** Turns bytes, cut anywhere, into frames. */
export class FrameReader {
  private kept: Uint8Array[] = [];
  private keptBytes = 0;
  /** The rest of a line that is too long is being skipped. */
  private skipping = false;
  private readonly text = new TextDecoder();

  read(bytes: Uint8Array): Frame[] {
    const frames: Frame[] = [];
    let begin = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, begin)) {
      this.keep(bytes.subarray(begin, end));
      const frame = this.skipping ? null : readFrame(this.takeLine());
      if (frame !== null) frames.push(frame);
      this.forget();
      begin = end + 1;
    }
    this.keep(bytes.subarray(begin));
    return frames;
  }

  private keep(bytes: Uint8Array): void {
    this.keptBytes += bytes.length;
    if (this.keptBytes > LONGEST_LINE) {
      this.skipping = true;
      this.kept = [];
    } else if (bytes.length > 0) {
      this.kept.push(bytes.slice());
    }
  }

  private takeLine(): string {
    const whole = new Uint8Array(this.keptBytes);
    let at = 0;
    for (const piece of this.kept) {
      whole.set(piece, at);
      at += piece.length;
    }
    return this.text.decode(whole);
  }

  private forget(): void {
    this.kept = [];
    this.keptBytes = 0;
    this.skipping = false;
  }
}

/** One line; null when it is no frame. */
function readFrame(line: string): Frame | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (!Array.isArray(value)) return null;
  const [first, ...rest]: unknown[] = value;
  const delay = numberIn(first, 0, LONGEST_DELAY);
  if (delay === null) return null;
  const changes = rest.map(readChange).filter((change) => change !== null);
  return { delay, changes };
}

function readChange(value: unknown): Change | null {
  if (!Array.isArray(value)) return null;
  const [what, first, second, third, fourth, fifth]: unknown[] = value;
  if (what === "x") return { what: "clear" };
  if (what === "w") return readView(first, second, third, fourth, fifth);
  const id = numberIn(first, 1, LARGEST_ID);
  if (id === null || !Number.isInteger(id) || typeof what !== "string") return null;
  const simple = Object.hasOwn(SIMPLE, what) ? SIMPLE[what] : undefined;
  if (simple !== undefined) return { what: simple, id };
  if (what === "+") return readItem(id, second, third, fourth);
  if (what === "o") return { what: "look", id, look: readLook(second) };
  const points = what === "c" || what === "a" ? readPoints(second) : null;
  return points === null ? null : { what: what === "c" ? "move" : "extend", id, points };
}

function readView(...values: readonly unknown[]): Change | null {
  const x = numberIn(values[0], -LARGEST, LARGEST);
  const y = numberIn(values[1], -LARGEST, LARGEST);
  const width = numberIn(values[2], 1, LARGEST);
  const height = numberIn(values[3], 1, LARGEST);
  const background = colourIn(values[4]);
  if (x === null || y === null || width === null || height === null || !background) return null;
  return { what: "view", view: { x, y, width, height, background } };
}

function readItem(id: number, kind: unknown, coords: unknown, options: unknown): Change | null {
  const points = readPoints(coords);
  if (points === null || !isOneOf<Kind>(kind, KINDS)) return null;
  return { what: "add", id, kind, points, look: readLook(options) };
}

function readPoints(value: unknown): readonly number[] | null {
  if (!Array.isArray(value) || value.length % 2 !== 0 || value.length > MOST_POINTS) return null;
  const points: number[] = [];
  for (const entry of value as readonly unknown[]) {
    const number = numberIn(entry, -LARGEST, LARGEST);
    if (number === null) return null;
    points.push(number);
  }
  return points;
}

/** The options that are what they should be. */
function readLook(value: unknown): Look {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return {};
  const own = new Map<string, unknown>(Object.entries(value));
  const fill = colourIn(own.get("f"));
  const outline = colourIn(own.get("o"));
  const width = numberIn(own.get("w"), 0, 100_000);
  const cap = own.get("c");
  const text = own.get("t");
  const anchor = own.get("a");
  const font = readFont(own.get("n"));
  const hidden = own.get("h");
  return {
    ...(fill !== null && { fill }),
    ...(outline !== null && { outline }),
    ...(width !== null && { width }),
    ...(isOneOf<"butt" | "round" | "projecting">(cap, CAPS) && { cap }),
    ...(typeof text === "string" && { text: text.slice(0, LONGEST_TEXT) }),
    ...(isOneOf<string>(anchor, ANCHORS) && { anchor }),
    ...(font !== null && { font }),
    ...((hidden === 0 || hidden === 1) && { hidden: hidden === 1 }),
  };
}

function readFont(value: unknown): Font | null {
  if (!Array.isArray(value)) return null;
  const [face, size, styles]: unknown[] = value;
  const pixels = numberIn(size, 0.1, 2000);
  if (pixels === null || !isOneOf<Face>(face, FACES) || typeof styles !== "string") return null;
  const words = styles.split(" ");
  return {
    face,
    pixels,
    bold: words.includes("bold"),
    italic: words.includes("italic"),
    underline: words.includes("underline"),
    overstrike: words.includes("overstrike"),
  };
}

function numberIn(value: unknown, least: number, most: number): number | null {
  // Also false for what is no number, and for NaN.
  return typeof value === "number" && value >= least && value <= most ? value : null;
}

/** "" is no colour, which is as good as one; null is what is neither. */
function colourIn(value: unknown): string | null {
  return typeof value === "string" && /^(#[0-9a-f]{6})?$/.test(value) ? value : null;
}

function isOneOf<T extends string>(value: unknown, all: readonly string[]): value is T {
  return typeof value === "string" && all.includes(value);
}
