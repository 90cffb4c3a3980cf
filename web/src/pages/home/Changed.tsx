// What changed against the period before: the three greatest differences, each with the figures behind it.
import { IconArrowDownRight, IconArrowUpRight, IconEqual } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Refusal } from "../../client";
import { isZero } from "../../format/decimal";
import { figureText } from "../../format/figure";
import { signWord } from "../../format/money";
import { Panel } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { Answer } from "../../parts/States";
import { comparisonQuery } from "../../queries";
import { t } from "../../strings";
import type { Comparison } from "../../wire";

const SHOWN = 3;

export function Changed({ partner, period }: { partner: string; period: string }) {
  const comparison = useQuery(comparisonQuery(partner, period));
  if (comparison.error instanceof Refusal && comparison.error.status === 404) {
    return (
      <Panel title={t.home.changed}>
        <p className="quiet">{t.home.noChange}</p>
      </Panel>
    );
  }
  return (
    <Panel
      title={t.home.changed}
      {...(comparison.data ? { lead: t.home.changedAgainst(comparison.data.before.period) } : {})}
      actions={
        <Link
          to="/partners/$partner/statements/$period"
          params={{ partner, period }}
          search={{ compare: true }}
          className="link"
        >
          {t.home.seeAll}
        </Link>
      }
    >
      <Answer of={comparison} rows={3}>
        {(one) => <Differences comparison={one} />}
      </Answer>
    </Panel>
  );
}

function Differences({ comparison }: { comparison: Comparison }) {
  const { difference } = comparison;
  const moved = comparison.components.filter((one) => !isZero(one.difference)).slice(0, SHOWN);
  return (
    <div className="changed">
      <p className="changed-total">
        <Sign amount={difference.amount} />
        {isZero(difference.amount) ? (
          t.home.sameTotal
        ) : (
          <Money value={difference.amount} currency={difference.currency} sign />
        )}
      </p>
      <ul className="plain-list changed-list">
        {moved.map((one) => (
          <li key={one.component}>
            <span className="changed-what">
              {one.is || one.component}
              <Behind because={one.because.find((figure) => figure.name !== one.component)} />
            </span>
            <Money value={one.difference} currency={one.currency ?? difference.currency} sign bare />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Behind({ because }: { because: Comparison["components"][number]["because"][number] | undefined }) {
  if (!because) {
    return null;
  }
  const shown = (figure: typeof because.before) => (figure ? figureText(figure) : t.statement.notThere);
  return (
    <span className="quiet block">
      {because.is || because.name}: {t.statement.was} {shown(because.before)}, {t.statement.is} {shown(because.after)}
    </span>
  );
}

export function Sign({ amount }: { amount: string }) {
  const word = signWord(amount);
  const Icon = word === "more" ? IconArrowUpRight : word === "less" ? IconArrowDownRight : IconEqual;
  return <Icon size={20} className={`sign sign-${word}`} aria-hidden />;
}
