// The course as a map: levels, their sessions as stations, problems as stops on the way.

import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from "solid-js";
import { user } from "../api/session";
import { course, difficultyText, progressOf, reloadCourse } from "../course";
import type { CourseSession, Level, Problem } from "../gen/coderunner/v1/problem_pb";
import { AgeGroup } from "../gen/coderunner/v1/user_pb";
import { t } from "../i18n";
import { Icon } from "../kit/icons";
import { Choice, FailureNotice, Meter, Notice, Spinner } from "../kit/kit";
import { Page } from "../kit/page";
import { Link } from "../router";
import { Mascot } from "../theme/mascots";
import { character } from "../theme/theme";
import "./learn.css";

type Ages = "all" | "younger" | "older";

const GROUPS: Readonly<Record<Ages, AgeGroup>> = {
  all: AgeGroup.AGE_GROUP_UNSPECIFIED,
  younger: AgeGroup.AGE_GROUP_11_TO_14,
  older: AgeGroup.AGE_GROUP_15_TO_18,
};

export default function Learn(): JSX.Element {
  const [chosen, setChosen] = createSignal<Ages>();
  const own = (): Ages => {
    const group = user()?.ageGroup;
    return group === AgeGroup.AGE_GROUP_11_TO_14 ? "younger" : group === AgeGroup.AGE_GROUP_15_TO_18 ? "older" : "all";
  };
  const ages = () => chosen() ?? own();
  const options = () => (["all", "younger", "older"] as const).map((value) => ({ value, text: t().learn.forAge[value] }));
  const levels = () =>
    (course()?.levels ?? []).filter((level) => ages() === "all" || level.ageGroup === GROUPS[ages()]);
  const bySession = createMemo(() => problemsBySession(course()?.problems ?? []));
  const inSight = () => levels().flatMap((level) => level.sessions.flatMap((session) => bySession().get(session.id) ?? []));
  const next = () => (user() === undefined ? undefined : inSight().find((problem) => progressOf(problem.slug)?.solved !== true));
  const title = () => {
    const who = user();
    return who === undefined ? t().learn.title : t().learn.hello(who.displayName);
  };
  return (
    <Page title={title()}>
      <p class="soft">{t().learn.lead}</p>
      <Show when={user() === undefined}>
        <Notice kind="info">{t().learn.visitor}</Notice>
      </Show>
      <Show when={next()}>{(problem) => <Next problem={problem()} />}</Show>
      <Choice label={t().learn.filter} options={options()} value={ages()} onChoose={setChosen} />
      <Switch>
        <Match when={course.error !== undefined}>
          <FailureNotice error={course.error} onRetry={reloadCourse} />
        </Match>
        <Match when={course.loading}>
          <Spinner />
        </Match>
        <Match when={levels().length === 0}>
          <p>{t().learn.empty}</p>
        </Match>
        <Match when={true}>
          <For each={levels()}>{(level) => <LevelCard level={level} bySession={bySession()} next={next()?.slug} />}</For>
        </Match>
      </Switch>
    </Page>
  );
}

function problemsBySession(problems: readonly Problem[]): ReadonlyMap<string, Problem[]> {
  const found = new Map<string, Problem[]>();
  for (const problem of problems) {
    found.set(problem.sessionId, [...(found.get(problem.sessionId) ?? []), problem]);
  }
  return found;
}

function Next(props: { readonly problem: Problem }): JSX.Element {
  return (
    <section class="next card" aria-label={t().learn.next}>
      <Mascot character={character()} />
      <div class="grow">
        <p class="next-label">{t().learn.next}</p>
        <h2>{props.problem.title}</h2>
        <p class="soft">{props.problem.summary}</p>
      </div>
      <Link to={{ page: "problem", slug: props.problem.slug }} class="button button-primary button-large">
        <Icon name="play" />
        {t().learn.goOn}
      </Link>
    </section>
  );
}

interface LevelCardProps {
  readonly level: Level;
  readonly bySession: ReadonlyMap<string, Problem[]>;
  readonly next: string | undefined;
}

function LevelCard(props: LevelCardProps): JSX.Element {
  const problems = () => props.level.sessions.flatMap((session) => props.bySession.get(session.id) ?? []);
  const solved = () => problems().filter((problem) => progressOf(problem.slug)?.solved === true).length;
  const id = () => `level-${props.level.id}`;
  return (
    <section class="level card" aria-labelledby={id()}>
      <header class="level-head">
        <div class="grow">
          <p class="level-number">{t().learn.level(props.level.number)}</p>
          <h2 id={id()}>{props.level.title}</h2>
          <p class="soft">{props.level.summary}</p>
        </div>
        <Show when={user() !== undefined}>
          <div class="level-progress">
            <span>{t().learn.solvedOf(solved(), problems().length)}</span>
            <Meter value={solved()} max={problems().length} label={t().learn.solvedOf(solved(), problems().length)} />
          </div>
        </Show>
      </header>
      <ol class="path">
        <For each={props.level.sessions}>
          {(session) => <Station session={session} problems={props.bySession.get(session.id) ?? []} next={props.next} />}
        </For>
      </ol>
    </section>
  );
}

interface StationProps {
  readonly session: CourseSession;
  readonly problems: readonly Problem[];
  readonly next: string | undefined;
}

function Station(props: StationProps): JSX.Element {
  return (
    <li class="station">
      <h3>{props.session.title}</h3>
      <p class="soft">{props.session.summary}</p>
      <ul class="stops">
        <For each={props.problems}>{(problem) => <Stop problem={problem} isNext={props.next === problem.slug} />}</For>
      </ul>
    </li>
  );
}

function Stop(props: { readonly problem: Problem; readonly isNext: boolean }): JSX.Element {
  const state = () => {
    const progress = progressOf(props.problem.slug);
    return progress?.solved === true ? "solved" : progress === undefined ? "open" : "tried";
  };
  return (
    <li>
      <Link to={{ page: "problem", slug: props.problem.slug }} class={`stop stop-${state()} ${props.isNext ? "stop-next" : ""}`}>
        <span class="stop-mark">
          <Icon name={state() === "solved" ? "check" : state() === "tried" ? "again" : "play"} />
        </span>
        <span class="grow">
          <span class="stop-title">{props.problem.title}</span>
          <span class="stop-facts">
            {difficultyText(props.problem.difficulty)} · {t().points(props.problem.points)}
            <span class="only-read">, {t().learn[state()]}</span>
          </span>
        </span>
      </Link>
    </li>
  );
}
