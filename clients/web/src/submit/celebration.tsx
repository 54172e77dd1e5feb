// A solved problem, with a little confetti for those who like things to move.

import { For, type JSX, Show } from "solid-js";
import type { Submission } from "../gen/coderunner/v1/submission_pb";
import { t } from "../i18n";
import { Icon } from "../kit/icons";
import { Button } from "../kit/kit";
import { Mascot } from "../theme/mascots";
import { character, prefersStillness } from "../theme/theme";

const PIECES = 18;

export function Celebration(props: { readonly submission: Submission; readonly onNext?: (() => void) | undefined }): JSX.Element {
  const words = t().submit.celebrate;
  const word = words[Number(props.submission.createTime?.seconds ?? 0n) % words.length] ?? "";
  return (
    <div class="celebration">
      <Show when={!prefersStillness()}>
        <div class="confetti" aria-hidden="true">
          <For each={Array.from({ length: PIECES }, (_, index) => index)}>{(index) => <i class={`confetti-${index % 9}`} />}</For>
        </div>
      </Show>
      <Mascot character={character()} />
      <div class="grow">
        <p class="celebration-word">
          {t().submit.verdict.accepted} {word}
        </p>
        <p>
          {t().submit.result(props.submission.passedTestCount, props.submission.testCount)}
          <Show when={props.submission.points > 0}>
            {" "}
            <span class="badge badge-good">{t().submit.earned(props.submission.points)}</span>
          </Show>
        </p>
        <Show when={props.onNext}>
          {(next) => (
            <Button kind="primary" onClick={() => next()()}>
              {t().problem.nextProblem} <Icon name="next" />
            </Button>
          )}
        </Show>
      </div>
    </div>
  );
}
