// The tests of a problem: of a stored one each is stored by itself, of a new one they are sent
// with it.

import { createResource, createSignal, For, type JSX, Match, Show, Switch } from "solid-js";
import { failureOf } from "../api/failure";
import { transport } from "../api/clients";
import { createClient } from "@connectrpc/connect";
import { allPages } from "../course";
import { type TestCase, TestCaseService } from "../gen/coderunner/v1/testcase_pb";
import { t } from "../i18n";
import { authorWords } from "../i18n/author";
import { announce } from "../kit/announce";
import { Button, Dialog, FailureNotice, Notice } from "../kit/kit";
import { Loaded } from "../kit/loaded";
import { newRequestId } from "../requests";
import { Select, TextArea, Tick } from "./inputs";
import { beginning, EMPTY_TEST, type NewTest, testProblems } from "./test-data";

export const testClient = createClient(TestCaseService, transport);

export async function readTests(problem: string): Promise<TestCase[]> {
  return await allPages(async (pageToken) => {
    const answer = await testClient.listTestCases({ problem, pageSize: 50, pageToken });
    return { items: answer.testCases, next: answer.nextPageToken };
  });
}

export interface StoredTestsProps {
  readonly problem: string;
  readonly isFunction: boolean;
  readonly subtasks: readonly string[];
  /** The problem's etag is another one now. */
  readonly onChange: () => void;
}

export function StoredTests(props: StoredTestsProps): JSX.Element {
  const w = authorWords;
  const [tests, { refetch }] = createResource(() => props.problem, readTests);
  const [editing, setEditing] = createSignal<string>();
  const [adding, setAdding] = createSignal(false);
  const [deleting, setDeleting] = createSignal<TestCase>();
  const [error, setError] = createSignal<unknown>();
  const changed = async () => {
    setEditing(undefined);
    setAdding(false);
    await refetch();
    props.onChange();
  };
  const add = async (test: NewTest, subtaskName: string) => {
    await testClient.createTestCase({ requestId: newRequestId(), problem: props.problem, testCase: { ...test, subtaskName } });
    announce(t().saved);
    await changed();
  };
  const update = async (old: TestCase, test: NewTest, subtaskName: string) => {
    const testCase = { id: old.id, etag: old.etag, ...test, subtaskName };
    try {
      await testClient.updateTestCase({ requestId: newRequestId(), problem: props.problem, testCase });
      announce(t().saved);
      await changed();
    } catch (problem) {
      if (failureOf(problem).kind === "changedMeanwhile") {
        await refetch();
      }
      throw problem;
    }
  };
  const remove = async (test: TestCase) => {
    setDeleting(undefined);
    setError(undefined);
    try {
      await testClient.deleteTestCase({ problem: props.problem, testCaseId: test.id, etag: test.etag });
      await changed();
    } catch (problem) {
      setError(problem);
      await refetch();
    }
  };
  return (
    <div class="stack">
      <p class="soft">{w().tests.lead}</p>
      <Show when={error() !== undefined}>
        <FailureNotice error={error()} />
      </Show>
      <Loaded resource={tests} onRetry={() => void refetch()}>
        {(all) => (
          <>
            <p>{w().tests.summary(all().filter(({ hidden }) => !hidden).length, all().filter(({ hidden }) => hidden).length)}</p>
            <ul class="tests">
              {/* By id: a test that is read anew keeps its place, and what is typed into it. */}
              <For each={all().map(({ id }) => id)}>
                {(id) => {
                  const test = () => all().find((one) => one.id === id);
                  return (
                    <Show when={test()}>
                      {(there) => (
                        <li class="sub-card">
                          <Show
                            when={editing() === id}
                            fallback={<TestView test={there()} onEdit={() => setEditing(id)} onDelete={() => setDeleting(there())} />}
                          >
                            <TestForm
                              title={w().tests.test(there().number)}
                              test={there()}
                              stored={there()}
                              subtask={there().subtaskName}
                              subtasks={props.subtasks}
                              isFunction={props.isFunction}
                              onSave={(made, subtask) => update(there(), made, subtask)}
                              onCancel={() => setEditing(undefined)}
                            />
                          </Show>
                        </li>
                      )}
                    </Show>
                  );
                }}
              </For>
            </ul>
          </>
        )}
      </Loaded>
      <Show
        when={adding()}
        fallback={
          <div>
            <Button icon="plus" kind="primary" onClick={() => setAdding(true)}>
              {w().tests.new}
            </Button>
          </div>
        }
      >
        <div class="sub-card">
          <TestForm
            title={w().tests.new}
            test={{ ...EMPTY_TEST, hidden: true }}
            stored={undefined}
            subtask=""
            subtasks={props.subtasks}
            isFunction={props.isFunction}
            onSave={add}
            onCancel={() => setAdding(false)}
          />
        </div>
      </Show>
      <Dialog open={deleting() !== undefined} title={w().tests.deleteTitle(deleting()?.number ?? 0)} onClose={() => setDeleting(undefined)}>
        <p>{w().tests.deleteText}</p>
        <div class="row">
          <Button
            kind="danger"
            onClick={() => {
              const test = deleting();
              if (test !== undefined) {
                void remove(test);
              }
            }}
          >
            {w().tests.delete}
          </Button>
          <Button onClick={() => setDeleting(undefined)}>{t().cancel}</Button>
        </div>
      </Dialog>
    </div>
  );
}

