// The evaluated graph behind a figure, each node a disclosure that keyboard and screen reader know.
import { IconChevronRight } from "@tabler/icons-react";
import { useState } from "react";
import { dayText } from "../../format/dates";
import { figureText } from "../../format/figure";
import { t } from "../../strings";
import type { Explanation } from "../../wire";

/** How deep the tree stands open at first. */
const OPEN_AT_FIRST = 2;

export function Tree({ root }: { root: Explanation }) {
  const [all, setAll] = useState<{ isOpen: boolean; turn: number } | undefined>(undefined);
  return (
    <>
      <p className="tree-actions">
        <button
          type="button"
          className="link"
          onClick={() => setAll((old) => ({ isOpen: true, turn: (old?.turn ?? 0) + 1 }))}
        >
          {t.explain.openAll}
        </button>
        <button
          type="button"
          className="link"
          onClick={() => setAll((old) => ({ isOpen: false, turn: (old?.turn ?? 0) + 1 }))}
        >
          {t.explain.closeAll}
        </button>
      </p>
      <ul className="tree" key={all?.turn ?? 0}>
        <Node node={root} depth={0} all={all?.isOpen} />
      </ul>
    </>
  );
}

function Node({ node, depth, all }: { node: Explanation; depth: number; all: boolean | undefined }) {
  const [isOpen, setOpen] = useState(all ?? depth < OPEN_AT_FIRST);
  const hasInputs = node.inputs.length > 0;
  return (
    <li className={`node node-${node.about.replaceAll(" ", "-")}`}>
      {hasInputs ? (
        <button type="button" className="node-line" aria-expanded={isOpen} onClick={() => setOpen((old) => !old)}>
          <IconChevronRight size={15} className="node-turn" aria-hidden />
          <Told node={node} />
        </button>
      ) : (
        <span className="node-line node-leaf">
          <span className="node-dot" aria-hidden />
          <Told node={node} />
        </span>
      )}
      {hasInputs && isOpen ? (
        <ul>
          {node.inputs.map((input, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the inputs of one answer never move
            <Node key={place} node={input} depth={depth + 1} all={all} />
          ))}
        </ul>
      ) : null}
    </li>
  );
}

function Told({ node }: { node: Explanation }) {
  const { row } = node;
  const name = row ? t.explain.row(row.kind, row.id) : node.name;
  return (
    <span className="node-told">
      <span className="node-what">
        {node.part ? <span className="node-part">{t.explain.part[node.part] ?? node.part}</span> : null}
        <span className={node.is && !row ? "" : "mono"}>{row ? name : node.is || name}</span>
        <span className="node-about">
          {node.is && !row ? <code>{node.formula ? `${node.name} = ${node.formula}` : node.name}</code> : null}
          {!node.is && node.formula ? <code>{node.formula}</code> : null}
          {row?.on ? <span>{dayText(row.on)}</span> : null}
          {row && row.share !== "1" ? <span>{t.explain.share(row.share)}</span> : null}
          {typeof node.rows === "number" ? <span>{t.explain.rowCount(node.rows)}</span> : null}
          {node.band ? <Cells band={node.band} /> : null}
          {node.is_repeated ? <span>{t.explain.repeated}</span> : null}
          {node.is_cut ? <span>{t.explain.cut}</span> : null}
        </span>
      </span>
      <span className="node-figure">
        {node.figure.no_answer ? (
          <span title={node.figure.no_answer.why}>{t.explain.noAnswer}</span>
        ) : (
          figureText(node.figure)
        )}
      </span>
    </span>
  );
}

function Cells({ band }: { band: NonNullable<Explanation["band"]> }) {
  const parts = [...band.cells, ...band.bounds.filter((bound) => bound.name === "slice")];
  return <span>{parts.map((part) => `${part.name} ${figureText(part.figure)}`).join(", ")}</span>;
}
