// A partner's facts: what counts for it, searched and paged, and the way to say that a row is in doubt.
import { Button, Select, Textarea, TextInput } from "@mantine/core";
import { IconFlag } from "@tabler/icons-react";
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api } from "../../client";
import { dayText } from "../../format/dates";
import { isDecimal } from "../../format/decimal";
import { amountText, countText } from "../../format/money";
import { Page, Panel, Tag } from "../../parts/bits";
import { Question } from "../../parts/Question";
import { Answer, Empty, Refused } from "../../parts/States";
import { WhyNot } from "../../parts/Steps";
import { type Column, Table } from "../../parts/Table";
import { factsQuery, useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { Fact, FactPage } from "../../wire";

/** How many rows a page has. */
const PAGE = 50;

export function FactsPage() {
  const { partner } = useParams({ from: "/shell/partners/$partner/facts" });
  const asked = useSearch({ from: "/shell/partners/$partner/facts" });
  const page = useQuery({ ...factsQuery(partner, asked), placeholderData: keepPreviousData });
  return <Answer of={page}>{(one) => <Shown key={partner} page={one} isOld={page.isPlaceholderData} />}</Answer>;
}

function Shown({ page, isOld }: { page: FactPage; isOld: boolean }) {
  const [doubted, setDoubted] = useState<Fact | undefined>(undefined);
  return (
    <Page
      above={
        <Link to="/partners/$partner" params={{ partner: page.partner }}>
          {page.partner_name}
        </Link>
      }
      title={t.facts.title}
      lead={t.facts.lead}
    >
      <Panel title={t.whatIf.column(page.kind)} lead={page.is} actions={<Tag>{t.facts.count(page.count)}</Tag>}>
        <Filters page={page} />
        <div aria-busy={isOld}>
          {page.facts.length === 0 ? (
            <Empty title={t.facts.none}>{t.facts.noneLead}</Empty>
          ) : (
            <Table
              label={t.whatIf.column(page.kind)}
              columns={columnsOf(page, setDoubted)}
              rows={page.facts}
              keyOf={(fact) => fact.id}
              isMarked={(fact) => Boolean(fact.doubted)}
              file={`facts-${page.kind}`}
            />
          )}
        </div>
        <Pages page={page} />
        <WhyNot may={page.may_doubt} />
      </Panel>
      <Doubt partner={page.partner} fact={doubted} onClose={() => setDoubted(undefined)} />
    </Page>
  );
}

function Filters({ page }: { page: FactPage }) {
  const asked = useSearch({ from: "/shell/partners/$partner/facts" });
  const navigate = useNavigate({ from: "/partners/$partner/facts" });
  const [said, setSaid] = useState({ holds: asked.holds ?? "", from: asked.from ?? "", until: asked.until ?? "" });
  const go = (kind: string | undefined) =>
    void navigate({
      search: {
        ...(kind ? { kind } : {}),
        ...Object.fromEntries(Object.entries(said).filter(([, text]) => text.trim() !== "")),
      },
    });
  const field = (key: keyof typeof said) => ({
    value: said[key],
    onChange: (event: { currentTarget: { value: string } }) => {
      const value = event.currentTarget.value;
      setSaid((old) => ({ ...old, [key]: value }));
    },
  });
  return (
    <form
      className="filters facts-filters"
      onSubmit={(event) => {
        event.preventDefault();
        go(asked.kind);
      }}
    >
      {page.kinds.length > 1 ? (
        <Select
          label={t.whatIf.kind}
          data={page.kinds.map((one) => ({ value: one, label: t.whatIf.column(one) }))}
          value={page.kind}
          onChange={(next) => go(next ?? undefined)}
          allowDeselect={false}
        />
      ) : null}
      <TextInput label={t.facts.holds} {...field("holds")} type="search" autoComplete="off" />
      <TextInput label={t.facts.from} {...field("from")} type="date" />
      <TextInput label={t.facts.until} {...field("until")} type="date" />
      <Button type="submit" variant="default">
        {t.facts.find}
      </Button>
    </form>
  );
}

function columnsOf(page: FactPage, onDoubt: (fact: Fact) => void): Column<Fact>[] {
  const columns = page.columns.map(({ name, holds }, at): Column<Fact> => {
    const isNumber = ["money", "count", "score", "ratio"].includes(holds);
    return {
      key: name,
      head: t.whatIf.column(name),
      by: (fact) => fact.cells[at] ?? "",
      ...(isNumber ? { align: "right" as const } : {}),
      cell: (fact) => cellText(fact.cells[at], holds, page.currency),
    };
  });
  return [
    ...columns,
    {
      key: "id",
      head: t.facts.id,
      by: (fact) => fact.id,
      cell: (fact) => (
        <>
          <code>{fact.id}</code>
          {fact.share === "1" ? null : <span className="quiet block">{t.explain.share(fact.share)}</span>}
        </>
      ),
    },
    {
      key: "doubt",
      head: undefined,
      label: t.facts.doubt,
      cell: (fact) =>
        fact.doubted ? (
          <span>
            <Tag tone="wait">{t.facts.inDoubt}</Tag>
            <span className="quiet block">
              {dayText(fact.doubted.on)}: {fact.doubted.because}
            </span>
          </span>
        ) : page.may_doubt.is_allowed ? (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconFlag size={15} aria-hidden />}
            aria-label={t.facts.doubtOf(fact.id)}
            onClick={() => onDoubt(fact)}
          >
            {t.facts.doubt}
          </Button>
        ) : null,
    },
  ];
}

