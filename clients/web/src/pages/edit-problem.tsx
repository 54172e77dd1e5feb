// Making a problem and changing one.

import { createResource, createSignal, For, type JSX, Match, onCleanup, Show, Switch } from "solid-js";
import { problemClient } from "../api/clients";
import { mayWrite } from "../api/roles";
import { CheckPart } from "../author/check-part";
import { ConflictView } from "../author/conflict";
import { type Editing, openEditing } from "../author/editing";
import { type FormField, formProblems, type ProblemForm } from "../author/form";
import { GradingPart } from "../author/grading";
import { ExportButtons, ImportDialog } from "../author/packages";
import { AboutPart, CodePart, StatementPart, wrongText } from "../author/parts";
import { EMPTY_TEST, type NewTest } from "../author/test-data";
import { NewTests, ServerSays, StoredTests } from "../author/tests-part";
import { reloadCourse } from "../course";
import { ProblemKind } from "../gen/coderunner/v1/problem_pb";
import { t } from "../i18n";
import { authorWords } from "../i18n/author";
import { Icon } from "../kit/icons";
import { Button, Dialog, FailureNotice, Notice, Tabs } from "../kit/kit";
import { Loaded } from "../kit/loaded";
import { Page } from "../kit/page";
import { go, Link } from "../router";
import "./author.css";

type Part = "about" | "statement" | "code" | "grading" | "tests" | "check";

export default function EditProblem(props: { readonly slug: string | undefined }): JSX.Element {
  const w = authorWords;
  const [editing, { refetch }] = createResource(
    () => mayWrite(),
    () => openEditing(props.slug),
  );
  const title = () => {
    const opened = editing.state === "ready" ? editing.latest : undefined;
    return props.slug === undefined ? w().newTitle : w().editTitle(opened?.form().title ?? props.slug);
  };
  return (
    <Page title={title()} class="author-page">
      <p>
        <Link to={{ page: "author" }} class="author-back">
          <Icon name="previous" />
          {w().back}
        </Link>
      </p>
      <Show when={mayWrite()} fallback={<Notice kind="warn">{w().notAllowed}</Notice>}>
        <Loaded resource={editing} onRetry={() => void refetch()}>
          {(opened) => (
            <Show when={opened()} keyed>
              {(there) => <EditView editing={there} onReload={() => void refetch()} />}
            </Show>
          )}
        </Loaded>
      </Show>
    </Page>
  );
}

interface EditViewProps {
  readonly editing: Editing;
  readonly onReload: () => void;
}

function EditView(props: EditViewProps): JSX.Element {
  const w = authorWords;
  const { editing } = props;
  const isNew = editing.slug === undefined;
  const [part, setPart] = createSignal<Part>("about");
  const [tried, setTried] = createSignal(false);
  const [tests, setTests] = createSignal<readonly NewTest[]>([EMPTY_TEST]);
  const names: readonly Part[] = isNew ? ["about", "statement", "code", "grading", "tests"] : ["about", "statement", "code", "grading", "tests", "check"];
  const tabs = () => names.map((key) => ({ key, text: w().parts[key] }));
  const problems = () => formProblems(editing.form());
  const wrong = (field: keyof ProblemForm) => (tried() || !isNew ? wrongText(problems()[field]) : undefined);
  const partProps = () => ({ form: editing.form(), onChange: editing.change, wrong, isNew });
  const save = async () => {
    setTried(true);
    if (Object.keys(problems()).length > 0) {
      return;
    }
    if (!isNew) {
      await editing.save();
    } else if (await editing.create(tests())) {
      go({ page: "editProblem", slug: editing.form().slug.trim() }, { replace: true });
    }
  };
  // The browser asks before it throws away what is not saved and not kept.
  const onLeave = (event: BeforeUnloadEvent) => {
    if (editing.isChanged()) {
      event.preventDefault();
    }
  };
  window.addEventListener("beforeunload", onLeave);
  onCleanup(() => window.removeEventListener("beforeunload", onLeave));
  const isFunction = () => editing.form().kind === ProblemKind.FUNCTION;
  return (
    <div class="stack">
      <SaveBar editing={editing} isNew={isNew} onSave={() => void save()} />
      <Notes editing={editing} wrong={tried() ? problems() : {}} />
      <Tabs label={w().partsOfPage} tabs={tabs()} chosen={part()} onChoose={setPart} panels="part" class="author-tabs" />
      <div id={`part-${part()}`} role="tabpanel" aria-labelledby={`part-${part()}-tab`}>
        {/* Editors keep their own text: when the form is put in anew, they are too. */}
        <Show when={editing.version()} keyed>
          <Switch>
            <Match when={part() === "about"}>
              <AboutPart {...partProps()} />
            </Match>
            <Match when={part() === "statement"}>
              <StatementPart {...partProps()} />
            </Match>
            <Match when={part() === "code"}>
              <CodePart {...partProps()} />
            </Match>
            <Match when={part() === "grading"}>
              <GradingPart {...partProps()} />
            </Match>
          </Switch>
        </Show>
        <Switch>
          <Match when={part() === "tests" && editing.slug} keyed>
            {(slug) => (
              <StoredTests
                problem={slug}
                isFunction={isFunction()}
                subtasks={editing.form().subtasks.map(({ name }) => name)}
                onChange={() => {
                  void editing.refresh().catch(() => undefined);
                  reloadCourse();
                }}
              />
            )}
          </Match>
          <Match when={part() === "tests"}>
            <NewTests tests={tests()} isFunction={isFunction()} onChange={setTests} />
          </Match>
          <Match when={part() === "check" && editing.slug} keyed>
            {(slug) => <CheckPart problem={slug} isChanged={editing.isChanged()} />}
          </Match>
        </Switch>
      </div>
      <Show when={editing.slug} keyed>
        {(slug) => <Ends slug={slug} editing={editing} onReload={props.onReload} />}
      </Show>
    </div>
  );
}

