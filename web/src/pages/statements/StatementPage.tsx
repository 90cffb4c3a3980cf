// One statement: its total, its lines, each with the way to why; beside it the period before, corrections, what is in force.
import { Button, Select } from "@mantine/core";
import { IconArrowLeft, IconArrowRight, IconGitCompare } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { spanText, withDays } from "../../format/dates";
import { figureText } from "../../format/figure";
import { Notes, Page, Panel, StandingTag } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { Answer } from "../../parts/States";
import { statementQuery, statementsQuery } from "../../queries";
import { t } from "../../strings";
import type { Statement } from "../../wire";
import { Accepted } from "./Accepted";
import { Besides } from "./Besides";
import { Compared } from "./Compared";
import { Downloads } from "./Downloads";
import { ExplainDrawer } from "./ExplainDrawer";
import { LineTable } from "./LineTable";

const FROM = "/shell/partners/$partner/statements/$period";

export function StatementPage() {
  const { partner, period } = useParams({ from: FROM });
  const statement = useQuery({ ...statementQuery(partner, period), placeholderData: keepPreviousData });
  return <Answer of={statement}>{(one) => <Shown statement={one} />}</Answer>;
}

function Shown({ statement }: { statement: Statement }) {
  const { partner, period } = useParams({ from: FROM });
  const { line: lineId, compare } = useSearch({ from: FROM });
  const navigate = useNavigate({ from: "/partners/$partner/statements/$period" });
  const line = statement.lines.find((one) => one.id === lineId);
  const open = (id: string | undefined) =>
    void navigate({
      search: (old) => ({ ...(old.compare ? { compare: true } : {}), ...(id === undefined ? {} : { line: id }) }),
      resetScroll: false,
    });
  return (
    <Page
      above={
        <Link to="/partners/$partner" params={{ partner }}>
          {statement.partner_name}
        </Link>
      }
      title={t.statement.title(statement.period)}
      lead={
        <>
          {spanText(statement.starts_on, statement.ends_on)} · {statement.title}
        </>
      }
      actions={<Actions statement={statement} partner={partner} period={period} isCompared={compare === true} />}
    >
      <Notes notes={statement.notes} />
      <Totals statement={statement} />
      <Accepted statement={statement} />
      <Panel title={t.statement.lines}>
        <LineTable statement={statement} opened={lineId} onOpen={open} />
        <p className="quiet under">
          {t.statement.under}: {withDays(statement.under)}
        </p>
      </Panel>
      {compare && statement.previous ? <Compared partner={partner} period={statement.period} onOpen={open} /> : null}
      <Besides statement={statement} />
      <ExplainDrawer partner={partner} period={statement.period} line={line} onClose={() => open(undefined)} />
    </Page>
  );
}

function Totals({ statement }: { statement: Statement }) {
  const { total, total_with_corrections: corrected } = statement;
  const isCorrected = statement.corrections.length > 0;
  return (
    <section className="totals" aria-label={t.statement.total}>
      <div>
        <p className="eyebrow">{t.statement.total}</p>
        <p className="standing-total">
          <Money value={total.amount} currency={total.currency} />
        </p>
      </div>
      {isCorrected ? (
        <div>
          <p className="eyebrow">{t.statement.withCorrections}</p>
          <p className="totals-second">
            <Money value={corrected.amount} currency={corrected.currency} />
          </p>
        </div>
      ) : null}
      <StandingTag standing={statement.standing} />
      {statement.objectives.length > 0 ? (
        <dl className="totals-figures">
          {statement.objectives
            .flatMap((objective) => objective.by)
            .slice(0, 3)
            .map((one) => (
              <div key={one.is}>
                <dt>{one.is}</dt>
                <dd>{figureText(one.figure)}</dd>
              </div>
            ))}
        </dl>
      ) : null}
    </section>
  );
}

function Actions({
  statement,
  partner,
  period,
  isCompared,
}: {
  statement: Statement;
  partner: string;
  period: string;
  isCompared: boolean;
}) {
  const list = useQuery(statementsQuery(partner));
  const navigate = useNavigate({ from: "/partners/$partner/statements/$period" });
  const to = (next: string) =>
    void navigate({ params: { partner, period: next }, search: isCompared ? { compare: true } : {} });
  const step = (next: string | null | undefined, word: string, icon: React.ReactNode) => (
    <Button
      variant="default"
      px="xs"
      disabled={!next}
      aria-label={next ? `${word}: ${next}` : word}
      onClick={() => next && to(next)}
    >
      {icon}
    </Button>
  );
  return (
    <>
      <span className="stepper">
        {step(statement.previous, t.statement.previous, <IconArrowLeft size={17} aria-hidden />)}
        <Select
          aria-label={t.statement.period}
          data={(list.data?.statements ?? []).map((one) => one.period)}
          value={period}
          onChange={(next) => next && to(next)}
          allowDeselect={false}
          w={150}
        />
        {step(statement.next, t.statement.next, <IconArrowRight size={17} aria-hidden />)}
      </span>
      <Button
        variant={isCompared ? "light" : "default"}
        leftSection={<IconGitCompare size={17} aria-hidden />}
        aria-pressed={isCompared}
        disabled={!statement.previous}
        onClick={() => void navigate({ search: isCompared ? {} : { compare: true }, resetScroll: false })}
      >
        {t.statement.compare}
      </Button>
      <Downloads statement={statement} />
    </>
  );
}
