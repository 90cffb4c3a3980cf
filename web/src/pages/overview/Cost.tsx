// What the program costs: columns to look at, and the latest period by component to read.
import { Select } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useMemo } from "react";
import { forDrawing } from "../../format/decimal";
import { countText, moneyText } from "../../format/money";
import { Panel, StandingTag } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { Loading } from "../../parts/States";
import { type Column, Table } from "../../parts/Table";
import { t } from "../../strings";
import type { Overview } from "../../wire";

const Columns = lazy(() => import("../../parts/Columns").then((one) => ({ default: one.Columns })));

type Cost = Overview["periods"][number]["components"][number];

const columnsOf = (currency: string): Column<Cost>[] => [
  {
    key: "component",
    head: t.overview.component,
    by: (one) => one.component,
    cell: (one) => <span className="name">{one.component.replaceAll("_", " ")}</span>,
  },
  { key: "plan", head: t.overview.plan, by: (one) => one.plan, cell: (one) => one.plan.replaceAll("_", " ") },
  {
    key: "partners",
    head: t.overview.partners,
    align: "right",
    by: (one) => String(one.partners),
    cell: (one) => countText(one.partners),
  },
  {
    key: "money",
    head: `${t.overview.total} (${currency})`,
    align: "right",
    by: (one) => one.money.amount,
    cell: (one) => <Money value={one.money.amount} currency={one.money.currency} bare />,
  },
];

export function Cost({ overview }: { overview: Overview }) {
  const { period: chosen } = useSearch({ from: "/shell/overview" });
  const navigate = useNavigate({ from: "/overview" });
  const { periods } = overview;
  const shown = periods.find((one) => one.period.period === chosen) ?? periods.at(-1);
  const columns = useMemo(
    () =>
      periods.map(({ period }) => ({
        name: period.period,
        drawn: forDrawing(period.total.amount),
        shown: moneyText(period.total),
        isOpen: period.standing === "provisional",
      })),
    [periods],
  );
  if (!shown) {
    return null;
  }
  const { total } = shown.period;
  return (
    <Panel
      title={t.overview.cost}
      lead={t.overview.costLead}
      actions={
        <Select
          aria-label={t.overview.choosePeriod}
          data={periods.map((one) => one.period.period).reverse()}
          value={shown.period.period}
          onChange={(next) => next && void navigate({ search: { period: next }, resetScroll: false })}
          allowDeselect={false}
          w={150}
        />
      }
    >
      <p className="cost-head">
        <span className="standing-total">
          <Money value={total.amount} currency={total.currency} />
        </span>
        <span className="tags">
          <StandingTag standing={shown.period.standing} />
          <span className="quiet">{t.overview.of(shown.partners)}</span>
        </span>
      </p>
      <Suspense fallback={<Loading rows={2} />}>
        <Columns columns={columns} label={t.overview.chart} />
      </Suspense>
      <Table
        label={t.overview.byComponent(shown.period.period)}
        columns={columnsOf(total.currency)}
        rows={shown.components}
        keyOf={(one) => `${one.plan} ${one.component}`}
        file={`cost-${shown.period.period}`}
        start={{ key: "money", isDown: true }}
      />
    </Panel>
  );
}
