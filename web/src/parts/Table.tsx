// A table that people read: sortable by its heads, by mouse and by keyboard. Sorting compares texts, it never computes.
import { IconArrowDown, IconArrowsSort, IconArrowUp } from "@tabler/icons-react";
import { type ReactNode, useMemo, useState } from "react";
import { downloadCsv } from "../format/csv";
import { compareDecimals, isDecimal } from "../format/decimal";
import { t } from "../strings";

export interface Column<Row> {
  key: string;
  head: ReactNode;
  /** What the column is called for those who hear it, where the head is no text. */
  label?: string;
  cell: (row: Row) => ReactNode;
  /** What rows are sorted by, and what is downloaded; a column without it is not sorted. */
  by?: (row: Row) => string;
  align?: "right";
  className?: string;
}

export interface Sorting {
  key: string;
  isDown: boolean;
}

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  foot?: ReactNode;
  isMarked?: (row: Row) => boolean;
  start?: Sorting;
  /** What the table is called as a file; one without cannot be downloaded. */
  file?: string;
}

export function compareCells(left: string, right: string): number {
  if (isDecimal(left) || isDecimal(right)) {
    return compareDecimals(left, right);
  }
  return left.localeCompare(right, undefined, { numeric: true });
}

export function Table<Row>({ label, columns, rows, keyOf, foot, isMarked, start, file }: Props<Row>) {
  const [sorting, setSorting] = useState<Sorting | undefined>(start);
  const sorted = useMemo(() => {
    const by = columns.find((column) => column.key === sorting?.key)?.by;
    if (!by || !sorting) {
      return rows;
    }
    const up = rows.toSorted((a, b) => compareCells(by(a), by(b)));
    return sorting.isDown ? up.reverse() : up;
  }, [rows, columns, sorting]);

  const turn = (key: string) =>
    setSorting((old) => (old?.key !== key ? { key, isDown: false } : old.isDown ? start : { key, isDown: true }));

  const download = () => {
    const said = columns.flatMap((column) => (column.by ? [{ key: column.key, by: column.by }] : []));
    downloadCsv(file ?? "", [said.map((column) => column.key), ...sorted.map((row) => said.map(({ by }) => by(row)))]);
  };

  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: a group that scrolls, and no set of fields */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <div role="group" className="table-frame" tabIndex={0} aria-label={label}>
        <table className="table">
          <caption className="unseen">{label}</caption>
          <thead>
            <tr>
              {columns.map((column) => {
                const isBy = sorting?.key === column.key;
                const order = !isBy ? "none" : sorting.isDown ? "descending" : "ascending";
                return (
                  <th
                    key={column.key}
                    scope="col"
                    className={column.align}
                    {...(column.by ? { "aria-sort": order as "none" | "ascending" | "descending" } : {})}
                  >
                    {column.by ? (
                      <button type="button" className="sort" onClick={() => turn(column.key)}>
                        {column.head}
                        {order === "ascending" ? (
                          <IconArrowUp size={13} aria-label={t.table.sortedUp} />
                        ) : order === "descending" ? (
                          <IconArrowDown size={13} aria-label={t.table.sortedDown} />
                        ) : (
                          <IconArrowsSort size={13} aria-hidden className="sort-idle" />
                        )}
                      </button>
                    ) : (
                      (column.head ?? <span className="unseen">{column.label}</span>)
                    )}
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {sorted.map((row) => (
              <tr key={keyOf(row)} className={isMarked?.(row) ? "marked" : undefined}>
                {columns.map((column) => (
                  <td
                    key={column.key}
                    className={`${column.align ?? ""} ${column.className ?? ""}`}
                    data-label={typeof column.head === "string" ? column.head : column.label}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
          {foot ? <tfoot>{foot}</tfoot> : null}
        </table>
      </div>
      {file ? (
        <p className="table-below">
          <button type="button" className="link" onClick={download}>
            {t.table.download}
          </button>
        </p>
      ) : null}
    </>
  );
}
