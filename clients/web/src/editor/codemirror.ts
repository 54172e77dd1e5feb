// CodeMirror as the app uses it. This file and all that it imports are loaded with the first page
// that has an editor: see `editor.tsx`.
//
// The editor lives in a shadow root: there CodeMirror makes constructed style sheets, which the
// content security policy allows, instead of a `<style>` element, which it does not.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore, insertNewlineAndIndent } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, Prec, RangeSet, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  GutterMarker,
  gutterLineClass,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

export interface CodeEditorOptions {
  readonly parent: HTMLElement;
  readonly source: string;
  readonly label: string;
  readonly help: string;
  readonly readOnly?: boolean;
  readonly phrases: Readonly<Record<string, string>>;
  readonly onChange?: (source: string) => void;
  readonly onRun?: () => void;
  readonly onSubmit?: () => void;
}

export interface CodeEditor {
  source(): string;
  /** Replaces everything; undo brings the old text back. */
  replace(source: string): void;
  /** Marks a line, from 1, or none. */
  mark(line: number | undefined): void;
  /** Puts the cursor there and shows it. */
  goTo(line: number): void;
  focus(): void;
  /** Changes the texts for assistive technology. */
  relabel(label: string, help: string): void;
  destroy(): void;
}

const TAB_LEAVES_MS = 3_000;

const setMark = StateEffect.define<number | undefined>();

class ErrorMarker extends GutterMarker {
  override elementClass = "cm-marked-gutter";
}

const errorMarker = new ErrorMarker();
const markedLine = Decoration.line({ class: "cm-marked-line" });

/** The line with an error, until it is changed. */
const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(current, transaction) {
    let now = current.map(transaction.changes);
    transaction.changes.iterChangedRanges((_from, _to, from, to) => {
      const first = transaction.state.doc.lineAt(from).from;
      const last = transaction.state.doc.lineAt(to).to;
      now = now.update({ filterFrom: first, filterTo: last, filter: () => false });
    });
    for (const effect of transaction.effects) {
      if (effect.is(setMark)) {
        const line = effect.value;
        const isThere = line !== undefined && line >= 1 && line <= transaction.state.doc.lines;
        now = isThere ? Decoration.set([markedLine.range(transaction.state.doc.line(line).from)]) : Decoration.none;
      }
    }
    return now;
  },
  provide: (field) => [
    EditorView.decorations.from(field),
    gutterLineClass.compute([field], (state) => {
      const places: number[] = [];
      state.field(field).between(0, state.doc.length, (from) => void places.push(from));
      return RangeSet.of(places.map((from) => errorMarker.range(from)));
    }),
  ],
});

const highlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword, tags.definitionKeyword, tags.moduleKeyword], color: "var(--syntax-keyword)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--syntax-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--syntax-number)" },
  { tag: tags.comment, color: "var(--syntax-comment)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName)), tags.className, tags.standard(tags.variableName)], color: "var(--syntax-name)" },
]);

const looks = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "0.95rem" },
  "&.cm-focused": { outline: "3px solid var(--accent-text)", outlineOffset: "-3px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
  ".cm-content": { padding: "0.6rem 0", caretColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--text-soft)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--inset) 60%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--text)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent) !important",
  },
  ".cm-marked-line": { backgroundColor: "var(--marked-line) !important", boxShadow: "inset 4px 0 0 var(--bad)" },
  ".cm-marked-gutter": { color: "var(--bad)", fontWeight: "700" },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft) !important", outline: "1px solid var(--accent-text)" },
  ".cm-selectionMatch": { backgroundColor: "var(--accent-soft)" },
  ".cm-panels": { backgroundColor: "var(--inset)", color: "var(--text)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--text)", border: "1px solid var(--line-strong)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
});

/** After Escape the next Tab leaves the editor, also when Escape closed something, such as completions. */
function leaveAfterEscape(event: KeyboardEvent, view: EditorView): boolean {
  if (event.key === "Escape") {
    view.setTabFocusMode(TAB_LEAVES_MS);
  }
  return false;
}

export function openEditor(options: CodeEditorOptions): CodeEditor {
  const root = options.parent.shadowRoot ?? options.parent.attachShadow({ mode: "open", delegatesFocus: false });
  root.replaceChildren();
  const holder = document.createElement("div");
  holder.style.height = "100%";
  root.append(holder);
  const attributes = new Compartment();
  const described = (label: string, help: string) =>
    EditorView.contentAttributes.of({
      "aria-label": `${label}. ${help}`,
      // It has the focus by itself, but checkers of accessibility don't know.
      tabindex: "0",
      autocapitalize: "off",
      autocorrect: "off",
      spellcheck: "false",
    });
  const command = (run: (() => void) | undefined) => () => {
    run?.();
    return run !== undefined;
  };
  const view = new EditorView({
    root,
    parent: holder,
    state: EditorState.create({
      doc: options.source,
      extensions: [
        Prec.highest(
          keymap.of([
            { key: "Mod-Shift-Enter", run: command(options.onSubmit) },
            { key: "Mod-Enter", run: command(options.onRun) },
          ]),
        ),
        Prec.highest(EditorView.domEventHandlers({ keydown: leaveAfterEscape })),
        lineNumbers(),
        highlightActiveLineGutter(),
        highlightActiveLine(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentUnit.of("    "),
        EditorState.tabSize.of(4),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ activateOnTypingDelay: 400 }),
        highlightSelectionMatches(),
        search({ top: true }),
        python(),
        syntaxHighlighting(highlighting),
        marks,
        looks,
        EditorState.readOnly.of(options.readOnly === true),
        EditorState.phrases.of({ ...options.phrases }),
        attributes.of(described(options.label, options.help)),
        keymap.of([
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          ...searchKeymap,
          { key: "Enter", run: insertNewlineAndIndent },
          { key: "Tab", run: indentMore, shift: indentLess },
        ]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) {
            options.onChange?.(update.state.doc.toString());
          }
        }),
      ],
    }),
  });
  return {
    source: () => view.state.doc.toString(),
    replace(source) {
      if (source !== view.state.doc.toString()) {
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: source }, userEvent: "input" });
      }
    },
    mark(line) {
      view.dispatch({ effects: setMark.of(line) });
    },
    goTo(line) {
      const wanted = view.state.doc.line(Math.min(Math.max(line, 1), view.state.doc.lines));
      view.dispatch({ selection: { anchor: wanted.from }, effects: EditorView.scrollIntoView(wanted.from, { y: "center" }) });
      view.focus();
    },
    focus: () => view.focus(),
    relabel(label, help) {
      view.dispatch({ effects: attributes.reconfigure(described(label, help)) });
    },
    destroy: () => view.destroy(),
  };
}
