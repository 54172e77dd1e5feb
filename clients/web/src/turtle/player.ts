// When which frame is shown: frames that have come wait in a line, and time that passes takes them out
// of it. Knows nothing of the page; whoever owns it says how much time has passed.

import type { Frame } from "./changes";

/** After a page slept, its drawing goes on where it was. */
const LONGEST_STEP = 250;
/** Frames that are shown in one step, so that the page stays alive. */
const MOST_FRAMES = 2000;

export class Player {
  speed = 1;
  playing = true;
  /** The program has ended: no more frames come. */
  finished = false;
  private frames: Frame[] = [];
  private next = 0;
  private time = 0;

  constructor(private readonly show: (frame: Frame) => void) {}

  add(frames: readonly Frame[]): void {
    for (const frame of frames) this.frames.push(frame);
  }

  /** Frames that were not shown yet. */
  waiting(): number {
    return this.frames.length - this.next;
  }

  isDone(): boolean {
    return this.finished && this.waiting() === 0;
  }

  /** Lets that many milliseconds pass. */
  step(milliseconds: number): void {
    if (!this.playing) return;
    this.time += Math.min(milliseconds, LONGEST_STEP) * this.speed;
    for (let shown = 0; shown < MOST_FRAMES; shown += 1) {
      const frame = this.frames[this.next];
      if (frame === undefined) {
        // Who comes late is not hurried after.
        this.time = 0;
        break;
      }
      if (frame.delay > this.time) break;
      this.time -= frame.delay;
      this.take(frame);
    }
    this.tidy();
  }

  /** Shows all that has come. */
  skip(): void {
    for (let frame = this.frames[this.next]; frame !== undefined; frame = this.frames[this.next]) this.take(frame);
    this.time = 0;
    this.tidy();
  }

  private take(frame: Frame): void {
    this.next += 1;
    this.show(frame);
  }

  private tidy(): void {
    if (this.next > 1000 && this.next * 2 > this.frames.length) {
      this.frames = this.frames.slice(this.next);
      this.next = 0;
    }
  }
}
