// A typed client for each service of the API that the app calls.

import { createClient } from "@connectrpc/connect";
import { AuthService } from "../gen/coderunner/v1/auth_pb";
import { ExecutionService } from "../gen/coderunner/v1/execution_pb";
import { ProblemService } from "../gen/coderunner/v1/problem_pb";
import { ProgressService } from "../gen/coderunner/v1/progress_pb";
import { SubmissionService } from "../gen/coderunner/v1/submission_pb";
import { UserService } from "../gen/coderunner/v1/user_pb";
import { tokens } from "./session";
import { transportWith } from "./transport";

/** For clients of further services: `createClient(ClassService, transport)`, in the page that needs it. */
export const transport = transportWith(tokens);

export const authClient = createClient(AuthService, transport);
export const executionClient = createClient(ExecutionService, transport);
export const problemClient = createClient(ProblemService, transport);
export const progressClient = createClient(ProgressService, transport);
export const submissionClient = createClient(SubmissionService, transport);
export const userClient = createClient(UserService, transport);
