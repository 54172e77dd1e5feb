// The language of the app: the browser's, until the user chooses. `t()` is the table of now, and
// whatever reads it changes with it.

import { createEffect, createRoot, createSignal } from "solid-js";
import { keep, kept } from "../keep";
import { de } from "./de";
import { en, type Texts } from "./en";

const TABLES = { en, de } satisfies Record<string, Texts>;

export type Language = keyof typeof TABLES;

/** All languages by their own names. */
export const LANGUAGES: readonly { readonly tag: Language; readonly name: string }[] = [
  { tag: "en", name: "English" },
  { tag: "de", name: "Deutsch" },
];

const [language, setLanguage] = createSignal<Language>(chosen() ?? preferred());
export { language };

createRoot(() => createEffect(() => document.documentElement.setAttribute("lang", language())));

/** The words of the language of now. */
export function t(): Texts {
  return TABLES[language()];
}

export function chooseLanguage(tag: Language): void {
  keep("language", tag);
  setLanguage(tag);
}

/** The text in the language of now, in English, or whichever there is. */
export function inLanguage<T extends { readonly languageTag: string }>(texts: readonly T[]): T | undefined {
  const find = (tag: string) => texts.find((text) => text.languageTag === tag);
  return find(language()) ?? find("en") ?? texts[0];
}

/** How the user's country writes dates and numbers in the language of now, as far as the browser tells. */
export function locale(): string {
  // On some systems browsers tell of "en-US@posix" and the like, which no `Intl` takes.
  const isOne = (tag: string) => /^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$/.test(tag) && tag.split("-")[0] === language();
  return navigator.languages.find(isOne) ?? language();
}

/** When something was, in words, such as "12 May, 14:30". */
export function moment(milliseconds: number): string {
  const format: Intl.DateTimeFormatOptions = { day: "numeric", month: "long", hour: "numeric", minute: "2-digit" };
  return new Intl.DateTimeFormat(locale(), format).format(milliseconds);
}

export function decimal(value: number, digits: number): string {
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale(), format).format(value);
}

function chosen(): Language | undefined {
  const tag = kept("language");
  return LANGUAGES.find((known) => known.tag === tag)?.tag;
}

function preferred(): Language {
  for (const wanted of navigator.languages) {
    const known = LANGUAGES.find(({ tag }) => wanted.toLowerCase().split("-")[0] === tag);
    if (known !== undefined) {
      return known.tag;
    }
  }
  return "en";
}
