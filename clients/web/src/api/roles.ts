// What the role of who is logged in opens. The server decides; this only keeps the app from
// offering what it would refuse.

import { Role } from "../gen/coderunner/v1/user_pb";
import { user } from "./session";

function hasAtLeast(role: Role): boolean {
  // Roles rise: each may do what the ones before it may.
  return (user()?.role ?? Role.UNSPECIFIED) >= role;
}

/** May have classes. */
export function mayTeach(): boolean {
  return hasAtLeast(Role.TEACHER);
}

/** May write problems. */
export function mayWrite(): boolean {
  return hasAtLeast(Role.AUTHOR);
}

/** May see the runners and give roles. */
export function mayAdminister(): boolean {
  return hasAtLeast(Role.ADMIN);
}
