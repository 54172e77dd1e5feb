// Shows lines as elements, at a pace that leaves the page alive: some milliseconds of work a
// frame, whatever a program pours out.
//
// Lines go into blocks of a bounded size that never change once they are full. The style sheet
// gives blocks `content-visibility: auto`, so the browser lays out only what is in sight, and
// searching, selecting and reading aloud still find everything. Of very much output the oldest
// blocks go, and a note says so.

import { type Line, Screen, type Span } from "./screen";

/** A block is full when it has one of these. */
const BLOCK_LINES = 200;
const BLOCK_CHARACTERS = 8 * 1024;
const BLOCK_SPANS = 100;
/** Bytes that are turned to elements in one go. */
const STEP_BYTES = 512;
/** Work of one frame, at most, and at least while frames come late: the browser lays out what it made. */
const MOST_WORK_MS = 4;
const LEAST_WORK_MS = 1;
/** A frame that comes later than this after the one before is late: two of sixty a second. */
const LATE_MS = 34;
/** What is kept in the page. */
const MOST_LINES = 50_000;
const MOST_BLOCKS = 2_000;
const MOST_SPANS = 20_000;
/** That close to the end counts as at the end. */
const NEAR_END_PX = 48;
/** Estimated height of a line, for blocks that were never in sight. */
const LINE_PX = 21;

type Writing =
  | { readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }
  | { readonly stream: "input" | "note"; readonly text: string };

interface Block {
  readonly element: HTMLElement;
  lines: number;
  characters: number;
  spans: number;
}

export interface ViewEvents {
  /** Everything written so far is shown. */
  readonly onIdle?: (newLines: number, tail: string) => void;
  /** So many lines are not in the page any more. */
  readonly onLeftOut?: (count: number) => void;
}

export class ConsoleView {
  readonly #scroller: HTMLElement;
  readonly #blocksHost: HTMLElement;
  readonly #currentHost: HTMLElement;
  readonly #events: ViewEvents;
  readonly #resized: ResizeObserver;
  #screen = new Screen();
  #waiting: Writing[] = [];
  #blocks: Block[] = [];
  #frame: number | undefined;
  #leftOut = 0;
  #lines = 0;
  #spans = 0;
  #newLines = 0;
  #tail = "";
  #follows = true;
  #workMs = MOST_WORK_MS;
  #workedAt: number | undefined;

  /** `scroller` scrolls; finished lines go into `blocks`, the line that is being written into `current`. */
  constructor(scroller: HTMLElement, blocks: HTMLElement, current: HTMLElement, events: ViewEvents = {}) {
    this.#scroller = scroller;
    this.#blocksHost = blocks;
    this.#currentHost = current;
    this.#events = events;
    scroller.addEventListener("scroll", () => {
      this.#follows = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_END_PX;
    }, { passive: true });
    // What comes below the console, such as an explanation, must not hide the last lines.
    this.#resized = new ResizeObserver(() => this.#follows && this.scrollToEnd());
    this.#resized.observe(scroller);
  }

  /** Takes bytes of the program. */
  write(stream: "stdout" | "stderr", data: Uint8Array): void {
    for (let at = 0; at < data.length; at += STEP_BYTES) {
      this.#waiting.push({ stream, data: data.subarray(at, at + STEP_BYTES) });
    }
    this.#schedule();
  }

  /** Takes what was typed, or a word of the app itself. */
  say(stream: "input" | "note", text: string): void {
    this.#waiting.push({ stream, text });
    this.#schedule();
  }

  clear(): void {
    this.#screen = new Screen();
    this.#waiting = [];
    this.#blocks = [];
    this.#leftOut = 0;
    this.#lines = 0;
    this.#spans = 0;
    this.#newLines = 0;
    this.#tail = "";
    this.#follows = true;
    this.#blocksHost.replaceChildren();
    this.#currentHost.replaceChildren();
    this.#events.onLeftOut?.(0);
  }

