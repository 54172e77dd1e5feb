// The way to the server: gRPC-web on the app's own origin, with the access token in each call.
//
// A call that is refused because its token has run out is repeated once with a new one. That is
// safe for every call: a refused call has done nothing. Streams are not repeated here, because
// `follow` opens them again anyway.

import { Code, ConnectError, type Interceptor, type Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";

/** Where calls get their tokens. */
export interface Tokens {
  /** A token that still works, or none when nobody is logged in. */
  current(): Promise<string | undefined>;
  /** A newer token than this one, or none. */
  replace(refused: string): Promise<string | undefined>;
}

/** Says that this client keeps its refresh token in a cookie that no script can read. */
const BROWSER_HEADER = "x-coderunner-browser";
/** Longest that a call other than a stream may take. */
const CALL_LIMIT_MS = 20_000;

/** A transport without tokens, for the calls that give them out. */
export function openTransport(): Transport {
  const marked: Interceptor = (next) => (request) => {
    request.header.set(BROWSER_HEADER, "1");
    return next(request);
  };
  return grpcWeb([marked]);
}

/** A transport that sends the caller's token, and does without when there is none. */
export function transportWith(tokens: Tokens): Transport {
  const authorised: Interceptor = (next) => async (request) => {
    request.header.set(BROWSER_HEADER, "1");
    const token = await tokens.current();
    if (token === undefined) {
      return await next(request);
    }
    request.header.set("authorization", `Bearer ${token}`);
    try {
      return await next(request);
    } catch (error) {
      const newer = wasRefused(error) && !request.stream ? await tokens.replace(token) : undefined;
      if (newer === undefined) {
        throw error;
      }
      request.header.set("authorization", `Bearer ${newer}`);
      return await next(request);
    }
  };
  return grpcWeb([authorised]);
}

function grpcWeb(interceptors: Interceptor[]): Transport {
  const limited: Interceptor = (next) => (request) =>
    request.stream ? next(request) : withLimit(next(request));
  return createGrpcWebTransport({
    baseUrl: window.location.origin,
    interceptors: [limited, ...interceptors],
    fetch: (input, init) => fetch(input, { ...init, credentials: "same-origin" }),
  });
}

/** A connection that hangs must not hang the page. */
async function withLimit<T>(call: Promise<T>): Promise<T> {
  let timer: number | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new ConnectError("the server did not answer in time", Code.Unavailable);
    timer = window.setTimeout(() => reject(error), CALL_LIMIT_MS);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    window.clearTimeout(timer);
  }
}

function wasRefused(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Unauthenticated;
}
