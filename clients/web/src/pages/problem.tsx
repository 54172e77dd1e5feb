import type { JSX } from "solid-js";
import { Page } from "../kit/page";

export default function ProblemPage(props: { readonly slug: string }): JSX.Element {
  return <Page title={props.slug}>{null}</Page>;
}
