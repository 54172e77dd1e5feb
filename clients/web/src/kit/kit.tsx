// The parts that pages are made of. Each is an ordinary HTML element with the app's looks and with
// the labels and states that assistive technology needs; `kit.css` and `overlay.css` have the looks.

import { createEffect, createSignal, createUniqueId, For, type JSX, onCleanup, onMount, Show, splitProps } from "solid-js";
import { type Failure, failureOf } from "../api/failure";
import { t } from "../i18n";
import { Icon, type IconName } from "./icons";

export interface ButtonProps extends JSX.ButtonHTMLAttributes<HTMLButtonElement> {
  readonly kind?: "primary" | "plain" | "quiet" | "danger";
  readonly icon?: IconName;
  /** Shows that something is under way, and takes no further clicks. It keeps the focus. */
  readonly busy?: boolean;
}

export function Button(props: ButtonProps): JSX.Element {
  const [own, others] = splitProps(props, ["kind", "icon", "busy", "children", "class", "onClick", "type"]);
  const onClick: JSX.EventHandler<HTMLButtonElement, MouseEvent> = (event) => {
    if (own.busy === true) {
      event.preventDefault();
    } else if (typeof own.onClick === "function") {
      own.onClick(event);
    }
  };
  return (
    <button
      {...others}
      type={own.type ?? "button"}
      class={`button button-${own.kind ?? "plain"} ${own.class ?? ""}`}
      aria-busy={own.busy === true ? "true" : undefined}
      aria-disabled={own.busy === true ? "true" : undefined}
      onClick={onClick}
    >
      <Show when={own.icon}>{(name) => <Icon name={name()} />}</Show>
      <Show when={own.children !== undefined}>
        <span>{own.children}</span>
      </Show>
    </button>
  );
}

export interface FieldProps extends JSX.InputHTMLAttributes<HTMLInputElement> {
  readonly label: string;
  readonly hint?: string | undefined;
  /** What is wrong with the value; shown and announced. */
  readonly problem?: string | undefined;
}

/** A line of text with its label. */
export function Field(props: FieldProps): JSX.Element {
  const [own, others] = splitProps(props, ["label", "hint", "problem", "children"]);
  const id = createUniqueId();
  return (
    <div class="field">
      <label for={id}>{own.label}</label>
      <Show when={own.hint}>
        <p class="hint" id={`${id}-hint`}>
          {own.hint}
        </p>
      </Show>
      <div class="field-box">
        <input
          {...others}
          id={id}
          aria-describedby={`${own.hint === undefined ? "" : `${id}-hint`} ${id}-problem`}
          aria-invalid={own.problem === undefined ? undefined : "true"}
        />
        {own.children}
      </div>
      <p class="problem" id={`${id}-problem`}>
        {own.problem}
      </p>
    </div>
  );
}

export interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly options: readonly { readonly value: T; readonly text: string }[];
  readonly value: T;
  readonly onChoose: (value: T) => void;
  /** Shows the label to screen readers only. */
  readonly labelHidden?: boolean;
}

/** One of a few options, all of them in sight. */
export function Choice<T extends string>(props: ChoiceProps<T>): JSX.Element {
  const name = createUniqueId();
  return (
    <fieldset class="choice">
      <legend classList={{ "only-read": props.labelHidden === true }}>{props.label}</legend>
      <div class="choice-options">
        <For each={props.options}>
          {(option) => (
            <label class="choice-option">
              <input
                type="radio"
                name={name}
                value={option.value}
                checked={props.value === option.value}
                onChange={() => props.onChoose(option.value)}
              />
              <span>{option.text}</span>
            </label>
          )}
        </For>
      </div>
    </fieldset>
  );
}

export interface TabsProps<T extends string> {
  readonly label: string;
  readonly tabs: readonly { readonly key: T; readonly text: string }[];
  readonly chosen: T;
  readonly onChoose: (key: T) => void;
  /** Beginning of the ids of the panels: `${panels}-${key}`. */
  readonly panels: string;
  readonly class?: string;
}

