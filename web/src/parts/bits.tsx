// Small things that many pages show.
import { Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconLock, IconProgress } from "@tabler/icons-react";
import { type ReactNode, useEffect } from "react";
import { dayText, withDays } from "../format/dates";
import { t } from "../strings";
import type { Freshness, Standing } from "../wire";
import { InPage } from "./States";

/** The title of the window says where one is. */
function useTitle(title: ReactNode) {
  const words = typeof title === "string" ? `${title} · ${t.app.name}` : t.app.name;
  useEffect(() => {
    document.title = words;
  }, [words]);
}

export function Page({
  title,
  lead,
  actions,
  children,
  above,
}: {
  title: ReactNode;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  above?: ReactNode;
}) {
  useTitle(title);
  return (
    <div className="page">
      <header className="page-head">
        <div>
          {above ? <p className="page-above">{above}</p> : null}
          <h1>{title}</h1>
          {lead ? <p className="page-lead">{lead}</p> : null}
        </div>
        {actions ? <div className="page-actions">{actions}</div> : null}
      </header>
      <InPage value={true}>{children}</InPage>
    </div>
  );
}

export function Panel({
  title,
  lead,
  actions,
  children,
  className = "",
  id,
}: {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  className?: string;
  id?: string;
}) {
  return (
    <section className={`panel ${className}`} aria-label={title} id={id}>
      <header className="panel-head">
        <div>
          <h2>{title}</h2>
          {lead ? <p className="quiet">{lead}</p> : null}
        </div>
        {actions}
      </header>
      {children}
    </section>
  );
}

export type Tone = "plain" | "good" | "wait" | "bad" | "blue" | "open";

export function Tag({ tone = "plain", icon, children }: { tone?: Tone; icon?: ReactNode; children: ReactNode }) {
  return (
    <span className={`tag tag-${tone}`}>
      {icon}
      {children}
    </span>
  );
}

/** Whether figures can still change: told by word and icon, never by colour alone. */
export function StandingTag({ standing }: { standing: Standing }) {
  const shown = {
    closed: {
      tone: "good",
      icon: <IconLock size={13} aria-hidden />,
      word: t.standing.closed,
      help: t.standing.closedHelp,
    },
    provisional: {
      tone: "open",
      icon: <IconProgress size={13} aria-hidden />,
      word: t.standing.provisional,
      help: t.standing.provisionalHelp,
    },
    unsaid: { tone: "plain", icon: null, word: t.standing.unsaid, help: t.standing.unsaidHelp },
  } as const;
  const { tone, icon, word, help } = shown[standing];
  return (
    <Tooltip label={help} multiline w={260} events={{ hover: true, focus: true, touch: true }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the help has to be reached without a mouse */}
      <span className="bare" tabIndex={0}>
        <Tag tone={tone} icon={icon}>
          {word}
        </Tag>
      </span>
    </Tooltip>
  );
}

export function FreshTag({ freshness }: { freshness: Freshness }) {
  const late = freshness.sources.filter((source) => (source.late_days ?? 0) > 0).length;
  return late === 0 ? (
    <Tag tone="good" icon={<IconCircleCheck size={13} aria-hidden />}>
      {t.fresh.allFresh}
    </Tag>
  ) : (
    <Tag tone="wait" icon={<IconAlertTriangle size={13} aria-hidden />}>
      {t.fresh.someLate(late)}
    </Tag>
  );
}

export function FreshList({ freshness }: { freshness: Freshness }) {
  return (
    <ul className="plain-list">
      {freshness.sources.map((source) => (
        <li key={source.source} className="fresh">
          <span>
            {source.is || source.source}
            <span className="quiet block">
              {source.last_delivery_on ? t.fresh.last(dayText(source.last_delivery_on)) : t.fresh.never}
              {source.due_on ? `, ${t.fresh.due(dayText(source.due_on))}` : ""}
            </span>
          </span>
          {source.late_days ? <Tag tone="wait">{t.fresh.late(source.late_days)}</Tag> : null}
        </li>
      ))}
    </ul>
  );
}

export function Notes({ notes }: { notes: readonly string[] }) {
  if (notes.length === 0) {
    return null;
  }
  return (
    <aside className="notes" aria-label={t.home.notes}>
      <IconAlertTriangle size={17} aria-hidden />
      <ul>
        {notes.map((note) => (
          <li key={note}>{withDays(note)}</li>
        ))}
      </ul>
    </aside>
  );
}

/** A bar for looking; its figure stands beside it as text. */
export function Bar({ percent, tone = "brand" }: { percent: number; tone?: string }) {
  return (
    <span className="bar" aria-hidden>
      <span className={`bar-fill bar-${tone}`} style={{ width: `${Math.max(0, Math.min(100, percent))}%` }} />
    </span>
  );
}
