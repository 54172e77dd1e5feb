// A problem as its form has it: every field that an author may set, in the kinds that inputs have.
// Pure: from the API's message and back, what changed, and what an input gets wrong.

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import {
  type Checker,
  CheckerKind,
  Difficulty,
  Feedback,
  type Problem,
  ProblemKind,
  type ProblemSchema,
  type Subtask,
  SubtaskScoring,
} from "../gen/coderunner/v1/problem_pb";

export interface SubtaskForm {
  readonly name: string;
  readonly points: string;
  readonly scoring: SubtaskScoring;
  /** Numbers and ranges, such as "1, 3-5". */
  readonly tests: string;
  /** Names between commas. */
  readonly required: string;
}

export interface WrongForm {
  readonly name: string;
  readonly source: string;
}

/** The names of the fields are those of the API. */
export interface ProblemForm {
  readonly slug: string;
  readonly title: string;
  readonly summary: string;
  readonly statement: string;
  readonly kind: ProblemKind;
  readonly functionName: string;
  readonly difficulty: Difficulty;
  readonly points: string;
  /** Words between commas. */
  readonly tags: string;
  readonly category: string;
  readonly sessionId: string;
  readonly starterSource: string;
  readonly checkerKind: CheckerKind;
  readonly caseSensitive: boolean;
  readonly spaceSensitive: boolean;
  readonly absoluteTolerance: string;
  readonly relativeTolerance: string;
  readonly checkerSource: string;
  readonly feedback: Feedback;
  /** In seconds; empty for the installation's. */
  readonly timeLimit: string;
  /** In MiB; empty for the installation's. */
  readonly memoryLimit: string;
  readonly profile: string;
  readonly subtasks: readonly SubtaskForm[];
  readonly stopOnFirstFailure: boolean;
  readonly solutionSource: string;
  readonly wrongSolutions: readonly WrongForm[];
}

export const EMPTY: ProblemForm = {
  slug: "",
  title: "",
  summary: "",
  statement: "",
  kind: ProblemKind.STDIN,
  functionName: "",
  difficulty: Difficulty.EASY,
  points: "10",
  tags: "",
  category: "",
  sessionId: "",
  starterSource: "",
  checkerKind: CheckerKind.TOKENS,
  caseSensitive: true,
  spaceSensitive: false,
  absoluteTolerance: "0.000001",
  relativeTolerance: "0.000001",
  checkerSource: "",
  feedback: Feedback.FULL,
  timeLimit: "",
  memoryLimit: "",
  profile: "python",
  subtasks: [],
  stopOnFirstFailure: false,
  solutionSource: "",
  wrongSolutions: [],
};

const MIB = 1024 * 1024;

export function formOf(problem: Problem): ProblemForm {
  return {
    slug: problem.slug,
    title: problem.title,
    summary: problem.summary,
    statement: problem.statement,
    kind: problem.kind,
    functionName: problem.functionName,
    difficulty: problem.difficulty,
    points: String(problem.points),
    tags: problem.tags.join(", "),
    category: problem.category,
    sessionId: problem.sessionId,
    starterSource: problem.starterSource,
    ...checkerForm(problem.checker),
    feedback: problem.feedback,
    timeLimit: secondsText(problem.limits?.wallTimeLimit),
    memoryLimit: problem.limits === undefined || problem.limits.memoryLimitBytes === 0n ? "" : String(Number(problem.limits.memoryLimitBytes) / MIB),
    profile: problem.profile || "python",
    subtasks: problem.subtasks.map(subtaskForm),
    stopOnFirstFailure: problem.stopOnFirstFailure,
    solutionSource: problem.solutionSource,
    wrongSolutions: problem.wrongSolutions.map(({ name, source }) => ({ name, source })),
  };
}

function checkerForm(checker: Checker | undefined) {
  return {
    checkerKind: checker?.kind ?? CheckerKind.EXACT,
    caseSensitive: checker?.caseSensitive ?? true,
    spaceSensitive: checker?.spaceChangeSensitive ?? false,
    absoluteTolerance: String(checker?.absoluteTolerance ?? 0),
    relativeTolerance: String(checker?.relativeTolerance ?? 0),
    checkerSource: checker?.source ?? "",
  };
}

