import { useQuery } from "@tanstack/react-query";
import { Navigate, useParams } from "@tanstack/react-router";
import { Answer, Empty } from "../../parts/States";
import { statementsQuery } from "../../queries";
import { t } from "../../strings";

/** Leads to the latest statement. */
export function LatestPage() {
  const { partner } = useParams({ from: "/shell/partners/$partner/statements" });
  const list = useQuery(statementsQuery(partner));
  return (
    <Answer of={list}>
      {({ statements }) =>
        statements[0] ? (
          <Navigate
            to="/partners/$partner/statements/$period"
            params={{ partner, period: statements[0].period }}
            replace
          />
        ) : (
          <div className="page">
            <Empty title={t.statement.none}>{t.statement.noneLead}</Empty>
          </div>
        )
      }
    </Answer>
  );
}
