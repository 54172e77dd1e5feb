// The five companions, drawn as SVG. They are decoration: what they say stands beside them as
// text, so screen readers pass over them.

import { type Component, type JSX } from "solid-js";
import { Dynamic } from "solid-js/web";
import type { Character } from "./theme";

/** A companion; its size comes from the style sheet. */
export function Mascot(props: { readonly character: Character; readonly class?: string }): JSX.Element {
  return (
    <svg class={`mascot ${props.class ?? ""}`} viewBox="0 0 120 120" aria-hidden="true">
      <Dynamic component={DRAWINGS[props.character]} />
    </svg>
  );
}

function Face(props: { readonly y?: number; readonly ink?: string; readonly gap?: number }): JSX.Element {
  const y = () => props.y ?? 58;
  const gap = () => props.gap ?? 13;
  const ink = () => props.ink ?? "#241c3d";
  return (
    <>
      <ellipse cx={60 - gap()} cy={y()} rx="5" ry="6.5" fill={ink()} />
      <ellipse cx={60 + gap()} cy={y()} rx="5" ry="6.5" fill={ink()} />
      <circle cx={62 - gap()} cy={y() - 2.5} r="1.8" fill="#fff" />
      <circle cx={62 + gap()} cy={y() - 2.5} r="1.8" fill="#fff" />
      <path d={`M53 ${y() + 12} q7 7 14 0`} fill="none" stroke={ink()} stroke-width="3" stroke-linecap="round" />
    </>
  );
}

function Astro(): JSX.Element {
  return (
    <>
      <path d="M30 118c0-18 12-28 30-28s30 10 30 28z" fill="#eceaf7" />
      <rect x="48" y="97" width="24" height="14" rx="4" fill="#5b3fd6" />
      <circle cx="54" cy="104" r="2.5" fill="#ffd166" />
      <path d="M60 104h8" stroke="#fff" stroke-width="2.5" stroke-linecap="round" />
      <rect x="12" y="46" width="12" height="24" rx="6" fill="#b9b2dd" />
      <rect x="96" y="46" width="12" height="24" rx="6" fill="#b9b2dd" />
      <circle cx="60" cy="56" r="42" fill="#f7f6fd" stroke="#c9c3e6" stroke-width="3" />
      <rect x="27" y="33" width="66" height="48" rx="24" fill="#2b2159" />
      <circle cx="60" cy="57" r="21" fill="#ffd9b8" />
      <path d="M40 52c2-15 38-18 40 0-10-6-14-8-22-8-6 0-12 4-18 8z" fill="#6b3f2a" />
      <Face y={59} gap={8} />
      <path d="M34 45c3-6 8-9 13-10" stroke="#8f7ff0" stroke-width="4" stroke-linecap="round" fill="none" />
      <path d="M60 14V6" stroke="#b9b2dd" stroke-width="3" />
      <circle cx="60" cy="6" r="5" fill="#ffd166" />
    </>
  );
}

function Leo(): JSX.Element {
  return (
    <>
      <path
        d="M60 6l11 10 14-5 4 14 15 1-2 15 12 8-8 12 8 12-12 8 2 15-15 1-4 14-14-5-11 10-11-10-14 5-4-14-15-1 2-15-12-8 8-12-8-12 12-8-2-15 15-1 4-14 14 5z"
        fill="#c65a11"
      />
      <circle cx="34" cy="32" r="11" fill="#f2a63c" />
      <circle cx="86" cy="32" r="11" fill="#f2a63c" />
      <circle cx="34" cy="32" r="5" fill="#c65a11" />
      <circle cx="86" cy="32" r="5" fill="#c65a11" />
      <circle cx="60" cy="62" r="35" fill="#ffc65c" />
      <ellipse cx="60" cy="77" rx="19" ry="14" fill="#fff0d2" />
      <ellipse cx="46" cy="58" rx="5" ry="6.5" fill="#3a1d08" />
      <ellipse cx="74" cy="58" rx="5" ry="6.5" fill="#3a1d08" />
      <circle cx="48" cy="55.5" r="1.8" fill="#fff" />
      <circle cx="76" cy="55.5" r="1.8" fill="#fff" />
      <path d="M53 68h14l-7 8z" fill="#7a2f0a" />
      <path d="M60 76v4m0 0q-6 6-11 2m11-2q6 6 11 2" fill="none" stroke="#7a2f0a" stroke-width="2.6" stroke-linecap="round" />
    </>
  );
}