/** A row of tabs: arrow keys move between them, as the ARIA practices have it. */
export function Tabs<T extends string>(props: TabsProps<T>): JSX.Element {
  const buttons: HTMLButtonElement[] = [];
  const onKeyDown = (event: KeyboardEvent, index: number) => {
    const count = props.tabs.length;
    const moves: Record<string, number> = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: count - 1 };
    const next = moves[event.key];
    const tab = next === undefined ? undefined : props.tabs[(next + count) % count];
    if (next !== undefined && tab !== undefined) {
      event.preventDefault();
      props.onChoose(tab.key);
      buttons[(next + count) % count]?.focus();
    }
  };
  return (
    <div class={`tabs ${props.class ?? ""}`} role="tablist" aria-label={props.label}>
      <For each={props.tabs}>
        {(tab, index) => (
          <button
            type="button"
            role="tab"
            ref={(button) => (buttons[index()] = button)}
            id={`${props.panels}-${tab.key}-tab`}
            aria-controls={`${props.panels}-${tab.key}`}
            aria-selected={props.chosen === tab.key}
            tabindex={props.chosen === tab.key ? 0 : -1}
            onClick={() => props.onChoose(tab.key)}
            onKeyDown={(event) => onKeyDown(event, index())}
          >
            {tab.text}
          </button>
        )}
      </For>
    </div>
  );
}

/** How much of something is done. */
export function Meter(props: { readonly value: number; readonly max: number; readonly label: string }): JSX.Element {
  return <progress class="meter" value={props.value} max={Math.max(props.max, 1)} aria-label={props.label} />;
}

export function Spinner(): JSX.Element {
  return (
    <p class="spinner" role="status">
      <span class="spinner-dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span class="only-read">{t().loading}</span>
    </p>
  );
}

export interface NoticeProps {
  readonly kind: "info" | "good" | "bad" | "warn";
  readonly children: JSX.Element;
}

/** A sentence that the user should see now; announced when it appears. */
export function Notice(props: NoticeProps): JSX.Element {
  return (
    <div class={`notice notice-${props.kind}`} role={props.kind === "bad" ? "alert" : "status"}>
      {props.children}
    </div>
  );
}

/** What went wrong in a call, and what to do. */
export function FailureNotice(props: { readonly error: unknown; readonly onRetry?: () => void }): JSX.Element {
  return (
    <Notice kind="bad">
      <p>{failureText(failureOf(props.error))}</p>
      <Show when={props.onRetry}>
        {(retry) => (
          <Button icon="again" onClick={() => retry()()}>
            {t().tryAgain}
          </Button>
        )}
      </Show>
    </Notice>
  );
}

/** A failure in words. */
export function failureText(failure: Failure): string {
  const wait = failure.retrySeconds === undefined ? "" : ` ${t().tryAgainIn(failure.retrySeconds)}`;
  return t().failure[failure.kind] + wait;
}

export interface DialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly onClose: () => void;
  readonly children: JSX.Element;
}

/** A modal dialog: the browser keeps the focus inside and closes it with Escape. */
export function Dialog(props: DialogProps): JSX.Element {
  const id = createUniqueId();
  let dialog: HTMLDialogElement | undefined;
  createEffect(() => {
    if (props.open) {
      dialog?.showModal();
    } else {
      dialog?.close();
    }
  });
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={() => props.onClose()}>
      <Show when={props.open}>
        <h2 id={id}>{props.title}</h2>
        {props.children}
      </Show>
    </dialog>
  );
}

export interface MenuProps {
  readonly label: string;
  readonly icon: IconName;
  readonly children: JSX.Element;
}

/** A button with a panel below it, closed by Escape, by a click elsewhere or by leaving it with Tab. */
export function Panel(props: MenuProps): JSX.Element {
  const [open, setOpen] = createSignal(false);
  const id = createUniqueId();
  let holder: HTMLDivElement | undefined;
  let button: HTMLButtonElement | undefined;
  const closeOutside = (event: Event) => {
    if (event.target instanceof Node && holder?.contains(event.target) === false) {
      setOpen(false);
    }
  };
  onMount(() => {
    document.addEventListener("pointerdown", closeOutside);
    document.addEventListener("focusin", closeOutside);
    onCleanup(() => {
      document.removeEventListener("pointerdown", closeOutside);
      document.removeEventListener("focusin", closeOutside);
    });
  });
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && open()) {
      setOpen(false);
      button?.focus();
    }
  };
  // Whoever follows a link in it has chosen.
  const onChoose = (event: MouseEvent) => {
    if (event.target instanceof Element && event.target.closest("a") !== null) {
      setOpen(false);
    }
  };
  return (
    <div class="panel-holder" ref={holder} onKeyDown={onKeyDown}>
      <button
        type="button"
        ref={button}
        class="button button-quiet icon-button"
        aria-expanded={open()}
        aria-controls={id}
        aria-label={props.label}
        title={props.label}
        onClick={() => setOpen(!open())}
      >
        <Icon name={props.icon} />
      </button>
      <div class="panel" id={id} hidden={!open()} onClick={onChoose}>
        <Show when={open()}>{props.children}</Show>
      </div>
    </div>
  );
}
