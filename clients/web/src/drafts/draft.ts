// The code of one problem while it is written: in the browser with every change, on the server a
// moment after the last one. Visitors have it in the browser alone.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createSignal } from "solid-js";
import { progressClient } from "../api/clients";
import { failureOf, mayPass } from "../api/failure";
import { user } from "../api/session";
import { keep, kept } from "../keep";
import { merge, parseLocal } from "./merge";

export type DraftState = "saved" | "saving" | "here" | "hereOnly" | "notKept";

export interface Draft {
  /** What to begin with. */
  readonly source: string;
  readonly state: () => DraftState;
  /** Another version that has work of its own, until the user has decided. */
  readonly other: () => { readonly source: string; readonly changedAt: number } | undefined;
  readonly forgetOther: () => void;
  /** Takes a change. */
  readonly change: (source: string) => void;
  /** Sends what is not sent yet. */
  readonly flush: () => Promise<void>;
  readonly dispose: () => void;
}

/** So long after the last change it goes to the server: calls are counted, a keystroke must not be one. */
const PAUSE_MS = 2_500;
const LONGEST_RETRY_MS = 60_000;
/** So long after a save nobody looks whether another device has saved, too. */
const KNOWN_FOR_MS = 30_000;

/** Reads what the browser and the server have, and decides which it is. */
export async function openDraft(slug: string, starter: string): Promise<Draft> {
  const owner = user()?.id;
  const name = `draft.${owner ?? "visitor"}.${slug}`;
  const otherName = `other-${name}`;
  const [state, setState] = createSignal<DraftState>("saved");
  const local = parseLocal(kept(name)) ?? (owner === undefined ? undefined : parseLocal(kept(`draft.visitor.${slug}`)));
  const server = owner === undefined ? undefined : await readServer(slug);
  // While the server is away, what the browser has is all there is, and nothing is decided.
  const merged =
    server === "away"
      ? { source: local?.source, dirty: local?.dirty ?? false, base: local?.base, other: undefined }
      : merge(local, server);
  const olderOther = parseLocal(kept(otherName));
  const [other, setOther] = createSignal(merged.other ?? olderOther);
  let source = merged.source ?? starter;
  let base = merged.base;
  let dirty = merged.dirty && owner !== undefined;
  let changedAt = local?.changedAt ?? Date.now();
  let timer: number | undefined;
  let retryMs = PAUSE_MS;
  let sending: Promise<void> | undefined;
  // When the server's version was last known to be the one that this goes back to.
  let knownAt = server === "away" ? 0 : Date.now();

  const keepHere = () => keep(name, JSON.stringify({ source, changedAt, base, dirty: dirty || owner === undefined }));
  const plan = (milliseconds: number) => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void flush(), milliseconds);
  };
  const keepOther = (version: { source: string; changedAt: number }) => {
    keep(otherName, JSON.stringify(version));
    setOther(version);
  };
  /** Another device may have saved meanwhile: what it has must not be written over without a word. */
  const lookFirst = async () => {
    if (Date.now() - knownAt < KNOWN_FOR_MS) {
      return;
    }
    const now = await readServer(slug);
    if (now !== "away" && now !== undefined && now.savedAt > (base ?? 0) && now.source !== source) {
      base = now.savedAt;
      keepOther({ source: now.source, changedAt: now.savedAt });
    }
  };
  const send = async () => {
    setState("saving");
    try {
      await lookFirst();
      const sent = source;
      const answer = await progressClient.saveDraft({ problem: slug, source: sent });
      base = answer.saveTime === undefined ? base : timestampMs(answer.saveTime);
      knownAt = Date.now();
      dirty = source !== sent;
      retryMs = PAUSE_MS;
      keepHere();
      setState(dirty ? "saving" : "saved");
      if (dirty) {
        plan(PAUSE_MS);
      }
    } catch (error) {
      knownAt = 0;
      const isKept = keepHere();
      setState(isKept ? "hereOnly" : "notKept");
      if (mayPass(error) && user() !== undefined) {
        retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
        plan((failureOf(error).retrySeconds ?? 0) * 1000 || retryMs);
      }
    }
  };
  const flush = async () => {
    window.clearTimeout(timer);
    if (!dirty || owner === undefined) {
      return;
    }
    sending ??= send().finally(() => {
      sending = undefined;
    });
    await sending;
  };
  const onHide = () => {
    if (document.visibilityState === "hidden") {
      void flush();
    }
  };
  const onOnline = () => void flush();
  document.addEventListener("visibilitychange", onHide);
  window.addEventListener("online", onOnline);
  if (merged.other !== undefined) {
    keepOther(merged.other);
  }
  if (dirty) {
    plan(0);
  } else if (merged.source !== undefined) {
    keepHere();
  }

  return {
    source,
    state,
    other,
    forgetOther() {
      keep(otherName, undefined);
      setOther(undefined);
    },
    change(changed) {
      if (changed === source) {
        return;
      }
      source = changed;
      changedAt = Date.now();
      dirty = owner !== undefined;
      const isKept = keepHere();
      setState(!isKept ? "notKept" : owner === undefined ? "here" : "saving");
      if (dirty) {
        plan(PAUSE_MS);
      }
    },
    flush,
    dispose() {
      document.removeEventListener("visibilitychange", onHide);
      window.removeEventListener("online", onOnline);
      void flush();
    },
  };
}

async function readServer(slug: string): Promise<{ source: string; savedAt: number } | undefined | "away"> {
  try {
    const { source, saveTime } = await progressClient.getDraft({ problem: slug });
    return { source, savedAt: saveTime === undefined ? 0 : timestampMs(saveTime) };
  } catch (error) {
    return failureOf(error).kind === "notFound" ? undefined : "away";
  }
}
