import { figureText } from "../../format/figure";
import { Panel } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { t } from "../../strings";
import type { PartnerHome } from "../../wire";

/** What would have paid more: the nearest changes, as the engine works them out. */
export function GainList({ gains }: { gains: PartnerHome["gains"] }) {
  if (gains.length === 0) {
    return null;
  }
  return (
    <Panel title={t.home.gains} lead={t.home.gainsLead}>
      <ul className="plain-list gains">
        {gains.map((gain) => (
          <li key={`${gain.measure} ${gain.becomes.exact}`}>
            <p className="gain-head">
              <span>{gain.is || gain.measure}</span>
              <strong>
                <Money value={gain.more.amount} currency={gain.more.currency} sign />
              </strong>
            </p>
            <p className="gain-figures">
              {t.home.gain(figureText(gain.was), figureText(gain.becomes))}
              <span className="quiet"> {t.home.gainAdded(figureText(gain.added))}</span>
            </p>
            <p className="quiet">{gain.because.join("; ")}</p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
