// The program at a glance: what waits, what it costs, where partners stand, who needs somebody.
import { useQuery } from "@tanstack/react-query";
import { FreshList, FreshTag, Notes, Page, Panel } from "../../parts/bits";
import { Answer } from "../../parts/States";
import { overviewQuery } from "../../queries";
import { t } from "../../strings";
import type { Overview } from "../../wire";
import { Bands } from "./Bands";
import { Cost } from "./Cost";
import { Waiting } from "./Waiting";
import { Watch } from "./Watch";

export function OverviewPage() {
  const overview = useQuery(overviewQuery);
  return <Answer of={overview}>{(one) => <Shown overview={one} />}</Answer>;
}

function Shown({ overview }: { overview: Overview }) {
  return (
    <Page
      title={overview.program_title}
      lead={t.overview.lead(overview.partners)}
      actions={<FreshTag freshness={overview.freshness} />}
    >
      <Notes notes={overview.notes} />
      <div className="home">
        <div className="home-main">
          <Cost overview={overview} />
          <Watch watched={overview.watched} />
          <Objectives overview={overview} />
        </div>
        <div className="home-side">
          <Waiting waiting={overview.waiting} />
          <Bands bands={overview.bands} />
          <Panel title={t.fresh.title} lead={t.fresh.snapshot(overview.freshness.snapshot)}>
            <FreshList freshness={overview.freshness} />
          </Panel>
        </div>
      </div>
    </Page>
  );
}

function Objectives({ overview }: { overview: Overview }) {
  if (overview.objectives.length === 0) {
    return null;
  }
  return (
    <Panel title={t.overview.objectives} lead={t.overview.objectivesLead}>
      <ul className="plain-list objectives">
        {overview.objectives.map((objective) => (
          <li key={`${objective.plan} ${objective.goal}`}>
            <p className="objective-goal">
              {objective.goal} <span className="quiet">{objective.plan.replaceAll("_", " ")}</span>
            </p>
            <dl className="figures">
              {objective.by.map((one) => (
                <div key={one.is}>
                  <dt>{one.is}</dt>
                  <dd>
                    {one.shown}
                    {one.without > 0 ? <span className="quiet block">{t.overview.without(one.without)}</span> : null}
                  </dd>
                </div>
              ))}
            </dl>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
