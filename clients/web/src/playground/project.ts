// The programs of the playground: several files, a profile, and what is typed into them. Pure:
// the rules for file names are those of the API, so that a name that is wrong is told at once.

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Program, ProgramSchema } from "../gen/coderunner/common/v1/common_pb";

export interface PlayFile {
  /** Stays the same when the file gets another name. */
  readonly id: number;
  readonly path: string;
  readonly text: string;
}

export interface Project {
  /** The main file first. */
  readonly files: readonly PlayFile[];
  readonly profile: string;
  /** Standard input that is there from the start; none when it is typed while the program runs. */
  readonly stdin: string | undefined;
}

export const MAIN = "main.py";
export const USUAL_PROFILE = "python";
const MOST_FILES = 65;
const LONGEST_PATH_BYTES = 255;
const MOST_PARTS = 16;
const MAIN_LIMIT_BYTES = 100_000;
const ALL_LIMIT_BYTES = 1_000_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function newProject(source: string): Project {
  return { files: [{ id: 0, path: MAIN, text: source }], profile: USUAL_PROFILE, stdin: undefined };
}

export type NameProblem = "empty" | "taken" | "main" | "bad" | "long" | "many";

/** What is wrong with a name for a file beside these, if anything. */
export function nameProblem(path: string, others: readonly PlayFile[]): NameProblem | undefined {
  if (path === "") {
    return "empty";
  }
  if (path === MAIN) {
    return "main";
  }
  const parts = path.split("/");
  // Control characters, and what turns the direction of writing, have no place in a name.
  if (parts.some((part) => part === "" || part === "." || part === "..") || /[\p{Cc}\p{Bidi_Control}]/u.test(path)) {
    return "bad";
  }
  if (encoder.encode(path).length > LONGEST_PATH_BYTES || parts.length > MOST_PARTS) {
    return "long";
  }
  if (others.some((file) => file.path === path || file.path.startsWith(`${path}/`) || path.startsWith(`${file.path}/`))) {
    return "taken";
  }
  return others.length >= MOST_FILES ? "many" : undefined;
}

export function withFile(project: Project, path: string): { readonly project: Project; readonly file: PlayFile } {
  const file = { id: Math.max(...project.files.map(({ id }) => id)) + 1, path, text: "" };
  return { project: { ...project, files: [...project.files, file] }, file };
}

export function withText(project: Project, id: number, text: string): Project {
  return { ...project, files: project.files.map((file) => (file.id === id ? { ...file, text } : file)) };
}

export function renamed(project: Project, id: number, path: string): Project {
  return { ...project, files: project.files.map((file) => (file.id === id && file.path !== MAIN ? { ...file, path } : file)) };
}

/** The main file stays. */
export function withoutFile(project: Project, id: number): Project {
  return { ...project, files: project.files.filter((file) => file.id !== id || file.path === MAIN) };
}

/** Whether it is more than may be sent. */
export function isTooLarge(project: Project): boolean {
  const sizes = project.files.map(({ text }) => encoder.encode(text).length);
  return (sizes[0] ?? 0) > MAIN_LIMIT_BYTES || sizes.reduce((sum, size) => sum + size, 0) > ALL_LIMIT_BYTES;
}

/** The source of the main file and the other files, as the API has them. */
export function programOf(project: Project): MessageInitShape<typeof ProgramSchema> & { source: string; files: { path: string; content: Uint8Array<ArrayBuffer> }[] } {
  const [main, ...others] = project.files;
  return {
    source: main?.text ?? "",
    files: others.map(({ path, text }) => ({ path, content: encoder.encode(text) })),
  };
}

/** A program that somebody shared. Whatever its files hold is taken for text. */
export function projectOf(program: Program | undefined, profile: string): Project {
  const files = (program?.files ?? []).map(({ path, content }, index) => ({ id: index + 1, path, text: decoder.decode(content) }));
  return { ...newProject(program?.source ?? ""), files: [{ id: 0, path: MAIN, text: program?.source ?? "" }, ...files], profile: profile || USUAL_PROFILE };
}

export function projectText(project: Project): string {
  return JSON.stringify(project);
}

/** What the browser kept, unless it is something else. */
export function parseProject(text: string | undefined): Project | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    if (!isRecord(value) || !Array.isArray(value["files"]) || typeof value["profile"] !== "string") {
      return undefined;
    }
    const files: PlayFile[] = [];
    for (const file of value["files"] as readonly unknown[]) {
      if (!isRecord(file) || typeof file["path"] !== "string" || typeof file["text"] !== "string") {
        return undefined;
      }
      files.push({ id: files.length, path: file["path"], text: file["text"] });
    }
    const stdin = typeof value["stdin"] === "string" ? value["stdin"] : undefined;
    return files[0]?.path === MAIN ? { files, profile: value["profile"], stdin } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether both run the same. */
export function isSame(one: Project, other: Project): boolean {
  const facts = ({ files, profile }: Project) => JSON.stringify([profile, files.map(({ path, text }) => [path, text])]);
  return facts(one) === facts(other);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
