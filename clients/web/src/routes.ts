// All addresses of the app. A page is a kind of route; adding one here makes the compiler ask for
// its component in `app.tsx`.

export type Route =
  | { readonly page: "start" }
  | { readonly page: "login" }
  | { readonly page: "register" }
  | { readonly page: "learn" }
  | { readonly page: "problem"; readonly slug: string }
  | { readonly page: "account" }
  | { readonly page: "progress" }
  | { readonly page: "cheatsheets"; readonly slug: string | undefined }
  | { readonly page: "playground"; readonly snippet: string | undefined }
  | { readonly page: "classes" }
  | { readonly page: "class"; readonly id: string }
  | { readonly page: "join"; readonly code: string }
  | { readonly page: "author" }
  | { readonly page: "newProblem" }
  | { readonly page: "editProblem"; readonly slug: string }
  | { readonly page: "admin" }
  | { readonly page: "missing" };

/** Pages that need somebody logged in. */
const PRIVATE: readonly Route["page"][] = [
  "account",
  "progress",
  "classes",
  "class",
  "join",
  "author",
  "newProblem",
  "editProblem",
  "admin",
];

export function isPrivate(route: Route): boolean {
  return PRIVATE.includes(route.page);
}

/** The route of a path such as `/problems/fizz-buzz`. */
export function parseRoute(path: string): Route {
  const parts = path.split("/").filter((part) => part !== "");
  const [first, second] = parts.map(decoded);
  const simple = parts.length <= 1;
  switch (first) {
    case undefined:
      return { page: "start" };
    case "login":
    case "register":
    case "learn":
    case "account":
    case "progress":
    case "admin":
      return simple ? { page: first } : { page: "missing" };
    case "problems":
      return second !== undefined && parts.length === 2 ? { page: "problem", slug: second } : { page: "missing" };
    case "cheatsheets":
      return parts.length <= 2 ? { page: "cheatsheets", slug: second } : { page: "missing" };
    case "playground":
      return parts.length <= 2 ? { page: "playground", snippet: second } : { page: "missing" };
    case "classes":
      return simple ? { page: "classes" } : parts.length === 2 && second !== undefined ? { page: "class", id: second } : { page: "missing" };
    case "join":
      return second !== undefined && parts.length === 2 ? { page: "join", code: second } : { page: "missing" };
    case "author":
      return authorRoute(parts.slice(1).map(decoded));
    default:
      return { page: "missing" };
  }
}

/** What is below `/author`: the list, `new`, and `problems/<slug>`. */
function authorRoute(parts: readonly string[]): Route {
  const [first, second] = parts;
  if (parts.length === 0) {
    return { page: "author" };
  }
  if (parts.length === 1 && first === "new") {
    return { page: "newProblem" };
  }
  return parts.length === 2 && first === "problems" && second !== undefined ? { page: "editProblem", slug: second } : { page: "missing" };
}

/** The path of a route. */
export function pathOf(route: Exclude<Route, { page: "missing" }>): string {
  switch (route.page) {
    case "start":
      return "/";
    case "problem":
      return `/problems/${encodeURIComponent(route.slug)}`;
    case "cheatsheets":
      return route.slug === undefined ? "/cheatsheets" : `/cheatsheets/${encodeURIComponent(route.slug)}`;
    case "playground":
      return route.snippet === undefined ? "/playground" : `/playground/${encodeURIComponent(route.snippet)}`;
    case "class":
      return `/classes/${encodeURIComponent(route.id)}`;
    case "join":
      return `/join/${encodeURIComponent(route.code)}`;
    case "newProblem":
      return "/author/new";
    case "editProblem":
      return `/author/problems/${encodeURIComponent(route.slug)}`;
    default:
      return `/${route.page}`;
  }
}

/** A part of a path that is no valid encoding stands for itself. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
