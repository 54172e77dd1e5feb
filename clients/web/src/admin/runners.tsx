// The runner hosts: how they are, and taking one out of service and back.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createResource, createSignal, For, type JSX, Show } from "solid-js";
import { transport } from "../api/clients";
import { allPages } from "../course";
import { type Runner, RunnerHealth, RunnerService } from "../gen/coderunner/v1/runner_pb";
import { moment, t } from "../i18n";
import { adminWords } from "../i18n/admin";
import { Button, Dialog, FailureNotice, Notice } from "../kit/kit";
import { Loaded } from "../kit/loaded";
import "../styles/table.css";

const runnerClient = createClient(RunnerService, transport);

async function readRunners(): Promise<readonly Runner[]> {
  return await allPages(async (pageToken) => {
    const answer = await runnerClient.listRunners({ pageSize: 100, pageToken });
    return { items: answer.runners, next: answer.nextPageToken };
  });
}

export function Runners(): JSX.Element {
  const w = adminWords;
  const [runners, { refetch, mutate }] = createResource(readRunners);
  const [draining, setDraining] = createSignal<Runner>();
  const [error, setError] = createSignal<unknown>();
  const call = async (work: () => Promise<{ runner?: Runner | undefined }>) => {
    setDraining(undefined);
    setError(undefined);
    try {
      const { runner } = await work();
      mutate((before) => before?.map((one) => (runner !== undefined && one.id === runner.id ? runner : one)));
    } catch (problem) {
      setError(problem);
    }
  };
  const drain = () => {
    const runner = draining();
    if (runner !== undefined) {
      void call(() => runnerClient.drainRunner({ runnerId: runner.id }));
    }
  };
  return (
    <section class="card" aria-labelledby="runners-title">
      <h2 id="runners-title">{w().runners}</h2>
      <Show when={error() !== undefined}>
        <FailureNotice error={error()} />
      </Show>
      <Loaded resource={runners} failed={(problem) => <Refusal error={problem} onRetry={() => void refetch()} />}>
        {(all) => (
          <Show when={all().length > 0} fallback={<p>{w().noRunners}</p>}>
            <RunnerTable
              runners={all()}
              onDrain={setDraining}
              onResume={(runner) => void call(() => runnerClient.resumeRunner({ runnerId: runner.id }))}
            />
          </Show>
        )}
      </Loaded>
      <Dialog open={draining() !== undefined} title={w().drainTitle(draining()?.id ?? "")} onClose={() => setDraining(undefined)}>
        <p>{w().drainText}</p>
        <div class="row">
          <Button kind="danger" onClick={drain}>
            {w().drain}
          </Button>
          <Button onClick={() => setDraining(undefined)}>{t().cancel}</Button>
        </div>
      </Dialog>
    </section>
  );
}

function Refusal(props: { readonly error: unknown; readonly onRetry: () => void }): JSX.Element {
  const isMissing = () => ConnectError.from(props.error).code === Code.Unimplemented;
  return (
    <Show when={isMissing()} fallback={<FailureNotice error={props.error} onRetry={props.onRetry} />}>
      <Notice kind="warn">{adminWords().runnersMissing}</Notice>
    </Show>
  );
}

interface RunnerTableProps {
  readonly runners: readonly Runner[];
  readonly onDrain: (runner: Runner) => void;
  readonly onResume: (runner: Runner) => void;
}

function RunnerTable(props: RunnerTableProps): JSX.Element {
  const w = adminWords;
  return (
    <div class="table-box" tabindex="0" role="group" aria-label={w().runners}>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{w().runner}</th>
            <th scope="col">{w().health}</th>
            <th scope="col" class="number">
              {w().inUse}
            </th>
            <th scope="col">{w().version}</th>
            <th scope="col">{w().lastSeen}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          <For each={props.runners}>
            {(runner) => (
              <tr>
                <th scope="row">{runner.id}</th>
                <td>
                  <span class={`badge ${healthClass(runner.health)}`}>{healthText(runner.health)}</span>
                </td>
                <td class="number">
                  {runner.runningCount} / {runner.capacity}
                </td>
                <td>{runner.version}</td>
                <td>{runner.lastSeenTime ? moment(timestampMs(runner.lastSeenTime)) : w().never}</td>
                <td>
                  <Show
                    when={runner.health === RunnerHealth.DRAINING}
                    fallback={
                      <Button aria-label={w().drainLabel(runner.id)} onClick={() => props.onDrain(runner)}>
                        {w().drain}
                      </Button>
                    }
                  >
                    <Button aria-label={w().resumeLabel(runner.id)} onClick={() => props.onResume(runner)}>
                      {w().resume}
                    </Button>
                  </Show>
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </div>
  );
}

function healthText(health: RunnerHealth): string {
  const words = adminWords().healthWords;
  switch (health) {
    case RunnerHealth.HEALTHY:
      return words.healthy;
    case RunnerHealth.UNHEALTHY:
      return words.unhealthy;
    case RunnerHealth.DRAINING:
      return words.draining;
    default:
      return words.unknown;
  }
}

function healthClass(health: RunnerHealth): string {
  return health === RunnerHealth.HEALTHY ? "badge-good" : health === RunnerHealth.UNHEALTHY ? "badge-bad" : "";
}
