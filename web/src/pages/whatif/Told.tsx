// What would be paid: the difference first, then each part, tiers, caps, and what goes another way.
import { IconFlag3, IconLock } from "@tabler/icons-react";
import { dayText, withDays } from "../../format/dates";
import { isZero } from "../../format/decimal";
import { signWord } from "../../format/money";
import { Notes, Panel, Tag } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { type Column, Table } from "../../parts/Table";
import { t } from "../../strings";
import type { WhatIfAnswer } from "../../wire";
import { CapList } from "../home/CapList";
import { Tier } from "../home/TierList";

type Line = WhatIfAnswer["lines"][number];

export function Told({ answer }: { answer: WhatIfAnswer }) {
  const changed = answer.lines.filter((line) => line.more === null || line.more === undefined || !isZero(line.more));
  const same = answer.lines.length - changed.length;
  return (
    <>
      <Head answer={answer} />
      <Notes notes={answer.notes} />
      {changed.length > 0 ? (
        <Panel title={t.whatIf.lines} lead={same > 0 ? t.whatIf.untouched(same) : undefined}>
          <Table
            label={t.whatIf.lines}
            columns={columnsOf(answer.currency)}
            rows={changed}
            keyOf={(line) => `${line.component} ${line.settled_on}`}
            file="what-if"
          />
        </Panel>
      ) : null}
      <Tiers tiers={answer.tiers} />
      {answer.caps.length > 0 ? <Caps caps={answer.caps} /> : null}
      {answer.because.length > 0 ? (
        <Panel title={t.whatIf.because} lead={t.whatIf.becauseLead}>
          <ul className="what-if-because">
            {answer.because.map((says) => (
              <li key={says}>{withDays(says)}</li>
            ))}
          </ul>
        </Panel>
      ) : null}
    </>
  );
}

function Head({ answer }: { answer: WhatIfAnswer }) {
  const { more, before, after } = answer;
  const words = { more: t.whatIf.more, less: t.whatIf.less, same: t.whatIf.equal };
  return (
    <section className="standing" aria-label={words[signWord(more.amount)]}>
      <p className="eyebrow">{words[signWord(more.amount)]}</p>
      <p className="standing-total">
        <Money value={more.amount} currency={more.currency} sign />
      </p>
      <p className="what-if-span">
        <span className="unseen">{t.whatIf.fromTo}: </span>
        <Money value={before.amount} currency={before.currency} />
        <span aria-hidden> → </span>
        <strong>
          <Money value={after.amount} currency={after.currency} />
        </strong>
      </p>
      <p className="quiet">{t.whatIf.until(dayText(answer.until))}</p>
      {answer.closed_until ? (
        <p className="what-if-note">
          <Tag tone="plain" icon={<IconLock size={13} aria-hidden />}>
            {t.whatIf.closed}
          </Tag>{" "}
          {t.whatIf.closedLead(dayText(answer.closed_until))}
        </p>
      ) : null}
      {answer.nothing_else_from ? (
        <p className="what-if-note">{t.whatIf.nothingElse(dayText(answer.nothing_else_from))}</p>
      ) : null}
    </section>
  );
}

function columnsOf(currency: string): Column<Line>[] {
  const isMoney = (line: Line) => line.grants === "money" || line.grants === "fund";
  const figure = (line: Line, value: string | null | undefined, sign = false) =>
    isMoney(line) ? (
      <Money value={value} currency={currency} sign={sign} bare none={t.whatIf.notYet} />
    ) : (
      (value ?? t.whatIf.notYet)
    );
  return [
    {
      key: "component",
      head: t.whatIf.component,
      by: (line) => line.is || line.component,
      cell: (line) => (
        <>
          {line.is || line.component}
          {line.open.map((why) => (
            <span key={why} className="quiet block">
              {withDays(why)}
            </span>
          ))}
          {line.paid.map((paid) => (
            <span key={paid.what} className="quiet block">
              {withDays(paid.what)} <Money value={paid.money.amount} currency={paid.money.currency} bare />
            </span>
          ))}
        </>
      ),
    },
    {
      key: "settled",
      head: t.whatIf.settled,
      by: (line) => line.settled_on,
      cell: (line) => (
        <span className="nowrap">
          {line.period}
          <span className="quiet block">{dayText(line.settled_on)}</span>
        </span>
      ),
    },
    {
      key: "before",
      head: t.whatIf.before,
      align: "right",
      by: (line) => line.before ?? "",
      cell: (line) => figure(line, line.before),
    },
    {
      key: "after",
      head: t.whatIf.after,
      align: "right",
      by: (line) => line.after ?? "",
      cell: (line) => figure(line, line.after),
    },
    {
      key: "more",
      head: t.whatIf.difference,
      align: "right",
      className: "strong",
      by: (line) => line.more ?? "",
      cell: (line) => figure(line, line.more, true),
    },
  ];
}

/** Tables on which something changes, or something is left to reach. */
function Tiers({ tiers }: { tiers: WhatIfAnswer["tiers"] }) {
  const shown = tiers.filter((tier) => tier.is_other || tier.after.next_from);
  if (shown.length === 0) {
    return null;
  }
  return (
    <Panel title={t.whatIf.tiers} lead={t.whatIf.tiersLead}>
      <ul className="plain-list tiers">
        {shown.map(({ after, before, is_other: isOther }) => (
          <li key={`${after.component} ${after.table}`}>
            <Tier tier={after}>
              {isOther ? (
                <p>
                  <Tag tone="good" icon={<IconFlag3 size={13} aria-hidden />}>
                    {t.whatIf.reached}
                  </Tag>{" "}
                  <span className="quiet">{t.whatIf.wasAt(before?.band ?? t.home.belowBands)}</span>
                </p>
              ) : null}
            </Tier>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function Caps({ caps }: { caps: WhatIfAnswer["caps"] }) {
  const hit = caps.filter((cap) => cap.is_reached && !cap.was_reached);
  return (
    <>
      {hit.length > 0 ? (
        <p className="look-twice">
          <strong>{t.whatIf.capNew}</strong>: {hit.map((cap) => cap.after.is || cap.after.component).join("; ")}
        </p>
      ) : null}
      <CapList caps={caps.map((cap) => cap.after)} title={t.whatIf.caps} lead={t.whatIf.capsLead} />
    </>
  );
}
