// What every member of a class has solved: an overview, or the problems of a level one by one. A
// wide table scrolls in its own box, with the names staying in sight.

import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { course } from "../course";
import type { MemberProgress } from "../gen/coderunner/v1/class_pb";
import { language, moment, t } from "../i18n";
import { classWords } from "../i18n/classes";
import { Icon } from "../kit/icons";
import { Button, Choice, Dialog } from "../kit/kit";
import { save } from "../run/files";
import { type Column, csv, lastActive, nameOf, type Order, solvedCount, sorted } from "./members";
import "../styles/table.css";

export interface ProgressTableProps {
  readonly title: string;
  readonly members: readonly MemberProgress[];
  readonly busy: boolean;
  readonly onRefresh: () => void;
  readonly onRemove: (userId: string) => void;
}

/** What the columns are: the overview, or a level's problems. */
const OVERVIEW = "";

export function ProgressTable(props: ProgressTableProps): JSX.Element {
  const w = classWords;
  const [order, setOrder] = createSignal<Order>("name");
  const [level, setLevel] = createSignal(OVERVIEW);
  const known = () => (course.error === undefined ? course.latest : undefined);
  const columns = createMemo((): readonly Column[] => (known()?.problems ?? []).filter(({ levelId }) => levelId === level() && level() !== OVERVIEW));
  const rows = createMemo(() => sorted(props.members, order(), language()));
  const orders = () => [
    { value: "name" as const, text: w().sortName },
    { value: "points" as const, text: w().sortPoints },
    { value: "active" as const, text: w().sortActive },
  ];
  const asTable = () => {
    const heads = [w().name, w().points, w().solved, w().lastActive];
    const text = csv(heads, rows(), known()?.problems ?? []);
    // The mark at the beginning tells spreadsheets that it is UTF-8.
    save(new Blob(["\uFEFF", text], { type: "text/csv" }), "class.csv");
  };
  return (
    <section class="card stack" aria-labelledby="progress-title">
      <div class="row">
        <h2 id="progress-title" class="grow">
          {w().progress}
        </h2>
        <Button icon="again" busy={props.busy} onClick={() => props.onRefresh()}>
          {w().refresh}
        </Button>
        <Show when={props.members.length > 0}>
          <Button icon="download" onClick={asTable}>
            {w().table}
          </Button>
        </Show>
      </div>
      <Show when={props.members.length > 0} fallback={<p>{w().noMembers}</p>}>
        <div class="class-tools">
          <label>
            {w().level}
            <select value={level()} onChange={(event) => setLevel(event.currentTarget.value)}>
              <option value={OVERVIEW}>{w().onlySummary}</option>
              <For each={known()?.levels ?? []}>{(one) => <option value={one.id}>{one.title}</option>}</For>
            </select>
          </label>
          <Choice label={w().sort} options={orders()} value={order()} onChoose={setOrder} />
        </div>
        <div class="table-box" tabindex="0" role="group" aria-label={w().progress}>
          <Show when={level() !== OVERVIEW} fallback={<Overview rows={rows()} onRemove={props.onRemove} />}>
            <LevelTable rows={rows()} columns={columns()} />
          </Show>
        </div>
        <Show when={level() !== OVERVIEW}>
          <Legend />
        </Show>
      </Show>
    </section>
  );
}

function Overview(props: { readonly rows: readonly MemberProgress[]; readonly onRemove: (userId: string) => void }): JSX.Element {
  const w = classWords;
  const [removing, setRemoving] = createSignal<MemberProgress>();
  const levels = () => props.rows[0]?.levels ?? [];
  const remove = () => {
    const userId = removing()?.member?.userId;
    setRemoving(undefined);
    if (userId !== undefined) {
      props.onRemove(userId);
    }
  };
  return (
    <>
      <table class="table class-table">
        <thead>
          <tr>
            <th scope="col">{w().name}</th>
            <th scope="col" class="number">
              {w().points}
            </th>
            <th scope="col" class="number">
              {w().solved}
            </th>
            <For each={levels()}>
              {(one) => (
                <th scope="col" class="number class-level">
                  {one.title}
                </th>
              )}
            </For>
            <th scope="col">{w().lastActive}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>
            {(row) => (
              <tr>
                <th scope="row">
                  <bdi>{nameOf(row)}</bdi>
                </th>
                <td class="number">{row.points}</td>
                <td class="number">{solvedCount(row)}</td>
                <For each={row.levels}>
                  {(one) => (
                    <td class="number">
                      {one.solvedProblemCount} / {one.problemCount}
                    </td>
                  )}
                </For>
                <td class="class-when">{lastActive(row) === 0 ? w().never : moment(lastActive(row))}</td>
                <td>
                  <Button
                    kind="quiet"
                    icon="cross"
                    class="icon-button"
                    aria-label={w().removeTitle(nameOf(row))}
                    title={w().removeTitle(nameOf(row))}
                    onClick={() => setRemoving(row)}
                  />
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
      <Dialog open={removing() !== undefined} title={w().removeTitle(removing() === undefined ? "" : nameOf(removing() as MemberProgress))} onClose={() => setRemoving(undefined)}>
        <p>{w().removeText}</p>
        <div class="row">
          <Button kind="danger" onClick={remove}>
            {w().remove}
          </Button>
          <Button onClick={() => setRemoving(undefined)}>{t().cancel}</Button>
        </div>
      </Dialog>
    </>
  );
}

function LevelTable(props: { readonly rows: readonly MemberProgress[]; readonly columns: readonly Column[] }): JSX.Element {
  return (
    <table class="table class-table">
      <thead>
        <tr>
          <th scope="col">{classWords().name}</th>
          <For each={props.columns}>
            {(column) => (
              <th scope="col" class="class-level">
                {column.title}
              </th>
            )}
          </For>
        </tr>
      </thead>
      <tbody>
        <For each={props.rows}>
          {(row) => (
            <tr>
              <th scope="row">
                <bdi>{nameOf(row)}</bdi>
              </th>
              <For each={props.columns}>{(column) => <Cell row={row} slug={column.slug} />}</For>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  );
}

function Cell(props: { readonly row: MemberProgress; readonly slug: string }): JSX.Element {
  const w = classWords;
  const found = () => props.row.problems.find(({ problem }) => problem === props.slug);
  const state = () => (found()?.solved === true ? "solved" : found() === undefined ? "open" : "tried");
  const text = () => (state() === "solved" ? w().cellSolved : state() === "open" ? w().cellOpen : w().cellTried(found()?.attemptCount ?? 0));
  return (
    <td class={`class-cell class-cell-${state()}`} title={text()}>
      <Show when={state() !== "open"} fallback={<span aria-hidden="true">–</span>}>
        <Icon name={state() === "solved" ? "check" : "again"} />
      </Show>
      <span class="only-read">{text()}</span>
    </td>
  );
}

function Legend(): JSX.Element {
  const w = classWords;
  return (
    <p class="row class-legend" aria-hidden="true">
      <span class="class-cell-solved">
        <Icon name="check" /> {w().legendSolved}
      </span>
      <span class="class-cell-tried">
        <Icon name="again" /> {w().legendTried}
      </span>
      <span class="soft">– {w().legendOpen}</span>
    </p>
  );
}
