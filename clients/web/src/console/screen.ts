// What a program wrote, as lines to show. Bytes come in pieces, cut anywhere, of two streams;
// lines come out, each a list of spans of one look.
//
// It is a simple terminal: \n ends a line, \r goes back to its beginning and \b one character, so
// that a progress bar overwrites itself. There is no cursor that goes up, because a learner's
// console is read like a page. Control characters without a meaning are shown as the signs that
// Unicode has for them, those that turn the direction of text are dropped.
//
// Finished lines never change. A line that never ends is cut into pieces of a bounded length, so
// that each step has bounded work, and its pieces say that they belong together.

import { AnsiReader, type Look } from "./ansi";

export type Stream = "stdout" | "stderr" | "input" | "note";

export interface Span {
  readonly text: string;
  readonly look: Look;
}

export interface Line {
  readonly spans: readonly Span[];
  /** It goes on in the next one: the program did not end it. */
  readonly continues: boolean;
}

/** Longest piece of a line that never ends. */
const LONGEST_LINE = 2048;
/** Most changes of look in such a piece. */
const MOST_CHANGES = 200;
const TAB_WIDTH = 8;
/** Most marks on one letter: no script needs more, and towers of them take long to draw. */
const MOST_MARKS = 8;

export class Screen {
  readonly #readers = { stdout: new Source(), stderr: new Source() };
  #finished: Line[] = [];
  #cells: string[] = [];
  #looks: Look[] = [];
  #column = 0;
  #marks = 0;
  #changes = 0;

  /** Takes bytes of a stream. */
  write(stream: "stdout" | "stderr", data: Uint8Array): void {
    this.#readers[stream].read(data, (text, look) => this.#put(text, joined(stream, look)));
  }

  /** Takes what was typed, or what the app itself has to say. */
  say(stream: "input" | "note", text: string): void {
    this.#put(text, `console-${stream}`);
  }

  /** Lines that were finished since the last time. */
  takeFinished(): Line[] {
    const lines = this.#finished;
    this.#finished = [];
    return lines;
  }

  /** The line that is being written: a question, for example, that input follows. */
  current(): Line {
    return { spans: spansOf(this.#cells, this.#looks), continues: false };
  }

  /** Whether something stands in the line that is being written. */
  hasCurrent(): boolean {
    return this.#cells.length > 0;
  }

  #put(text: string, look: Look): void {
    for (const character of text) {
      const code = character.codePointAt(0) ?? 0;
      if (code === 0x0a) {
        this.#endLine(false);
      } else if (code === 0x0d) {
        this.#column = 0;
      } else if (code === 0x08) {
        this.#column = Math.max(0, this.#column - 1);
      } else if (code === 0x09) {
        this.#tab(look);
      } else if (isPlain(code)) {
        this.#cell(character, look);
      } else {
        this.#special(code, look);
      }
    }
  }

  #cell(character: string, look: Look): void {
    if (isMark(character)) {
      this.#marks += 1;
      if (this.#marks > MOST_MARKS) {
        return;
      }
    } else {
      this.#marks = 0;
    }
    if (this.#column > 0 && this.#looks[this.#column - 1] !== look) {
      this.#changes += 1;
    }
    if (this.#column >= LONGEST_LINE || this.#changes >= MOST_CHANGES) {
      this.#endLine(true);
    }
    this.#cells[this.#column] = character;
    this.#looks[this.#column] = look;
    this.#column += 1;
  }

  #tab(look: Look): void {
    const spaces = TAB_WIDTH - (this.#column % TAB_WIDTH);
    for (let count = 0; count < spaces; count += 1) {
      this.#cell(" ", look);
    }
  }

  #special(code: number, look: Look): void {
    // The bell rings nowhere, a NUL is nothing, and direction marks could make a page lie.
    if (code === 0x07 || code === 0 || turnsDirection(code) || (code >= 0x80 && code < 0xa0)) {
      return;
    }
    this.#cell(code === 0x7f ? "\u2421" : String.fromCodePoint(0x2400 + code), `${look} console-control`);
  }

  #endLine(continues: boolean): void {
    this.#finished.push({ spans: spansOf(this.#cells, this.#looks), continues });
    this.#cells = [];
    this.#looks = [];
    this.#column = 0;
    this.#changes = 0;
  }
}

/** The bytes of one stream: UTF-8, then escape codes. What is no UTF-8 becomes U+FFFD. */
class Source {
  readonly #decoder = new TextDecoder();
  readonly #ansi = new AnsiReader();

  read(data: Uint8Array, show: (text: string, look: Look) => void): void {
    this.#ansi.read(this.#decoder.decode(data, { stream: true }), show);
  }
}

function joined(stream: "stdout" | "stderr", look: Look): Look {
  return stream === "stdout" ? look : look === "" ? "console-stderr" : `console-stderr ${look}`;
}

function isMark(character: string): boolean {
  return character >= "\u0300" && /^\p{M}$/u.test(character);
}

function isPlain(code: number): boolean {
  return (code >= 0x20 && code < 0x7f) || (code >= 0xa0 && !turnsDirection(code));
}

/** Marks that change the direction of what follows, up to the end of a page if they are not closed. */
function turnsDirection(code: number): boolean {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code === 0x2028 || code === 0x2029;
}

function spansOf(cells: readonly string[], looks: readonly Look[]): Span[] {
  const spans: Span[] = [];
  let start = 0;
  for (let at = 1; at <= cells.length; at += 1) {
    if (at === cells.length || looks[at] !== looks[start]) {
      spans.push({ text: cells.slice(start, at).join(""), look: looks[start] ?? "" });
      start = at;
    }
  }
  return spans;
}
