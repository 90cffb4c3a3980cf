import { useMemo } from "react";
import { forDrawing } from "../../format/decimal";
import { moneyText } from "../../format/money";
import { Columns } from "../../parts/Columns";
import { t } from "../../strings";
import type { PeriodEarned } from "../../wire";

export default function EarnedChart({ periods }: { periods: readonly PeriodEarned[] }) {
  const columns = useMemo(
    () =>
      periods.map((one) => ({
        name: one.period,
        drawn: forDrawing(one.total.amount),
        shown: `${moneyText(one.total)}${one.standing === "provisional" ? ` · ${t.standing.provisional}` : ""}`,
        isOpen: one.standing === "provisional",
      })),
    [periods],
  );
  return (
    <>
      <Columns columns={columns} label={t.home.earnedBy} />
      <dl className="unseen">
        {columns.map((column) => (
          <div key={column.name}>
            <dt>{column.name}</dt>
            <dd>{column.shown}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
