// A statement against the one before: what moved the total, and which figures behind it differ.
import { useQuery } from "@tanstack/react-query";
import { isZero } from "../../format/decimal";
import { figureText } from "../../format/figure";
import { Panel } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { Answer } from "../../parts/States";
import { comparisonQuery } from "../../queries";
import { t } from "../../strings";
import type { Comparison } from "../../wire";
import { Sign } from "../home/Changed";

interface Props {
  partner: string;
  period: string;
  onOpen: (line: string) => void;
}

export function Compared({ partner, period }: Props) {
  const comparison = useQuery(comparisonQuery(partner, period));
  return (
    <Panel
      title={
        comparison.data
          ? t.statement.compareTitle(comparison.data.after.period, comparison.data.before.period)
          : t.statement.compare
      }
      lead={t.statement.compareLead}
    >
      <Answer of={comparison}>{(one) => <Table comparison={one} />}</Answer>
    </Panel>
  );
}

function Table({ comparison }: { comparison: Comparison }) {
  const { before, after, difference, components } = comparison;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group that scrolls, and no set of fields
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <div role="group" className="table-frame" tabIndex={0} aria-label={t.statement.compare}>
      <table className="table compared">
        <thead>
          <tr>
            <th scope="col">{t.statement.line}</th>
            <th scope="col" className="right">
              {before.period}
            </th>
            <th scope="col" className="right">
              {after.period}
            </th>
            <th scope="col" className="right">
              {t.statement.difference}
            </th>
          </tr>
        </thead>
        <tbody>
          {components.map((one) => (
            <tr key={one.component} className={isZero(one.difference) ? "is-same" : ""}>
              <td>
                {one.is || one.component}
                <Because because={one.because.filter((figure) => figure.name !== one.component)} />
              </td>
              <td className="right" data-label={before.period}>
                <Money value={one.before} currency={one.currency ?? difference.currency} bare />
              </td>
              <td className="right" data-label={after.period}>
                <Money value={one.after} currency={one.currency ?? difference.currency} bare />
              </td>
              <td className="right strong" data-label={t.statement.difference}>
                <Money value={one.difference} currency={one.currency ?? difference.currency} sign bare />
              </td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t.statement.totals}</th>
            <td className="right" data-label={before.period}>
              <Money value={before.total.amount} currency={before.total.currency} bare />
            </td>
            <td className="right" data-label={after.period}>
              <Money value={after.total.amount} currency={after.total.currency} bare />
            </td>
            <td className="right nowrap" data-label={t.statement.difference}>
              <Sign amount={difference.amount} />
              <Money value={difference.amount} currency={difference.currency} sign />
            </td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}

function Because({ because }: { because: Comparison["components"][number]["because"] }) {
  if (because.length === 0) {
    return null;
  }
  return (
    <ul className="because">
      {because.slice(0, 6).map((figure) => (
        <li key={figure.name}>
          <span>{figure.is || figure.name}</span>
          <span className="because-figures">
            {figure.before ? figureText(figure.before) : t.statement.notThere}
            <span aria-hidden> → </span>
            <span className="unseen">, {t.statement.is} </span>
            <strong>{figure.after ? figureText(figure.after) : t.statement.notThere}</strong>
          </span>
        </li>
      ))}
    </ul>
  );
}
