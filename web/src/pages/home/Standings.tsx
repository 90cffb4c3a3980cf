// Where a partner's money stands: one great figure, a bar to look at, and each part in words to read.
import { forDrawing, isNegative, isZero } from "../../format/decimal";
import { Money } from "../../parts/Money";
import { t } from "../../strings";
import type { MoneyStanding } from "../../wire";

const PARTS = [
  ["paid", t.home.paid, t.home.paidHelp],
  ["ordered", t.home.ordered, t.home.orderedHelp],
  ["payable", t.home.payable, t.home.payableHelp],
  ["held", t.home.held, t.home.heldHelp],
  ["open", t.home.open, t.home.openHelp],
] as const;

export function Standings({ money }: { money: readonly MoneyStanding[] }) {
  return money.map((one) => <Standing key={one.currency} money={one} />);
}

function Standing({ money }: { money: MoneyStanding }) {
  const { currency } = money;
  const drawn = PARTS.filter(([part]) => !isZero(money[part]) && !isNegative(money[part]));
  return (
    <section className="standing" aria-label={t.home.money}>
      <div className="standing-head">
        <p className="eyebrow">{t.home.earned}</p>
        <p className="standing-total">
          <Money value={money.earned} currency={currency} />
        </p>
      </div>
      <div className="standing-bar" aria-hidden>
        {drawn.map(([part]) => (
          <span key={part} className={`stands-${part}`} style={{ flexGrow: forDrawing(money[part]) }} />
        ))}
      </div>
      <dl className="standing-parts">
        {PARTS.map(([part, word, help]) => (
          <div key={part} className={isZero(money[part]) ? "is-nil" : ""}>
            <dt>
              <span className={`swatch stands-${part}`} aria-hidden />
              {word}
            </dt>
            <dd>
              <Money value={money[part]} currency={currency} bare />
              <span className="quiet block">{help}</span>
            </dd>
          </div>
        ))}
        {isZero(money.owed_back) ? null : (
          <div>
            <dt>
              <span className="swatch stands-owed" aria-hidden />
              {t.home.owedBack}
            </dt>
            <dd>
              <Money value={money.owed_back} currency={currency} bare />
              <span className="quiet block">{t.home.owedBackHelp}</span>
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}
