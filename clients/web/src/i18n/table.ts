// Words of pages that most visitors never open. Each table comes with its page, so that the first
// load does not carry them.

import type { Widened } from "./en";
import { language } from "./index";

/** Both languages of a table; German has the keys of English, or it is a type error. */
export function table<T>(en: T, de: Widened<T>): () => Widened<T> {
  // English is one of the values that its own widened type allows.
  const tables: Record<ReturnType<typeof language>, Widened<T>> = { en: en as Widened<T>, de };
  return () => tables[language()];
}

/** "1 test", "2 tests". */
export function many(count: number, one: string, others: string): string {
  return `${count} ${count === 1 ? one : others}`;
}
