// The parts of a problem's form that say what it is: facts, statement, programs.

import { createMemo, Index, type JSX, Show } from "solid-js";
import { course } from "../course";
import { Editor } from "../editor/editor";
import { Difficulty, ProblemKind } from "../gen/coderunner/v1/problem_pb";
import { authorWords } from "../i18n/author";
import { Button, Choice, Field } from "../kit/kit";
import { Markdown } from "../kit/markdown";
import { type FormProblem, type ProblemForm, slugOf } from "./form";
import { Select, TextArea } from "./inputs";

export interface PartProps {
  readonly form: ProblemForm;
  readonly onChange: (change: Partial<ProblemForm>) => void;
  /** What is wrong, in words; only what is worth saying now. */
  readonly wrong: (field: keyof ProblemForm) => string | undefined;
  readonly isNew: boolean;
}

export function wrongText(found: FormProblem | undefined): string | undefined {
  return found === undefined ? undefined : authorWords().wrong[found];
}

export function AboutPart(props: PartProps): JSX.Element {
  const w = authorWords;
  const kinds = () => [
    { value: String(ProblemKind.STDIN), text: w().kinds.stdin },
    { value: String(ProblemKind.FUNCTION), text: w().kinds.function },
  ];
  const difficulties = () => [
    { value: String(Difficulty.EASY), text: w().difficulties.easy },
    { value: String(Difficulty.MEDIUM), text: w().difficulties.medium },
    { value: String(Difficulty.HARD), text: w().difficulties.hard },
  ];
  // Until somebody writes another one, the slug follows the title.
  const setTitle = (title: string) => {
    const follows = props.isNew && (props.form.slug === "" || props.form.slug === slugOf(props.form.title));
    props.onChange(follows ? { title, slug: slugOf(title) } : { title });
  };
  return (
    <div class="form-grid">
      <Field label={w().fields.title} problem={props.wrong("title")} value={props.form.title} maxLength={100} onInput={(event) => setTitle(event.currentTarget.value)} />
      <Field
        label={w().fields.slug}
        hint={props.isNew ? w().hints.slug : undefined}
        problem={props.wrong("slug")}
        value={props.form.slug}
        readOnly={!props.isNew}
        spellcheck={false}
        onInput={(event) => props.onChange({ slug: event.currentTarget.value })}
      />
      <div class="form-wide">
        <Field label={w().fields.summary} hint={w().hints.summary} value={props.form.summary} onInput={(event) => props.onChange({ summary: event.currentTarget.value })} />
      </div>
      <Choice label={w().fields.kind} options={kinds()} value={String(props.form.kind)} onChoose={(value) => props.onChange({ kind: Number(value) })} />
      <Choice label={w().fields.difficulty} options={difficulties()} value={String(props.form.difficulty)} onChoose={(value) => props.onChange({ difficulty: Number(value) })} />
      <Show when={props.form.kind === ProblemKind.FUNCTION}>
        <Field
          label={w().fields.functionName}
          problem={props.wrong("functionName")}
          value={props.form.functionName}
          spellcheck={false}
          class="code-text"
          onInput={(event) => props.onChange({ functionName: event.currentTarget.value })}
        />
      </Show>
      <Field
        label={w().fields.points}
        problem={props.wrong("points")}
        inputmode="numeric"
        value={props.form.points}
        onInput={(event) => props.onChange({ points: event.currentTarget.value })}
      />
      <SessionSelect {...props} />
      <Field label={w().fields.tags} hint={w().hints.tags} value={props.form.tags} onInput={(event) => props.onChange({ tags: event.currentTarget.value })} />
      <Field label={w().fields.category} hint={w().hints.category} value={props.form.category} onInput={(event) => props.onChange({ category: event.currentTarget.value })} />
    </div>
  );
}

