import { IconChevronRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { withDays } from "../../format/dates";
import { countText } from "../../format/money";
import { Panel, Tag } from "../../parts/bits";
import { t } from "../../strings";
import type { Overview } from "../../wire";

type Kind = Overview["waiting"][number]["kind"];

/** Where one does something about what waits, as far as there is a page for it. */
const PLACES: Partial<Record<Kind, "/close" | "/disputes">> = {
  period_to_calculate: "/close",
  period_to_approve: "/close",
  period_to_close: "/close",
  disputes: "/disputes",
};

export function Waiting({ waiting }: { waiting: Overview["waiting"] }) {
  return (
    <Panel title={t.overview.waiting} className="comes-first">
      {waiting.length === 0 ? <p className="quiet">{t.overview.nothingWaits}</p> : null}
      <ul className="plain-list waiting">
        {waiting.map((one) => {
          const to = PLACES[one.kind];
          const told = (
            <>
              <span className="waiting-count">{countText(one.count)}</span>
              <span className="waiting-what">
                {withDays(one.says)}
                <span className="block">
                  {one.may_act.is_allowed ? (
                    <Tag tone="wait">{t.overview.forYou}</Tag>
                  ) : (
                    <span className="quiet">{one.may_act.why_not ?? t.overview.forOthers}</span>
                  )}
                </span>
              </span>
            </>
          );
          return (
            <li key={one.kind}>
              {to ? (
                <Link to={to} className="waiting-row">
                  {told}
                  <IconChevronRight size={17} aria-hidden />
                </Link>
              ) : (
                <span className="waiting-row">{told}</span>
              )}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
