// What the forms of logging in and registering share: sending once, showing what is wrong.

import { createSignal, type JSX, Show } from "solid-js";
import { failureOf } from "../api/failure";
import { t } from "../i18n";
import { Button, Field, FailureNotice } from "../kit/kit";
import { go, search } from "../router";

/** Where to go after logging in: a path of this app, never another site. */
export function afterLogin(): string {
  const wanted = new URLSearchParams(search()).get("then") ?? "";
  return /^\/[^/\\]/.test(wanted) ? wanted : "/learn";
}

export interface Sending {
  readonly busy: () => boolean;
  readonly error: () => unknown;
  /** What the server found wrong with a field, by its name in the API. */
  readonly wrong: (field: string) => string | undefined;
  readonly send: (work: () => Promise<void>) => Promise<void>;
}

/** The state of a form that is being sent; goes on to the next page when that went well. */
export function createSending(): Sending {
  const [busy, setBusy] = createSignal(false);
  const [error, setError] = createSignal<unknown>();
  const send = async (work: () => Promise<void>) => {
    if (busy()) {
      return;
    }
    setBusy(true);
    setError(undefined);
    try {
      await work();
      go(afterLogin(), { replace: true });
    } catch (problem) {
      setError(problem);
    } finally {
      setBusy(false);
    }
  };
  const wrong = (field: string) => {
    const found = error() === undefined ? undefined : failureOf(error()).fields.find(({ name }) => name === field);
    return found?.description;
  };
  return { busy, error, wrong, send };
}

export function SendingNotice(props: { readonly sending: Sending }): JSX.Element {
  return <Show when={props.sending.error() !== undefined}>{<FailureNotice error={props.sending.error()} />}</Show>;
}

export interface PasswordProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly autocomplete: "current-password" | "new-password";
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
}

export function PasswordField(props: PasswordProps): JSX.Element {
  const [shown, setShown] = createSignal(false);
  const label = () => (shown() ? t().auth.hidePassword : t().auth.showPassword);
  return (
    <Field
      label={t().auth.password}
      hint={props.hint}
      problem={props.problem}
      type={shown() ? "text" : "password"}
      name="password"
      autocomplete={props.autocomplete}
      required
      maxLength={128}
      value={props.value}
      onInput={(event) => props.onInput(event.currentTarget.value)}
    >
      <Button kind="quiet" icon="eye" class="icon-button" aria-label={label()} title={label()} aria-pressed={shown()} onClick={() => setShown(!shown())} />
    </Field>
  );
}
