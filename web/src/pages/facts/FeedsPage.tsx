// The sources of facts: whose each is, how fresh, until when complete, what it delivered, how good it is, and what is set aside.
import { IconCircleCheck, IconClockExclamation } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { dayText, instantText, withDays } from "../../format/dates";
import { countText } from "../../format/money";
import { Page, Panel, Tag } from "../../parts/bits";
import { Answer, Empty } from "../../parts/States";
import { type Column, Table } from "../../parts/Table";
import { feedQualityQuery, feedsQuery } from "../../queries";
import { t } from "../../strings";
import type { Feed, FeedDelivery, Feeds, RowsSettled, SetAside } from "../../wire";
import { Replay, Settle, settledText } from "./Mend";

export function FeedsPage() {
  const feeds = useQuery(feedsQuery);
  return <Answer of={feeds}>{(one) => <Shown feeds={one} />}</Answer>;
}

function Shown({ feeds }: { feeds: Feeds }) {
  return (
    <Page title={t.feeds.title} lead={t.feeds.lead(feeds.snapshot, dayText(feeds.on))}>
      <div className="stack">
        <Quarantine feeds={feeds} />
        {feeds.feeds.length === 0 ? <Empty title={t.feeds.none}>{t.feeds.noneLead}</Empty> : null}
        {feeds.feeds.map((feed) => (
          <Source key={feed.source} feed={feed} />
        ))}
      </div>
    </Page>
  );
}

function Source({ feed }: { feed: Feed }) {
  return (
    <Panel
      title={feed.source}
      lead={feed.is}
      actions={
        <span className="tags">
          {feed.set_aside > 0 ? <Tag tone="bad">{t.feeds.asideCount(feed.set_aside)}</Tag> : null}
          {feed.late_days ? (
            <Tag tone="wait" icon={<IconClockExclamation size={14} aria-hidden />}>
              {t.fresh.late(feed.late_days)}
            </Tag>
          ) : (
            <Tag tone="good" icon={<IconCircleCheck size={14} aria-hidden />}>
              {feed.last_delivery_on ? t.feeds.fresh : t.feeds.silent}
            </Tag>
          )}
        </span>
      }
    >
      <dl className="figures feed-figures">
        <Figure word={t.feeds.owner}>{feed.owner}</Figure>
        <Figure word={t.feeds.kind}>{feed.kind}</Figure>
        <Figure word={t.feeds.last}>{feed.last_delivery_on ? dayText(feed.last_delivery_on) : t.fresh.never}</Figure>
        <Figure word={t.feeds.due}>{feed.due_on ? dayText(feed.due_on) : t.feeds.noPromise}</Figure>
        <Figure word={t.feeds.complete}>
          {feed.complete_from && feed.complete_until
            ? t.feeds.completeSpan(dayText(feed.complete_from), dayText(feed.complete_until))
            : t.feeds.noPromise}
        </Figure>
        <Figure word={t.feeds.deliveries}>{countText(feed.delivered)}</Figure>
      </dl>
      {feed.deliveries.length > 0 ? (
        <details className="feed-more">
          <summary>{t.feeds.latest(feed.deliveries.length)}</summary>
          <Table
            label={t.feeds.deliveriesOf(feed.source)}
            columns={DELIVERIES}
            rows={feed.deliveries}
            keyOf={(one) => `${one.snapshot} ${one.file}`}
            file={`deliveries-${feed.source}`}
          />
        </details>
      ) : null}
      <Quality source={feed.source} />
    </Panel>
  );
}

