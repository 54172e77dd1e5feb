// Who is logged in. The access token is in memory only; the refresh token is in a cookie that no
// script can read, so that closing the page loses nothing and a script that got in gains little.
//
// A refresh token works once, and using an old one again ends the session. Tabs of one browser
// share the cookie, so they refresh one after the other (Web Locks), and each refresh sends the
// cookie of that moment.

import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createSignal } from "solid-js";
import { AuthService, type Tokens as TokensMessage } from "../gen/coderunner/v1/auth_pb";
import type { AgeGroup, User } from "../gen/coderunner/v1/user_pb";
import { keep, kept } from "../keep";
import { failureOf } from "./failure";
import { pauseUntilHope } from "./follow";
import { openTransport, type Tokens, transportWith } from "./transport";

export type Session =
  /** It is not known yet whether a cookie is good. */
  | { readonly kind: "starting"; readonly waiting: boolean }
  | { readonly kind: "out" }
  | { readonly kind: "in"; readonly user: User };

interface Access {
  readonly token: string;
  readonly expiresAt: number;
}

/** Renewed when it has less time left than this. */
const RENEW_BEFORE_MS = 60_000;
/** Taken for a token that does not say how long it lives. */
const SHORTEST_LIFE_MS = 5 * 60_000;
/** In the browser's store while there may be a cookie, so that visitors without one ask for nothing. */
const MARK = "session";

const [session, setSession] = createSignal<Session>({ kind: "starting", waiting: false });
export { session };

/** The user, when somebody is logged in. */
export function user(): User | undefined {
  const now = session();
  return now.kind === "in" ? now.user : undefined;
}

const open = createClient(AuthService, openTransport());
const tabs = "BroadcastChannel" in window ? new BroadcastChannel("coderunner-session") : undefined;
let access: Access | undefined;
let refreshing: Promise<Access | undefined> | undefined;

/** Tokens for the transport of all other calls. */
export const tokens: Tokens = {
  async current() {
    if (access !== undefined && access.expiresAt - Date.now() > RENEW_BEFORE_MS) {
      return access.token;
    }
    // Logging in and the page's start decide whether there is a session; a call only renews it.
    return access === undefined ? undefined : (await refresh())?.token;
  },
  async replace(refused) {
    const renewed = access !== undefined && access.token !== refused ? access : await refresh();
    return renewed?.token;
  },
};

const auth: Client<typeof AuthService> = createClient(AuthService, transportWith(tokens));

/** Takes up the session of the cookie, when there is one. Tries for as long as the server is away. */
export async function resume(): Promise<void> {
  if (kept(MARK) === undefined) {
    setSession({ kind: "out" });
    return;
  }
  const never = new AbortController().signal;
  for (let tries = 0; session().kind === "starting"; tries += 1) {
    try {
      if ((await refresh()) === undefined) {
        setSession({ kind: "out" });
        return;
      }
      const answer = await auth.getMe({});
      become(answer.user);
    } catch (error) {
      const wait = failureOf(error).retrySeconds ?? Math.min(2 ** tries, 10);
      setSession({ kind: "starting", waiting: true });
      await pauseUntilHope(wait * 1000, never);
    }
  }
}

export async function login(email: string, password: string): Promise<void> {
  const answer = await open.login({ email, password });
  accept(answer.tokens);
  become(answer.user);
  tabs?.postMessage("in");
}

export interface Newcomer {
  readonly email: string;
  readonly password: string;
  readonly displayName: string;
  readonly ageGroup: AgeGroup;
}

/** Makes an account and logs it in. `requestId` stays the same when the same form is sent again. */
export async function register(newcomer: Newcomer, requestId: string): Promise<void> {
  const answer = await open.register({ requestId, ...newcomer });
  accept(answer.tokens);
  become(answer.user);
  tabs?.postMessage("in");
}

/** Ends the session, here at once and on the server if it can be reached. */
export async function logout(): Promise<void> {
  const ended = auth.logout({}).catch(() => undefined);
  await ended;
  forget();
  tabs?.postMessage("out");
}

/** Takes over a changed profile. */
export function become(changed: User | undefined): void {
  setSession(changed === undefined ? { kind: "out" } : { kind: "in", user: changed });
}

function forget(): void {
  access = undefined;
  keep(MARK, undefined);
  setSession({ kind: "out" });
}

function accept(given: TokensMessage | undefined): Access | undefined {
  if (given === undefined || given.accessToken === "") {
    return undefined;
  }
  access = { token: given.accessToken, expiresAt: Date.now() + lifetimeMs(given.accessToken) };
  keep(MARK, "1");
  return access;
}

/** How long a token lives, by its own claims: this computer's clock may be hours off, its hours are as long. */
function lifetimeMs(token: string): number {
  try {
    const claims: unknown = JSON.parse(atob((token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/")));
    if (typeof claims === "object" && claims !== null && "exp" in claims && "iat" in claims) {
      return (Number(claims.exp) - Number(claims.iat)) * 1000 || SHORTEST_LIFE_MS;
    }
  } catch {
    // Not the form that is expected: renew it early.
  }
  return SHORTEST_LIFE_MS;
}

/** A new access token, or none when the session is over. One refresh at a time in all tabs. */
function refresh(): Promise<Access | undefined> {
  refreshing ??= alone(exchange).finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

async function exchange(): Promise<Access | undefined> {
  try {
    const answer = await open.refresh({});
    return accept(answer.tokens);
  } catch (error) {
    const code = ConnectError.from(error).code;
    if (code !== Code.Unauthenticated && code !== Code.InvalidArgument) {
      throw error;
    }
    forget();
    return undefined;
  }
}

async function alone<T>(work: () => Promise<T>): Promise<T> {
  // Without a secure context there are no locks, and no cookie to fight over either.
  return navigator.locks === undefined ? await work() : await navigator.locks.request("coderunner-refresh", work);
}

tabs?.addEventListener("message", (message: MessageEvent<unknown>) => {
  if (message.data === "out") {
    forget();
  } else if (session().kind === "out") {
    setSession({ kind: "starting", waiting: false });
    void resume();
  }
});
