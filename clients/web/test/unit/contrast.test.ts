// WCAG AA for every pair of colours that stand on each other, for all companions, light and dark.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = readFileSync(new URL("../../src/theme/themes.css", import.meta.url), "utf8");
const CHARACTERS = ["astro", "leo", "kenji", "nila", "cosmic"];
const MODES = ["light", "dark"];

/** Text on a ground, at least 4.5 to 1. */
const TEXT: readonly (readonly [string, string])[] = [
  ...["--bg", "--surface", "--inset", "--accent-soft", "--good-soft", "--bad-soft", "--warn-soft", "--marked-line"].map((ground) => ["--text", ground] as const),
  ...["--bg", "--surface", "--inset", "--accent-soft"].map((ground) => ["--text-soft", ground] as const),
  ...["--bg", "--surface", "--accent-soft"].map((ground) => ["--accent-text", ground] as const),
  ["--on-accent", "--accent"],
  ["--on-accent", "--accent-text"],
  ["--surface", "--bad"],
  ...["good", "bad", "warn"].flatMap((kind) => [`--${kind}-soft`, "--surface", "--bg"].map((ground) => [`--${kind}`, ground] as const)),
  ...["keyword", "string", "number", "comment", "name"].flatMap((kind) => ["--surface", "--marked-line"].map((ground) => [`--syntax-${kind}`, ground] as const)),
  ...["text", "soft", "error", "input"].map((kind) => [`--console-${kind}`, "--console"] as const),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((number) => [`--ansi-${number}`, "--console"] as const),
];
/** Borders of what can be used, and marks, at least 3 to 1. */
const MARKS: readonly (readonly [string, string])[] = [
  ["--line-strong", "--surface"],
  ["--line-strong", "--bg"],
  ["--accent", "--surface"],
  ["--accent-text", "--bg"],
];

/** The variables that hold for a companion and a mode: later rules win, as their order in the file has it. */
function colours(character: string, mode: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, selectors = "", body = ""] of css.matchAll(/([^{}]+)\{([^}]*)\}/g)) {
    const holds = selectors.replace(/\/\*[^]*?\*\//g, "").split(",").some((selector) => applies(selector.trim(), character, mode));
    for (const [, name = "", value = ""] of holds ? body.matchAll(/(--[\w-]+):\s*(#[0-9a-f]{6});/g) : []) {
      found.set(name, value);
    }
  }
  return found;
}

function applies(selector: string, character: string, mode: string): boolean {
  const wanted = [...selector.matchAll(/\[data-(\w+)="(\w+)"\]/g)];
  return selector.startsWith(":root") && wanted.every(([, name, value]) => value === (name === "mode" ? mode : character));
}

function luminance(colour: string): number {
  const parts = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [red = 0, green = 0, blue = 0] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

for (const character of CHARACTERS) {
  for (const mode of MODES) {
    test(`${character}, ${mode}`, () => {
      const all = colours(character, mode);
      const check = (pairs: typeof TEXT, least: number) => {
        for (const [front, ground] of pairs) {
          const values = [all.get(front), all.get(ground)];
          assert.ok(values[0] && values[1], `${front} and ${ground} are colours`);
          const found = contrast(values[0], values[1]);
          assert.ok(found >= least, `${front} ${values[0]} on ${ground} ${values[1]}: ${found.toFixed(2)} to 1`);
        }
      };
      check(TEXT, 4.5);
      check(MARKS, 3);
    });
  }
}

test("the reader of the style sheet finds what differs", () => {
  assert.notEqual(colours("leo", "dark").get("--accent"), colours("astro", "dark").get("--accent"));
  assert.notEqual(colours("leo", "dark").get("--accent"), colours("leo", "light").get("--accent"));
});
