// The editor of a plan's text. It lives below a shadow root, where its styles are sheets and no style elements, so that the
// page's policy can refuse those.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Text } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import { t } from "../../strings";
import type { Finding } from "../../wire";

interface Props {
  text: string;
  findings: readonly Finding[];
  onChange: (text: string) => void;
  /** A place to show: the line from 1, and a number that grows with each wish. */
  goTo: { line: number; turn: number } | undefined;
  label: string;
  isReadOnly: boolean;
}

export function Editor({ text, findings, onChange, goTo, label, isReadOnly }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const changed = useRef(onChange);
  changed.current = onChange;

  useEffect(() => {
    if (!host.current) {
      return;
    }
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: "open" });
    const made = new EditorView({
      root,
      parent: root,
      state: EditorState.create({
        doc: text,
        extensions: [extensionsOf(label, (now) => changed.current(now)), EditorState.readOnly.of(isReadOnly)],
      }),
    });
    view.current = made;
    return () => {
      made.destroy();
      view.current = null;
    };
    // The text it begins with; what is typed afterwards is the editor's own.
  }, [text, label, isReadOnly]);

  useEffect(() => {
    const made = view.current;
    if (made) {
      made.dispatch(setDiagnostics(made.state, diagnosticsOf(made.state.doc, findings)));
    }
  }, [findings]);

  useEffect(() => {
    const made = view.current;
    if (made && goTo) {
      const line = made.state.doc.line(Math.min(Math.max(1, goTo.line), made.state.doc.lines));
      made.dispatch({
        selection: { anchor: line.from },
        effects: EditorView.scrollIntoView(line.from, { y: "center" }),
      });
      made.focus();
    }
  }, [goTo]);

  return <div ref={host} className="editor" />;
}

function extensionsOf(label: string, onChange: (text: string) => void) {
  return [
    lineNumbers(),
    highlightActiveLineGutter(),
    highlightActiveLine(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    highlightSelectionMatches(),
    search({ top: true }),
    lintGutter(),
    yaml(),
    syntaxHighlighting(colours),
    look,
    keymap.of([...defaultKeymap, ...historyKeymap, ...searchKeymap, indentWithTab]),
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", "aria-describedby": "editor-help" }),
    EditorView.lineWrapping,
    EditorView.updateListener.of((update) => {
      if (update.docChanged) {
        onChange(update.state.doc.toString());
      }
    }),
  ];
}

/** Findings at their places in the text as it is now; a place behind its end moves to the end. */
export function diagnosticsOf(text: Text, findings: readonly Finding[]): Diagnostic[] {
  const at = (line: number, column: number) => {
    const found = text.line(Math.min(Math.max(1, line), text.lines));
    return Math.min(found.from + charactersOf(found.text, column - 1), found.to);
  };
  return findings.flatMap((finding) => {
    const { place } = finding;
    if (!place) {
      return [];
    }
    const from = at(place.line, place.column);
    return [
      {
        from,
        to: Math.max(from, at(place.end_line, place.end_column)),
        severity: finding.severity === "note" ? ("info" as const) : finding.severity,
        source: finding.code,
        message: finding.help ? `${finding.says}\n${t.state.whyNot}: ${finding.help}` : finding.says,
      },
    ];
  });
}

// The API counts characters, the editor UTF-16 units.
function charactersOf(line: string, count: number): number {
  return [...line].slice(0, Math.max(0, count)).join("").length;
}

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-key)" },
  { tag: tags.comment, color: "var(--ink-3)", fontStyle: "italic" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--ink)" },
  { tag: tags.content, color: "var(--ink)" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--ink-3)" },
  { tag: [tags.keyword, tags.meta], color: "var(--code-word)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", color: "var(--ink)", backgroundColor: "var(--surface)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "'Geist Mono Variable', ui-monospace, monospace", lineHeight: "1.6" },
  ".cm-content": { caretColor: "var(--brand)", padding: "10px 0" },
  ".cm-cursor": { borderLeftColor: "var(--brand)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--ink-3)", border: "none", paddingRight: "4px" },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--brand) 6%, transparent)" },
  ".cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--brand) 10%, transparent)", color: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in srgb, var(--brand) 22%, transparent)",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--surface)",
    color: "var(--ink)",
    border: "1px solid var(--line-strong)",
    borderRadius: "8px",
    boxShadow: "0 8px 24px rgb(0 0 0 / 0.14)",
    overflow: "hidden",
  },
  ".cm-diagnostic": { padding: "8px 12px", whiteSpace: "pre-wrap", fontFamily: "Geist Variable, sans-serif" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--owed)" },
  ".cm-diagnostic-warning": { borderLeft: "3px solid var(--held)" },
  ".cm-diagnostic-info": { borderLeft: "3px solid var(--payable)" },
  // The stock marks are pictures inside the sheet, which the page's policy refuses.
  ".cm-lintRange": { backgroundImage: "none", textDecoration: "underline wavy 1px", textUnderlineOffset: "3px" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecorationColor: "var(--owed)" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecorationColor: "var(--held)" },
  ".cm-lintRange-info": { backgroundImage: "none", textDecorationColor: "var(--payable)" },
  ".cm-lint-marker": { content: "none", width: "9px", height: "9px", borderRadius: "50%", margin: "5px 2px 0" },
  ".cm-lint-marker-error": { content: "none", backgroundColor: "var(--owed)" },
  ".cm-lint-marker-warning": { content: "none", backgroundColor: "var(--held)" },
  ".cm-lint-marker-info": { content: "none", backgroundColor: "var(--payable)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--ink)", borderBottom: "1px solid var(--line)" },
  ".cm-panel input, .cm-panel button": { font: "inherit" },
});
