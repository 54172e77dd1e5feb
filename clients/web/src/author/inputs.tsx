// Inputs of the authors' forms: a text of several lines, a choice from a list, a box to tick.

import { createUniqueId, For, type JSX, Show } from "solid-js";

export interface TextProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  readonly rows?: number;
  /** In the letters of programs, without corrections. */
  readonly code?: boolean;
}

export function TextArea(props: TextProps): JSX.Element {
  const id = createUniqueId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <Show when={props.hint}>
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      </Show>
      <textarea
        id={id}
        rows={props.rows ?? 4}
        classList={{ "code-text": props.code === true }}
        spellcheck={props.code !== true}
        aria-describedby={`${props.hint === undefined ? "" : `${id}-hint`} ${id}-problem`}
        aria-invalid={props.problem === undefined ? undefined : "true"}
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      <p class="problem" id={`${id}-problem`}>
        {props.problem}
      </p>
    </div>
  );
}

export interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly onChoose: (value: string) => void;
  readonly hint?: string | undefined;
}

export function Select(props: SelectProps): JSX.Element {
  const id = createUniqueId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <Show when={props.hint}>
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      </Show>
      <select id={id} aria-describedby={props.hint === undefined ? undefined : `${id}-hint`} onChange={(event) => props.onChoose(event.currentTarget.value)}>
        <For each={props.options}>
          {(option) => (
            <option value={option.value} selected={option.value === props.value}>
              {option.text}
            </option>
          )}
        </For>
      </select>
    </div>
  );
}

export interface TickProps {
  readonly label: string;
  readonly value: boolean;
  readonly onChange: (value: boolean) => void;
}

export function Tick(props: TickProps): JSX.Element {
  return (
    <label class="tick">
      <input type="checkbox" checked={props.value} onChange={(event) => props.onChange(event.currentTarget.checked)} />
      <span>{props.label}</span>
    </label>
  );
}