function SessionSelect(props: PartProps): JSX.Element {
  const w = authorWords;
  const levels = () => (course.error === undefined ? (course.latest?.levels ?? []) : []);
  const options = createMemo(() => {
    const sessions = levels().flatMap((level) => level.sessions.map((session) => ({ value: session.id, text: `${level.title}: ${session.title}` })));
    // A session that the course does not have any more stays in sight.
    const isKnown = props.form.sessionId === "" || sessions.some(({ value }) => value === props.form.sessionId);
    const unknown = isKnown ? [] : [{ value: props.form.sessionId, text: props.form.sessionId }];
    return [{ value: "", text: w().noSession }, ...sessions, ...unknown];
  });
  return <Select label={w().fields.sessionId} options={options()} value={props.form.sessionId} onChoose={(sessionId) => props.onChange({ sessionId })} />;
}

export function StatementPart(props: PartProps): JSX.Element {
  const w = authorWords;
  return (
    <div class="statement-pair">
      <TextArea
        label={w().fields.statement}
        hint={w().hints.statement}
        rows={24}
        code
        value={props.form.statement}
        onInput={(statement) => props.onChange({ statement })}
      />
      <section class="statement-preview" aria-label={w().preview} tabindex="0">
        <p class="preview-label" aria-hidden="true">
          {w().preview}
        </p>
        <h2>{props.form.title}</h2>
        <Show when={props.form.statement.trim() !== ""} fallback={<p class="soft">{w().emptyPreview}</p>}>
          <Markdown text={props.form.statement} title={props.form.title} />
        </Show>
      </section>
    </div>
  );
}

export function CodePart(props: PartProps): JSX.Element {
  const w = authorWords;
  const setWrong = (index: number, change: { name?: string; source?: string }) =>
    props.onChange({ wrongSolutions: props.form.wrongSolutions.map((one, at) => (at === index ? { ...one, ...change } : one)) });
  return (
    <div class="stack">
      <Source label={w().fields.starterSource} hint={w().hints.starterSource} source={props.form.starterSource} onChange={(starterSource) => props.onChange({ starterSource })} />
      <Source label={w().fields.solutionSource} hint={w().hints.solutionSource} source={props.form.solutionSource} onChange={(solutionSource) => props.onChange({ solutionSource })} />
      <section aria-labelledby="wrong-title">
        <h2 id="wrong-title">{w().fields.wrongSolutions}</h2>
        <p class="soft">{w().hints.wrongSolutions}</p>
        <Show when={props.wrong("wrongSolutions")}>{(text) => <p class="problem-text">{text()}</p>}</Show>
        <div class="stack">
          <Index each={props.form.wrongSolutions}>
            {(one, index) => (
              <section class="sub-card" aria-label={w().wrongSolution(index + 1)}>
                <div class="row">
                  <div class="grow">
                    <Field label={w().name} value={one().name} spellcheck={false} onInput={(event) => setWrong(index, { name: event.currentTarget.value })} />
                  </div>
                  <Button
                    aria-label={w().removeNamed(one().name || w().wrongSolution(index + 1))}
                    onClick={() => props.onChange({ wrongSolutions: props.form.wrongSolutions.filter((_, at) => at !== index) })}
                  >
                    {w().remove}
                  </Button>
                </div>
                <TextArea
                  label={w().sourceOf(one().name || w().wrongSolution(index + 1))}
                  code
                  rows={8}
                  value={one().source}
                  onInput={(source) => setWrong(index, { source })}
                />
              </section>
            )}
          </Index>
        </div>
        <Button
          icon="plus"
          onClick={() => {
            const number = props.form.wrongSolutions.length + 1;
            props.onChange({ wrongSolutions: [...props.form.wrongSolutions, { name: `wrong-${number}`, source: props.form.solutionSource }] });
          }}
        >
          {w().addWrong}
        </Button>
      </section>
    </div>
  );
}

interface SourceProps {
  readonly label: string;
  readonly hint: string;
  readonly source: string;
  readonly onChange: (source: string) => void;
}

function Source(props: SourceProps): JSX.Element {
  return (
    <section class="source" aria-label={props.label}>
      <h2>{props.label}</h2>
      <p class="soft">{props.hint}</p>
      <div class="source-editor">
        <Editor label={props.label} source={props.source} onChange={props.onChange} />
      </div>
    </section>
  );
}