function subtaskForm(subtask: Subtask): SubtaskForm {
  return {
    name: subtask.name,
    points: String(subtask.points),
    scoring: subtask.scoring,
    tests: rangesText(subtask.testNumbers),
    required: subtask.requiredNames.join(", "),
  };
}

/** The message that these inputs mean. What can't be read as a number is left to the server to refuse. */
export function problemOf(form: ProblemForm): MessageInitShape<typeof ProblemSchema> {
  const isFunction = form.kind === ProblemKind.FUNCTION;
  return {
    slug: form.slug.trim(),
    title: form.title.trim(),
    summary: form.summary.trim(),
    statement: form.statement,
    kind: form.kind,
    functionName: isFunction ? form.functionName.trim() : "",
    difficulty: form.difficulty,
    points: whole(form.points),
    tags: words(form.tags),
    category: form.category.trim(),
    sessionId: form.sessionId,
    starterSource: form.starterSource,
    checker: checkerOf(form),
    feedback: form.feedback,
    limits: limitsOf(form),
    profile: form.profile,
    subtasks: form.subtasks.map((subtask) => ({
      name: subtask.name.trim(),
      points: whole(subtask.points),
      scoring: subtask.scoring,
      testNumbers: numbersOf(subtask.tests) ?? [],
      requiredNames: words(subtask.required),
    })),
    stopOnFirstFailure: form.stopOnFirstFailure,
    solutionSource: form.solutionSource,
    wrongSolutions: form.wrongSolutions.map(({ name, source }) => ({ name: name.trim(), source })),
  };
}

/** Only the settings that this kind of checker has. */
function checkerOf(form: ProblemForm) {
  const isFloat = form.checkerKind === CheckerKind.FLOAT;
  const hasTokens = isFloat || form.checkerKind === CheckerKind.TOKENS;
  return {
    kind: form.checkerKind,
    caseSensitive: (hasTokens || form.checkerKind === CheckerKind.UNORDERED_LINES) && form.caseSensitive,
    spaceChangeSensitive: hasTokens && form.spaceSensitive,
    absoluteTolerance: isFloat ? Number(form.absoluteTolerance) || 0 : 0,
    relativeTolerance: isFloat ? Number(form.relativeTolerance) || 0 : 0,
    source: form.checkerKind === CheckerKind.CUSTOM ? form.checkerSource : "",
  };
}

function limitsOf(form: ProblemForm) {
  const seconds = Number(form.timeLimit);
  const memory = Number(form.memoryLimit);
  const limits: { wallTimeLimit?: ReturnType<typeof durationOf>; memoryLimitBytes?: bigint } = {};
  if (form.timeLimit.trim() !== "" && seconds > 0) {
    limits.wallTimeLimit = durationOf(seconds);
  }
  if (form.memoryLimit.trim() !== "" && memory > 0) {
    limits.memoryLimitBytes = BigInt(Math.round(memory * MIB));
  }
  return limits;
}

function durationOf(seconds: number) {
  const milliseconds = Math.round(seconds * 1000);
  return create(DurationSchema, { seconds: BigInt(Math.floor(milliseconds / 1000)), nanos: (milliseconds % 1000) * 1_000_000 });
}

function secondsText(duration: { readonly seconds: bigint; readonly nanos: number } | undefined): string {
  return duration === undefined ? "" : String(Number(duration.seconds) + duration.nanos / 1e9);
}

