// Problems and courses as zip files, in and out.

import { createSignal, For, type JSX, Show } from "solid-js";
import { problemClient } from "../api/clients";
import { reloadCourse } from "../course";
import { type ImportPackageResponse, PackageFormat, ProblemKind } from "../gen/coderunner/v1/problem_pb";
import { authorWords } from "../i18n/author";
import { Button, Dialog, FailureNotice, Field, Notice } from "../kit/kit";
import { newRequestId } from "../requests";
import { Link } from "../router";
import { save } from "../run/files";
import { Select } from "./inputs";
import { ServerSays } from "./tests-part";

/** Packed it can't be larger than unpacked, and the server takes 48 MiB of that. */
const LARGEST_BYTES = 48 * 1024 * 1024;

export interface ImportProps {
  readonly open: boolean;
  readonly onClose: () => void;
  /** The problem in whose place it comes; a new one without. */
  readonly inPlace?: { readonly slug: string; readonly etag: string };
  readonly onDone: () => void;
}

export function ImportDialog(props: ImportProps): JSX.Element {
  const w = authorWords;
  const title = () => (props.inPlace === undefined ? w().packages.importTitle : w().packages.importInPlace(props.inPlace.slug));
  return (
    <Dialog open={props.open} title={title()} onClose={props.onClose}>
      <ImportForm {...props} />
    </Dialog>
  );
}

interface ImportState {
  readonly busy: boolean;
  readonly wrong?: string;
  readonly error?: unknown;
  readonly done?: ImportPackageResponse;
}

function ImportForm(props: ImportProps): JSX.Element {
  const w = authorWords;
  const [file, setFile] = createSignal<File>();
  const [format, setFormat] = createSignal<PackageFormat>(PackageFormat.KATTIS);
  const [slug, setSlug] = createSignal("");
  const [state, setState] = createSignal<ImportState>({ busy: false });
  const formats = () => [
    { value: String(PackageFormat.KATTIS), text: w().packages.formats.kattis },
    { value: String(PackageFormat.FOLDER), text: w().packages.formats.folder },
    ...(props.inPlace === undefined ? [{ value: String(PackageFormat.COURSE), text: w().packages.formats.course }] : []),
  ];
  const isCourse = () => format() === PackageFormat.COURSE;
  const start = async (event: SubmitEvent) => {
    event.preventDefault();
    const chosen = file();
    if (chosen === undefined || chosen.size > LARGEST_BYTES) {
      setState({ busy: false, wrong: chosen === undefined ? w().packages.noFile : w().packages.tooLarge });
      return;
    }
    setState({ busy: true });
    try {
      const done = await problemClient.importPackage({
        requestId: newRequestId(),
        package: new Uint8Array(await chosen.arrayBuffer()),
        format: format(),
        slug: isCourse() ? "" : (props.inPlace?.slug ?? slug().trim()),
        etag: props.inPlace?.etag ?? "",
      });
      reloadCourse();
      setState({ busy: false, done });
      props.onDone();
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return (
    <Show when={state().done === undefined} fallback={<Imported done={state().done} />}>
      <form class="stack" onSubmit={(event) => void start(event)} novalidate>
        <Select label={w().packages.format} options={formats()} value={String(format())} onChoose={(value) => setFormat(Number(value))} />
        <Field
          label={w().packages.file}
          type="file"
          accept=".zip,application/zip"
          problem={state().wrong}
          onChange={(event) => setFile(event.currentTarget.files?.[0])}
        />
        <Show when={!isCourse() && props.inPlace === undefined}>
          <Field label={w().fields.slug} hint={w().packages.slugHint} value={slug()} spellcheck={false} onInput={(event) => setSlug(event.currentTarget.value)} />
        </Show>
        <Show when={isCourse()}>
          <Notice kind="warn">{w().packages.courseWarning}</Notice>
        </Show>
        <Show when={state().error !== undefined}>
          <ServerSays error={state().error} />
        </Show>
        <div>
          <Button type="submit" kind="primary" busy={state().busy}>
            {w().packages.start}
          </Button>
        </div>
      </form>
    </Show>
  );
}

function Imported(props: { readonly done: ImportPackageResponse | undefined }): JSX.Element {
  const w = authorWords;
  const problem = () => props.done?.problem;
  const course = () => w().packages.courseDone(props.done?.problemCount ?? 0, props.done?.changedProblemCount ?? 0, props.done?.deletedProblemCount ?? 0);
  return (
    <div class="stack">
      <Notice kind="good">{problem() === undefined ? course() : w().packages.done(problem()?.title ?? "")}</Notice>
      <Warnings title={w().packages.warnings} warnings={props.done?.warnings ?? []} />
      <Show when={problem()}>
        {(there) => (
          <div>
            <Link to={{ page: "editProblem", slug: there().slug }} class="button button-primary">
              {w().packages.open}
            </Link>
          </div>
        )}
      </Show>
    </div>
  );
}

function Warnings(props: { readonly title: string; readonly warnings: readonly string[] }): JSX.Element {
  return (
    <Show when={props.warnings.length > 0}>
      <Notice kind="warn">
        <p>{props.title}</p>
        <ul>
          <For each={props.warnings}>{(warning) => <li>{warning}</li>}</For>
        </ul>
      </Notice>
    </Show>
  );
}

export interface ExportProps {
  /** The whole course without. */
  readonly slug?: string;
  readonly kind?: ProblemKind;
}

export function ExportButtons(props: ExportProps): JSX.Element {
  const w = authorWords;
  const [busy, setBusy] = createSignal<PackageFormat>();
  const [error, setError] = createSignal<unknown>();
  const [warnings, setWarnings] = createSignal<readonly string[]>([]);
  const start = async (format: PackageFormat) => {
    setBusy(format);
    setError(undefined);
    setWarnings([]);
    try {
      const answer = await problemClient.exportPackage({ slug: props.slug ?? "", format });
      save(new Blob([new Uint8Array(answer.package)]), `${props.slug ?? "course"}.zip`);
      setWarnings(answer.warnings);
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(undefined);
    }
  };
  const button = (format: PackageFormat, text: string) => (
    <Button icon="download" busy={busy() === format} onClick={() => void start(format)}>
      {text}
    </Button>
  );
  return (
    <div class="stack">
      <p class="soft">{w().packages.exportHint}</p>
      <div class="row">
        <Show when={props.slug !== undefined} fallback={button(PackageFormat.COURSE, w().packages.exportCourse)}>
          {button(PackageFormat.FOLDER, w().packages.exportFolder)}
          <Show when={props.kind !== ProblemKind.FUNCTION}>{button(PackageFormat.KATTIS, w().packages.exportKattis)}</Show>
        </Show>
      </div>
      <Show when={props.kind === ProblemKind.FUNCTION}>
        <p class="soft">{w().packages.functionNotKattis}</p>
      </Show>
      <Show when={error() !== undefined}>
        <FailureNotice error={error()} />
      </Show>
      <Warnings title={w().packages.exportWarnings} warnings={warnings()} />
    </div>
  );
}
