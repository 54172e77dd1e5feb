// What a student has reached: points, streak, badges, levels, and every problem that was tried.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createMemo, createResource, For, type JSX, Show } from "solid-js";
import { progressClient } from "../api/clients";
import { allPages, course } from "../course";
import type { GetSummaryResponse, ProblemProgress } from "../gen/coderunner/v1/progress_pb";
import { moment } from "../i18n";
import { progressWords } from "../i18n/progress";
import { Icon, type IconName } from "../kit/icons";
import { Loaded } from "../kit/loaded";
import { Page } from "../kit/page";
import { TriedProblem } from "../progress/attempts";
import { ActivityChart, LevelChart } from "../progress/charts";
import { countByDay, GOALS } from "../progress/figures";
import { Link } from "../router";
import { Mascot } from "../theme/mascots";
import { character } from "../theme/theme";
import "../styles/table.css";
import "./progress.css";

const DAYS = 28;

interface Reached {
  readonly summary: GetSummaryResponse;
  /** Last tried first. */
  readonly problems: readonly ProblemProgress[];
}

async function readReached(): Promise<Reached> {
  const [summary, problems] = await Promise.all([
    progressClient.getSummary({}),
    allPages(async (pageToken) => {
      const answer = await progressClient.getProgress({ pageSize: 100, pageToken });
      return { items: answer.problems, next: answer.nextPageToken };
    }),
  ]);
  return { summary, problems };
}

export default function Progress(): JSX.Element {
  const [reached, { refetch }] = createResource(readReached);
  return (
    <Page title={progressWords().title}>
      <Loaded resource={reached} onRetry={() => void refetch()}>
        {(all) => <ReachedView reached={all()} />}
      </Loaded>
    </Page>
  );
}

function ReachedView(props: { readonly reached: Reached }): JSX.Element {
  const w = progressWords;
  const summary = () => props.reached.summary;
  const days = createMemo(() => {
    const solveTimes = props.reached.problems.flatMap(({ solveTime }) => (solveTime === undefined ? [] : [timestampMs(solveTime)]));
    return countByDay(solveTimes, new Date(), DAYS);
  });
  const all = () => (course.error === undefined ? (course.latest?.problems.length ?? 0) : 0);
  return (
    <div class="stack">
      <div class="tiles">
        <Tile icon="star" label={w().points} value={String(summary().points)} />
        <Tile icon="clock" label={w().streak} value={w().days(summary().streakDays)} note={w().streakHint(summary().streakDays)} />
        <Tile icon="check" label={w().solved} value={String(summary().solvedProblemCount)} note={all() > 0 ? w().ofAll(all()) : ""} />
      </div>
      <section class="card" aria-labelledby="badges-title">
        <h2 id="badges-title">{w().badges}</h2>
        <Badges summary={summary()} />
      </section>
      <div class="chart-pair">
        <section class="card" aria-labelledby="levels-title">
          <h2 id="levels-title">{w().levels}</h2>
          <LevelChart levels={summary().levels} />
        </section>
        <section class="card" aria-labelledby="activity-title">
          <h2 id="activity-title">{w().activity}</h2>
          <ActivityChart days={days()} />
        </section>
      </div>
      <section class="card" aria-labelledby="tried-title">
        <h2 id="tried-title">{w().tried}</h2>
        <Show when={props.reached.problems.length > 0} fallback={<NothingYet />}>
          <ul class="plain-list">
            <For each={props.reached.problems}>{(progress) => <TriedProblem progress={progress} />}</For>
          </ul>
        </Show>
      </section>
    </div>
  );
}

function NothingYet(): JSX.Element {
  return (
    <div class="nothing-yet">
      <Mascot character={character()} />
      <div>
        <p>{progressWords().none}</p>
        <Link to={{ page: "learn" }} class="button button-primary">
          {progressWords().toLearn}
        </Link>
      </div>
    </div>
  );
}

interface TileProps {
  readonly icon: IconName;
  readonly label: string;
  readonly value: string;
  readonly note?: string;
}

function Tile(props: TileProps): JSX.Element {
  return (
    <section class="card tile" aria-label={props.label}>
      <span class="tile-mark">
        <Icon name={props.icon} />
      </span>
      <span class="tile-label">{props.label}</span>
      <strong class="tile-value">{props.value}</strong>
      <Show when={props.note}>
        <span class="soft">{props.note}</span>
      </Show>
    </section>
  );
}

/** Badges that were earned, and the next goal. */
function Badges(props: { readonly summary: GetSummaryResponse }): JSX.Element {
  const w = progressWords;
  const titles = (): Readonly<Record<string, string>> => w().badgeTitles;
  const earned = () => new Set(props.summary.badges.map(({ key }) => key));
  const goals = () => GOALS.filter(({ key }) => !earned().has(key));
  return (
    <ul class="badges">
      <For each={props.summary.badges}>
        {(badge) => (
          <li class="medal medal-earned">
            <span class="medal-mark">
              <Icon name="star" />
            </span>
            <strong>{titles()[badge.key] ?? badge.title}</strong>
            <span class="soft">{badge.earnTime ? w().earned(moment(timestampMs(badge.earnTime))) : ""}</span>
          </li>
        )}
      </For>
      <For each={goals().slice(0, Math.max(1, 4 - earned().size))}>
        {(goal) => (
          <li class="medal">
            <span class="medal-mark">
              <Icon name="lock" />
            </span>
            <strong>{w().solveForBadge(goal.count)}</strong>
            <span class="soft">{w().toGo(Math.max(0, goal.count - props.summary.solvedProblemCount))}</span>
          </li>
        )}
      </For>
    </ul>
  );
}
