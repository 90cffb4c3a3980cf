// The way to the next tier, and what reaching it is worth.
import { IconFlag3 } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { figureText } from "../../format/figure";
import { Bar, Panel, Tag } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { t } from "../../strings";
import type { Progress } from "../../wire";

export function TierList({ progress }: { progress: readonly Progress[] }) {
  return (
    <Panel title={t.home.nextTier} lead={t.home.nextTierLead}>
      {progress.length === 0 ? <p className="quiet">{t.home.noTiers}</p> : null}
      <ul className="plain-list tiers">
        {progress.map((one) => (
          <li key={`${one.component} ${one.table}`}>
            <Tier tier={one} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function Tier({ tier, children }: { tier: Progress; children?: ReactNode }) {
  const isTop = !tier.next_from;
  return (
    <div className="tier">
      {children}
      <div className="tier-head">
        <h3>{tier.component_is || tier.component}</h3>
        {isTop ? (
          <Tag tone="good" icon={<IconFlag3 size={13} aria-hidden />}>
            {t.home.topBand}
          </Tag>
        ) : tier.left ? (
          <Tag tone="blue">{t.home.left(figureText(tier.left))}</Tag>
        ) : null}
      </div>
      <Bar percent={isTop ? 100 : (tier.percent ?? 0)} tone={isTop ? "good" : "brand"} />
      <div className="tier-ends">
        <span>
          <span className="quiet">{tier.measured}</span> <strong>{figureText(tier.reached)}</strong>
        </span>
        {tier.next_from ? (
          <span className="right">
            <span className="quiet">{t.home.nextFrom}</span> <strong>{figureText(tier.next_from)}</strong>
          </span>
        ) : null}
      </div>
      <dl className="tier-worth">
        <Band word={t.home.rateNow} name={tier.band} cells={tier.cells} />
        {isTop ? null : <Band word={t.home.rateNext} name={undefined} cells={tier.next_cells} />}
        {tier.worth ? (
          <div className="is-next">
            <dt>{t.home.worth}</dt>
            <dd>
              <Money value={tier.worth.amount} currency={tier.worth.currency} sign />
            </dd>
          </div>
        ) : null}
      </dl>
    </div>
  );
}

function Band({ word, name, cells }: { word: string; name: string | null | undefined; cells: Progress["cells"] }) {
  const rates = Object.entries(cells).map(([column, figure]) => `${column} ${figureText(figure)}`);
  return (
    <div>
      <dt>{word}</dt>
      <dd>
        {rates.length > 0 ? rates.join(", ") : t.home.belowBands}
        {name ? <span className="quiet block">{name}</span> : null}
      </dd>
    </div>
  );
}
