import { isZero } from "../../format/decimal";
import { Bar, Panel, Tag } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { t } from "../../strings";
import type { CapProgress } from "../../wire";

/** What components can still pay before they reach the most they pay. */
export function CapList({
  caps,
  title = t.home.caps,
  lead = t.home.capsLead,
}: {
  caps: readonly CapProgress[];
  title?: string;
  lead?: string;
}) {
  if (caps.length === 0) {
    return null;
  }
  return (
    <Panel title={title} lead={lead}>
      <ul className="plain-list caps">
        {caps.map((cap) => (
          <li key={cap.component}>
            <p className="cap-name">{cap.is || cap.component}</p>
            <Bar percent={cap.percent} tone={cap.percent >= 90 ? "held" : "brand"} />
            <p className="cap-ends">
              {isZero(cap.left.amount) ? (
                <Tag tone="wait">{t.home.capReached}</Tag>
              ) : (
                <span>
                  <strong>
                    <Money value={cap.left.amount} currency={cap.left.currency} />
                  </strong>{" "}
                  {t.home.capLeft}
                </span>
              )}
              <span className="quiet">
                <Money value={cap.pays.amount} currency={cap.pays.currency} bare /> {t.home.capOf("")}
                <Money value={cap.most.amount} currency={cap.most.currency} bare />
              </span>
            </p>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
