// The way out when two authors changed the same fields: each with both values, side by side.

import { For, type JSX } from "solid-js";
import { authorWords } from "../i18n/author";
import { Button } from "../kit/kit";
import type { Conflict, Editing } from "./editing";
import type { FormField, ProblemForm } from "./form";

export function ConflictView(props: { readonly conflict: Conflict; readonly editing: Editing }): JSX.Element {
  const w = authorWords;
  return (
    <section class="card conflict" aria-labelledby="conflict-title" role="alert">
      <h2 id="conflict-title">{w().conflict.title}</h2>
      <p>
        {w().conflict.text} {props.conflict.takenCount > 0 ? w().conflict.auto(props.conflict.takenCount) : ""}
      </p>
      <For each={props.conflict.fields}>
        {(field) => (
          <section class="sub-card" aria-label={w().fields[field]}>
            <div class="row">
              <h3 class="grow">{w().fields[field]}</h3>
              <Button aria-label={`${w().fields[field]}: ${w().conflict.useTheirs}`} onClick={() => props.editing.takeTheirs(field)}>
                {w().conflict.useTheirs}
              </Button>
            </div>
            <div class="test-data">
              <div>
                <p class="soft">{w().conflict.mine}</p>
                <pre>{valueText(props.editing.form(), field)}</pre>
              </div>
              <div>
                <p class="soft">{w().conflict.theirs}</p>
                <pre>{valueText(props.conflict.theirs, field)}</pre>
              </div>
            </div>
          </section>
        )}
      </For>
      <Button kind="primary" busy={props.editing.state().busy} onClick={() => void props.editing.save()}>
        {w().conflict.save}
      </Button>
    </section>
  );
}

/** A field's value to look at; lists as what they are made of. */
function valueText(form: ProblemForm, field: FormField): string {
  const value = form[field];
  return typeof value === "object" ? JSON.stringify(value, undefined, 2) : String(value);
}
