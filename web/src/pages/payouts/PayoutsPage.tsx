// Payouts: the one that is to come, step by step, and those that were ordered.
import { Button, Select, TextInput } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api } from "../../client";
import { dayText, withDays } from "../../format/dates";
import { countText } from "../../format/money";
import { Page, Panel, Tag } from "../../parts/bits";
import { Question } from "../../parts/Question";
import { Answer, Empty, Refused } from "../../parts/States";
import { ApproveTotals, Step, type StepState, WhyNot } from "../../parts/Steps";
import { type Column, Table } from "../../parts/Table";
import { payoutPreviewQuery, payoutsQuery, useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { Payouts } from "../../wire";
import { PaymentList, Totals } from "./PaymentList";

type Waiting = NonNullable<Payouts["waiting"]>;

export function PayoutsPage() {
  const payouts = useQuery(payoutsQuery);
  return <Answer of={payouts}>{(one) => <Shown payouts={one} />}</Answer>;
}

/** Which step comes next follows from what the API says waits; whether one may take it, the API says too. */
function statesOf({ waiting }: Payouts): [StepState, StepState, StepState] {
  if (!waiting) {
    return ["isNext", "waits", "waits"];
  }
  const isAsked = waiting.consents.some((one) => !one.given_by);
  return isAsked || waiting.approved_by.length < waiting.approvals_needed
    ? ["isDone", "isNext", "waits"]
    : ["isDone", "isDone", "isNext"];
}

/** The day after which it is in the reader's own zone, as a date field has it. */
function today(): string {
  const now = new Date();
  const two = (part: number) => String(part).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

function Shown({ payouts }: { payouts: Payouts }) {
  const { waiting, closed_until: closed } = payouts;
  const [looked, setLooked] = useState<string | undefined>(undefined);
  const [prepare, approve, order] = statesOf(payouts);
  return (
    <Page
      title={t.payouts.title}
      lead={t.payouts.lead}
      actions={
        <Tag tone={closed ? "good" : "plain"} icon={<IconLock size={13} aria-hidden />}>
          {closed ? t.close.closedUntil(dayText(closed)) : t.payouts.nothingClosed}
        </Tag>
      }
    >
      {closed ? (
        <>
          <div className="home">
            <div className="home-main">
              <Panel title={t.payouts.steps}>
                <ol className="steps">
                  <Step number={1} title={t.payouts.prepare} lead={t.payouts.prepareLead} state={prepare}>
                    <Prepare payouts={payouts} onLook={setLooked} />
                  </Step>
                  <Step number={2} title={t.payouts.approve} lead={t.payouts.approveLead} state={approve}>
                    {waiting ? <Approve payouts={payouts} waiting={waiting} /> : null}
                  </Step>
                  <Step number={3} title={t.payouts.order} lead={t.payouts.orderLead} state={order}>
                    {waiting ? <Order payouts={payouts} waiting={waiting} /> : null}
                  </Step>
                </ol>
              </Panel>
              {waiting ? <Preview on={waiting.on} /> : looked ? <Preview on={looked} /> : null}
            </div>
            <div className="home-side">{waiting ? <Waits waiting={waiting} /> : null}</div>
          </div>
          <History ordered={payouts.ordered} />
        </>
      ) : (
        <Empty title={t.payouts.nothingClosed}>{t.payouts.nothingClosedLead}</Empty>
      )}
    </Page>
  );
}

function Prepare({ payouts, onLook }: { payouts: Payouts; onLook: (on: string) => void }) {
  const areOld = useFiguresAreOld();
  const { waiting } = payouts;
  const [on, setOn] = useState(waiting?.on ?? today());
  const prepare = useMutation({
    mutationFn: () => answered(api.POST("/v1/payouts/prepare", { body: { on } })),
    onSuccess: areOld,
  });
  return (
    <>
      <div className="step-row">
        <TextInput
          type="date"
          label={t.payouts.on}
          value={on}
          onChange={(event) => setOn(event.currentTarget.value)}
          required
          withAsterisk={false}
        />
      </div>
      <div className="form-actions">
        {waiting ? null : (
          <Button variant="default" disabled={on === ""} onClick={() => onLook(on)}>
            {t.payouts.look}
          </Button>
        )}
        <Button
          variant={waiting ? "default" : "filled"}
          disabled={!payouts.steps.prepare.is_allowed || on === ""}
          loading={prepare.isPending}
          onClick={() => prepare.mutate()}
        >
          {waiting ? t.payouts.again : t.payouts.prepareGo}
        </Button>
      </div>
      <WhyNot may={payouts.steps.prepare} />
      <Refused error={prepare.error} />
    </>
  );
}

/** Approves, and consents for an office where a plan asks for the consent of one. */
function Approve({ payouts, waiting }: { payouts: Payouts; waiting: Waiting }) {
  const areOld = useFiguresAreOld();
  const missing = waiting.consents.filter((one) => !one.given_by).map((one) => one.of);
  const [chosen, setChosen] = useState<string | null>(null);
  const office = chosen !== null && missing.includes(chosen) ? chosen : (missing[0] ?? null);
  return (
    <ApproveTotals
      may={payouts.steps.approve}
      currencies={Object.keys(waiting.totals)}
      approve={(totals) => answered(api.POST("/v1/payouts/approve", { body: { totals, office } }))}
      onDone={areOld}
      besides={
        missing.length > 0 ? (
          <Select
            label={t.payouts.office}
            description={t.payouts.officeHelp}
            data={missing}
            value={office}
            onChange={setChosen}
            allowDeselect={false}
          />
        ) : null
      }
    />
  );
}

function Order({ payouts, waiting }: { payouts: Payouts; waiting: Waiting }) {
  const areOld = useFiguresAreOld();
  const [isAsked, setAsked] = useState(false);
  const may = payouts.steps.order;
  const order = useMutation({
    mutationFn: () => answered(api.POST("/v1/payouts/order")),
    onSuccess: async () => {
      setAsked(false);
      await areOld();
    },
  });
  const words = t.payouts.orderGo(waiting.payout);
  return (
    <>
      <Button disabled={!may.is_allowed} onClick={() => setAsked(true)}>
        {words}
      </Button>
      <WhyNot may={may} />
      <Question title={t.payouts.orderTitle} isOpen={isAsked} onClose={() => setAsked(false)}>
        <p>{t.payouts.orderAsk(t.payouts.payments(waiting.payments), dayText(waiting.on))}</p>
        <Refused error={order.error} />
        <div className="form-actions">
          <Button loading={order.isPending} onClick={() => order.mutate()} data-autofocus>
            {words}
          </Button>
          <Button variant="default" onClick={() => setAsked(false)}>
            {t.close.cancel}
          </Button>
        </div>
      </Question>
    </>
  );
}

function Waits({ waiting }: { waiting: Waiting }) {
  return (
    <Panel title={t.payouts.waiting(waiting.payout)} lead={dayText(waiting.on)}>
      <dl className="figures control">
        <div className="control-total">
          <dt>{t.payouts.total}</dt>
          <dd>
            <Totals totals={waiting.totals} />
          </dd>
        </div>
        <div>
          <dt>{t.payouts.count}</dt>
          <dd>{countText(waiting.payments)}</dd>
        </div>
        <div>
          <dt>{t.payouts.preparedBy}</dt>
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
      </dl>
      {waiting.consents.length > 0 ? (
        <div className="look-twice">
          <h3>{t.payouts.consents}</h3>
          <ul>
            {waiting.consents.map((one) => (
              <li key={one.of}>
                {one.of}: {one.because}; {one.given_by ? t.payouts.consentBy(one.given_by) : t.payouts.consentMissing}
              </li>
            ))}
          </ul>
        </div>
      ) : null}
      {waiting.checks.length > 0 ? (
        <div className="look-twice">
          <h3>{t.payouts.checks}</h3>
          <ul>
            {waiting.checks.map((check) => (
              <li key={check}>{withDays(check)}</li>
            ))}
          </ul>
        </div>
      ) : null}
    </Panel>
  );
}

function Preview({ on }: { on: string }) {
  const preview = useQuery(payoutPreviewQuery(on));
  return (
    <Answer of={preview}>
      {(one) => (
        <>
          <Panel
            title={t.payouts.preview(one.payout, dayText(one.on))}
            lead={one.new_accounts > 0 ? t.payouts.newAccounts(one.new_accounts) : undefined}
            actions={
              <strong>
                <Totals totals={one.totals} />
              </strong>
            }
          >
            {one.payments.length > 0 ? (
              <PaymentList
                file={`payout-${one.payout}`}
                label={t.payouts.preview(one.payout, dayText(one.on))}
                payments={one.payments}
              />
            ) : (
              <Empty title={t.payouts.nothing}>{t.payouts.nothingLead}</Empty>
            )}
          </Panel>
          <Panel title={t.payouts.waits}>
            {one.waits.length > 0 ? <Held waits={one.waits} /> : <p className="quiet">{t.payouts.waitsNothing}</p>}
          </Panel>
        </>
      )}
    </Answer>
  );
}

/** How many reasons are shown before one asks for all. */
const HELD_SHOWN = 12;

function Held({ waits }: { waits: readonly string[] }) {
  const [isAll, setAll] = useState(false);
  return (
    <>
      <ul className="waits">
        {(isAll ? waits : waits.slice(0, HELD_SHOWN)).map((says) => (
          <li key={says}>{withDays(says)}</li>
        ))}
      </ul>
      {!isAll && waits.length > HELD_SHOWN ? (
        <div className="more-row">
          <Button variant="default" onClick={() => setAll(true)}>
            {t.payouts.showAll(waits.length)}
          </Button>
        </div>
      ) : null}
    </>
  );
}

type Ordered = Payouts["ordered"][number];

const COLUMNS: Column<Ordered>[] = [
  {
    key: "payout",
    head: t.payouts.number,
    by: (one) => String(one.payout),
    cell: (one) => (
      <Link to="/payouts/$payout" params={{ payout: String(one.payout) }}>
        {t.payouts.one(one.payout)}
      </Link>
    ),
  },
  { key: "on", head: t.payouts.day, by: (one) => one.on, cell: (one) => dayText(one.on) },
  {
    key: "payments",
    head: t.payouts.count,
    align: "right",
    by: (one) => String(one.payments),
    cell: (one) => countText(one.payments),
  },
  {
    key: "became",
    head: t.payouts.became,
    cell: (one) => t.payouts.becameOf(one.paid, one.returned, one.unknown, one.open),
  },
  { key: "total", head: t.payouts.total, align: "right", cell: (one) => <Totals totals={one.totals} /> },
];

function History({ ordered }: { ordered: Payouts["ordered"] }) {
  return (
    <Panel title={t.payouts.history}>
      {ordered.length === 0 ? (
        <p className="quiet">{t.payouts.none}</p>
      ) : (
        <Table label={t.payouts.history} columns={COLUMNS} rows={ordered} keyOf={(one) => String(one.payout)} />
      )}
    </Panel>
  );
}
