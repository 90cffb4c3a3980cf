// Payments in a table, and totals by currency.
import { Money } from "../../parts/Money";
import { StateTag } from "../../parts/StateTag";
import { type Column, Table } from "../../parts/Table";
import { t } from "../../strings";
import type { PayoutPayment } from "../../wire";

const COLUMNS: Column<PayoutPayment>[] = [
  {
    key: "partner",
    head: t.payouts.partner,
    by: (one) => one.partner_name,
    cell: (one) => (
      <>
        {one.partner_name}
        <span className="quiet block mono">{one.partner}</span>
      </>
    ),
  },
  { key: "route", head: t.payouts.route, by: (one) => one.route ?? "", cell: (one) => one.route ?? t.payouts.noRoute },
  {
    key: "amount",
    head: t.payouts.amount,
    align: "right",
    by: (one) => one.money.amount,
    cell: (one) => <Money value={one.money.amount} currency={one.money.currency} />,
  },
];

const STATE: Column<PayoutPayment> = {
  key: "state",
  head: t.payouts.state,
  by: (one) => one.state ?? "",
  cell: (one) => (one.state ? <StateTag state={one.state} /> : null),
};

export function PaymentList({ file, label, payments }: { file: string; label: string; payments: PayoutPayment[] }) {
  const hasStates = payments.some((one) => one.state);
  return (
    <Table
      file={file}
      label={label}
      columns={hasStates ? [...COLUMNS, STATE] : COLUMNS}
      rows={payments}
      keyOf={(one) => `${one.partner} ${one.money.currency}`}
    />
  );
}

/** Totals by currency, each an amount of the API. */
export function Totals({ totals }: { totals: Record<string, string> }) {
  return (
    <>
      {Object.entries(totals).map(([currency, amount]) => (
        <span key={currency} className="block">
          <Money value={amount} currency={currency} />
        </span>
      ))}
    </>
  );
}
