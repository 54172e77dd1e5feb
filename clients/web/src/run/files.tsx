// Files that a program left: pictures are shown, all of them can be downloaded.
//
// A picture is only ever given to `<img>` by a `blob:` address. There an SVG image runs no script
// and loads nothing, and whatever else claims to be a picture is just a broken one.

import { createResource, createSignal, For, type JSX, Match, onCleanup, Show, Switch } from "solid-js";
import { executionClient } from "../api/clients";
import type { RunFile, RunFiles } from "../gen/coderunner/v1/execution_pb";
import { decimal, t } from "../i18n";
import { Button, FailureNotice, Spinner } from "../kit/kit";

const PICTURES: readonly string[] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"];
/** So many pictures are shown without being asked for. */
const SHOWN_AT_ONCE = 4;

export function Files(props: { readonly runId: string; readonly files: RunFiles }): JSX.Element {
  const leftOut = () => props.files.leftOut.reduce((sum, { count }) => sum + count, 0);
  const isPicture = (file: RunFile) => PICTURES.includes(file.mediaType);
  const files = () => [...props.files.files.filter(isPicture), ...props.files.files.filter((file) => !isPicture(file))];
  return (
    <Show when={props.files.files.length > 0 || leftOut() > 0 || props.files.incomplete}>
      <section class="files" aria-label={t().run.files}>
        <h3>{t().run.files}</h3>
        <ul class="files-list">
          <For each={files()}>
            {(file, index) => (
              <li>
                <FileRow runId={props.runId} file={file} />
                <Show when={isPicture(file)}>
                  <Picture runId={props.runId} file={file} open={index() < SHOWN_AT_ONCE} />
                </Show>
              </li>
            )}
          </For>
        </ul>
        <Show when={leftOut() > 0}>
          <p class="soft">{t().run.filesLeftOut(leftOut())}</p>
        </Show>
        <Show when={props.files.incomplete}>
          <p class="soft">{t().run.filesIncomplete}</p>
        </Show>
      </section>
    </Show>
  );
}

function FileRow(props: { readonly runId: string; readonly file: RunFile }): JSX.Element {
  const [error, setError] = createSignal<unknown>();
  const [busy, setBusy] = createSignal(false);
  const onClick = async () => {
    setBusy(true);
    setError(undefined);
    try {
      save(await readFile(props.runId, props.file), props.file.path.split("/").at(-1) ?? "file");
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div class="row files-row">
        <bdi class="grow">{props.file.path}</bdi>
        <span class="soft">{size(Number(props.file.sizeBytes))}</span>
        <Button icon="download" busy={busy()} aria-label={t().run.downloadFile(props.file.path)} onClick={() => void onClick()}>
          {t().run.download}
        </Button>
      </div>
      <Show when={error() !== undefined}>
        <FailureNotice error={error()} />
      </Show>
    </>
  );
}

function Picture(props: { readonly runId: string; readonly file: RunFile; readonly open: boolean }): JSX.Element {
  const [wanted, setWanted] = createSignal(props.open);
  const [broken, setBroken] = createSignal(false);
  const [address, { refetch }] = createResource(
    () => wanted(),
    async () => {
      const url = URL.createObjectURL(await readFile(props.runId, props.file));
      addresses.push(url);
      return url;
    },
  );
  const addresses: string[] = [];
  onCleanup(() => addresses.forEach((url) => URL.revokeObjectURL(url)));
  return (
    <Switch>
      <Match when={!wanted()}>
        <Button icon="eye" onClick={() => setWanted(true)}>
          {t().run.showFile(props.file.path)}
        </Button>
      </Match>
      <Match when={address.error !== undefined}>
        <FailureNotice error={address.error} onRetry={() => void refetch()} />
      </Match>
      <Match when={broken()}>
        <p class="soft">{t().run.pictureBroken}</p>
      </Match>
      <Match when={address()} keyed>
        {(url) => <img class="files-picture" src={url} alt={t().run.picture(props.file.path)} onError={() => setBroken(true)} />}
      </Match>
      <Match when={true}>
        <Spinner />
      </Match>
    </Switch>
  );
}

async function readFile(runId: string, file: RunFile): Promise<Blob> {
  const answer = await executionClient.getRunFile({ runId, path: file.path });
  // A name of our own list, so that a download is opened by no program that the page chose.
  const type = PICTURES.includes(file.mediaType) ? file.mediaType : "application/octet-stream";
  return new Blob([new Uint8Array(answer.data)], { type });
}

/** Hands bytes to the browser's downloads. */
export function save(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function size(bytes: number): string {
  const units = ["B", "KB", "MB", "GB"];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${decimal(bytes / 1000 ** power, power === 0 ? 0 : 1)} ${units[power] ?? ""}`;
}
