// A partner's first page: what was earned and where it stands, what the next tier is worth, what changed and what comes next.
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { dayText, spanText } from "../../format/dates";
import { figureText } from "../../format/figure";
import { FreshList, FreshTag, Notes, Page, Panel, StandingTag } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { Answer, Loading } from "../../parts/States";
import { homeQuery, sessionQuery } from "../../queries";
import { t } from "../../strings";
import type { PartnerHome, PeriodEarned, Screen } from "../../wire";
import { Announced } from "../announcements/Announced";
import { CapList } from "./CapList";
import { Changed } from "./Changed";
import { DateList } from "./DateList";
import { GainList } from "./GainList";
import { Standings } from "./Standings";
import { TierList } from "./TierList";

const EarnedChart = lazy(() => import("./EarnedChart"));

export function HomePage() {
  const { partner } = useParams({ from: "/shell/partners/$partner" });
  const home = useQuery(homeQuery(partner));
  return <Answer of={home}>{(one) => <Home home={one} />}</Answer>;
}

function Home({ home }: { home: PartnerHome }) {
  const { partner, now } = home;
  const session = useQuery(sessionQuery);
  const may = (screen: Screen) => session.data?.screens.some((one) => one.screen === screen && one.is_allowed);
  const [mayAsk, mayRead] = [may("what_if"), may("facts")];
  const agreement = partner.agreements.at(-1);
  const lead = agreement
    ? t.home.agreement(agreement.plan_title, agreement.plan_version, dayText(agreement.starts_on))
    : undefined;
  return (
    <Page
      above={session.data && !session.data.partner ? <Link to="/partners">{t.partners.title}</Link> : undefined}
      title={partner.name}
      lead={lead}
      actions={
        <span className="tags">
          <Link to="/partners/$partner/board" params={{ partner: partner.id }} className="button button-quiet">
            {t.board.open}
          </Link>
          {mayRead && !session.data?.partner ? (
            <Link to="/partners/$partner/facts" params={{ partner: partner.id }} className="button button-quiet">
              {t.nav.facts}
            </Link>
          ) : null}
          {mayAsk && !session.data?.partner ? (
            <Link to="/partners/$partner/what-if" params={{ partner: partner.id }} className="button button-quiet">
              {t.nav.whatIf}
            </Link>
          ) : null}
          {now ? <StandingTag standing={now.standing} /> : null}
          <FreshTag freshness={home.freshness} />
        </span>
      }
    >
      <Notes notes={home.notes} />
      <div className="home">
        <div className="home-main">
          <Announced partner={partner.id} />
          <Standings money={home.money} />
          {now ? <Now now={now} partner={partner.id} disputes={home.open_disputes} /> : null}
          <TierList progress={home.progress} />
          {now ? <Changed partner={partner.id} period={now.period} /> : null}
          {home.periods.length > 1 ? (
            <Panel title={t.home.earnedBy}>
              <Suspense fallback={<Loading rows={2} />}>
                <EarnedChart periods={home.periods} />
              </Suspense>
            </Panel>
          ) : null}
        </div>
        <div className="home-side">
          <DateList dates={home.next_dates} />
          <GainList gains={home.gains} />
          <CapList caps={home.caps} />
          <Objectives home={home} />
          <Panel title={t.fresh.title} lead={t.fresh.snapshot(home.freshness.snapshot)}>
            <FreshList freshness={home.freshness} />
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function Now({ now, partner, disputes }: { now: PeriodEarned; partner: string; disputes: number }) {
  return (
    <section className="now" aria-label={t.home.now}>
      <div>
        <p className="eyebrow">
          {t.home.now} · {now.period}
        </p>
        <p className="now-total">
          <Money value={now.total.amount} currency={now.total.currency} />
        </p>
        <p className="quiet">
          {spanText(now.starts_on, now.ends_on)}
          {now.open_lines > 0 ? ` · ${t.home.openLines(now.open_lines)}` : ""}
          {disputes > 0 ? ` · ${t.home.disputes(disputes)}` : ""}
        </p>
      </div>
      <Link
        to="/partners/$partner/statements/$period"
        params={{ partner, period: now.period }}
        className="button button-quiet"
      >
        {t.home.openStatement}
      </Link>
    </section>
  );
}

function Objectives({ home }: { home: PartnerHome }) {
  if (home.objectives.length === 0) {
    return null;
  }
  return (
    <Panel title={t.home.objectives} lead={t.home.objectivesLead}>
      <ul className="plain-list objectives">
        {home.objectives.map((objective) => (
          <li key={objective.goal}>
            <p className="objective-goal">
              {objective.goal}
              {objective.until ? <span className="quiet"> {t.home.until(dayText(objective.until))}</span> : null}
            </p>
            <dl className="figures">
              {objective.by.map((one) => (
                <div key={one.is}>
                  <dt>{one.is}</dt>
                  <dd>{figureText(one.figure)}</dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