/** The path in an update mask that each field of the form belongs to. */
const PATHS: Readonly<Record<Exclude<keyof ProblemForm, "slug">, string>> = {
  title: "title",
  summary: "summary",
  statement: "statement",
  kind: "kind",
  functionName: "function_name",
  difficulty: "difficulty",
  points: "points",
  tags: "tags",
  category: "category",
  sessionId: "session_id",
  starterSource: "starter_source",
  checkerKind: "checker",
  caseSensitive: "checker",
  spaceSensitive: "checker",
  absoluteTolerance: "checker",
  relativeTolerance: "checker",
  checkerSource: "checker",
  feedback: "feedback",
  timeLimit: "limits",
  memoryLimit: "limits",
  profile: "profile",
  subtasks: "subtasks",
  stopOnFirstFailure: "stop_on_first_failure",
  solutionSource: "solution_source",
  wrongSolutions: "wrong_solutions",
};

export type FormField = keyof typeof PATHS;
export const FIELDS = Object.keys(PATHS) as readonly FormField[];

/** The paths of what differs between two forms, each once. */
export function changedPaths(before: ProblemForm, now: ProblemForm): string[] {
  return [...new Set(FIELDS.filter((field) => differs(before[field], now[field])).map((field) => PATHS[field]))];
}

export function differs(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) !== JSON.stringify(other);
}

export type FormProblem = "slug" | "title" | "number" | "points" | "functionName" | "ranges" | "name";

const LARGEST_POINTS = 1000;

/** What can be told to be wrong without the server, by field. */
export function formProblems(form: ProblemForm): Partial<Record<keyof ProblemForm, FormProblem>> {
  const found: Partial<Record<keyof ProblemForm, FormProblem>> = {};
  const points = Number(form.points);
  if (!/^[a-z0-9-]{1,40}$/.test(form.slug.trim())) {
    found.slug = "slug";
  }
  if (form.title.trim() === "" || [...form.title.trim()].length > 100) {
    found.title = "title";
  }
  if (!Number.isInteger(points) || points < 1 || points > LARGEST_POINTS) {
    found.points = "points";
  }
  if (form.kind === ProblemKind.FUNCTION && !/^[\p{L}_][\p{L}\p{N}_]*$/u.test(form.functionName.trim())) {
    found.functionName = "functionName";
  }
  for (const field of ["timeLimit", "memoryLimit"] as const) {
    if (form[field].trim() !== "" && !(Number(form[field]) > 0)) {
      found[field] = "number";
    }
  }
  if (form.subtasks.some(({ tests }) => numbersOf(tests) === undefined)) {
    found.subtasks = "ranges";
  }
  if (form.wrongSolutions.some(({ name }) => !/^[A-Za-z0-9_][A-Za-z0-9_-]{0,59}$/.test(name.trim()))) {
    found.wrongSolutions = "name";
  }
  return found;
}

/** A slug that a title suggests. */
export function slugOf(title: string): string {
  const plain = title.toLowerCase().replaceAll("ä", "ae").replaceAll("ö", "oe").replaceAll("ü", "ue").replaceAll("ß", "ss");
  const ascii = plain.normalize("NFD").replace(/\p{M}/gu, "");
  return ascii.replace(/[^a-z0-9]+/g, "-").slice(0, 40).replace(/^-+|-+$/g, "");
}

export function words(text: string): string[] {
  return text.split(",").map((word) => word.trim()).filter((word) => word !== "");
}

/** Test numbers of a text such as "1, 3-5", rising and each once; none for what is no such text. */
export function numbersOf(text: string): number[] | undefined {
  const found = new Set<number>();
  for (const part of words(text)) {
    const [, first, last] = /^(\d{1,3})(?:\s*[-–]\s*(\d{1,3}))?$/.exec(part) ?? [];
    const from = Number(first);
    const to = Number(last ?? first);
    if (first === undefined || from < 1 || to < from) {
      return undefined;
    }
    for (let number = from; number <= to; number += 1) {
      found.add(number);
    }
  }
  return [...found].sort((one, other) => one - other);
}

/** The shortest text for rising numbers: "1, 3-5". */
export function rangesText(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const number of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === number - 1) {
      last[1] = number;
    } else {
      ranges.push([number, number]);
    }
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(", ");
}

function whole(text: string): number {
  const value = Number(text);
  return Number.isInteger(value) ? value : 0;
}
