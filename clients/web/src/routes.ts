// All addresses of the app. A page is a kind of route; adding one here makes the compiler ask for
// its component in `app.tsx`.

export type Route =
  | { readonly page: "start" }
  | { readonly page: "login" }
  | { readonly page: "register" }
  | { readonly page: "learn" }
  | { readonly page: "problem"; readonly slug: string }
  | { readonly page: "account" }
  | { readonly page: "missing" };

/** Pages that need somebody logged in. */
const PRIVATE: readonly Route["page"][] = ["account"];

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
      return simple ? { page: first } : { page: "missing" };
    case "problems":
      return second !== undefined && parts.length === 2 ? { page: "problem", slug: second } : { page: "missing" };
    default:
      return { page: "missing" };
  }
}

/** The path of a route. */
export function pathOf(route: Exclude<Route, { page: "missing" }>): string {
  switch (route.page) {
    case "start":
      return "/";
    case "problem":
      return `/problems/${encodeURIComponent(route.slug)}`;
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
