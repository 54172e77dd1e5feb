// The form of one test, and what tests look like in a few lines.

import { createSignal, For, type JSX, Match, Show, Switch } from "solid-js";
import { failureOf } from "../api/failure";
import type { TestCase } from "../gen/coderunner/v1/testcase_pb";
import { t } from "../i18n";
import { authorWords } from "../i18n/author";
import { Button, FailureNotice, Notice } from "../kit/kit";
import { fieldOf } from "./form";
import { Select, TextArea, Tick } from "./inputs";
import { beginning, type NewTest, testProblems } from "./test-data";

const SHOWN_LINES = 4;

export function Beginning(props: { readonly label: string; readonly text: string }): JSX.Element {
  const shown = () => beginning(props.text, SHOWN_LINES);
  return (
    <div>
      <p class="soft">
        {props.label}
        <Show when={shown().lines > SHOWN_LINES}> · {authorWords().tests.lines(shown().lines)}</Show>
      </p>
      <pre>{props.text === "" ? authorWords().tests.empty : shown().text}</pre>
    </div>
  );
}

export interface TestFormProps {
  readonly title: string;
  readonly test: NewTest;
  /** As it is stored now, to compare with after a conflict. */
  readonly stored: TestCase | undefined;
  readonly subtask: string;
  readonly subtasks: readonly string[];
  readonly isFunction: boolean;
  readonly onSave: (test: NewTest, subtask: string) => Promise<void>;
  readonly onCancel: () => void;
}

export function TestForm(props: TestFormProps): JSX.Element {
  const w = authorWords;
  const { hidden, input, expected } = props.test;
  const [test, setTest] = createSignal<NewTest>({ hidden, input, expected });
  const [subtask, setSubtask] = createSignal(props.subtask);
  const [state, setState] = createSignal<{ readonly busy: boolean; readonly tried: boolean; readonly error?: unknown }>({ busy: false, tried: false });
  const options = () => [{ value: "", text: w().tests.noSubtask }, ...props.subtasks.map((name) => ({ value: name, text: name }))];
  const save = async (event: SubmitEvent) => {
    event.preventDefault();
    if (Object.keys(testProblems(test(), props.isFunction)).length > 0) {
      setState({ busy: false, tried: true });
      return;
    }
    setState({ busy: true, tried: true });
    try {
      await props.onSave(test(), subtask());
    } catch (error) {
      setState({ busy: false, tried: true, error });
    }
  };
  const isConflict = () => state().error !== undefined && failureOf(state().error).kind === "changedMeanwhile";
  return (
    <form onSubmit={(event) => void save(event)} novalidate>
      <h3>{props.title}</h3>
      <TestFields test={test()} isFunction={props.isFunction} tried={state().tried} onChange={(change) => setTest({ ...test(), ...change })} />
      <Show when={props.subtasks.length > 0}>
        <Select label={w().tests.subtask} options={options()} value={subtask()} onChoose={setSubtask} />
      </Show>
      <Switch>
        <Match when={isConflict() && props.stored}>
          {(stored) => (
            <Notice kind="warn">
              <p>{w().tests.changedMeanwhile}</p>
              <div class="test-data">
                <Beginning label={w().tests.input} text={stored().input} />
                <Beginning label={w().tests.expected} text={stored().expected} />
              </div>
            </Notice>
          )}
        </Match>
        <Match when={state().error !== undefined}>
          <ServerSays error={state().error} />
        </Match>
      </Switch>
      <div class="row">
        <Button type="submit" kind="primary" busy={state().busy}>
          {w().tests.saveTest}
        </Button>
        <Button onClick={() => props.onCancel()}>{t().cancel}</Button>
      </div>
    </form>
  );
}

/** What the server found wrong, in its words; they name the field. */
export function ServerSays(props: { readonly error: unknown }): JSX.Element {
  const fields = () => failureOf(props.error).fields;
  return (
    <Show when={fields().length > 0} fallback={<FailureNotice error={props.error} />}>
      <Notice kind="bad">
        <p>{authorWords().serverSays}</p>
        <ul>
          <For each={fields()}>
            {(field) => (
              <li>
                <FieldName name={field.name} /> {field.description}
              </li>
            )}
          </For>
        </ul>
      </Notice>
    </Show>
  );
}

/** In the words of the form, as far as the form has this field. */
function FieldName(props: { readonly name: string }): JSX.Element {
  const field = () => fieldOf(props.name);
  return (
    <Show when={field()} fallback={<code>{props.name}</code>}>
      {(known) => <strong>{authorWords().fields[known()]}:</strong>}
    </Show>
  );
}

export interface TestFieldsProps {
  readonly test: NewTest;
  readonly isFunction: boolean;
  readonly tried: boolean;
  readonly onChange: (change: Partial<NewTest>) => void;
}

export function TestFields(props: TestFieldsProps): JSX.Element {
  const w = authorWords;
  const wrong = (field: "input" | "expected") => {
    const found = props.tried ? testProblems(props.test, props.isFunction)[field] : undefined;
    return found === undefined ? undefined : w().tests[found];
  };
  return (
    <>
      <Tick label={w().tests.isHidden} value={props.test.hidden} onChange={(hidden) => props.onChange({ hidden })} />
      <div class="test-data">
        <TextArea
          label={props.isFunction ? w().tests.args : w().tests.input}
          hint={props.isFunction ? w().tests.argsHint : undefined}
          problem={wrong("input")}
          code
          value={props.test.input}
          onInput={(input) => props.onChange({ input })}
        />
        <TextArea
          label={props.isFunction ? w().tests.result : w().tests.expected}
          problem={wrong("expected")}
          code
          value={props.test.expected}
          onInput={(expected) => props.onChange({ expected })}
        />
      </div>
    </>
  );
}
