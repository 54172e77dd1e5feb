// Small pictures beside words, drawn with strokes of the text's colour. They never stand for a
// word alone: whoever uses one says the word, if only to screen readers.

import type { JSX } from "solid-js";

const PATHS = {
  play: "M7 4.5v15l12-7.5z",
  stop: "M6 6h12v12H6z",
  check: "M4.5 12.5l5 5 10-11",
  cross: "M6 6l12 12M18 6L6 18",
  again: "M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4",
  clock: "M12 7v5l3.5 2M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0z",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5z",
  send: "M4 12l16-8-5 17-3.5-7z",
  star: "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L3.5 9.7l5.9-.8z",
  palette: "M12 3.5a8.5 8.5 0 1 0 0 17c1.5 0 2-1 1.5-2-.7-1.5.2-3 2-3h2a3 3 0 0 0 3-3c0-5-3.8-9-8.5-9zM8 10.5v.01M12 7.5v.01M16 10.5v.01",
  person: "M12 11.5a3.7 3.7 0 1 0 0-7.4 3.7 3.7 0 0 0 0 7.4zM4.5 20c.8-3.7 3.8-5.5 7.5-5.5s6.7 1.8 7.5 5.5",
  download: "M12 4v11m-4.5-4L12 15.5 16.5 11M5 20h14",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 14.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6z",
  next: "M9 5l7 7-7 7",
  previous: "M15 5l-7 7 7 7",
  down: "M5 9l7 7 7-7",
  bulb: "M9.5 18h5M10.5 21h3M12 3a6 6 0 0 0-3.5 10.9V15h7v-1.1A6 6 0 0 0 12 3z",
  warning: "M12 4L2.8 20h18.4zM12 10v4.5M12 17.3v.01",
  reset: "M5 12a7 7 0 1 0 2.2-5.1M5 4v4h4",
  book: "M5 4.5h6a2.5 2.5 0 0 1 1 .3 2.5 2.5 0 0 1 1-.3h6V18h-6l-1 1-1-1H5zM12 5v14",
  chart: "M5 20V11M12 20V4M19 20v-6",
  plus: "M12 5v14M5 12h14",
  share: "M8.5 13.2l7 3.8M15.5 7l-7 3.8M18 8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM18 20.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM6 14.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
} as const;

export type IconName = keyof typeof PATHS;

const FILLED: readonly IconName[] = ["play", "stop"];

export function Icon(props: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" classList={{ filled: FILLED.includes(props.name) }} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[props.name]} />
    </svg>
  );
}
