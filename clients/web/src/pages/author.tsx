import type { JSX } from "solid-js"; export default function P(_props: {}): JSX.Element { return null; }
