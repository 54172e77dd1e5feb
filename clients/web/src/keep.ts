// What the browser keeps for the app: small texts by name. A browser that keeps nothing (private
// mode, a full disk, a school's policy) must not break the app, so failures are quiet.

const PREFIX = "coderunner.";

/** The text of this name, or none. */
export function kept(name: string): string | undefined {
  try {
    return localStorage.getItem(PREFIX + name) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a text, or forgets it; whether that went well. */
export function keep(name: string, text: string | undefined): boolean {
  try {
    if (text === undefined) {
      localStorage.removeItem(PREFIX + name);
    } else {
      localStorage.setItem(PREFIX + name, text);
    }
    return true;
  } catch {
    return false;
  }
}

/** The names that begin like this. */
export function keptNames(beginning: string): string[] {
  try {
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(PREFIX + beginning))
      .map((name) => name.slice(PREFIX.length));
  } catch {
    return [];
  }
}