function Figure({ word, children }: { word: string; children: string }) {
  return (
    <div>
      <dt>{word}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const count = (key: keyof FeedDelivery & string, head: string): Column<FeedDelivery> => ({
  key,
  head,
  align: "right",
  by: (one) => String(one[key]),
  cell: (one) => countText(Number(one[key])),
});

const DELIVERIES: Column<FeedDelivery>[] = [
  {
    key: "taken",
    head: t.feeds.taken,
    by: (one) => one.taken_at,
    cell: (one) => (
      <>
        {instantText(one.taken_at)}
        <span className="quiet block">{t.feeds.snapshot(one.snapshot)}</span>
      </>
    ),
  },
  {
    key: "file",
    head: t.feeds.file,
    by: (one) => one.file,
    cell: (one) => (
      <>
        {one.file}
        {one.settled_by ? <span className="quiet block">{t.feeds.settled(one.settled_by)}</span> : null}
      </>
    ),
  },
  count("read", t.feeds.read),
  count("accepted", t.feeds.accepted),
  count("corrected", t.feeds.corrected),
  count("cancelled", t.feeds.cancelled),
  count("duplicate", t.feeds.duplicate),
  count("outdated", t.feeds.outdated),
  count("quarantined", t.feeds.aside),
];

/** Every row is looked at for it, so it is asked for by whoever opens it. */
function Quality({ source }: { source: string }) {
  const [isOpen, setOpen] = useState(false);
  const quality = useQuery({ ...feedQualityQuery(source), enabled: isOpen });
  return (
    <details className="feed-more" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t.feeds.quality}</summary>
      {isOpen ? (
        <Answer of={quality} rows={2}>
          {(one) => (
            <>
              <dl className="figures feed-figures">
                <Figure word={t.feeds.rows}>{countText(one.rows)}</Figure>
                <Figure word={t.feeds.days}>
                  {one.first_day && one.last_day
                    ? t.feeds.completeSpan(dayText(one.first_day), dayText(one.last_day))
                    : t.feeds.noRow}
                </Figure>
                <Figure word={t.feeds.duplicate}>{countText(one.duplicates)}</Figure>
                <Figure word={t.feeds.corrected}>{countText(one.corrected)}</Figure>
                <Figure word={t.feeds.twins}>{countText(one.twin_rows)}</Figure>
                <Figure word={t.feeds.farOut}>{countText(one.far_out)}</Figure>
              </dl>
              {one.findings.length === 0 ? (
                <p className="quiet">{t.feeds.noFindings}</p>
              ) : (
                <ul className="feed-findings">
                  {one.findings.map((says) => (
                    <li key={says}>{withDays(says)}</li>
                  ))}
                </ul>
              )}
            </>
          )}
        </Answer>
      ) : null}
    </details>
  );
}

const ASIDE: Column<SetAside>[] = [
  {
    key: "where",
    head: t.feeds.where,
    by: (row) => `${row.file}:${row.line}`,
    cell: (row) => (
      <>
        {t.feeds.line(row.file, row.line)}
        <span className="quiet block">
          {row.id ? <code>{row.id}</code> : null} {t.feeds.takenOn(dayText(row.taken_on))}
        </span>
      </>
    ),
  },
  { key: "source", head: t.feeds.source, by: (row) => row.source, cell: (row) => row.source },
  {
    key: "wrong",
    head: t.feeds.wrong,
    by: (row) => row.problems.map((one) => one.says ?? one.code).join("; "),
    cell: (row) => (
      <ul className="plain-list">
        {row.problems.map((one) => (
          <li key={`${one.column} ${one.code}`}>
            {one.column ? <code>{one.column}</code> : null} {one.says ?? one.code}
          </li>
        ))}
      </ul>
    ),
  },
  {
    key: "help",
    head: t.feeds.help,
    by: (row) => row.problems.map((one) => one.help).join("; "),
    cell: (row) => (
      <ul className="plain-list">
        {row.problems.map((one) => (
          <li key={`${one.column} ${one.code}`}>{one.help}</li>
        ))}
      </ul>
    ),
  },
  { key: "name", head: t.feeds.name, by: (row) => row.name, cell: (row) => <code>{row.name}</code> },
];

function Quarantine({ feeds }: { feeds: Feeds }) {
  const [settled, setSettled] = useState<RowsSettled | undefined>(undefined);
  const said = settled ? (
    <p className="done" role="status">
      {settledText(settled)}
    </p>
  ) : null;
  if (feeds.set_aside === 0) {
    return (
      <>
        {said}
        <p className="done feed-clean">{t.feeds.nothingAside}</p>
      </>
    );
  }
  const settling: Column<SetAside> = {
    key: "settle",
    head: t.mend.head,
    cell: (row) => <Settle row={row} feeds={feeds} onSettled={setSettled} />,
  };
  return (
    <Panel
      title={t.feeds.quarantine(feeds.set_aside)}
      lead={t.feeds.quarantineLead}
      actions={feeds.may_replay.is_allowed ? <Replay onSettled={setSettled} /> : null}
    >
      {said}
      <Table
        label={t.feeds.quarantine(feeds.set_aside)}
        columns={feeds.may_settle.is_allowed ? [...ASIDE, settling] : ASIDE}
        rows={feeds.quarantine}
        keyOf={(row) => `${row.source} ${row.name}`}
        file="quarantine"
      />
      {feeds.quarantine.length < feeds.set_aside ? (
        <p className="quiet">{t.feeds.firstOf(feeds.quarantine.length, feeds.set_aside)}</p>
      ) : null}
    </Panel>
  );
}
