// A problem while it is edited: what the server has, what the author made of it, saving, and the
// way out when somebody else saved first. What is not saved is kept in the browser.

import { createSignal } from "solid-js";
import { problemClient } from "../api/clients";
import { failureOf, type WrongField } from "../api/failure";
import { user } from "../api/session";
import { reloadCourse } from "../course";
import type { Problem } from "../gen/coderunner/v1/problem_pb";
import { keep, kept } from "../keep";
import { newRequestId } from "../requests";
import { changedPaths, EMPTY, type FormField, formOf, type ProblemForm, problemOf } from "./form";
import { mergeForms, withField } from "./merge";
import type { NewTest } from "./test-data";

export interface Conflict {
  readonly theirs: ProblemForm;
  /** Fields that both changed and that the author has not decided on. */
  readonly fields: readonly FormField[];
  readonly takenCount: number;
}

export interface SaveState {
  readonly busy: boolean;
  readonly saved: boolean;
  readonly error?: unknown;
  /** What the server found wrong. */
  readonly wrong?: readonly WrongField[];
}

export interface Editing {
  /** None for a new problem. */
  readonly slug: string | undefined;
  readonly form: () => ProblemForm;
  /** The form was put in by something else than its inputs; changes with each such time. */
  readonly version: () => number;
  readonly change: (change: Partial<ProblemForm>) => void;
  readonly isChanged: () => boolean;
  readonly state: () => SaveState;
  readonly conflict: () => Conflict | undefined;
  readonly wasRestored: () => boolean;
  readonly etag: () => string;
  /** What the server has, with its tests' etag; joined with what is being written. */
  readonly refresh: () => Promise<void>;
  /** True when it went well. */
  readonly save: () => Promise<boolean>;
  readonly create: (tests: readonly NewTest[]) => Promise<boolean>;
  readonly takeTheirs: (field: FormField) => void;
  readonly discard: () => void;
  /** Forgets what the browser kept. */
  readonly forget: () => void;
}

async function readSources(slug: string): Promise<Problem> {
  const { problem } = await problemClient.getProblemSources({ slug });
  if (problem === undefined) {
    throw new Error(`the server sent no problem for ${slug}`);
  }
  return problem;
}

export async function openEditing(slug: string | undefined): Promise<Editing> {
  const fresh = slug === undefined ? undefined : await readSources(slug);
  return createEditing(slug, fresh);
}

