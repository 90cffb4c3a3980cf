// How a line says where its figure comes from, in the table and in what is downloaded.
import { downloadCsv } from "../../format/csv";
import { figureText } from "../../format/figure";
import { t } from "../../strings";
import type { Band, Line, Statement } from "../../wire";

/** `7.5 % of 12,000.00 USD (from 70% * goal)`: what a band holds, of what, and which band it is. */
export function bandText(band: Band): string {
  const cells = band.cells.map((cell) => `${cell.name} ${figureText(cell.figure)}`).join(", ");
  const slice = band.bounds.find((bound) => bound.name === "slice") ?? band.arguments[0];
  if (!slice) {
    return cells;
  }
  return `${cells} ${slice.name === "slice" ? t.statement.rateOn : t.statement.rateAt} ${figureText(slice.figure)}`;
}

export function bandName(band: Band): string {
  return band.bands.join(" × ");
}

/** Whether anything of the argument lies in the band. */
export function isUsed(band: Band): boolean {
  const slice = band.bounds.find((bound) => bound.name === "slice");
  return slice?.figure.exact !== "0";
}

export function isMoney(line: Line): boolean {
  return line.grants === "money" || line.grants === "fund";
}

const HEADS = [
  "line",
  "component",
  "what_it_is",
  "plan",
  "settled_on",
  "status",
  "currency",
  "to_date",
  "before",
  "posted",
  "how",
  "paid",
  "dispute",
];

/** The lines as they stand, a row each, amounts as the API sent them. */
export function downloadLines(statement: Statement): void {
  const rows = statement.lines.map((line) => [
    line.id,
    line.component,
    line.is,
    line.plan,
    line.settled_on,
    line.status,
    isMoney(line) ? line.currency : "",
    line.to_date ?? "",
    line.before,
    line.posted ?? "",
    line.bands.map((band) => `${bandName(band)}: ${bandText(band)}`).join("; "),
    line.paid.map((one) => `${one.money.amount} ${one.money.currency} ${one.what}`).join("; "),
    line.dispute ? `${line.dispute.id} ${line.dispute.state}` : "",
  ]);
  downloadCsv(`statement-${statement.partner}-${statement.period}`, [HEADS, ...rows]);
}
