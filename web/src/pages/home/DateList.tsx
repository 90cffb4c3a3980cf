import { leafOf, withDays } from "../../format/dates";
import { Panel } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { t } from "../../strings";
import type { PartnerHome } from "../../wire";

export function DateList({ dates }: { dates: PartnerHome["next_dates"] }) {
  return (
    <Panel title={t.home.dates}>
      {dates.length === 0 ? <p className="quiet">{t.home.noDates}</p> : null}
      <ol className="plain-list dates">
        {dates.map((one) => {
          const leaf = leafOf(one.on);
          return (
            <li key={`${one.on} ${one.what}`}>
              <time dateTime={one.on} className="leaf">
                <span className="leaf-day">{leaf.day}</span>
                <span className="leaf-month">
                  {leaf.month} {leaf.year}
                </span>
              </time>
              <span className="date-what">
                {withDays(one.what)}
                {one.money ? (
                  <strong className="block">
                    <Money value={one.money.amount} currency={one.money.currency} />
                  </strong>
                ) : null}
              </span>
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}
