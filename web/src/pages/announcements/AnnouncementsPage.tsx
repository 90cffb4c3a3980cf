// Announcements, for those who make them and those who look after the program: what was said, to whom, and who has read it.
import { Button, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Wire } from "../../client";
import { whenText } from "../../format/dates";
import { Bar, Page, Panel, Tag } from "../../parts/bits";
import { Question } from "../../parts/Question";
import { Answer, Empty, Refused } from "../../parts/States";
import { announcementsQuery, plansQuery, useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { Announcement, Permitted } from "../../wire";

type Audience = Wire["Audience"];
type Whom = Audience["whom"];
const WHOMS: Whom[] = ["everybody", "plan", "attribute", "partners"];

export function AnnouncementsPage() {
  const announcements = useQuery(announcementsQuery);
  return (
    <Page title={t.announce.title} lead={t.announce.lead}>
      <Answer of={announcements}>
        {({ announcements: all, may_announce }) => (
          <div className="home">
            <div className="home-main">
              {all.length === 0 ? (
                <Empty title={t.announce.none}>{t.announce.noneLead}</Empty>
              ) : (
                <ul className="plain-list threads">
                  {all.map((one) => (
                    <li key={one.id} className="panel thread">
                      <Said announcement={one} />
                    </li>
                  ))}
                </ul>
              )}
            </div>
            <div className="home-side">
              <Make may={may_announce} />
            </div>
          </div>
        )}
      </Answer>
    </Page>
  );
}

function Said({ announcement }: { announcement: Announcement }) {
  const all = announcement.partners.length;
  return (
    <article aria-label={announcement.title} className="receiver">
      <header className="thread-head">
        <div>
          <h2>{announcement.title}</h2>
          <p className="quiet">
            {t.announce.to(announcement.to)} · {whenText(announcement.made_at)} · <code>{announcement.made_by}</code>
          </p>
        </div>
        {announcement.withdrawn ? <Tag>{t.announce.withdrawn}</Tag> : null}
      </header>
      <blockquote className="said">
        <p className="pre">{announcement.text}</p>
      </blockquote>
      {announcement.withdrawn ? (
        <blockquote className="said said-back">
          <p className="pre">{announcement.withdrawn}</p>
        </blockquote>
      ) : (
        <div className="announcement-reach">
          <Bar percent={all === 0 ? 0 : (announcement.read * 100) / all} />
          <p>{t.announce.read(announcement.read, all)}</p>
        </div>
      )}
      <details className="announcement-who">
        <summary>{t.announce.who}</summary>
        <ul className="plain-list">
          {announcement.partners.map((one) => (
            <li key={one.partner} className="announcement-partner">
              <span>{one.name}</span>
              <span className="quiet">
                {one.readers.length === 0
                  ? t.announce.notYet
                  : one.readers
                      .map((reader) => `${reader.called ?? reader.person}, ${whenText(reader.read_at)}`)
                      .join(" · ")}
              </span>
            </li>
          ))}
        </ul>
      </details>
      {announcement.may_withdraw.is_allowed ? <Withdraw announcement={announcement} /> : null}
    </article>
  );
}

function Withdraw({ announcement }: { announcement: Announcement }) {
  const areOld = useFiguresAreOld();
  const [isAsked, setAsked] = useState(false);
  const [because, setBecause] = useState("");
  const withdraw = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/v1/announcements/{announcement}/withdraw", {
          params: { path: { announcement: announcement.id } },
          body: { because },
        }),
      ),
    onSuccess: async () => {
      setAsked(false);
      await areOld();
    },
  });
  return (
    <div className="form-actions">
      <Button variant="default" size="xs" onClick={() => setAsked(true)}>
        {t.announce.withdraw}
      </Button>
      <Question title={t.announce.withdrawTitle} isOpen={isAsked} onClose={() => setAsked(false)}>
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            withdraw.mutate();
          }}
        >
          <p>{t.announce.withdrawLead}</p>
          <Textarea
            label={t.announce.why}
            value={because}
            onChange={(event) => setBecause(event.currentTarget.value)}
            rows={2}
            maxLength={2000}
            required
            withAsterisk={false}
          />
          <Refused error={withdraw.error} />
          <div className="form-actions">
            <Button variant="default" onClick={() => setAsked(false)}>
              {t.announce.keep}
            </Button>
            <Button type="submit" loading={withdraw.isPending}>
              {t.announce.withdraw}
            </Button>
          </div>
        </form>
      </Question>
    </div>
  );
}

const NOTHING = { title: "", text: "", plan: "", column: "", value: "", partners: "" };

function Make({ may }: { may: Permitted }) {
  const areOld = useFiguresAreOld();
  const [said, setSaid] = useState(NOTHING);
  const [whom, setWhom] = useState<Whom>("everybody");
  const plans = useQuery({ ...plansQuery, enabled: may.is_allowed });
  const make = useMutation({
    mutationFn: () => {
      const { title, text } = said;
      return answered(api.POST("/v1/announcements", { body: { title, text, to: audience(whom, said) } }));
    },
    onSuccess: async () => {
      setSaid(NOTHING);
      await areOld();
    },
  });
  const field = (key: keyof typeof said) => ({
    value: said[key],
    onChange: (event: { currentTarget: { value: string } }) => {
      const value = event.currentTarget.value;
      setSaid((old) => ({ ...old, [key]: value }));
    },
    required: true,
    withAsterisk: false,
  });
  if (!may.is_allowed) {
    return (
      <Panel title={t.announce.make}>
        <p className="quiet why-not">{may.why_not}</p>
      </Panel>
    );
  }
  return (
    <Panel title={t.announce.make}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <TextInput label={t.announce.subject} {...field("title")} maxLength={200} autoComplete="off" />
        <Textarea
          label={t.announce.text}
          description={t.announce.textHelp}
          {...field("text")}
          rows={5}
          maxLength={4000}
        />
        <Select
          label={t.announce.whom}
          data={WHOMS.map((one) => ({ value: one, label: t.announce.whoms[one] }))}
          value={whom}
          onChange={(next) => next && setWhom(next as Whom)}
          allowDeselect={false}
        />
        {whom === "plan" ? (
          <Select
            label={t.announce.plan}
            data={(plans.data?.plans ?? []).map((one) => ({ value: one.name, label: one.title }))}
            value={said.plan === "" ? null : said.plan}
            onChange={(next) => setSaid((old) => ({ ...old, plan: next ?? "" }))}
            required
            withAsterisk={false}
          />
        ) : null}
        {whom === "attribute" ? (
          <>
            <TextInput label={t.announce.column} description={t.announce.columnHelp} {...field("column")} />
            <TextInput label={t.announce.value} {...field("value")} />
          </>
        ) : null}
        {whom === "partners" ? (
          <TextInput label={t.announce.partners} description={t.announce.partnersHelp} {...field("partners")} />
        ) : null}
        <Refused error={make.error} />
        {make.data ? (
          <p className="done" role="status">
            {t.announce.made}
          </p>
        ) : null}
        <div className="form-actions">
          <Button type="submit" loading={make.isPending}>
            {t.announce.go}
          </Button>
        </div>
      </form>
    </Panel>
  );
}

function audience(whom: Whom, said: typeof NOTHING): Audience {
  switch (whom) {
    case "everybody":
      return { whom };
    case "plan":
      return { whom, plan: said.plan };
    case "attribute":
      return { whom, column: said.column.trim(), value: said.value.trim() };
    case "partners":
      return { whom, partners: said.partners.split(",").flatMap((one) => one.trim() || []) };
  }
}
