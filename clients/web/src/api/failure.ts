// What went wrong in a call, as far as the app tells it: a closed list of kinds, how long to wait,
// and which fields are wrong. Words for each kind are in the language tables.

import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../gen/google/rpc/error_details_pb";

/** Reasons of the server that the app has words of its own for. */
const REASONS = {
  BAD_CREDENTIALS: "badCredentials",
  EMAIL_TAKEN: "emailTaken",
  ACCOUNT_LOCKED: "accountLocked",
  RATE_LIMITED: "tooOften",
  RUN_QUOTA: "runQuota",
  QUEUE_FULL: "queueFull",
  PROFILE_UNAVAILABLE: "noRunner",
  INPUT_CLOSED: "inputClosed",
  INPUT_FULL: "inputFull",
  RUN_NOT_RUNNING: "notRunning",
  ETAG_MISMATCH: "changedMeanwhile",
  SLUG_TAKEN: "slugTaken",
} as const;

export type FailureKind =
  | (typeof REASONS)[keyof typeof REASONS]
  | "offline"
  | "unreachable"
  | "loggedOut"
  | "notAllowed"
  | "notFound"
  | "invalid"
  | "busy"
  | "unknown";

/** A field that the server did not accept. */
export interface WrongField {
  /** Its name as in the API, such as `display_name`. */
  readonly name: string;
  /** The server's words, in English. */
  readonly description: string;
}

export interface Failure {
  readonly kind: FailureKind;
  /** How long to wait before trying again. */
  readonly retrySeconds: number | undefined;
  readonly fields: readonly WrongField[];
}

/** What an error of a call means. */
export function failureOf(error: unknown): Failure {
  const known = ConnectError.from(error);
  const [info] = known.findDetails(ErrorInfoSchema);
  const [retry] = known.findDetails(RetryInfoSchema);
  const fields = known.findDetails(BadRequestSchema).flatMap((details) =>
    details.fieldViolations.map(({ field, description }) => ({ name: field, description })),
  );
  const seconds = retry?.retryDelay && Number(retry.retryDelay.seconds) + retry.retryDelay.nanos / 1e9;
  return {
    kind: kindOf(known, info?.reason),
    retrySeconds: seconds === undefined ? undefined : Math.max(1, Math.ceil(seconds)),
    fields,
  };
}

/** Whether the same call may go through later without anybody doing anything. */
export function mayPass(error: unknown): boolean {
  const passing: readonly FailureKind[] = ["offline", "unreachable", "busy", "tooOften"];
  return passing.includes(failureOf(error).kind);
}

function kindOf(error: ConnectError, reason: string | undefined): FailureKind {
  if (reason !== undefined && reason in REASONS) {
    return REASONS[reason as keyof typeof REASONS];
  }
  switch (error.code) {
    case Code.Unauthenticated:
      return "loggedOut";
    case Code.PermissionDenied:
      return "notAllowed";
    case Code.NotFound:
      return "notFound";
    case Code.InvalidArgument:
      return "invalid";
    case Code.ResourceExhausted:
      return "busy";
    case Code.Unavailable:
    case Code.DeadlineExceeded:
    case Code.Aborted:
      return unreachable();
    // A broken connection and the answer of a proxy that lost its server both come as these.
    case Code.Unknown:
    case Code.Internal:
    case Code.Canceled:
      return reason === undefined ? unreachable() : "unknown";
    default:
      return "unknown";
  }
}

function unreachable(): FailureKind {
  return globalThis.navigator?.onLine === false ? "offline" : "unreachable";
}
