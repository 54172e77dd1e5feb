// The files of a program as tabs, each with its editor, and the dialogs to add, rename and delete.

import { createMemo, createSignal, For, type JSX, on, Show, untrack } from "solid-js";
import type { CodeEditor } from "../editor/codemirror";
import { Editor } from "../editor/editor";
import { t } from "../i18n";
import { playgroundWords } from "../i18n/playground";
import { Button, Dialog, Field, Tabs } from "../kit/kit";
import { MAIN, nameProblem, type PlayFile, type Project } from "./project";

export interface FileTabsProps {
  readonly project: Project;
  readonly chosen: number;
  readonly onChoose: (id: number) => void;
  readonly onText: (id: number, text: string) => void;
  readonly onAdd: (path: string) => void;
  readonly onRename: (id: number, path: string) => void;
  readonly onDelete: (id: number) => void;
  readonly onRun: () => void;
  readonly onEditor: (id: number, editor: CodeEditor) => void;
}

type Asked = "add" | "rename" | "delete" | undefined;

export function FileTabs(props: FileTabsProps): JSX.Element {
  const w = playgroundWords;
  const [asked, setAsked] = createSignal<Asked>();
  const chosen = () => props.project.files.find(({ id }) => id === props.chosen) ?? props.project.files[0];
  const others = () => props.project.files.filter(({ id }) => asked() !== "rename" || id !== props.chosen);
  // The same tabs for as long as the names are the same: the project changes with every key typed.
  const names = createMemo(() => JSON.stringify(props.project.files.map(({ id, path }) => ({ id, path }))));
  const tabs = createMemo(
    on(names, () => untrack(() => props.project.files.map(({ id, path }) => ({ key: String(id), text: path })))),
  );
  // Names by id and not by file: a file is another object after each key that is typed.
  const ids = () => props.project.files.map(({ id }) => id);
  return (
    <>
      <div class="file-bar">
        <Tabs label={w().files} tabs={tabs()} chosen={String(props.chosen)} onChoose={(key) => props.onChoose(Number(key))} panels="file" class="file-tabs" />
        <span class="row file-tools">
          <Button kind="quiet" icon="plus" onClick={() => setAsked("add")}>
            {w().newFile}
          </Button>
          <Show when={chosen()?.path !== MAIN}>
            <Button kind="quiet" onClick={() => setAsked("rename")}>
              {w().rename}
            </Button>
            <Button kind="quiet" onClick={() => setAsked("delete")}>
              {w().delete}
            </Button>
          </Show>
        </span>
      </div>
      <For each={ids()}>
        {(id) => <FilePanel id={id} {...props} />}
      </For>
      <Dialog open={asked() === "add"} title={w().newFile} onClose={() => setAsked(undefined)}>
        <NameForm
          others={others()}
          name=""
          onName={(path) => {
            setAsked(undefined);
            props.onAdd(path);
          }}
          onCancel={() => setAsked(undefined)}
        />
      </Dialog>
      <Dialog open={asked() === "rename"} title={w().renameTitle(chosen()?.path ?? "")} onClose={() => setAsked(undefined)}>
        <NameForm
          others={others()}
          name={chosen()?.path ?? ""}
          onName={(path) => {
            setAsked(undefined);
            props.onRename(props.chosen, path);
          }}
          onCancel={() => setAsked(undefined)}
        />
      </Dialog>
      <Dialog open={asked() === "delete"} title={w().deleteTitle(chosen()?.path ?? "")} onClose={() => setAsked(undefined)}>
        <p>{w().deleteText}</p>
        <div class="row">
          <Button
            kind="danger"
            onClick={() => {
              setAsked(undefined);
              props.onDelete(props.chosen);
            }}
          >
            {w().delete}
          </Button>
          <Button onClick={() => setAsked(undefined)}>{t().cancel}</Button>
        </div>
      </Dialog>
    </>
  );
}

function FilePanel(props: FileTabsProps & { readonly id: number }): JSX.Element {
  const w = playgroundWords;
  const file = () => props.project.files.find(({ id }) => id === props.id);
  const isChosen = () => props.chosen === props.id;
  // An editor is made when its file is first looked at, and stays: it knows what can be undone.
  const wasOpened = once(isChosen);
  return (
    <div class="file-panel" id={`file-${props.id}`} role="tabpanel" aria-labelledby={`file-${props.id}-tab`} hidden={!isChosen()}>
      <Show when={wasOpened()}>
        <Editor
          label={w().file(file()?.path ?? "")}
          source={file()?.text ?? ""}
          onChange={(text) => props.onText(props.id, text)}
          onRun={props.onRun}
          ref={(editor) => props.onEditor(props.id, editor)}
        />
      </Show>
    </div>
  );
}

/** True from the first time on that the condition is. */
function once(condition: () => boolean): () => boolean {
  let was = false;
  return () => (was = condition() || was);
}

interface NameFormProps {
  readonly name: string;
  readonly others: readonly PlayFile[];
  readonly onName: (path: string) => void;
  readonly onCancel: () => void;
}

function NameForm(props: NameFormProps): JSX.Element {
  const w = playgroundWords;
  const [name, setName] = createSignal(props.name);
  const [tried, setTried] = createSignal(false);
  const problem = () => nameProblem(name().trim(), props.others);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (problem() === undefined) {
      props.onName(name().trim());
    }
  };
  const text = () => {
    const found = problem();
    return tried() && found !== undefined ? w().nameProblems[found] : undefined;
  };
  return (
    <form onSubmit={submit} novalidate>
      <Field
        label={w().fileName}
        hint={w().fileNameHint}
        problem={text()}
        value={name()}
        autocomplete="off"
        spellcheck={false}
        autofocus
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <div class="row">
        <Button type="submit" kind="primary">
          {t().save}
        </Button>
        <Button onClick={() => props.onCancel()}>{t().cancel}</Button>
      </div>
    </form>
  );
}