interface SaveBarProps {
  readonly editing: Editing;
  readonly isNew: boolean;
  readonly onSave: () => void;
}

function SaveBar(props: SaveBarProps): JSX.Element {
  const w = authorWords;
  const state = () => props.editing.state();
  const text = () => (props.editing.isChanged() ? w().unsaved : state().saved ? w().savedNow : w().allSaved);
  return (
    <div class="save-bar">
      <Button kind="primary" busy={state().busy} onClick={() => props.onSave()}>
        {props.isNew ? w().create : w().save}
      </Button>
      <Show when={!props.isNew}>
        <span class="soft" role="status">
          {text()}
        </span>
        <Link to={{ page: "problem", slug: props.editing.slug ?? "" }} class="save-bar-end">
          {w().seeAsStudent}
        </Link>
      </Show>
    </div>
  );
}

function Notes(props: { readonly editing: Editing; readonly wrong: Partial<Record<keyof ProblemForm, Parameters<typeof wrongText>[0]>> }): JSX.Element {
  const w = authorWords;
  const fields = () => Object.keys(props.wrong) as (FormField | "slug")[];
  return (
    <>
      <Show when={props.editing.wasRestored() && props.editing.isChanged()}>
        <Notice kind="info">
          <div class="row">
            <span class="grow">{w().restored}</span>
            <Button onClick={() => props.editing.discard()}>{w().discard}</Button>
          </div>
        </Notice>
      </Show>
      <Show when={fields().length > 0}>
        <Notice kind="bad">
          <p>{w().fixFirst(fields().length)}</p>
          <ul>
            <For each={fields()}>
              {(field) => (
                <li>
                  {w().fields[field]}: {wrongText(props.wrong[field])}
                </li>
              )}
            </For>
          </ul>
        </Notice>
      </Show>
      <Show when={props.editing.state().error}>{(error) => <ServerSays error={error()} />}</Show>
      <Show when={props.editing.conflict()}>{(conflict) => <ConflictView conflict={conflict()} editing={props.editing} />}</Show>
    </>
  );
}

/** What is at the end of the page: packages, and deleting. */
function Ends(props: { readonly slug: string; readonly editing: Editing; readonly onReload: () => void }): JSX.Element {
  const w = authorWords;
  const [importing, setImporting] = createSignal(false);
  const [deleting, setDeleting] = createSignal(false);
  const [error, setError] = createSignal<unknown>();
  const remove = async () => {
    setDeleting(false);
    setError(undefined);
    try {
      await problemClient.deleteProblem({ slug: props.slug, etag: props.editing.etag() });
      props.editing.forget();
      reloadCourse();
      go({ page: "author" });
    } catch (problem) {
      setError(problem);
      await props.editing.refresh().catch(() => undefined);
    }
  };
  return (
    <section class="card stack" aria-labelledby="ends-title">
      <h2 id="ends-title">{w().packages.export}</h2>
      <ExportButtons slug={props.slug} kind={props.editing.form().kind} />
      <div class="row">
        <Button onClick={() => setImporting(true)}>{w().packages.importInPlace(props.slug)}</Button>
        <Button kind="danger" onClick={() => setDeleting(true)}>
          {w().deleteProblem}
        </Button>
      </div>
      <Show when={error() !== undefined}>
        <FailureNotice error={error()} />
      </Show>
      <ImportDialog
        open={importing()}
        onClose={() => setImporting(false)}
        inPlace={{ slug: props.slug, etag: props.editing.etag() }}
        onDone={() => {
          props.editing.discard();
          props.onReload();
        }}
      />
      <Dialog open={deleting()} title={w().deleteTitle(props.editing.form().title)} onClose={() => setDeleting(false)}>
        <p>{w().deleteText}</p>
        <div class="row">
          <Button kind="danger" onClick={() => void remove()}>
            {w().deleteIt}
          </Button>
          <Button onClick={() => setDeleting(false)}>{t().cancel}</Button>
        </div>
      </Dialog>
    </section>
  );
}
