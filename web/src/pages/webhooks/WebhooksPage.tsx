// Who is told what happens: systems by webhooks, people by e-mail, and what became of each message. For administrators.
import { Button, Checkbox, TextInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Wire } from "../../client";
import { instantText } from "../../format/dates";
import { Page, Panel, Tag } from "../../parts/bits";
import { Question } from "../../parts/Question";
import { Answer, Empty, Refused } from "../../parts/States";
import { t } from "../../strings";
import { Messages } from "./Messages";

type Webhook = Wire["Webhook"];
type Kind = Wire["EventKind"];
const KINDS = Object.keys(t.events) as Kind[];

const webhooksQuery = queryOptions({ queryKey: ["webhooks"], queryFn: () => answered(api.GET("/v1/webhooks")) });
const mailsQuery = queryOptions({ queryKey: ["webhooks", "mails"], queryFn: () => answered(api.GET("/v1/mails")) });
const messagesQuery = (webhook: string) =>
  queryOptions({
    queryKey: ["webhooks", webhook],
    queryFn: () => answered(api.GET("/v1/webhooks/{webhook}/messages", { params: { path: { webhook } } })),
    refetchInterval: 5000,
  });

export function WebhooksPage() {
  const webhooks = useQuery(webhooksQuery);
  return (
    <Page title={t.webhooks.title} lead={t.webhooks.lead}>
      <div className="home">
        <div className="home-main">
          <Answer of={webhooks}>
            {({ webhooks: all }) =>
              all.length === 0 ? (
                <Empty title={t.webhooks.none}>{t.webhooks.noneLead}</Empty>
              ) : (
                <ul className="plain-list threads">
                  {all.map((one) => (
                    <li key={one.id} className="panel thread">
                      <Receiver webhook={one} />
                    </li>
                  ))}
                </ul>
              )
            }
          </Answer>
          <Mails />
        </div>
        <div className="home-side">
          <Add />
        </div>
      </div>
    </Page>
  );
}

function Receiver({ webhook }: { webhook: Webhook }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <article aria-label={webhook.address} className="receiver">
      <header className="thread-head">
        <div>
          <h2 className="address">{webhook.address}</h2>
          <p className="quiet">{t.webhooks.since(instantText(webhook.made_at))}</p>
        </div>
        <span className="tags">
          {webhook.waiting > 0 ? <Tag tone="wait">{t.webhooks.waiting(webhook.waiting)}</Tag> : null}
          {webhook.dead > 0 ? <Tag tone="bad">{t.webhooks.dead(webhook.dead)}</Tag> : null}
          {webhook.waiting + webhook.dead === 0 ? <Tag tone="good">{t.webhooks.allArrived}</Tag> : null}
        </span>
      </header>
      <p className="tags">
        {webhook.kinds.map((kind) => (
          <Tag key={kind}>{t.events[kind].name}</Tag>
        ))}
      </p>
      <div className="form-actions">
        <Button variant="default" size="xs" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? t.webhooks.hide : t.webhooks.show}
        </Button>
        <Remove webhook={webhook} />
      </div>
      {isOpen ? <MessagesTo webhook={webhook} /> : null}
    </article>
  );
}

function MessagesTo({ webhook }: { webhook: Webhook }) {
  const messages = useQuery(messagesQuery(webhook.id));
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: (event: string) =>
      answered(
        api.POST("/v1/webhooks/{webhook}/messages/{event}/again", {
          params: { path: { webhook: webhook.id, event } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  return (
    <Answer of={messages} rows={2}>
      {({ messages: all }) => (
        <>
          <Refused error={again.error} />
          <Messages
            label={t.webhooks.messagesTo(webhook.address)}
            nothing={t.webhooks.noMessages}
            again={t.webhooks.again}
            rows={all.map((message) => ({ message, to: undefined }))}
            onAgain={({ message }) => again.mutate(message.event)}
          />
        </>
      )}
    </Answer>
  );
}

function Remove({ webhook }: { webhook: Webhook }) {
  const client = useQueryClient();
  const [isAsked, setAsked] = useState(false);
  const remove = useMutation({
    mutationFn: () => answered(api.DELETE("/v1/webhooks/{webhook}", { params: { path: { webhook: webhook.id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setAsked(true)}>
        {t.webhooks.remove}
      </Button>
      <Question title={t.webhooks.removeTitle} isOpen={isAsked} onClose={() => setAsked(false)}>
        <p>{t.webhooks.removeLead(webhook.address)}</p>
        <Refused error={remove.error} />
        <div className="form-actions">
          <Button variant="default" onClick={() => setAsked(false)}>
            {t.webhooks.keep}
          </Button>
          <Button loading={remove.isPending} onClick={() => remove.mutate()}>
            {t.webhooks.remove}
          </Button>
        </div>
      </Question>
    </>
  );
}

function Add() {
  const client = useQueryClient();
  const [address, setAddress] = useState("");
  const [kinds, setKinds] = useState<string[]>(["statement.ready", "approval.needed"]);
  const add = useMutation({
    mutationFn: () => answered(api.POST("/v1/webhooks", { body: { address, kinds: kinds as Kind[] } })),
    onSuccess: async () => {
      setAddress("");
      await client.invalidateQueries({ queryKey: ["webhooks"] });
    },
  });
  return (
    <Panel title={t.webhooks.add}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <TextInput
          label={t.webhooks.address}
          description={t.webhooks.addressHelp}
          type="url"
          value={address}
          onChange={(event) => setAddress(event.currentTarget.value)}
          maxLength={1000}
          required
          withAsterisk={false}
          autoComplete="off"
        />
        <Checkbox.Group label={t.webhooks.kinds} value={kinds} onChange={setKinds}>
          <div className="choices">
            {KINDS.map((kind) => (
              <Checkbox key={kind} value={kind} label={t.events[kind].name} description={t.events[kind].when} />
            ))}
          </div>
        </Checkbox.Group>
        <Refused error={add.error} />
        {add.data ? (
          <div className="done" role="status">
            {t.webhooks.secret(add.data.webhook.address)}
            <code className="block secret">{add.data.secret}</code>
            <span className="quiet block">{t.webhooks.verify}</span>
          </div>
        ) : null}
        <div className="form-actions">
          <Button type="submit" loading={add.isPending} disabled={kinds.length === 0}>
            {t.webhooks.go}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function Mails() {
  const mails = useQuery(mailsQuery);
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: ({ person, event }: { person: string; event: string }) =>
      answered(api.POST("/v1/mails/{person}/{event}/again", { params: { path: { person, event } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["webhooks"] }),
  });
  return (
    <Panel title={t.webhooks.mails} lead={t.webhooks.mailsLead}>
      <Answer of={mails} rows={2}>
        {({ mails: all, is_set_up }) =>
          !is_set_up && all.length === 0 ? (
            <p className="quiet">{t.webhooks.mailsOff}</p>
          ) : (
            <>
              <Refused error={again.error} />
              <Messages
                label={t.webhooks.mails}
                nothing={t.webhooks.noMails}
                again={t.webhooks.sendAgain}
                rows={all.map((mail) => ({ message: mail, to: { person: mail.person, name: mail.name } }))}
                onAgain={({ message, to }) => to && again.mutate({ person: to.person, event: message.event })}
              />
            </>
          )
        }
      </Answer>
    </Panel>
  );
}
