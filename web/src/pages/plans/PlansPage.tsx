import { IconArrowRight } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Page } from "../../parts/bits";
import { Answer, Empty } from "../../parts/States";
import { plansQuery } from "../../queries";
import { t } from "../../strings";

export function PlansPage() {
  const plans = useQuery(plansQuery);
  return (
    <Page title={t.plans.title} lead={t.plans.lead}>
      <Answer of={plans}>
        {({ plans: all }) =>
          all.length === 0 ? (
            <Empty title={t.plans.none}>{t.plans.noneLead}</Empty>
          ) : (
            <ul className="plain-list cards">
              {all.map((plan) => (
                <li key={plan.name}>
                  <Link to="/plans/$plan" params={{ plan: plan.name }} className="card">
                    <span className="card-head">
                      <h2>{plan.title}</h2>
                      <span className="quiet">{t.plans.version(plan.version)}</span>
                    </span>
                    <span className="card-lead">{plan.is}</span>
                    <span className="card-foot">
                      <span>{t.plans.partners(plan.partners)}</span>
                      <code>{plan.file}</code>
                      <span className="card-go">
                        {t.plans.edit} <IconArrowRight size={16} aria-hidden />
                      </span>
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Page>
  );
}