  scrollToEnd(): void {
    this.#follows = true;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** Ends all work; the elements stay. */
  dispose(): void {
    this.#waiting = [];
    this.#cancel();
    this.#resized.disconnect();
  }

  #schedule(): void {
    if (this.#frame === undefined) {
      // A page that nobody sees gets no frames.
      this.#frame = document.hidden
        ? -window.setTimeout(() => this.#work(), 30)
        : window.requestAnimationFrame(() => this.#work());
    }
  }

  #cancel(): void {
    if (this.#frame !== undefined && this.#frame < 0) {
      window.clearTimeout(-this.#frame);
    } else if (this.#frame !== undefined) {
      window.cancelAnimationFrame(this.#frame);
    }
    this.#frame = undefined;
  }

  #work(): void {
    this.#frame = undefined;
    const now = performance.now();
    this.#setPace(now);
    const end = now + this.#workMs;
    let done = 0;
    for (const next of this.#waiting) {
      this.#take(next);
      done += 1;
      if (performance.now() > end) {
        break;
      }
    }
    this.#waiting.splice(0, done);
    this.#showCurrent();
    this.#dropOldest();
    if (this.#follows) {
      this.#scroller.scrollTop = this.#scroller.scrollHeight;
    }
    this.#workedAt = this.#waiting.length > 0 && !document.hidden ? now : undefined;
    if (this.#waiting.length > 0) {
      this.#schedule();
    } else {
      this.#events.onIdle?.(this.#newLines, this.#tail + this.#screen.current().spans.map(({ text }) => text).join(""));
      this.#newLines = 0;
      this.#tail = "";
    }
  }

  /** Does less in a frame while frames come late, as on a slow computer, and more when they don't. */
  #setPace(now: number): void {
    const isLate = this.#workedAt !== undefined && now - this.#workedAt > LATE_MS;
    this.#workMs = isLate ? Math.max(LEAST_WORK_MS, this.#workMs / 2) : Math.min(MOST_WORK_MS, this.#workMs + 0.5);
  }

  #take(next: Writing): void {
    if ("data" in next) {
      this.#screen.write(next.stream, next.data);
    } else {
      this.#screen.say(next.stream, next.text);
    }
    for (const line of this.#screen.takeFinished()) {
      this.#append(line);
    }
  }

  #append(line: Line): void {
    const last = this.#blocks.at(-1);
    const isFull =
      last === undefined ||
      last.lines >= BLOCK_LINES ||
      last.characters >= BLOCK_CHARACTERS ||
      last.spans >= BLOCK_SPANS;
    const block = isFull ? this.#newBlock() : last;
    const length = line.spans.reduce((sum, { text }) => sum + text.length, 0);
    block.element.append(...nodesOf(line.spans), line.continues ? "" : "\n");
    block.lines += line.continues ? 0 : 1;
    block.characters += length + 1;
    block.spans += line.spans.length;
    this.#spans += line.spans.length;
    if (!line.continues) {
      this.#lines += 1;
      this.#newLines += 1;
    }
    if (this.#tail.length < 400) {
      this.#tail += `${line.spans.map(({ text }) => text).join("")}\n`;
    }
  }

  #newBlock(): Block {
    const previous = this.#blocks.at(-1);
    previous?.element.style.setProperty("contain-intrinsic-size", `auto ${Math.max(previous.lines, 1) * LINE_PX}px`);
    previous?.element.classList.add("full");
    const element = document.createElement("div");
    element.className = "console-block";
    this.#blocksHost.append(element);
    const block = { element, lines: 0, characters: 0, spans: 0 };
    this.#blocks.push(block);
    return block;
  }

  #showCurrent(): void {
    this.#currentHost.replaceChildren(...nodesOf(this.#screen.current().spans));
  }

  #dropOldest(): void {
    let hasDropped = false;
    while (this.#lines > MOST_LINES || this.#blocks.length > MOST_BLOCKS || this.#spans > MOST_SPANS) {
      const oldest = this.#blocks.shift();
      if (oldest === undefined) {
        break;
      }
      oldest.element.remove();
      this.#lines -= oldest.lines;
      this.#spans -= oldest.spans;
      this.#leftOut += oldest.lines;
      hasDropped = true;
    }
    if (hasDropped) {
      // A part of a line is missing, too, when no whole one is.
      this.#events.onLeftOut?.(Math.max(this.#leftOut, 1));
    }
  }
}

/** Text nodes, in an element where they have a look. Never markup. */
function nodesOf(spans: readonly Span[]): Node[] {
  return spans.map(({ text, look }) => {
    const node = document.createTextNode(text);
    if (look === "") {
      return node;
    }
    const element = document.createElement("span");
    element.className = look;
    element.append(node);
    return element;
  });
}
