// The classes as the server has them, and what its refusals mean here.

import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { transport } from "../api/clients";
import { allPages } from "../course";
import { type Class, ClassService, type MemberProgress } from "../gen/coderunner/v1/class_pb";
import { ErrorInfoSchema } from "../gen/google/rpc/error_details_pb";

export const classClient = createClient(ClassService, transport);

export async function readClasses(): Promise<readonly Class[]> {
  return await allPages(async (pageToken) => {
    const answer = await classClient.listMyClasses({ pageSize: 100, pageToken });
    return { items: answer.classes, next: answer.nextPageToken };
  });
}

export async function readProgress(classId: string): Promise<readonly MemberProgress[]> {
  return await allPages(async (pageToken) => {
    const answer = await classClient.getClassProgress({ classId, pageSize: 100, pageToken });
    return { items: answer.members, next: answer.nextPageToken };
  });
}

/** Whether the server is too old for classes. */
export function isMissing(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Unimplemented;
}

/** The server's own reason for a refusal, such as `CLASS_FULL`. */
export function reasonOf(error: unknown): string | undefined {
  return ConnectError.from(error).findDetails(ErrorInfoSchema)[0]?.reason;
}
