// The charts of the progress page. They are drawn for the eye and hidden from screen readers,
// which get the same figures as a table.

import { For, type JSX } from "solid-js";
import type { LevelProgress } from "../gen/coderunner/v1/progress_pb";
import { locale } from "../i18n";
import { progressWords } from "../i18n/progress";
import { axisTop, type Day } from "./figures";

/** How much of each level is solved. */
export function LevelChart(props: { readonly levels: readonly LevelProgress[] }): JSX.Element {
  const w = progressWords;
  return (
    <figure class="chart">
      <div class="level-bars" aria-hidden="true">
        <For each={props.levels}>{(level) => <LevelBar level={level} />}</For>
      </div>
      <table class="only-read">
        <caption>{w().levels}</caption>
        <thead>
          <tr>
            <th scope="col">{w().level}</th>
            <th scope="col">{w().solved}</th>
            <th scope="col">%</th>
          </tr>
        </thead>
        <tbody>
          <For each={props.levels}>
            {(level) => (
              <tr>
                <th scope="row">{level.title}</th>
                <td>{w().solvedOf(level.solvedProblemCount, level.problemCount)}</td>
                <td>{w().percent(level.percentage)}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </figure>
  );
}

function LevelBar(props: { readonly level: LevelProgress }): JSX.Element {
  const w = progressWords;
  return (
    <div class="level-bar">
      <span class="level-bar-title">{props.level.title}</span>
      <span class="level-bar-count">
        {w().solvedOf(props.level.solvedProblemCount, props.level.problemCount)} · {w().percent(props.level.percentage)}
      </span>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none">
        <rect class="chart-ground" width="100" height="4" />
        <rect class="chart-value" width={props.level.percentage} height="4" />
      </svg>
    </div>
  );
}

const COLUMN = 10;
const HEIGHT = 60;

/** How many problems were solved on each day. */
export function ActivityChart(props: { readonly days: readonly Day[] }): JSX.Element {
  const w = progressWords;
  const top = () => axisTop(props.days.map(({ count }) => count));
  const date = (day: Day | undefined) =>
    day === undefined ? "" : new Intl.DateTimeFormat(locale(), { day: "numeric", month: "short" }).format(day.start);
  const solvedDays = () => props.days.filter(({ count }) => count > 0);
  return (
    <figure class="chart">
      <div aria-hidden="true">
        <svg class="activity" viewBox={`0 0 ${props.days.length * COLUMN} ${HEIGHT}`} preserveAspectRatio="none">
          <For each={props.days}>
            {(day, index) => <ActivityColumn day={day} left={index() * COLUMN} top={top()} />}
          </For>
        </svg>
        <p class="activity-axis">
          <span>{date(props.days[0])}</span>
          <span>{w().today}</span>
        </p>
      </div>
      <figcaption class="soft">{w().activitySum(props.days.reduce((sum, { count }) => sum + count, 0))}</figcaption>
      <table class="only-read">
        <caption>{w().activity}</caption>
        <thead>
          <tr>
            <th scope="col">{w().day}</th>
            <th scope="col">{w().solvedCount}</th>
          </tr>
        </thead>
        <tbody>
          <For each={solvedDays()}>
            {(day) => (
              <tr>
                <th scope="row">{date(day)}</th>
                <td>{day.count}</td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </figure>
  );
}

function ActivityColumn(props: { readonly day: Day; readonly left: number; readonly top: number }): JSX.Element {
  const height = () => (props.day.count / props.top) * (HEIGHT - 3);
  return (
    <>
      <rect class="chart-ground" x={props.left + 1} y={HEIGHT - 3} width={COLUMN - 2} height="3" />
      <rect class="chart-value" x={props.left + 1} y={HEIGHT - 3 - height()} width={COLUMN - 2} height={height()} />
    </>
  );
}
