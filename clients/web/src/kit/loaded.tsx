// What was read from the server, or why not, or that it is on its way. While it is read anew the
// old stays in sight, and nothing else of the page waits for it: neither focus nor place is lost.

import { type JSX, Match, type Resource, Switch } from "solid-js";
import { FailureNotice, Spinner } from "./kit";

export interface LoadedProps<T> {
  readonly resource: Resource<T>;
  readonly onRetry?: () => void;
  /** Shown in the place of the usual notice. */
  readonly failed?: (error: unknown) => JSX.Element;
  readonly children: (value: () => T) => JSX.Element;
}

export function Loaded<T>(props: LoadedProps<T>): JSX.Element {
  const isThere = () => props.resource.state === "ready" || props.resource.state === "refreshing";
  const failure = () => props.failed?.(props.resource.error) ?? <FailureNotice error={props.resource.error} {...(props.onRetry ? { onRetry: props.onRetry } : {})} />;
  return (
    <Switch fallback={<Spinner />}>
      <Match when={props.resource.state === "errored"}>{failure()}</Match>
      {/* Once it is there, `latest` is a value. */}
      <Match when={isThere()}>{props.children(() => props.resource.latest as T)}</Match>
    </Switch>
  );
}
