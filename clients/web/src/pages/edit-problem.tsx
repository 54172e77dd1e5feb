import type { JSX } from "solid-js"; export default function P(_props: { readonly slug: string | undefined }): JSX.Element { return null; }
