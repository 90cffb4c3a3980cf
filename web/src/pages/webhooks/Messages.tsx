// Messages, the latest first: what happened, whether it arrived, and telling it again.
import { Button } from "@mantine/core";
import type { Wire } from "../../client";
import { dayText, instantText } from "../../format/dates";
import { Tag } from "../../parts/bits";
import { type Column, Table } from "../../parts/Table";
import { t } from "../../strings";

type Message = Wire["Message"];
const TONES = { waiting: "wait", arrived: "good", dead: "bad" } as const;

export interface Row {
  message: Message;
  /** The person that it is to; none where it is to the webhook that is shown. */
  to: { person: string; name: string } | undefined;
}

export function Messages({
  label,
  nothing,
  again,
  rows,
  onAgain,
}: {
  label: string;
  nothing: string;
  again: string;
  rows: Row[];
  onAgain: (row: Row) => void;
}) {
  if (rows.length === 0) {
    return <p className="quiet">{nothing}</p>;
  }
  const columns: Column<Row>[] = [
    ...(rows.some((row) => row.to)
      ? [{ key: "to", head: t.webhooks.to, cell: (row: Row) => row.to?.name } satisfies Column<Row>]
      : []),
    {
      key: "what",
      head: t.webhooks.what,
      cell: ({ message }) => (
        <>
          {nameOf(message.kind)}
          <span className="quiet block">{aboutOf(message.event)}</span>
        </>
      ),
    },
    {
      key: "happened",
      head: t.webhooks.happened,
      by: ({ message }) => message.happened_at,
      cell: ({ message }) => instantText(message.happened_at),
    },
    {
      key: "state",
      head: t.webhooks.state,
      by: ({ message }) => message.state,
      cell: ({ message }) => (
        <>
          <Tag tone={TONES[message.state]}>{t.webhooks.states[message.state]}</Tag>
          <span className="quiet block">
            {message.tries === 0 ? t.webhooks.notTried : `${message.said}, ${t.webhooks.tries(message.tries)}`}
            {message.next_at && message.tries > 0 ? ` · ${t.webhooks.nextAt(instantText(message.next_at))}` : ""}
          </span>
        </>
      ),
    },
    {
      key: "again",
      head: null,
      label: again,
      align: "right",
      cell: (row) =>
        row.message.state === "waiting" && row.message.tries === 0 ? null : (
          <Button variant="default" size="xs" onClick={() => onAgain(row)}>
            {again}
          </Button>
        ),
    },
  ];
  return <Table label={label} columns={columns} rows={rows} keyOf={(row) => row.message.id} />;
}

function nameOf(kind: string): string {
  return kind in t.events ? t.events[kind as keyof typeof t.events].name : kind;
}

/** What a message is about: an act by its number, or a source with the day that it missed. */
function aboutOf(event: string): string {
  const late = /^late\.(.+)\.(\d{4}-\d{2}-\d{2})$/.exec(event);
  return late ? t.webhooks.feed(late[1] ?? "", dayText(late[2] ?? "")) : t.webhooks.act(event);
}
