// Two people change one problem at the same time. Fields that only one of them changed are taken
// from whoever did; fields that both changed are for the author to decide, one by one. Pure.

import { differs, FIELDS, type FormField, type ProblemForm } from "./form";

export interface Merged {
  /** With the author's own value wherever both changed one. */
  readonly form: ProblemForm;
  /** What both changed, and not to the same. */
  readonly conflicts: readonly FormField[];
  /** What only the other one changed. */
  readonly taken: readonly FormField[];
}

/** `base` is what the author began with, `theirs` what the server has now. */
export function mergeForms(base: ProblemForm, mine: ProblemForm, theirs: ProblemForm): Merged {
  const conflicts: FormField[] = [];
  const taken: FormField[] = [];
  let form = mine;
  for (const field of FIELDS) {
    const iChanged = differs(base[field], mine[field]);
    const theyChanged = differs(base[field], theirs[field]);
    if (theyChanged && !iChanged) {
      taken.push(field);
      form = withField(form, theirs, field);
    } else if (theyChanged && iChanged && differs(mine[field], theirs[field])) {
      conflicts.push(field);
    }
  }
  return { form, conflicts, taken };
}

/** The form with one field of another. */
export function withField(form: ProblemForm, other: ProblemForm, field: FormField): ProblemForm {
  return { ...form, [field]: other[field] };
}
