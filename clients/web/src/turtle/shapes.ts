// An item of a picture as an SVG element: a name, attributes and text, made the same way for the page
// and for a file. What a program chose is in values of attributes and in text only, never in markup.

import type { Face, Font, Look, View } from "./changes";
import type { Item, Picture } from "./picture";

export interface Shape {
  readonly name: "path" | "ellipse" | "rect" | "text";
  readonly attributes: Readonly<Record<string, string>>;
  /** Lines of a text, each with its place. */
  readonly lines: readonly { readonly text: string; readonly x: string; readonly y: string }[];
}

export const SVG = "http://www.w3.org/2000/svg";
const FAMILIES: Readonly<Record<Face, string>> = {
  sans: "Arial, 'Liberation Sans', Helvetica, sans-serif",
  serif: "'Times New Roman', 'Liberation Serif', Times, serif",
  mono: "'Courier New', 'Liberation Mono', Courier, monospace",
};
/** Above and below the base line, in parts of the size; rootfs/runner/tkinter/_fonts.py has the same. */
const HEIGHTS: Readonly<Record<Face, readonly [number, number]>> = {
  sans: [0.905, 0.212],
  serif: [0.891, 0.216],
  mono: [0.833, 0.3],
};
const CAPS = { butt: "butt", round: "round", projecting: "square" } as const;
const PLAIN: Font = { face: "sans", pixels: 13.33, bold: false, italic: false, underline: false, overstrike: false };

/** The element of an item. */
export function shapeOf(item: Item): Shape {
  const { kind, look } = item;
  if (kind === "text") return textShape(item);
  const hidden: Record<string, string> = look.hidden === true ? { display: "none" } : {};
  if (kind === "line") {
    const attributes = { d: path(item.points), fill: "none", ...stroke(look.fill, look), ...hidden };
    return { name: "path", attributes, lines: [] };
  }
  const paint = { fill: look.fill || "none", ...stroke(look.outline, look), ...hidden };
  if (kind === "polygon") {
    // As the X server fills polygons: what lies inside an even number of times is outside.
    const attributes = { d: item.points.length > 0 ? `${path(item.points)}Z` : "", "fill-rule": "evenodd", ...paint };
    return { name: "path", attributes, lines: [] };
  }
  return { ...boxShape(item), attributes: { ...boxShape(item).attributes, ...paint } };
}

function stroke(colour: string | undefined, look: Look): Record<string, string> {
  if (!colour) return { stroke: "none" };
  return {
    stroke: colour,
    "stroke-width": text(Math.max(look.width ?? 1, 1)),
    "stroke-linejoin": "round",
    "stroke-linecap": CAPS[look.cap ?? "butt"],
  };
}

function path(points: readonly number[]): string {
  let d = "";
  for (let at = 0; at + 1 < points.length; at += 2) {
    d += `${at === 0 ? "M" : "L"}${text(points[at] ?? 0)} ${text(points[at + 1] ?? 0)}`;
  }
  return d;
}

function boxShape({ kind, points }: Item): Shape {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = points;
  const [width, height] = [Math.abs(x2 - x1), Math.abs(y2 - y1)];
  const [left, top] = [Math.min(x1, x2), Math.min(y1, y2)];
  if (kind === "rectangle") {
    const attributes = { x: text(left), y: text(top), width: text(width), height: text(height) };
    return { name: "rect", attributes, lines: [] };
  }
  const [rx, ry] = [width / 2, height / 2];
  const attributes = { cx: text(left + rx), cy: text(top + ry), rx: text(rx), ry: text(ry) };
  return { name: "ellipse", attributes, lines: [] };
}

function textShape({ points, look }: Item): Shape {
  const [x = 0, y = 0] = points;
  const font = look.font ?? PLAIN;
  const anchor = look.anchor ?? "center";
  const sides = anchor === "center" ? "" : anchor;
  const lines = (look.text ?? "").split("\n");
  const [above, below] = HEIGHTS[font.face];
  const lineHeight = (above + below) * font.pixels;
  const height = lineHeight * lines.length;
  const top = sides.includes("n") ? y : sides.includes("s") ? y - height : y - height / 2;
  const first = top + above * font.pixels;
  const lineOf = (line: string, index: number) => ({ text: line, x: text(x), y: text(first + index * lineHeight) });
  const decoration = [font.underline ? "underline" : "", font.overstrike ? "line-through" : ""].filter(Boolean).join(" ");
  const attributes = {
    "font-family": FAMILIES[font.face],
    "font-size": text(font.pixels),
    "font-weight": font.bold ? "bold" : "normal",
    "font-style": font.italic ? "italic" : "normal",
    "text-anchor": sides.includes("w") ? "start" : sides.includes("e") ? "end" : "middle",
    "text-decoration": decoration || "none",
    "xml:space": "preserve",
    fill: look.fill || "none",
    ...(look.hidden === true && { display: "none" }),
  };
  return { name: "text", attributes, lines: lines.map(lineOf) };
}

function text(number: number): string {
  return String(Math.round(number * 100) / 100);
}

/** A viewBox. */
export function viewBox(view: View): string {
  return [view.x, view.y, view.width, view.height].map(text).join(" ");
}

/** A file of the picture. */
export function svgFile(picture: Picture): string {
  const { view } = picture;
  const size = { width: text(view.width), height: text(view.height) };
  const root = { xmlns: SVG, viewBox: viewBox(view), ...size };
  const ground = { x: text(view.x), y: text(view.y), ...size, fill: view.background };
  let file = `<svg${written(root)}>\n<rect${written(ground)}/>\n`;
  for (const item of picture.all()) {
    const { name, attributes, lines } = shapeOf(item);
    const inside = lines.map((line) => `<tspan${written({ x: line.x, y: line.y })}>${escaped(line.text)}</tspan>`).join("");
    file += inside === "" ? `<${name}${written(attributes)}/>\n` : `<${name}${written(attributes)}>${inside}</${name}>\n`;
  }
  return `${file}</svg>\n`;
}

function written(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join("");
}

function escaped(value: string): string {
  return (
    value
      // What XML has no place for at all.
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      .replace(/"/g, "&quot;")
  );
}
