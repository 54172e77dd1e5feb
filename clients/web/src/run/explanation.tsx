// Why a program failed, for somebody who sees an error for the first time.

import { type JSX, Show } from "solid-js";
import type { ErrorExplanation } from "../gen/coderunner/v1/explanation_pb";
import { inLanguage, t } from "../i18n";
import { Icon } from "../kit/icons";
import { Button } from "../kit/kit";
import { Backticks } from "../kit/markdown";

const MAIN_FILE = "main.py";

export interface ExplanationProps {
  readonly explanation: ErrorExplanation;
  readonly onLine?: (line: number) => void;
}

/** The line of the main file that an explanation is about. */
export function lineOf(explanation: ErrorExplanation | undefined): number | undefined {
  return explanation !== undefined && explanation.line > 0 && explanation.file === MAIN_FILE ? explanation.line : undefined;
}

export function Explanation(props: ExplanationProps): JSX.Element {
  const text = () => inLanguage(props.explanation.texts);
  return (
    <div class="explanation">
      <Show when={text()}>
        {(words) => (
          <>
            <p class="explanation-what">
              <Icon name="warning" />
              <span>
                <span class="only-read">{t().explain.title}: </span>
                <Backticks text={words().explanation} />
              </span>
            </p>
            <Show when={words().hint !== ""}>
              <p class="explanation-hint">
                <Icon name="bulb" />
                <span>
                  <span class="only-read">{t().explain.hint}: </span>
                  <Backticks text={words().hint} />
                </span>
              </p>
            </Show>
          </>
        )}
      </Show>
      <Show when={props.explanation.line > 0}>
        <div class="explanation-line">
          <Show
            when={props.onLine !== undefined && lineOf(props.explanation)}
            fallback={<span>{t().explain.inFile(props.explanation.file, props.explanation.line)}</span>}
          >
            {(line) => (
              <Button kind="plain" onClick={() => props.onLine?.(line())}>
                {t().explain.toLine(line())}
              </Button>
            )}
          </Show>
          <Show when={props.explanation.sourceLine.trim() !== ""}>
            <code>{props.explanation.sourceLine.trim()}</code>
          </Show>
        </div>
      </Show>
    </div>
  );
}
