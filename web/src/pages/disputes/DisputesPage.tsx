// Disputes: the inbox of the program, and a partner's own.
import { Button, SegmentedControl, Select, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api, type Wire } from "../../client";
import { dayText, whenText } from "../../format/dates";
import { Page, Tag } from "../../parts/bits";
import { RefusedKey, SignedHere, SignsElsewhere, taken, useSigning } from "../../parts/OwnKey";
import { Answer, Empty } from "../../parts/States";
import { disputesQuery, useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { Dispute } from "../../wire";

const TONES = { open: "wait", upheld: "good", rejected: "plain", withdrawn: "plain" } as const;

export function DisputesPage() {
  const { show } = useSearch({ from: "/shell/disputes" });
  const navigate = useNavigate({ from: "/disputes" });
  const isAll = show === "all";
  const disputes = useQuery(disputesQuery(undefined, isAll ? undefined : true));
  return (
    <Page
      title={t.dispute.title}
      lead={t.dispute.leadProgram}
      actions={
        <SegmentedControl
          aria-label={t.dispute.filter}
          data={[
            { value: "open", label: t.dispute.filterOpen },
            { value: "all", label: t.dispute.filterAll },
          ]}
          value={isAll ? "all" : "open"}
          onChange={(next) => void navigate({ search: next === "all" ? { show: "all" } : {} })}
        />
      }
    >
      <Answer of={disputes}>
        {({ disputes: all }) =>
          all.length === 0 ? (
            <Empty title={isAll ? t.dispute.none : t.dispute.noneOpen}>{t.dispute.noneLead}</Empty>
          ) : (
            <ul className="plain-list threads">
              {all.map((one) => (
                <li key={one.id} className="panel thread">
                  <Thread dispute={one} />
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
    </Page>
  );
}

function Thread({ dispute }: { dispute: Dispute }) {
  return (
    <article aria-label={t.dispute.of(dispute.component, dayText(dispute.settled_on))}>
      <header className="thread-head">
        <div>
          <h2>
            <Link to="/partners/$partner" params={{ partner: dispute.partner }}>
              {dispute.partner_name}
            </Link>
          </h2>
          <p className="quiet">{t.dispute.of(dispute.component, dayText(dispute.settled_on))}</p>
        </div>
        <Tag tone={TONES[dispute.state]}>{t.statement.disputed[dispute.state]}</Tag>
      </header>
      <blockquote className="said">
        <p className="pre">{dispute.because}</p>
        <footer className="quiet">
          {t.dispute.openedBy(sideOf(dispute), whenText(dispute.opened_on))} · <code>{dispute.opened_by}</code>
        </footer>
      </blockquote>
      {dispute.answer ? (
        <blockquote className="said said-back">
          <p className="pre">{dispute.answer}</p>
          <footer className="quiet">
            {t.dispute.outcomes[outcomeOf(dispute.state)]} · <code>{dispute.answered_by}</code>
          </footer>
        </blockquote>
      ) : null}
      <Reply dispute={dispute} />
    </article>
  );
}

function sideOf(dispute: Dispute): string {
  return dispute.in_the_name_of === "vendor" ? t.dispute.byVendor : t.dispute.byPartner(dispute.partner_name);
}

type Outcome = Wire["DisputeOutcome"];

function outcomeOf(state: Dispute["state"]): Outcome {
  return state === "open" ? "withdrawn" : state;
}

function Reply({ dispute }: { dispute: Dispute }) {
  const outcomes: Outcome[] = [
    ...(dispute.may_answer.is_allowed ? (["upheld", "rejected"] as const) : []),
    ...(dispute.may_withdraw.is_allowed ? (["withdrawn"] as const) : []),
  ];
  const areOld = useFiguresAreOld();
  const signing = useSigning(dispute.partner);
  const [outcome, setOutcome] = useState<Outcome | undefined>(undefined);
  const [because, setBecause] = useState("");
  const chosen = outcome ?? outcomes[0];
  const send = useMutation({
    mutationFn: (to: Outcome) => {
      const byServer = () =>
        answered(
          api.POST("/v1/disputes/{dispute}/answer", {
            params: { path: { dispute: dispute.id } },
            body: { outcome: to, because },
          }),
        );
      // Only taking back is a partner's step; the vendor answers.
      return to === "withdrawn"
        ? taken(signing, { does: "withdraw_dispute", dispute: dispute.id, because }, byServer)
        : byServer();
    },
    onSuccess: areOld,
  });
  if (dispute.state !== "open") {
    return null;
  }
  if (chosen === "withdrawn" && signing.by === "elsewhere") {
    return <SignsElsewhere partner={dispute.partner} signing={signing} />;
  }
  if (!chosen) {
    return <p className="quiet why-not">{dispute.may_answer.why_not}</p>;
  }
  return (
    <form
      className="form reply"
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate(chosen);
      }}
    >
      <Select
        label={t.dispute.outcome}
        data={outcomes.map((one) => ({ value: one, label: t.dispute.outcomes[one] }))}
        value={chosen}
        onChange={(next) => setOutcome((next as Outcome | null) ?? undefined)}
        allowDeselect={false}
      />
      <Textarea
        label={t.dispute.why}
        description={t.dispute.becauseHelp}
        value={because}
        onChange={(event) => setBecause(event.currentTarget.value)}
        rows={2}
        maxLength={2000}
        required
        withAsterisk={false}
      />
      <SignedHere signing={signing} />
      <RefusedKey error={send.error} />
      <div className="form-actions">
        <Button type="submit" loading={send.isPending} disabled={signing.by === "unknown"}>
          {chosen === "withdrawn" ? t.dispute.withdraw : t.dispute.sendAnswer}
        </Button>
      </div>
    </form>
  );
}
