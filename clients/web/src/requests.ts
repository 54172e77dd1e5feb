// Ids for calls with a side effect: a call that is repeated with the same id does nothing twice.

/** A new id. `crypto.randomUUID` is missing on pages without encryption, such as a school's test server. */
export function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
