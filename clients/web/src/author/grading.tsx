// The part of a problem's form that says how programs are judged.

import { Index, type JSX, Match, Show, Switch } from "solid-js";
import { CheckerKind, Feedback, SubtaskScoring } from "../gen/coderunner/v1/problem_pb";
import { authorWords } from "../i18n/author";
import { Button, Field } from "../kit/kit";
import type { SubtaskForm } from "./form";
import { Select, TextArea, Tick } from "./inputs";
import type { PartProps } from "./parts";

export function GradingPart(props: PartProps): JSX.Element {
  const w = authorWords;
  const feedbacks = () => [
    { value: String(Feedback.FULL), text: w().feedbacks.full },
    { value: String(Feedback.VERDICT_PER_TEST), text: w().feedbacks.perTest },
    { value: String(Feedback.VERDICT_ONLY), text: w().feedbacks.verdict },
  ];
  const profiles = () => [
    { value: "python", text: w().profiles.python },
    { value: "science", text: w().profiles.science },
  ];
  return (
    <div class="stack">
      <div class="form-grid">
        <CheckerFields {...props} />
        <Select label={w().fields.feedback} options={feedbacks()} value={String(props.form.feedback)} onChoose={(value) => props.onChange({ feedback: Number(value) })} />
        <Select label={w().fields.profile} options={profiles()} value={props.form.profile} onChoose={(profile) => props.onChange({ profile })} />
        <Field
          label={w().fields.timeLimit}
          hint={w().hints.usual}
          problem={props.wrong("timeLimit")}
          inputmode="decimal"
          value={props.form.timeLimit}
          onInput={(event) => props.onChange({ timeLimit: event.currentTarget.value })}
        />
        <Field
          label={w().fields.memoryLimit}
          hint={w().hints.usual}
          problem={props.wrong("memoryLimit")}
          inputmode="decimal"
          value={props.form.memoryLimit}
          onInput={(event) => props.onChange({ memoryLimit: event.currentTarget.value })}
        />
        <Tick label={w().fields.stopOnFirstFailure} value={props.form.stopOnFirstFailure} onChange={(stopOnFirstFailure) => props.onChange({ stopOnFirstFailure })} />
      </div>
      <Subtasks {...props} />
    </div>
  );
}

function CheckerFields(props: PartProps): JSX.Element {
  const w = authorWords;
  const kind = () => props.form.checkerKind;
  const hasTokens = () => kind() === CheckerKind.TOKENS || kind() === CheckerKind.FLOAT;
  const kinds = () => [
    { value: String(CheckerKind.EXACT), text: w().checkers.exact },
    { value: String(CheckerKind.TOKENS), text: w().checkers.tokens },
    { value: String(CheckerKind.FLOAT), text: w().checkers.float },
    { value: String(CheckerKind.UNORDERED_LINES), text: w().checkers.lines },
    { value: String(CheckerKind.CUSTOM), text: w().checkers.custom },
  ];
  return (
    <>
      <Select label={w().fields.checkerKind} options={kinds()} value={String(kind())} onChoose={(value) => props.onChange({ checkerKind: Number(value) })} />
      <Show when={hasTokens() || kind() === CheckerKind.UNORDERED_LINES}>
        <div class="ticks">
          <Tick label={w().fields.caseSensitive} value={props.form.caseSensitive} onChange={(caseSensitive) => props.onChange({ caseSensitive })} />
          <Show when={hasTokens()}>
            <Tick label={w().fields.spaceSensitive} value={props.form.spaceSensitive} onChange={(spaceSensitive) => props.onChange({ spaceSensitive })} />
          </Show>
        </div>
      </Show>
      <Switch>
        <Match when={kind() === CheckerKind.FLOAT}>
          <Field
            label={w().fields.absoluteTolerance}
            inputmode="decimal"
            value={props.form.absoluteTolerance}
            onInput={(event) => props.onChange({ absoluteTolerance: event.currentTarget.value })}
          />
          <Field
            label={w().fields.relativeTolerance}
            inputmode="decimal"
            value={props.form.relativeTolerance}
            onInput={(event) => props.onChange({ relativeTolerance: event.currentTarget.value })}
          />
        </Match>
        <Match when={kind() === CheckerKind.CUSTOM}>
          <div class="form-wide">
            <TextArea
              label={w().fields.checkerSource}
              hint={w().hints.checkerSource}
              code
              rows={12}
              value={props.form.checkerSource}
              onInput={(checkerSource) => props.onChange({ checkerSource })}
            />
          </div>
        </Match>
      </Switch>
    </>
  );
}

function Subtasks(props: PartProps): JSX.Element {
  const w = authorWords;
  const set = (index: number, change: Partial<SubtaskForm>) =>
    props.onChange({ subtasks: props.form.subtasks.map((one, at) => (at === index ? { ...one, ...change } : one)) });
  const scorings = () => [
    { value: String(SubtaskScoring.MINIMUM), text: w().scorings.minimum },
    { value: String(SubtaskScoring.SUM), text: w().scorings.sum },
  ];
  const add = () => {
    const name = w().subtask(props.form.subtasks.length + 1);
    const empty: SubtaskForm = { name, points: "0", scoring: SubtaskScoring.MINIMUM, tests: "", required: "" };
    props.onChange({ subtasks: [...props.form.subtasks, empty] });
  };
  return (
    <section aria-labelledby="subtasks-title">
      <h2 id="subtasks-title">{w().fields.subtasks}</h2>
      <p class="soft">{w().hints.subtasks}</p>
      <Show when={props.wrong("subtasks")}>{(text) => <p class="problem-text">{text()}</p>}</Show>
      <Index each={props.form.subtasks}>
        {(one, index) => (
          <section class="sub-card form-grid" aria-label={w().subtask(index + 1)}>
            <Field label={w().name} value={one().name} onInput={(event) => set(index, { name: event.currentTarget.value })} />
            <Field label={w().fields.points} inputmode="numeric" value={one().points} onInput={(event) => set(index, { points: event.currentTarget.value })} />
            <Select label={w().scoring} options={scorings()} value={String(one().scoring)} onChoose={(value) => set(index, { scoring: Number(value) })} />
            <Field label={w().hints.tests} value={one().tests} onInput={(event) => set(index, { tests: event.currentTarget.value })} />
            <Field label={w().hints.required} value={one().required} onInput={(event) => set(index, { required: event.currentTarget.value })} />
            <div class="sub-card-end">
              <Button
                aria-label={w().removeNamed(one().name || w().subtask(index + 1))}
                onClick={() => props.onChange({ subtasks: props.form.subtasks.filter((_, at) => at !== index) })}
              >
                {w().remove}
              </Button>
            </div>
          </section>
        )}
      </Index>
      <Button icon="plus" onClick={add}>
        {w().addSubtask}
      </Button>
    </section>
  );
}
