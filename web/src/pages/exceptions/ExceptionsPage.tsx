// Exceptions: what waits for another person, what was decided, and the form to propose one or to give up what is owed.
import { Button, SegmentedControl } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api } from "../../client";
import { dayText } from "../../format/dates";
import { moneyText } from "../../format/money";
import { Page, Panel, Tag } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { Question } from "../../parts/Question";
import { Answer, Empty, Refused } from "../../parts/States";
import { WhyNot } from "../../parts/Steps";
import { type Column, Table } from "../../parts/Table";
import { exceptionsQuery, useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { Exception, ExceptionList } from "../../wire";
import { Propose } from "./Propose";

export function ExceptionsPage() {
  const list = useQuery(exceptionsQuery);
  return <Answer of={list}>{(one) => <Shown list={one} />}</Answer>;
}

function Shown({ list }: { list: ExceptionList }) {
  const { show } = useSearch({ from: "/shell/exceptions" });
  const navigate = useNavigate({ from: "/exceptions" });
  const isAll = show === "all";
  const waiting = list.exceptions.filter((one) => !one.approved_by);
  const done = list.exceptions.filter((one) => one.approved_by);
  return (
    <Page
      title={t.exceptions.title}
      lead={t.exceptions.lead}
      actions={
        <SegmentedControl
          aria-label={t.exceptions.filter}
          data={[
            { value: "waiting", label: t.exceptions.waiting },
            { value: "all", label: t.exceptions.all },
          ]}
          value={isAll ? "all" : "waiting"}
          onChange={(next) => void navigate({ search: next === "all" ? { show: "all" } : {} })}
        />
      }
    >
      <div className="home">
        <div className="home-main">
          {waiting.length === 0 && !isAll ? <Empty title={t.exceptions.none}>{t.exceptions.noneLead}</Empty> : null}
          {waiting.map((one) => (
            <Waiting key={one.id} one={one} />
          ))}
          {isAll ? <History done={done} /> : null}
        </div>
        <div className="home-side">
          <Propose list={list} />
        </div>
      </div>
    </Page>
  );
}

function about(one: Exception): string {
  return one.gives_up
    ? t.exceptions.givesUp(one.gives_up.component, dayText(one.gives_up.settled_on))
    : one.money.amount.startsWith("-")
      ? t.exceptions.takes
      : t.exceptions.gives;
}

function Waiting({ one }: { one: Exception }) {
  const areOld = useFiguresAreOld();
  const [isAsked, setAsked] = useState(false);
  const approve = useMutation({
    mutationFn: () =>
      answered(api.POST("/v1/exceptions/{exception}/approve", { params: { path: { exception: one.id } } })),
    onSuccess: async () => {
      setAsked(false);
      await areOld();
    },
  });
  return (
    <section className="panel thread" aria-label={t.exceptions.one(one.id)}>
      <header className="thread-head">
        <div>
          <h2>
            <Link to="/partners/$partner" params={{ partner: one.partner }}>
              {one.partner_name}
            </Link>
          </h2>
          <p className="quiet">
            {t.exceptions.one(one.id)} · {about(one)}
          </p>
        </div>
        <Tag tone="wait">{t.exceptions.waits}</Tag>
      </header>
      <p className="now-total">
        <Money value={one.money.amount} currency={one.money.currency} sign={!one.gives_up} />
      </p>
      <blockquote className="said">
        <p className="pre">{one.because}</p>
        <footer className="quiet">
          <code>{one.reason}</code> · {dayText(one.on)} · {t.exceptions.by} <code>{one.proposed_by}</code>
        </footer>
      </blockquote>
      <div className="form-actions">
        <Button disabled={!one.may_approve.is_allowed} onClick={() => setAsked(true)}>
          {t.exceptions.approve}
        </Button>
      </div>
      <WhyNot may={one.may_approve} />
      <Question title={t.exceptions.confirmTitle} isOpen={isAsked} onClose={() => setAsked(false)}>
        <p>{t.exceptions.confirm(moneyText(one.money), one.partner_name, about(one))}</p>
        <Refused error={approve.error} />
        <div className="form-actions">
          <Button loading={approve.isPending} onClick={() => approve.mutate()} data-autofocus>
            {t.exceptions.approveIt}
          </Button>
          <Button variant="default" onClick={() => setAsked(false)}>
            {t.close.cancel}
          </Button>
        </div>
      </Question>
    </section>
  );
}

const COLUMNS: Column<Exception>[] = [
  {
    key: "exception",
    head: t.exceptions.number,
    by: (one) => String(one.id),
    cell: (one) => one.id,
  },
  {
    key: "partner",
    head: t.exceptions.partner,
    by: (one) => one.partner_name,
    cell: (one) => (
      <>
        <Link to="/partners/$partner" params={{ partner: one.partner }}>
          {one.partner_name}
        </Link>
        <span className="quiet block">{about(one)}</span>
      </>
    ),
  },
  {
    key: "reason",
    head: t.exceptions.why,
    by: (one) => one.reason,
    cell: (one) => (
      <>
        <code>{one.reason}</code>
        <span className="quiet block pre">{one.because}</span>
      </>
    ),
  },
  { key: "on", head: t.exceptions.day, by: (one) => one.on, cell: (one) => dayText(one.on) },
  {
    key: "people",
    head: t.exceptions.people,
    cell: (one) => (
      <>
        <code>{one.proposed_by}</code>
        <span className="block">
          <code>{one.approved_by}</code>
        </span>
      </>
    ),
  },
  {
    key: "amount",
    head: t.exceptions.amount,
    align: "right",
    by: (one) => one.money.amount,
    cell: (one) => <Money value={one.money.amount} currency={one.money.currency} />,
  },
];

function History({ done }: { done: readonly Exception[] }) {
  return (
    <Panel title={t.exceptions.history}>
      {done.length === 0 ? (
        <p className="quiet">{t.exceptions.historyNone}</p>
      ) : (
        <Table
          label={t.exceptions.history}
          columns={COLUMNS}
          rows={done}
          keyOf={(one) => String(one.id)}
          file="exceptions"
        />
      )}
    </Panel>
  );
}
