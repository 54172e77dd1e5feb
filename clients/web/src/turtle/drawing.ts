// Shows what turtle draws: an SVG element with the animation, and buttons to stop it, to see its end and
// to change its pace. Takes bytes as they come from the run, in any pieces.
//
// The page's policy allows no inline styles, so everything is an attribute; looks are in turtle.css.

import { FrameReader, type Frame, type View } from "./changes";
import { Picture, type Item, type Watcher } from "./picture";
import { Player } from "./player";
import { SVG, shapeOf, svgFile, viewBox } from "./shapes";
import "./turtle.css";

/** The words of the controls, in the reader's language. */
export interface DrawingLabels {
  /** What the picture is, for those who don't see it: "Drawing of your program". */
  readonly picture: string;
  readonly play: string;
  readonly pause: string;
  readonly skip: string;
  readonly speed: string;
}

export interface DrawingOptions {
  readonly labels: DrawingLabels;
  /** Show the last state at once; by default what the reader's system asks for. */
  readonly reducedMotion?: boolean;
  /** Called once, when there is something to see. */
  readonly onFirstFrame?: () => void;
}

export interface Drawing {
  /** Bytes of the drawing, cut anywhere. */
  append(bytes: Uint8Array): void;
  /** No more bytes come. */
  finish(): void;
  /** Shows the end of what has come. */
  skip(): void;
  /** The picture as it is now, as the text of an SVG file. */
  toSvg(): string;
  /** Takes everything out of the page. */
  dispose(): void;
}

const SPEEDS = [0.5, 1, 2, 4, 8];

/** Puts a drawing into an element of the page, which should be empty. */
export function mountDrawing(host: HTMLElement, options: DrawingOptions): Drawing {
  return new MountedDrawing(host, options);
}

class MountedDrawing implements Drawing {
  private readonly reader = new FrameReader();
  private readonly picture = new Picture();
  private readonly canvas: Canvas;
  private readonly controls: Controls;
  private readonly player: Player;
  private readonly still: boolean;
  private readonly onFirstFrame: (() => void) | undefined;
  private begun = false;
  private request = 0;
  private last = 0;

  constructor(
    private readonly host: HTMLElement,
    options: DrawingOptions,
  ) {
    const { labels, reducedMotion, onFirstFrame } = options;
    this.still = reducedMotion ?? window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.onFirstFrame = onFirstFrame;
    this.player = new Player((frame) => this.show(frame));
    this.canvas = new Canvas(labels.picture);
    this.controls = new Controls(labels, this.player, {
      changed: () => this.keepGoing(),
      skip: () => this.skip(),
    });
    host.classList.add("turtle");
    host.append(this.canvas.element, this.controls.element);
    this.canvas.viewed(this.picture.view);
  }

  append(bytes: Uint8Array): void {
    const frames = this.reader.read(bytes);
    if (frames.length === 0) return;
    if (!this.begun) {
      this.begun = true;
      this.onFirstFrame?.();
    }
    this.player.add(frames);
    if (this.still) this.player.skip();
    this.keepGoing();
  }

  finish(): void {
    this.player.finished = true;
    this.controls.refresh();
  }

  skip(): void {
    this.player.skip();
    this.keepGoing();
  }

  toSvg(): string {
    return svgFile(this.picture);
  }

  dispose(): void {
    cancelAnimationFrame(this.request);
    this.request = 0;
    this.player.playing = false;
    this.canvas.element.remove();
    this.controls.element.remove();
    this.host.classList.remove("turtle");
  }

  private show(frame: Frame): void {
    for (const change of frame.changes) this.picture.apply(change, this.canvas);
  }

  private keepGoing(): void {
    this.controls.refresh();
    const goes = this.player.playing && this.player.waiting() > 0;
    if (!goes || this.request !== 0) return;
    this.last = performance.now();
    this.request = requestAnimationFrame((now) => this.tick(now));
  }

