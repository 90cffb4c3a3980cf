import { IconFlag, IconHelpCircle, IconShieldCheck, IconShieldX } from "@tabler/icons-react";
import { useMemo } from "react";
import { withDays } from "../../format/dates";
import { Tag } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { type Column, Table } from "../../parts/Table";
import { t } from "../../strings";
import type { Line, Statement } from "../../wire";
import { bandName, bandText, isMoney, isUsed } from "./lines";

interface Props {
  statement: Statement;
  opened: string | undefined;
  onOpen: (line: string) => void;
}

/** The lines of a statement. Each name is the button that opens why. */
export function LineTable({ statement, opened, onOpen }: Props) {
  const columns = useMemo(() => columnsOf(onOpen, statement.lines), [onOpen, statement.lines]);
  const { total } = statement;
  return (
    <Table
      label={`${t.statement.lines}, ${statement.period}`}
      columns={columns}
      rows={statement.lines}
      keyOf={(line) => line.id}
      isMarked={(line) => line.id === opened}
      foot={
        <tr>
          <th scope="row" colSpan={4}>
            {t.statement.total} ({total.currency})
          </th>
          <td className="right" data-label={t.statement.total}>
            <Money value={total.amount} currency={total.currency} bare />
          </td>
          {columns.some((column) => column.key === "when") ? <td /> : null}
        </tr>
      }
    />
  );
}

function columnsOf(onOpen: (line: string) => void, lines: readonly Line[]): Column<Line>[] {
  const columns: Column<Line>[] = [
    {
      key: "line",
      head: t.statement.line,
      by: (line) => line.is || line.component,
      className: "cell-line",
      cell: (line) => <Named line={line} onOpen={onOpen} />,
    },
    { key: "how", head: t.statement.how, className: "cell-how", cell: (line) => <How line={line} /> },
    {
      key: "to_date",
      head: t.statement.toDate,
      align: "right",
      by: (line) => line.to_date ?? "",
      cell: (line) => <Granted line={line} value={line.to_date} />,
    },
    {
      key: "before",
      head: t.statement.before,
      align: "right",
      by: (line) => line.before,
      cell: (line) => <Granted line={line} value={line.before} />,
    },
    {
      key: "posted",
      head: t.statement.posted,
      align: "right",
      by: (line) => line.posted ?? "",
      className: "cell-posted",
      cell: (line) => <Granted line={line} value={line.posted} />,
    },
    { key: "when", head: t.statement.when, className: "cell-when", cell: (line) => <When line={line} /> },
  ];
  // Where nothing is said of any payment, the column would only be in the way.
  return lines.some((line) => line.paid.length > 0) ? columns : columns.filter((column) => column.key !== "when");
}

function Named({ line, onOpen }: { line: Line; onOpen: (line: string) => void }) {
  return (
    <>
      <button type="button" className="line-open" onClick={() => onOpen(line.id)}>
        <span>{line.is || line.component}</span>
        <IconHelpCircle size={16} aria-label={t.statement.explainShort} />
      </button>
      <span className="line-below">
        <code>{line.component}</code>
        {line.dispute ? (
          <Tag tone={line.dispute.state === "open" ? "bad" : "plain"} icon={<IconFlag size={12} aria-hidden />}>
            {t.statement.disputed[line.dispute.state]}
          </Tag>
        ) : null}
      </span>
    </>
  );
}

function How({ line }: { line: Line }) {
  if (line.open.length > 0) {
    return (
      <>
        <Tag tone="wait">{line.status === "missing" ? t.statement.missing : t.statement.undefined}</Tag>
        <span className="quiet block">{line.open[0]}</span>
      </>
    );
  }
  const failed = line.gates.find((gate) => gate.figure.exact === "false");
  if (failed) {
    return (
      <Tag tone="wait" icon={<IconShieldX size={13} aria-hidden />}>
        <span>
          {t.statement.gateFailed}: <code>{failed.name}</code>
        </span>
      </Tag>
    );
  }
  const bands = line.bands.filter(isUsed).slice(-4);
  return (
    <>
      {bands.map((band) => (
        <span key={`${band.table} ${bandName(band)}`} className="band-line" title={bandName(band)}>
          {bandText(band)}
        </span>
      ))}
      {bands.length === 0 && line.gates.length > 0 ? (
        <Tag icon={<IconShieldCheck size={13} aria-hidden />}>{t.statement.gatePassed}</Tag>
      ) : null}
    </>
  );
}

function Granted({ line, value }: { line: Line; value: string | null | undefined }) {
  if (isMoney(line) || value === null || value === undefined) {
    return <Money value={value} currency={line.currency} bare none={t.statement.noFigure} />;
  }
  return <span className="money">{value}</span>;
}

function When({ line }: { line: Line }) {
  return (
    <>
      {line.paid.slice(0, 2).map((one) => (
        <span key={`${one.what} ${one.money.amount}`} className="paid-line">
          {withDays(one.what)}
        </span>
      ))}
    </>
  );
}