export interface NewTestsProps {
  readonly tests: readonly NewTest[];
  readonly isFunction: boolean;
  readonly onChange: (tests: readonly NewTest[]) => void;
}

/** The tests of a problem that is not stored yet. */
export function NewTests(props: NewTestsProps): JSX.Element {
  const w = authorWords;
  const set = (index: number, change: Partial<NewTest>) =>
    props.onChange(props.tests.map((one, at) => (at === index ? { ...one, ...change } : one)));
  const places = () => props.tests.map((_, index) => index);
  return (
    <div class="stack">
      <p class="soft">{w().tests.lead}</p>
      <Show when={!props.tests.some(({ hidden }) => !hidden)}>
        <Notice kind="info">{w().tests.needsPublic}</Notice>
      </Show>
      <ul class="tests">
        <For each={places()}>
          {(index) => (
            <li class="sub-card">
              <h3>{w().tests.test(index + 1)}</h3>
              <TestFields
                test={props.tests[index] ?? EMPTY_TEST}
                isFunction={props.isFunction}
                onChange={(change) => set(index, change)}
                tried
              />
              <Button aria-label={w().removeNamed(w().tests.test(index + 1))} onClick={() => props.onChange(props.tests.filter((_, at) => at !== index))}>
                {w().remove}
              </Button>
            </li>
          )}
        </For>
      </ul>
      <div>
        <Button icon="plus" kind="primary" onClick={() => props.onChange([...props.tests, { ...EMPTY_TEST, hidden: props.tests.length > 0 }])}>
          {w().tests.new}
        </Button>
      </div>
    </div>
  );
}

function TestView(props: { readonly test: TestCase; readonly onEdit: () => void; readonly onDelete: () => void }): JSX.Element {
  const w = authorWords;
  return (
    <>
      <div class="row">
        <h3 class="grow">{w().tests.test(props.test.number)}</h3>
        <span class={`badge ${props.test.hidden ? "" : "badge-accent"}`}>{props.test.hidden ? w().tests.hidden : w().tests.public}</span>
        <Show when={props.test.subtaskName !== ""}>
          <span class="badge">{props.test.subtaskName}</span>
        </Show>
        <Button aria-label={`${w().tests.test(props.test.number)}: ${w().tests.edit}`} onClick={() => props.onEdit()}>
          {w().tests.edit}
        </Button>
        <Button kind="quiet" aria-label={`${w().tests.test(props.test.number)}: ${w().tests.delete}`} onClick={() => props.onDelete()}>
          {w().tests.delete}
        </Button>
      </div>
      <div class="test-data">
        <Beginning label={w().tests.input} text={props.test.input} />
        <Beginning label={w().tests.expected} text={props.test.expected} />
      </div>
    </>
  );
}

const SHOWN_LINES = 4;

function Beginning(props: { readonly label: string; readonly text: string }): JSX.Element {
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

interface TestFormProps {
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

function TestForm(props: TestFormProps): JSX.Element {
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
                <code>{field.name}</code> {field.description}
              </li>
            )}
          </For>
        </ul>
      </Notice>
    </Show>
  );
}

interface TestFieldsProps {
  readonly test: NewTest;
  readonly isFunction: boolean;
  readonly tried: boolean;
  readonly onChange: (change: Partial<NewTest>) => void;
}

function TestFields(props: TestFieldsProps): JSX.Element {
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
