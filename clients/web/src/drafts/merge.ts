// Which code is shown when the browser has some and the server has some. Newest wins, and what
// loses is never thrown away without a word when it holds work that is nowhere else.

/** Code as the browser keeps it. */
export interface LocalDraft {
  readonly source: string;
  /** When it was last changed, by this computer's clock, in milliseconds. */
  readonly changedAt: number;
  /** When the server kept the version that this one goes back to, by the server's clock. */
  readonly base: number | undefined;
  /** Changed since then. */
  readonly dirty: boolean;
}

/** Code as the server keeps it. */
export interface ServerDraft {
  readonly source: string;
  readonly savedAt: number;
}

export interface Merged {
  /** What is shown; none when nothing was kept anywhere. */
  readonly source: string | undefined;
  /** It has to be sent to the server. */
  readonly dirty: boolean;
  /** The server's version that it goes back to. */
  readonly base: number | undefined;
  /** A version that lost though it has work of its own. */
  readonly other: { readonly source: string; readonly changedAt: number } | undefined;
}

export function merge(local: LocalDraft | undefined, server: ServerDraft | undefined): Merged {
  if (local === undefined) {
    return { source: server?.source, dirty: false, base: server?.savedAt, other: undefined };
  }
  if (server === undefined) {
    return { source: local.source, dirty: true, base: undefined, other: undefined };
  }
  if (local.source === server.source) {
    return { source: local.source, dirty: false, base: server.savedAt, other: undefined };
  }
  if (!local.dirty) {
    // The browser has no work of its own: what the server has came later, from elsewhere.
    return { source: server.source, dirty: false, base: server.savedAt, other: undefined };
  }
  if (local.base !== undefined && server.savedAt <= local.base) {
    return { source: local.source, dirty: true, base: server.savedAt, other: undefined };
  }
  return local.changedAt >= server.savedAt
    ? { source: local.source, dirty: true, base: server.savedAt, other: { source: server.source, changedAt: server.savedAt } }
    : { source: server.source, dirty: false, base: server.savedAt, other: { source: local.source, changedAt: local.changedAt } };
}

/** Reads what the browser kept; none when it is no draft. */
export function parseLocal(text: string | undefined): LocalDraft | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    if (typeof value !== "object" || value === null || !("source" in value) || !("changedAt" in value)) {
      return undefined;
    }
    const { source, changedAt } = value;
    const base = "base" in value && typeof value.base === "number" ? value.base : undefined;
    const dirty = "dirty" in value && value.dirty === true;
    return typeof source === "string" && typeof changedAt === "number" ? { source, changedAt, base, dirty } : undefined;
  } catch {
    return undefined;
  }
}
