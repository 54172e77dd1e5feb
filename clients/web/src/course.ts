// The course as the app shows it: levels, sessions, problems, and what of them one has solved.
// Read once and kept for the page's life, because every page needs it and calls are counted.

import { createResource, createRoot, type Resource } from "solid-js";
import { problemClient, progressClient } from "./api/clients";
import { session, user } from "./api/session";
import { Difficulty, type Level, type Problem } from "./gen/coderunner/v1/problem_pb";
import type { ProblemProgress } from "./gen/coderunner/v1/progress_pb";
import { t } from "./i18n";

export interface Course {
  readonly levels: readonly Level[];
  /** All problems, in the order of the course. */
  readonly problems: readonly Problem[];
}

const PAGE_SIZE = 100;

/** All pages of a list. */
export async function allPages<T>(read: (pageToken: string) => Promise<{ items: T[]; next: string }>): Promise<T[]> {
  const all: T[] = [];
  let token = "";
  do {
    const { items, next } = await read(token);
    all.push(...items);
    token = next;
  } while (token !== "");
  return all;
}

async function readCourse(): Promise<Course> {
  const [levels, problems] = await Promise.all([
    problemClient.listLevels({}).then((answer) => answer.levels),
    allPages(async (pageToken) => {
      const answer = await problemClient.listProblems({ pageSize: PAGE_SIZE, pageToken });
      return { items: answer.problems, next: answer.nextPageToken };
    }),
  ]);
  return { levels, problems };
}

async function readProgress(): Promise<ReadonlyMap<string, ProblemProgress>> {
  const all = await allPages(async (pageToken) => {
    const answer = await progressClient.getProgress({ pageSize: PAGE_SIZE, pageToken });
    return { items: answer.problems, next: answer.nextPageToken };
  });
  return new Map(all.map((progress) => [progress.problem, progress]));
}

interface Kept {
  readonly course: Resource<Course>;
  readonly reloadCourse: () => void;
  readonly progress: Resource<ReadonlyMap<string, ProblemProgress>>;
  readonly reloadProgress: () => void;
}

const kept: Kept = createRoot(() => {
  // A visitor's calls are counted by address: wait until it is known who asks.
  const [course, courseActions] = createResource(() => session().kind !== "starting", readCourse);
  const [progress, progressActions] = createResource(() => user()?.id, readProgress);
  return {
    course,
    reloadCourse: () => void courseActions.refetch(),
    progress,
    reloadProgress: () => void progressActions.refetch(),
  };
});

export const { course, reloadCourse, reloadProgress } = kept;

/** Progress at a problem; none for visitors and at problems that were never tried. */
export function progressOf(slug: string): ProblemProgress | undefined {
  const { progress } = kept;
  return user() !== undefined && progress.error === undefined ? progress.latest?.get(slug) : undefined;
}

/** The problem that comes that many places later in the course. */
export function neighbour(slug: string, steps: number): string | undefined {
  const all = course.error === undefined ? (course.latest?.problems ?? []) : [];
  const at = all.findIndex((problem) => problem.slug === slug);
  return at < 0 ? undefined : all[at + steps]?.slug;
}

export function difficultyText(difficulty: Difficulty): string {
  switch (difficulty) {
    case Difficulty.EASY:
      return t().learn.difficulty.easy;
    case Difficulty.HARD:
      return t().learn.difficulty.hard;
    default:
      return t().learn.difficulty.medium;
  }
}
