// Markdown of authors as elements. The only place of the app where markup is made of text, so
// everything goes through DOMPurify with a closed list of elements and attributes; the content
// security policy is the second layer.

import DOMPurify from "dompurify";
import { Marked } from "marked";
import { createMemo, type JSX } from "solid-js";
import { t } from "../i18n";
import "./markdown.css";

// Statements are Markdown without markup of their own: tags in them are shown as text. So nothing
// that a tag can do, such as a style or a base, ever gets as far as a parser.
const marked = new Marked({
  gfm: true,
  async: false,
  renderer: { html: ({ text }) => escaped(text) },
});
const purifier = DOMPurify(window);

const ELEMENTS = [
  "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "ul", "ol", "li", "blockquote", "pre", "code", "strong", "em", "del",
  "a", "img", "table", "thead", "tbody", "tr", "th", "td", "sub", "sup", "kbd", "details", "summary",
];
const ATTRIBUTES = ["href", "src", "alt", "title", "start", "align"];
/** Where links and pictures may lead: the web, mail, and this app. No `javascript:`, no `data:`. */
const ADDRESSES = /^(?:https?:|mailto:|#|\/(?!\/))/i;

purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.nodeName === "A" && /^https?:/i.test(node.getAttribute("href") ?? "")) {
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer nofollow");
    node.setAttribute("title", t().opensNewTab);
  }
  // Pictures come from the app's own origin alone; others would be blocked with an error.
  if (node.nodeName === "IMG" && !(node.getAttribute("src") ?? "").startsWith("/")) {
    node.replaceWith(node.getAttribute("alt") ?? "");
  }
  // A wide table scrolls by itself, and the keyboard must be able to.
  if (node.nodeName === "PRE") {
    node.setAttribute("tabindex", "0");
  }
});

export interface MarkdownProps {
  readonly text: string;
  /** A first heading that says what the page says already is left out. */
  readonly title?: string;
}

export function Markdown(props: MarkdownProps): JSX.Element {
  const html = createMemo(() => sanitised(withoutTitle(props.text, props.title)));
  return <div class="markdown" innerHTML={html()} />;
}

/** The only way to markup; exported for its tests. */
export function sanitised(text: string): string {
  const made = marked.parse(text, { async: false });
  // The page has the one h1.
  const lowered = made.replace(/<(\/?)h1(\s|>)/g, "<$1h2$2");
  return purifier.sanitize(lowered, {
    ALLOWED_TAGS: ELEMENTS,
    ALLOWED_ATTR: ATTRIBUTES,
    ALLOWED_URI_REGEXP: ADDRESSES,
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
}

function withoutTitle(text: string, title: string | undefined): string {
  const [first = ""] = text.split("\n", 1);
  const isTitle = title !== undefined && first.replace(/^#\s+/, "").trim() === title.trim();
  return first.startsWith("# ") && isTitle ? text.slice(first.length) : text;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** Text of one line with code between backticks, as explanations of errors have it. */
export function Backticks(props: { readonly text: string }): JSX.Element {
  return <>{props.text.split("`").map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>;
}