function cellText(text: string | null | undefined, holds: string, currency: string): string {
  if (text === null || text === undefined) {
    return t.whatIf.unsaid;
  }
  if (holds === "money") {
    return amountText(text, currency);
  }
  return holds === "date" ? dayText(text) : holds === "count" && isDecimal(text) ? amountCount(text) : text;
}

/** A count as the API has it: whole ones without a fraction. */
function amountCount(text: string): string {
  return text.includes(".") ? text : countText(Number.parseInt(text, 10));
}

function Pages({ page }: { page: FactPage }) {
  const asked = useSearch({ from: "/shell/partners/$partner/facts" });
  const navigate = useNavigate({ from: "/partners/$partner/facts" });
  const skipped = asked.skip ?? 0;
  if (skipped === 0 && (page.next === null || page.next === undefined)) {
    return null;
  }
  const go = (skip: number) => {
    const { skip: _, ...rest } = asked;
    void navigate({ search: skip > 0 ? { ...rest, skip } : rest });
  };
  return (
    <nav className="more-row" aria-label={t.facts.pages}>
      <Button variant="default" disabled={skipped === 0} onClick={() => go(Math.max(0, skipped - PAGE))}>
        {t.facts.newer}
      </Button>
      <span className="quiet">{t.facts.shown(skipped + 1, skipped + page.facts.length, page.count)}</span>
      <Button
        variant="default"
        disabled={page.next === null || page.next === undefined}
        onClick={() => go(page.next ?? 0)}
      >
        {t.facts.older}
      </Button>
    </nav>
  );
}

function Doubt({ partner, fact, onClose }: { partner: string; fact: Fact | undefined; onClose: () => void }) {
  const areOld = useFiguresAreOld();
  const [because, setBecause] = useState("");
  const send = useMutation({
    mutationFn: (id: string) =>
      answered(
        api.POST("/v1/partners/{partner}/facts/doubt", {
          params: { path: { partner } },
          body: { fact: id, because },
        }),
      ),
    onSuccess: async () => {
      setBecause("");
      onClose();
      await areOld();
    },
  });
  return (
    <Question title={t.facts.doubtTitle} isOpen={fact !== undefined} onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (fact) {
            send.mutate(fact.id);
          }
        }}
      >
        <p>{t.facts.doubtLead}</p>
        <p>
          <code>{fact?.id}</code>
        </p>
        <Textarea
          label={t.facts.because}
          description={t.dispute.becauseHelp}
          value={because}
          onChange={(event) => setBecause(event.currentTarget.value)}
          rows={3}
          maxLength={2000}
          required
          withAsterisk={false}
          data-autofocus
        />
        <Refused error={send.error} />
        <div className="form-actions">
          <Button type="submit" loading={send.isPending}>
            {t.facts.send}
          </Button>
          <Button variant="default" onClick={onClose}>
            {t.close.cancel}
          </Button>
        </div>
      </form>
    </Question>
  );
}
