// Closing a period: calculated by one, approved by another over totals typed from their own check, closed for good.

import { IconLock } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { dayText } from "../../format/dates";
import { countText } from "../../format/money";
import { Page, Panel, Tag } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { Answer, Empty } from "../../parts/States";
import { type Column, Table } from "../../parts/Table";
import { periodsQuery } from "../../queries";
import { t } from "../../strings";
import type { Periods } from "../../wire";
import { Steps } from "./Steps";

export function ClosePage() {
  const periods = useQuery(periodsQuery);
  return <Answer of={periods}>{(one) => <Shown periods={one} />}</Answer>;
}

function Shown({ periods }: { periods: Periods }) {
  const closed = periods.closed_until;
  return (
    <Page
      title={t.close.title}
      lead={t.close.lead}
      actions={
        <Tag tone={closed ? "good" : "plain"} icon={<IconLock size={13} aria-hidden />}>
          {closed ? t.close.closedUntil(dayText(closed)) : t.close.nothingClosed}
        </Tag>
      }
    >
      {periods.has_journal ? (
        <>
          <div className="home">
            <div className="home-main">
              <Steps periods={periods} />
            </div>
            <div className="home-side">{periods.waiting ? <Calculation waiting={periods.waiting} /> : null}</div>
          </div>
          <History closed={periods.closed} />
        </>
      ) : (
        <Empty title={t.close.noJournal}>{t.close.noJournalLead}</Empty>
      )}
    </Page>
  );
}

function Calculation({ waiting }: { waiting: NonNullable<Periods["waiting"]> }) {
  const rows: [string, number, boolean][] = [
    [t.close.lines, waiting.lines, false],
    [t.close.partners, waiting.partners, false],
    [t.close.open, waiting.open, waiting.open > 0],
    [t.close.unsigned, waiting.unsigned, waiting.unsigned > 0],
  ];
  return (
    <Panel title={t.close.facts} lead={dayText(waiting.until)}>
      <dl className="figures control">
        {Object.entries(waiting.totals).map(([currency, amount]) => (
          <div key={`falls ${currency}`} className="control-total">
            <dt>{t.close.falls}</dt>
            <dd>
              <Money value={amount} currency={currency} />
            </dd>
          </div>
        ))}
        {Object.entries(waiting.payable).map(([currency, amount]) => (
          <div key={`payable ${currency}`}>
            <dt>{t.close.payable}</dt>
            <dd>
              <Money value={amount} currency={currency} />
            </dd>
          </div>
        ))}
        {rows.map(([word, count, isGrave]) => (
          <div key={word} className={isGrave ? "is-grave" : ""}>
            <dt>{word}</dt>
            <dd>{countText(count)}</dd>
          </div>
        ))}
        <div>
          <dt>{t.close.by}</dt>
          <dd className="mono">{waiting.by}</dd>
        </div>
        <div>
          <dt>{t.close.approvedBy}</dt>
          <dd>
            {waiting.approved_by.length > 0 ? waiting.approved_by.join(", ") : t.close.nobody}
            <span className="quiet block">
              {t.close.approvals(waiting.approved_by.length, waiting.approvals_needed)}
            </span>
          </dd>
        </div>
        <div>
          <dt>{t.close.run}</dt>
          <dd className="mono hash">{waiting.run}</dd>
        </div>
        <div>
          <dt>{t.close.digest}</dt>
          <dd className="mono hash">{waiting.sha256}</dd>
        </div>
      </dl>
    </Panel>
  );
}

type Closed = Periods["closed"][number];

const COLUMNS: Column<Closed>[] = [
  { key: "until", head: t.close.until, by: (one) => one.until, cell: (one) => dayText(one.until) },
  { key: "act", head: t.close.act, align: "right", by: (one) => String(one.act), cell: (one) => countText(one.act) },
  { key: "run", head: t.close.run, by: (one) => one.run, cell: (one) => <span className="mono hash">{one.run}</span> },
];

function History({ closed }: { closed: Periods["closed"] }) {
  return (
    <Panel title={t.close.history}>
      {closed.length === 0 ? (
        <p className="quiet">{t.close.nothingClosed}</p>
      ) : (
        <Table
          file="closed-periods"
          label={t.close.history}
          columns={COLUMNS}
          rows={closed}
          keyOf={(one) => String(one.act)}
        />
      )}
    </Panel>
  );
}
