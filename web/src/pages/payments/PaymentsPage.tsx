// A partner's payments: where the money stands, what waits and for what, what was paid and by which way.
import { IconBuildingBank, IconHourglass } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { dayText, withDays } from "../../format/dates";
import { Page, Panel } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { Answer } from "../../parts/States";
import { StateTag } from "../../parts/StateTag";
import { type Column, Table } from "../../parts/Table";
import { paymentsQuery } from "../../queries";
import { t } from "../../strings";
import type { PartnerPayments } from "../../wire";
import { Standings } from "../home/Standings";

export function PaymentsPage() {
  const { partner } = useParams({ from: "/shell/partners/$partner/payments" });
  const payments = useQuery(paymentsQuery(partner));
  return <Answer of={payments}>{(one) => <Shown of={one} />}</Answer>;
}

function Shown({ of }: { of: PartnerPayments }) {
  return (
    <Page
      above={
        <Link to="/partners/$partner" params={{ partner: of.partner }}>
          {of.partner_name}
        </Link>
      }
      title={t.payments.title}
      lead={t.payments.lead}
    >
      <Standings money={of.money} />
      <div className="halves">
        <Way of={of} />
        <Waits of={of} />
      </div>
      <List of={of} />
    </Page>
  );
}

function Way({ of }: { of: PartnerPayments }) {
  return (
    <Panel title={t.payments.way}>
      <div className="way">
        <IconBuildingBank size={22} aria-hidden />
        <div>
          <p className="way-title">{of.route ? t.payments.by(of.route) : t.payments.noWay}</p>
          <p className="quiet">
            {of.route ? (of.account ? t.payments.account(of.account) : null) : t.payments.noWayLead}
          </p>
          {of.is_profile_waiting ? <p className="quiet">{t.payments.waitingProfile}</p> : null}
        </div>
      </div>
    </Panel>
  );
}

function Waits({ of }: { of: PartnerPayments }) {
  return (
    <Panel title={t.payments.waits}>
      {of.waits.length === 0 ? (
        <p className="quiet">{t.payments.waitsNothing}</p>
      ) : (
        <ul className="waits">
          {of.waits.map((one) => (
            <li key={`${one.because} ${one.money?.amount ?? ""}`}>
              <IconHourglass size={16} aria-hidden />
              <span>
                {one.money ? (
                  <strong className="block">
                    <Money value={one.money.amount} currency={one.money.currency} />
                  </strong>
                ) : null}
                {withDays(one.because)}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

type Payment = PartnerPayments["payments"][number];

const COLUMNS: Column<Payment>[] = [
  { key: "on", head: t.payouts.day, by: (one) => one.on, cell: (one) => dayText(one.on) },
  {
    key: "payout",
    head: t.payouts.number,
    by: (one) => String(one.payout),
    cell: (one) => t.payouts.one(one.payout),
  },
  { key: "route", head: t.payouts.route, by: (one) => one.route ?? "", cell: (one) => one.route ?? t.payouts.noRoute },
  { key: "state", head: t.payouts.state, by: (one) => one.state, cell: (one) => <StateTag state={one.state} /> },
  {
    key: "amount",
    head: t.payouts.amount,
    align: "right",
    by: (one) => one.money.amount,
    cell: (one) => <Money value={one.money.amount} currency={one.money.currency} />,
  },
];

function List({ of }: { of: PartnerPayments }) {
  return (
    <Panel title={t.payments.list}>
      {of.payments.length === 0 ? (
        <p className="quiet">{t.payments.none}</p>
      ) : (
        <Table
          file={`payments-${of.partner}`}
          label={t.payments.list}
          columns={COLUMNS}
          rows={of.payments}
          keyOf={(one) => `${one.payout} ${one.money.currency}`}
        />
      )}
    </Panel>
  );
}
