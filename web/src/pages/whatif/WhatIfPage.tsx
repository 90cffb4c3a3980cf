// "If I close …": rows that somebody expects, and what the engine says that they would pay. The rows stand in the address.
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Refusal } from "../../client";
import { Page } from "../../parts/bits";
import { Answer, Empty, Loading, NoAnswer, Refused } from "../../parts/States";
import { whatIfFormQuery, whatIfQuery } from "../../queries";
import { t } from "../../strings";
import type { WhatIfForm, WhatIfRow } from "../../wire";
import { Rows } from "./Rows";
import { Told } from "./Told";

export function WhatIfPage() {
  const { partner } = useParams({ from: "/shell/partners/$partner/what-if" });
  const form = useQuery(whatIfFormQuery(partner));
  return <Answer of={form}>{(one) => <Shown key={partner} form={one} />}</Answer>;
}

function Shown({ form }: { form: WhatIfForm }) {
  const { rows } = useSearch({ from: "/shell/partners/$partner/what-if" });
  const navigate = useNavigate({ from: "/partners/$partner/what-if" });
  const answer = useQuery({ ...whatIfQuery(form.partner, rows ?? []), enabled: rows !== undefined });
  const wrong = answer.error instanceof Refusal ? answer.error.parts : undefined;
  const ask = (next: WhatIfRow[]) => {
    // The same question again is asked again: facts may be others now.
    if (JSON.stringify(next) === JSON.stringify(rows)) {
      void answer.refetch();
    } else {
      void navigate({ search: { rows: next }, resetScroll: false });
    }
  };
  return (
    <Page
      above={
        <Link to="/partners/$partner" params={{ partner: form.partner }}>
          {form.partner_name}
        </Link>
      }
      title={t.whatIf.title}
      lead={t.whatIf.lead(form.plan_title)}
    >
      <div className="what-if">
        <Rows form={form} asked={rows} wrong={wrong} isAsking={answer.isFetching} onAsk={ask} />
        <div className="what-if-told" aria-live="polite">
          {rows === undefined ? (
            <Empty title={t.whatIf.askTitle}>{t.whatIf.ask}</Empty>
          ) : answer.data && !answer.error ? (
            <Told answer={answer.data} />
          ) : answer.error && wrong && wrong.size > 0 ? (
            <Refused error={answer.error} />
          ) : answer.error ? (
            <NoAnswer error={answer.error} again={() => void answer.refetch()} />
          ) : (
            <Loading rows={3} />
          )}
        </div>
      </div>
    </Page>
  );
}