function createEditing(slug: string | undefined, fresh: Problem | undefined): Editing {
  const place = `author.${user()?.id ?? ""}.${slug ?? ""}`;
  const start = fresh === undefined ? EMPTY : formOf(fresh);
  const before = parseKept(kept(place));
  const opened = before === undefined ? { form: start, conflicts: [], taken: [] } : mergeForms(before.base, before.form, start);
  const [base, setBase] = createSignal(start);
  const [etag, setEtag] = createSignal(fresh?.etag ?? "");
  const [form, setForm] = createSignal(opened.form);
  const [version, setVersion] = createSignal(1);
  const [state, setState] = createSignal<SaveState>({ busy: false, saved: false });
  const [conflict, setConflict] = createSignal<Conflict | undefined>(
    opened.conflicts.length > 0 ? { theirs: start, fields: opened.conflicts, takenCount: opened.taken.length } : undefined,
  );
  const isChanged = () => changedPaths(base(), form()).length > 0 || (slug === undefined && form().slug !== base().slug);
  const [wasRestored, setRestored] = createSignal(before !== undefined && isChanged());
  let requestId = newRequestId();

  const remember = () => keep(place, isChanged() ? JSON.stringify({ base: base(), form: form() }) : undefined);
  const replace = (next: ProblemForm) => {
    setForm(next);
    setVersion(version() + 1);
  };
  /** Joins what the server has now with what is being written. */
  const join = (problem: Problem) => {
    const theirs = formOf(problem);
    const merged = mergeForms(base(), form(), theirs);
    setBase(theirs);
    setEtag(problem.etag);
    if (merged.taken.length > 0) {
      replace(merged.form);
    }
    remember();
    return { ...merged, theirs };
  };
  const refuse = (error: unknown) => {
    const { fields } = failureOf(error);
    setState({ busy: false, saved: false, error, ...(fields.length > 0 ? { wrong: fields } : {}) });
  };
  /** One try; true when it went well, "conflict" when somebody else was first. */
  const trySave = async (): Promise<boolean | "conflict"> => {
    const sent = form();
    const paths = changedPaths(base(), sent);
    try {
      const answer = await problemClient.updateProblem({
        requestId,
        problem: { ...problemOf(sent), etag: etag() },
        updateMask: { paths },
      });
      const title = answer.problem?.title;
      // What was sent is what is stored, but for spaces at the ends and the like.
      setBase(sent);
      const problem = await readSources(sent.slug);
      join(problem);
      if (title !== undefined) {
        reloadCourse();
      }
      return true;
    } catch (error) {
      if (failureOf(error).kind === "changedMeanwhile") {
        return "conflict";
      }
      throw error;
    }
  };
  const save = async (): Promise<boolean> => {
    if (state().busy || slug === undefined) {
      return false;
    }
    setState({ busy: true, saved: false });
    try {
      for (let tries = 0; tries < 3; tries += 1) {
        requestId = newRequestId();
        const outcome = isChanged() ? await trySave() : true;
        if (outcome === true) {
          setConflict(undefined);
          setRestored(false);
          setState({ busy: false, saved: true });
          return true;
        }
        const mine = form();
        const { conflicts, taken, theirs } = join(await readSources(slug));
        if (conflicts.length > 0) {
          setForm((now) => conflicts.reduce((sum, field) => withField(sum, mine, field), now));
          setConflict({ theirs, fields: conflicts, takenCount: taken.length });
          setState({ busy: false, saved: false });
          return false;
        }
        // Nothing to decide: they changed tests, or other fields. Once more, with the new etag.
      }
      setState({ busy: false, saved: false });
    } catch (error) {
      refuse(error);
    }
    return false;
  };

  return {
    slug,
    form,
    version,
    change(change) {
      setForm((now) => ({ ...now, ...change }));
      setState((now) => (now.saved ? { busy: now.busy, saved: false } : now));
      remember();
    },
    isChanged,
    state,
    conflict,
    wasRestored,
    etag,
    async refresh() {
      if (slug !== undefined) {
        const { conflicts, taken, theirs } = join(await readSources(slug));
        if (conflicts.length > 0) {
          setConflict({ theirs, fields: conflicts, takenCount: taken.length });
        }
      }
    },
    save,
    async create(tests) {
      if (state().busy) {
        return false;
      }
      setState({ busy: true, saved: false });
      try {
        const { slug: wanted, ...others } = problemOf(form());
        await problemClient.createProblem({ requestId, problem: { slug: wanted ?? "", ...others }, tests: [...tests] });
        keep(place, undefined);
        reloadCourse();
        setState({ busy: false, saved: true });
        return true;
      } catch (error) {
        requestId = newRequestId();
        refuse(error);
        return false;
      }
    },
    takeTheirs(field) {
      const now = conflict();
      if (now !== undefined) {
        replace(withField(form(), now.theirs, field));
        const fields = now.fields.filter((other) => other !== field);
        setConflict(fields.length === 0 ? undefined : { ...now, fields });
        remember();
      }
    },
    discard() {
      keep(place, undefined);
      replace(base());
      setConflict(undefined);
      setRestored(false);
      setState({ busy: false, saved: false });
    },
    forget: () => void keep(place, undefined),
  };
}

/** What the browser kept, if it has the shape of two forms. */
function parseKept(text: string | undefined): { readonly base: ProblemForm; readonly form: ProblemForm } | undefined {
  try {
    const value: unknown = JSON.parse(text ?? "null");
    if (typeof value === "object" && value !== null && "base" in value && "form" in value && isForm(value.base) && isForm(value.form)) {
      return { base: value.base, form: value.form };
    }
  } catch {
    // Something else under this name; as good as nothing.
  }
  return undefined;
}

function isForm(value: unknown): value is ProblemForm {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const found = new Map(Object.entries(value));
  return Object.entries(EMPTY).every(([field, example]) => {
    const there: unknown = found.get(field);
    return typeof there === typeof example && Array.isArray(there) === Array.isArray(example);
  });
}
