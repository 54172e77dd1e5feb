// All problems as authors see them, and the ways to new ones.

import { timestampMs } from "@bufbuild/protobuf/wkt";
import { createMemo, createSignal, For, type JSX, Show } from "solid-js";
import { mayWrite } from "../api/roles";
import { ExportButtons, ImportDialog } from "../author/packages";
import { course, reloadCourse } from "../course";
import { type Problem, ProblemKind } from "../gen/coderunner/v1/problem_pb";
import { moment } from "../i18n";
import { authorWords } from "../i18n/author";
import { Icon } from "../kit/icons";
import { Button, Field, Notice } from "../kit/kit";
import { Loaded } from "../kit/loaded";
import { Page } from "../kit/page";
import { Link } from "../router";
import "../styles/table.css";
import "./author.css";

export default function Author(): JSX.Element {
  const w = authorWords;
  return (
    <Page title={w().title}>
      <Show when={mayWrite()} fallback={<Notice kind="warn">{w().notAllowed}</Notice>}>
        <Problems />
      </Show>
    </Page>
  );
}

function Problems(): JSX.Element {
  const w = authorWords;
  const [query, setQuery] = createSignal("");
  const [importing, setImporting] = createSignal(false);
  return (
    <div class="stack">
      <div class="row">
        <Link to={{ page: "newProblem" }} class="button button-primary">
          <Icon name="plus" />
          {w().newProblem}
        </Link>
        <Button onClick={() => setImporting(true)}>{w().packages.import}</Button>
      </div>
      <Field label={w().filter} type="search" value={query()} onInput={(event) => setQuery(event.currentTarget.value)} />
      <Loaded resource={course} onRetry={reloadCourse}>
        {(all) => <ProblemTable problems={all().problems} levels={new Map(all().levels.map(({ id, title }) => [id, title]))} query={query()} />}
      </Loaded>
      <section class="card" aria-labelledby="export-title">
        <h2 id="export-title">{w().packages.exportCourse}</h2>
        <ExportButtons />
      </section>
      <ImportDialog open={importing()} onClose={() => setImporting(false)} onDone={() => {}} />
    </div>
  );
}

interface ProblemTableProps {
  readonly problems: readonly Problem[];
  readonly levels: ReadonlyMap<string, string>;
  readonly query: string;
}

function ProblemTable(props: ProblemTableProps): JSX.Element {
  const w = authorWords;
  const found = createMemo(() => {
    const words = props.query.toLowerCase().split(/\s+/).filter((word) => word !== "");
    return props.problems.filter(({ title, slug, tags }) => {
      const text = [title, slug, ...tags].join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
  });
  return (
    <>
      <p class="soft" role="status">
        {found().length === 0 ? w().none : w().count(found().length)}
      </p>
      <Show when={found().length > 0}>
        <div class="table-box" tabindex="0" role="group" aria-label={w().title}>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{w().column.title}</th>
                <th scope="col">{w().column.level}</th>
                <th scope="col" class="wide-only">
                  {w().column.kind}
                </th>
                <th scope="col" class="number wide-only">
                  {w().column.tests}
                </th>
                <th scope="col" class="number wide-only">
                  {w().column.points}
                </th>
                <th scope="col" class="wide-only">
                  {w().column.changed}
                </th>
              </tr>
            </thead>
            <tbody>
              <For each={found()}>
                {(problem) => (
                  <tr>
                    <th scope="row" class="problem-name">
                      <Link to={{ page: "editProblem", slug: problem.slug }}>{problem.title}</Link>
                      <br />
                      <code class="soft">{problem.slug}</code>
                    </th>
                    <td>{props.levels.get(problem.levelId) ?? w().noLevel}</td>
                    <td class="wide-only">{problem.kind === ProblemKind.FUNCTION ? w().kinds.function : w().kinds.stdin}</td>
                    <td class="number wide-only">{problem.testCount}</td>
                    <td class="number wide-only">{problem.points}</td>
                    <td class="wide-only">{problem.updateTime ? moment(timestampMs(problem.updateTime)) : ""}</td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
    </>
  );
}
