// How long the queue is, read again and again while the page is looked at.

import { createResource, type JSX, onCleanup } from "solid-js";
import { executionClient } from "../api/clients";
import type { GetQueueStatsResponse } from "../gen/coderunner/v1/execution_pb";
import { locale } from "../i18n";
import { adminWords } from "../i18n/admin";
import { Meter } from "../kit/kit";
import { Loaded } from "../kit/loaded";

const EVERY_MS = 5_000;

interface Reading {
  readonly stats: GetQueueStatsResponse;
  readonly at: Date;
}

export function Queue(): JSX.Element {
  const w = adminWords;
  const [reading, { refetch }] = createResource(async (): Promise<Reading> => {
    return { stats: await executionClient.getQueueStats({}), at: new Date() };
  });
  // A tab that nobody looks at asks for nothing.
  const timer = window.setInterval(() => {
    if (document.visibilityState === "visible" && reading.state === "ready") {
      void refetch();
    }
  }, EVERY_MS);
  onCleanup(() => window.clearInterval(timer));
  return (
    <section class="card" aria-labelledby="queue-title">
      <h2 id="queue-title">{w().queue}</h2>
      <Loaded resource={reading} onRetry={() => void refetch()}>
        {(now) => <Figures reading={now()} />}
      </Loaded>
    </section>
  );
}

function Figures(props: { readonly reading: Reading }): JSX.Element {
  const w = adminWords;
  const stats = () => props.reading.stats;
  const wait = () => Math.ceil(Number(stats().estimatedWaitDuration?.seconds ?? 0) + (stats().estimatedWaitDuration?.nanos ?? 0) / 1e9);
  const busy = () => w().busyOf(stats().runningCount, stats().capacity);
  const time = () => new Intl.DateTimeFormat(locale(), { timeStyle: "medium" }).format(props.reading.at);
  return (
    <>
      <dl class="figures">
        <Figure name={w().waitingRuns} value={String(stats().queuedRunCount)} />
        <Figure name={w().waitingSubmissions} value={String(stats().queuedSubmissionCount)} />
        <Figure name={w().running} value={String(stats().runningCount)} />
        <Figure name={w().capacity} value={String(stats().capacity)} />
        <Figure name={w().wait} value={w().seconds(wait())} />
      </dl>
      <Meter value={stats().runningCount} max={stats().capacity} label={busy()} />
      <p class="soft figures-time">
        {busy()}. {w().asOf(time())}
      </p>
    </>
  );
}

function Figure(props: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.value}</dd>
    </div>
  );
}
