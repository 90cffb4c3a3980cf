// What stands beside the lines: objectives, corrections, what is in force, funds, what leaves.
import { dayText, withDays } from "../../format/dates";
import { figureText } from "../../format/figure";
import { Panel } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { t } from "../../strings";
import type { Statement } from "../../wire";

export function Besides({ statement }: { statement: Statement }) {
  return (
    <div className="besides">
      {statement.objectives.length > 0 ? (
        <Panel title={t.home.objectives}>
          <ul className="plain-list objectives">
            {statement.objectives.map((objective) => (
              <li key={objective.goal}>
                <p className="objective-goal">{objective.goal}</p>
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
      ) : null}
      {statement.corrections.length > 0 ? (
        <Panel title={t.statement.corrections}>
          <dl className="figures">
            {statement.corrections.map((one) => (
              <div key={`${one.component} ${one.settled_on}`}>
                <dt>{t.statement.correctionOf(one.component, dayText(one.settled_on))}</dt>
                <dd>
                  <Money value={one.money.amount} currency={one.money.currency} sign />
                </dd>
              </div>
            ))}
          </dl>
        </Panel>
      ) : null}
      {statement.on.length > 0 ? (
        <Panel title={t.statement.on}>
          <ul className="plain-list">
            {statement.on.map((one) => (
              <li key={one.name}>
                <strong>{one.name}</strong>
                <span className="quiet block">{one.says}</span>
              </li>
            ))}
          </ul>
        </Panel>
      ) : null}
      {statement.leaves.length > 0 ? (
        <Panel title={t.statement.leaves}>
          <dl className="figures">
            {statement.leaves.map((one) => (
              <div key={one.what}>
                <dt>{withDays(one.what)}</dt>
                <dd>
                  <Money value={one.money.amount} currency={one.money.currency} />
                </dd>
              </div>
            ))}
          </dl>
        </Panel>
      ) : null}
      {statement.funds.map((fund) => (
        <Panel key={fund.fund} title={`${t.statement.funds}: ${fund.fund}`}>
          <dl className="figures">
            {fund.figures.map((one) => (
              <div key={one.what}>
                <dt>{one.what}</dt>
                <dd>
                  <Money value={one.money.amount} currency={one.money.currency} />
                </dd>
              </div>
            ))}
          </dl>
          {fund.open.map((why) => (
            <p key={why} className="quiet">
              {why}
            </p>
          ))}
        </Panel>
      ))}
    </div>
  );
}
