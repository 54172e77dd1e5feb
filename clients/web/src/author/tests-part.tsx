// The tests of a problem: of a stored one each is stored by itself, of a new one they are sent
// with it.

import { createResource, createSignal, For, type JSX, Show } from "solid-js";
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
import { EMPTY_TEST, type NewTest } from "./test-data";
import { Beginning, TestFields, TestForm } from "./test-form";

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
