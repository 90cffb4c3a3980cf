// The joint board: one page that partner and vendor look at together, the same figures for both, and that prints on one sheet.
import { Button } from "@mantine/core";
import { IconPrinter } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { dayText, spanText, withDays } from "../../format/dates";
import { figureText } from "../../format/figure";
import { Bar, FreshTag, Page, Panel, StandingTag } from "../../parts/bits";
import { Money } from "../../parts/Money";
import { Answer } from "../../parts/States";
import { boardQuery } from "../../queries";
import { t } from "../../strings";
import type { Board, MoneyStanding } from "../../wire";

export function BoardPage() {
  const { partner } = useParams({ from: "/shell/partners/$partner/board" });
  const board = useQuery(boardQuery(partner));
  return <Answer of={board}>{(one) => <Shown board={one} />}</Answer>;
}

function Shown({ board }: { board: Board }) {
  const { partner, now } = board;
  const agreement = partner.agreements.at(-1);
  return (
    <Page
      above={
        <Link to="/partners/$partner" params={{ partner: partner.id }}>
          {partner.name}
        </Link>
      }
      title={t.board.title(partner.name)}
      lead={
        agreement
          ? t.home.agreement(agreement.plan_title, agreement.plan_version, dayText(agreement.starts_on))
          : t.board.lead
      }
      actions={
        <span className="tags">
          {now ? <StandingTag standing={now.standing} /> : null}
          <FreshTag freshness={board.freshness} />
          <Button
            variant="default"
            className="no-print"
            leftSection={<IconPrinter size={16} aria-hidden />}
            onClick={() => window.print()}
          >
            {t.board.print}
          </Button>
        </span>
      }
    >
      <div className="board">
        <Objectives board={board} />
        <div className="board-sides">
          <Partners board={board} />
          <Vendors board={board} />
        </div>
        <div className="board-sides">
          <Tiers board={board} />
          <Next board={board} />
        </div>
        <p className="quiet board-foot">
          {t.board.foot(board.freshness.snapshot)}
          {board.notes.length > 0 ? ` ${board.notes.map(withDays).join(" · ")}.` : ""}
        </p>
      </div>
    </Page>
  );
}

function Objectives({ board }: { board: Board }) {
  return (
    <Panel
      title={t.home.objectives}
      lead={
        board.now ? t.board.inPeriod(board.now.period, spanText(board.now.starts_on, board.now.ends_on)) : undefined
      }
    >
      {board.objectives.length === 0 ? (
        <p className="quiet">{t.board.noObjectives}</p>
      ) : (
        <ul className="plain-list board-goals">
          {board.objectives.map((objective) => (
            <li key={objective.goal}>
              <p className="objective-goal">
                {objective.goal}
                {objective.until ? <span className="quiet"> {t.home.until(dayText(objective.until))}</span> : null}
              </p>
              <dl className="figures">
                {objective.by.map((one) => (
                  <div key={one.is}>
                    <dt>{one.is}</dt>
                    <dd>{figureText(one.figure)}</dd>
                  </div>
                ))}
              </dl>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

/** What the partner contributed: the targets, and how far each was reached. */
function Partners({ board }: { board: Board }) {
  return (
    <Panel title={t.board.theirs(board.partner.name)} lead={t.board.theirsLead}>
      {board.targets.length === 0 ? (
        <p className="quiet">{t.board.noTargets}</p>
      ) : (
        <ul className="plain-list caps">
          {board.targets.map((target) => (
            <li key={`${target.term} ${target.period}`}>
              <p className="cap-name">
                {target.is} <span className="quiet">{target.period}</span>
              </p>
              {target.percent === null || target.percent === undefined ? null : (
                <Bar percent={target.percent} tone={target.percent >= 100 ? "good" : "brand"} />
              )}
              <p className="cap-ends">
                <span>
                  <strong>{figureText(target.reached)}</strong> {t.board.reached}
                </span>
                <span className="quiet">{t.board.target(figureText(target.target))}</span>
              </p>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

const PARTS = [
  ["paid", t.home.paid],
  ["ordered", t.home.ordered],
  ["payable", t.home.payable],
  ["held", t.home.held],
  ["open", t.home.open],
  ["owed_back", t.home.owedBack],
] as const satisfies readonly (readonly [keyof MoneyStanding, string])[];

/** What the vendor contributed: what was earned, and where it stands. */
function Vendors({ board }: { board: Board }) {
  return (
    <Panel title={t.board.ours} lead={t.board.oursLead}>
      {board.money.map((money) => (
        <div key={money.currency}>
          <p className="eyebrow">{t.home.earned}</p>
          <p className="now-total">
            <Money value={money.earned} currency={money.currency} />
          </p>
          <dl className="figures">
            {PARTS.map(([part, word]) => (
              <div key={part}>
                <dt>{word}</dt>
                <dd>
                  <Money value={money[part]} currency={money.currency} bare />
                </dd>
              </div>
            ))}
          </dl>
        </div>
      ))}
      {board.now ? (
        <p className="board-now">
          {t.board.thisPeriod(board.now.period)}{" "}
          <strong>
            <Money value={board.now.total.amount} currency={board.now.total.currency} />
          </strong>
        </p>
      ) : null}
    </Panel>
  );
}

function Tiers({ board }: { board: Board }) {
  return (
    <Panel title={t.board.tiers}>
      {board.progress.length === 0 ? <p className="quiet">{t.home.noTiers}</p> : null}
      <dl className="figures board-tiers">
        {board.progress.map((one) => (
          <div key={`${one.component} ${one.table}`}>
            <dt>
              {one.component_is || one.component}
              <span className="quiet block">
                {one.measured} {figureText(one.reached)}
              </span>
            </dt>
            <dd>
              {one.next_from ? t.home.left(figureText(one.left ?? one.next_from)) : t.home.topBand}
              {one.worth ? (
                <span className="quiet block">
                  <Money value={one.worth.amount} currency={one.worth.currency} sign />
                </span>
              ) : null}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Next({ board }: { board: Board }) {
  return (
    <Panel title={t.board.periods}>
      <dl className="figures">
        {board.periods.map((one) => (
          <div key={one.period}>
            <dt>
              {one.period} <span className="quiet">{t.standing[one.standing]}</span>
            </dt>
            <dd>
              <Money value={one.total.amount} currency={one.total.currency} bare />
            </dd>
          </div>
        ))}
      </dl>
      {board.open_disputes > 0 ? <p className="board-now">{t.home.disputes(board.open_disputes)}</p> : null}
      {board.next_dates.length > 0 ? (
        <>
          <h3>{t.home.dates}</h3>
          <ul className="plain-list board-dates">
            {board.next_dates.slice(0, 5).map((one) => (
              <li key={`${one.on} ${one.what}`}>
                {dayText(one.on)}: {withDays(one.what)}{" "}
                {one.money ? <Money value={one.money.amount} currency={one.money.currency} /> : null}
              </li>
            ))}
          </ul>
        </>
      ) : null}
    </Panel>
  );
}