  private tick(now: number): void {
    this.request = 0;
    this.player.step(Math.max(now - this.last, 0));
    this.last = now;
    if (this.player.playing && this.player.waiting() > 0) {
      this.request = requestAnimationFrame((then) => this.tick(then));
    } else {
      this.controls.refresh();
    }
  }
}

/** The picture in the page: an element for each item, in their order. */
class Canvas implements Watcher {
  readonly element = document.createElementNS(SVG, "svg");
  private readonly ground = document.createElementNS(SVG, "rect");
  private readonly group = document.createElementNS(SVG, "g");
  private readonly elements = new Map<number, SVGElement>();

  constructor(label: string) {
    this.element.setAttribute("class", "turtle-picture");
    this.element.setAttribute("role", "img");
    this.element.setAttribute("aria-label", label);
    this.element.append(this.ground, this.group);
  }

  viewed(view: View): void {
    this.element.setAttribute("viewBox", viewBox(view));
    this.element.setAttribute("width", String(view.width));
    this.element.setAttribute("height", String(view.height));
    const { x, y, width, height, background } = view;
    for (const [name, value] of Object.entries({ x, y, width, height, fill: background })) {
      this.ground.setAttribute(name, String(value));
    }
  }

  added(item: Item): void {
    const element = document.createElementNS(SVG, shapeOf(item).name);
    this.elements.set(item.id, element);
    paint(element, item);
    this.group.append(element);
  }

  changed(item: Item): void {
    const element = this.elements.get(item.id);
    if (element !== undefined) paint(element, item);
  }

  raised(id: number): void {
    const element = this.elements.get(id);
    if (element !== undefined) this.group.append(element);
  }

  lowered(id: number): void {
    const element = this.elements.get(id);
    if (element !== undefined) this.group.prepend(element);
  }

  deleted(id: number): void {
    this.elements.get(id)?.remove();
    this.elements.delete(id);
  }

  cleared(): void {
    this.group.replaceChildren();
    this.elements.clear();
  }
}

function paint(element: SVGElement, item: Item): void {
  const { attributes, lines } = shapeOf(item);
  for (const name of element.getAttributeNames()) {
    if (!Object.hasOwn(attributes, name)) element.removeAttribute(name);
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  }
  if (item.kind !== "text") return;
  const spans = lines.map((line) => {
    const span = document.createElementNS(SVG, "tspan");
    span.setAttribute("x", line.x);
    span.setAttribute("y", line.y);
    span.textContent = line.text;
    return span;
  });
  element.replaceChildren(...spans);
}

/** The buttons below the picture. */
class Controls {
  readonly element = document.createElement("div");
  private readonly toggle = document.createElement("button");
  private readonly skip = document.createElement("button");
  private readonly speed = document.createElement("select");

  constructor(
    private readonly labels: DrawingLabels,
    private readonly player: Player,
    private readonly on: { readonly changed: () => void; readonly skip: () => void },
  ) {
    this.element.className = "turtle-controls";
    for (const button of [this.toggle, this.skip]) button.type = "button";
    this.skip.textContent = labels.skip;
    this.speed.setAttribute("aria-label", labels.speed);
    for (const speed of SPEEDS) {
      const option = document.createElement("option");
      option.value = String(speed);
      option.textContent = `${speed} ×`;
      option.selected = speed === 1;
      this.speed.append(option);
    }
    this.toggle.addEventListener("click", () => this.press());
    this.skip.addEventListener("click", () => this.on.skip());
    this.speed.addEventListener("change", () => this.choose());
    this.element.append(this.toggle, this.skip, this.speed);
    this.refresh();
  }

  /** Shows what can be done now. What can't is there all the same, so that nothing jumps. */
  refresh(): void {
    this.toggle.textContent = this.player.playing ? this.labels.pause : this.labels.play;
    const nothing = this.player.waiting() === 0;
    this.toggle.disabled = nothing && this.player.playing;
    this.skip.disabled = nothing;
  }

  private press(): void {
    this.player.playing = !this.player.playing;
    this.on.changed();
  }

  private choose(): void {
    const chosen = Number(this.speed.value);
    this.player.speed = SPEEDS.includes(chosen) ? chosen : 1;
  }
}
