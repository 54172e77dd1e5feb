// The words of the cheatsheets.

import { many, table } from "./table";

const en = {
  title: "Cheatsheets",
  lead: "How was that again? Look it up here.",
  search: "Search the cheatsheets",
  placeholder: "range, split, if …",
  all: "All cheatsheets",
  finds: (count: number) => `${many(count, "place", "places")} found`,
  nothing: (query: string) => `Nothing found for “${query}”. Try a shorter word.`,
  empty: "There are no cheatsheets here yet.",
  choose: "Choose a cheatsheet.",
  backToList: "All cheatsheets",
  open: "Cheatsheets",
};

export const cheatsheetWords = table(en, {
  title: "Spickzettel",
  lead: "Wie ging das noch? Schlag es hier nach.",
  search: "In den Spickzetteln suchen",
  placeholder: "range, split, if …",
  all: "Alle Spickzettel",
  finds: (count) => `${many(count, "Stelle", "Stellen")} gefunden`,
  nothing: (query) => `Nichts gefunden für „${query}“. Versuch es mit einem kürzeren Wort.`,
  empty: "Hier gibt es noch keine Spickzettel.",
  choose: "Wähle einen Spickzettel.",
  backToList: "Alle Spickzettel",
  open: "Spickzettel",
});