function Kenji(): JSX.Element {
  return (
    <>
      <path d="M94 48l22-10-6 14 8 8z" fill="#d3213f" />
      <path d="M30 118c0-16 12-24 30-24s30 8 30 24z" fill="#2d2b45" />
      <path d="M44 100l16 14 16-14" fill="none" stroke="#d3213f" stroke-width="5" stroke-linecap="round" />
      <circle cx="60" cy="58" r="40" fill="#35324f" />
      <path d="M24 56c0-6 6-9 12-9h48c6 0 12 3 12 9 0 14-12 20-36 20S24 70 24 56z" fill="#ffd9b8" />
      <path d="M20 42c12-9 68-9 80 0v11c-14-8-66-8-80 0z" fill="#d3213f" />
      <circle cx="60" cy="43" r="6" fill="#ffd166" />
      <ellipse cx="46" cy="62" rx="5" ry="6" fill="#241c3d" />
      <ellipse cx="74" cy="62" rx="5" ry="6" fill="#241c3d" />
      <circle cx="48" cy="59.5" r="1.8" fill="#fff" />
      <circle cx="76" cy="59.5" r="1.8" fill="#fff" />
      <path d="M37 53l12 2M83 53l-12 2" stroke="#241c3d" stroke-width="3" stroke-linecap="round" />
      <path d="M50 86q10 6 20 0" fill="none" stroke="#5d597f" stroke-width="3" stroke-linecap="round" />
    </>
  );
}

function Nila(): JSX.Element {
  return (
    <>
      <ellipse cx="24" cy="54" rx="21" ry="27" fill="#5aa9d0" />
      <ellipse cx="96" cy="54" rx="21" ry="27" fill="#5aa9d0" />
      <ellipse cx="26" cy="55" rx="13" ry="18" fill="#f4b6c8" />
      <ellipse cx="94" cy="55" rx="13" ry="18" fill="#f4b6c8" />
      <path d="M34 118c0-14 10-22 26-22s26 8 26 22z" fill="#6cbbe0" />
      <circle cx="60" cy="54" r="34" fill="#7fcaec" />
      <path d="M52 60c-2 18-3 30 2 40 4 8 18 8 20-2 1-5-6-7-8-2-1 2-4 1-4-2-1-10 3-20 6-34z" fill="#7fcaec" stroke="#4c98bf" stroke-width="2.6" stroke-linejoin="round" />
      <path d="M55 76h9M55 85h8" stroke="#4c98bf" stroke-width="2" stroke-linecap="round" />
      <ellipse cx="45" cy="52" rx="5" ry="6.5" fill="#0e2f40" />
      <ellipse cx="75" cy="52" rx="5" ry="6.5" fill="#0e2f40" />
      <circle cx="47" cy="49.5" r="1.8" fill="#fff" />
      <circle cx="77" cy="49.5" r="1.8" fill="#fff" />
      <circle cx="38" cy="64" r="5" fill="#f4b6c8" />
      <circle cx="82" cy="64" r="5" fill="#f4b6c8" />
      <path d="M60 22l3 6 7 1-5 5 1 7-6-3-6 3 1-7-5-5 7-1z" fill="#ffd166" />
    </>
  );
}

function Cosmic(): JSX.Element {
  return (
    <>
      <path d="M40 26C34 16 32 12 30 8M80 26c6-10 8-14 10-18" stroke="#7d3bb5" stroke-width="4" stroke-linecap="round" fill="none" />
      <circle cx="29" cy="8" r="6" fill="#ffd166" />
      <circle cx="91" cy="8" r="6" fill="#ffd166" />
      <path d="M36 118c0-14 8-20 24-20s24 6 24 20z" fill="#b45fd6" />
      <path d="M60 18c27 0 42 17 42 38 0 24-20 44-42 44S18 80 18 56c0-21 15-38 42-38z" fill="#c97ae8" />
      <ellipse cx="60" cy="52" rx="27" ry="20" fill="#fff" />
      <circle cx="50" cy="52" r="11" fill="#d9f7ee" />
      <circle cx="71" cy="52" r="11" fill="#d9f7ee" />
      <circle cx="51" cy="53" r="6.5" fill="#231541" />
      <circle cx="70" cy="53" r="6.5" fill="#231541" />
      <circle cx="53.5" cy="50" r="2.2" fill="#fff" />
      <circle cx="72.5" cy="50" r="2.2" fill="#fff" />
      <path d="M46 79q14 12 28 0" fill="none" stroke="#5c1d7a" stroke-width="3.4" stroke-linecap="round" />
      <circle cx="32" cy="74" r="4" fill="#e9b4f7" />
      <circle cx="89" cy="72" r="5" fill="#e9b4f7" />
      <circle cx="84" cy="34" r="3.4" fill="#e9b4f7" />
    </>
  );
}

const DRAWINGS: Readonly<Record<Character, Component>> = {
  astro: Astro,
  leo: Leo,
  kenji: Kenji,
  nila: Nila,
  cosmic: Cosmic,
};
