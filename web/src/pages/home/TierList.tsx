// The way to the next tier, and what reaching it is worth.
import { IconFlag3 } from "@tabler/icons-react";
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

function Tier({ tier }: { tier: Progress }) {
  const isTop = !tier.next_from;
  return (
    <div className="tier">
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
        <Step word={t.home.paysNow} money={tier.pays} cells={tier.cells} />
        {isTop ? null : <Step word={t.home.paysNext} money={tier.pays_at_next} cells={tier.next_cells} isNext />}
      </dl>
    </div>
  );
}

function Step({
  word,
  money,
  cells,
  isNext = false,
}: {
  word: string;
  money: Progress["pays"];
  cells: Progress["cells"];
  isNext?: boolean;
}) {
  const rates = Object.entries(cells).map(([name, figure]) => `${name} ${figureText(figure)}`);
  return (
    <div className={isNext ? "is-next" : ""}>
      <dt>{word}</dt>
      <dd>
        {money ? <Money value={money.amount} currency={money.currency} /> : t.home.worthUnknown}
        {rates.length > 0 ? <span className="quiet block">{rates.join(", ")}</span> : null}
      </dd>
    </div>
  );
}
