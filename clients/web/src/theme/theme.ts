// How the app looks: one of five companions, each with its own colours, light or dark. The choice
// is kept in the browser; the colours themselves are in `themes.css`.

import { createEffect, createRoot, createSignal } from "solid-js";
import { keep, kept } from "../keep";

export const CHARACTERS = ["astro", "leo", "kenji", "nila", "cosmic"] as const;
export type Character = (typeof CHARACTERS)[number];

export const MODES = ["system", "light", "dark"] as const;
export type Mode = (typeof MODES)[number];

const [character, setCharacter] = createSignal<Character>(one(CHARACTERS, kept("character")));
const [mode, setMode] = createSignal<Mode>(one(MODES, kept("mode")));
const systemIsDark = window.matchMedia("(prefers-color-scheme: dark)");
const [darkSystem, setDarkSystem] = createSignal(systemIsDark.matches);
export { character, mode };

systemIsDark.addEventListener("change", (event) => setDarkSystem(event.matches));

/** Whether the page is dark now. */
export function isDark(): boolean {
  return mode() === "dark" || (mode() === "system" && darkSystem());
}

export function chooseCharacter(chosen: Character): void {
  keep("character", chosen);
  setCharacter(chosen);
}

export function chooseMode(chosen: Mode): void {
  keep("mode", chosen);
  setMode(chosen);
}

createRoot(() =>
  createEffect(() => {
    const root = document.documentElement;
    root.dataset["character"] = character();
    root.dataset["mode"] = isDark() ? "dark" : "light";
  }),
);

/** Whether the user would rather not see things move. */
export function prefersStillness(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

function one<T extends string>(known: readonly [T, ...T[]], wanted: string | undefined): T {
  return known.find((value) => value === wanted) ?? known[0];
}
