// Whom a change touches: what everyone would have been paid, winners and losers by name.
import { Loader } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { countText } from "../../format/money";
import { Money } from "../../parts/Money";
import { type Column, Table } from "../../parts/Table";
import { t } from "../../strings";
import type { PlanChecked } from "../../wire";

type OnOne = NonNullable<PlanChecked["effect"]>["most_gained"][number];

const COLUMNS: Column<OnOne>[] = [
  {
    key: "partner",
    head: t.plans.partner,
    by: (one) => one.partner_name,
    cell: (one) => (
      <Link to="/partners/$partner" params={{ partner: one.partner }}>
        {one.partner_name}
      </Link>
    ),
  },
  {
    key: "before",
    head: t.plans.before,
    align: "right",
    by: (one) => one.before.amount,
    cell: (one) => <Money value={one.before.amount} currency={one.before.currency} bare />,
  },
  {
    key: "after",
    head: t.plans.after,
    align: "right",
    by: (one) => one.after.amount,
    cell: (one) => <Money value={one.after.amount} currency={one.after.currency} bare />,
  },
  {
    key: "difference",
    head: t.plans.difference,
    align: "right",
    by: (one) => one.difference.amount,
    cell: (one) => <Money value={one.difference.amount} currency={one.difference.currency} sign bare />,
  },
];

export function Effect({ checked, isBusy }: { checked: PlanChecked | undefined; isBusy: boolean }) {
  const effect = checked?.effect;
  const busy = isBusy ? (
    <p className="quiet busy" role="status">
      <Loader size={14} aria-hidden /> {t.plans.working}
    </p>
  ) : null;
  if (!effect) {
    return (
      <>
        {busy}
        {isBusy ? null : <p className="quiet">{checked?.no_effect ?? t.plans.effectNone}</p>}
      </>
    );
  }
  const { before, after, difference } = effect;
  const people: [number, string, string][] = [
    [effect.winners, t.plans.winners, "more"],
    [effect.losers, t.plans.losers, "less"],
    [effect.unchanged, t.plans.unchanged, "same"],
  ];
  return (
    <div className={isBusy ? "is-old" : ""}>
      {busy}
      <p className="quiet">{t.plans.effectLead}</p>
      <p className="effect-total">
        <Money value={difference.amount} currency={difference.currency} sign />
      </p>
      <dl className="figures">
        <div>
          <dt>{t.plans.before}</dt>
          <dd>
            <Money value={before.amount} currency={before.currency} />
          </dd>
        </div>
        <div>
          <dt>{t.plans.after}</dt>
          <dd>
            <Money value={after.amount} currency={after.currency} />
          </dd>
        </div>
      </dl>
      <ul className="plain-list effect-people">
        {people.map(([count, word, tone]) => (
          <li key={word} className={`sign-${tone}`}>
            <strong>{countText(count)}</strong> {word}
          </li>
        ))}
      </ul>
      {effect.most_gained.length > 0 ? (
        <>
          <h2>{t.plans.mostGained}</h2>
          <Table
            label={t.plans.mostGained}
            columns={COLUMNS}
            file="gain-most"
            rows={effect.most_gained}
            keyOf={(one) => one.partner}
          />
        </>
      ) : null}
      {effect.most_lost.length > 0 ? (
        <>
          <h2>{t.plans.mostLost}</h2>
          <Table
            label={t.plans.mostLost}
            columns={COLUMNS}
            file="lose-most"
            rows={effect.most_lost}
            keyOf={(one) => one.partner}
          />
        </>
      ) : null}
    </div>
  );
}
