// Proposing: a line that no rule gives, or giving up what a partner owes.
import { Autocomplete, Button, SegmentedControl, Select, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, Refusal } from "../../client";
import { dayText } from "../../format/dates";
import { moneyText } from "../../format/money";
import { Panel } from "../../parts/bits";
import { Refused } from "../../parts/States";
import { WhyNot } from "../../parts/Steps";
import { useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { ExceptionList } from "../../wire";

type Owed = ExceptionList["owed"][number];

const NOTHING = { partner: "", amount: "", reason: "", because: "", on: "" };

const keyOf = (owed: Owed) => `${owed.partner} ${owed.component} ${owed.settled_on} ${owed.money.currency}`;

export function Propose({ list }: { list: ExceptionList }) {
  const areOld = useFiguresAreOld();
  const [isWriteOff, setWriteOff] = useState(false);
  const [said, setSaid] = useState(NOTHING);
  const [currency, setCurrency] = useState(list.currency);
  const [chosen, setChosen] = useState<string | null>(null);
  const owed = isWriteOff ? list.owed.find((one) => keyOf(one) === chosen) : undefined;
  const send = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/v1/exceptions", {
          body: {
            partner: owed?.partner ?? said.partner.trim(),
            amount: said.amount.trim(),
            currency: owed?.money.currency ?? currency.trim(),
            reason: said.reason.trim(),
            because: said.because,
            ...(said.on === "" ? {} : { on: said.on }),
            ...(owed ? { gives_up: { component: owed.component, settled_on: owed.settled_on } } : {}),
          },
        }),
      ),
    onSuccess: async () => {
      setSaid(NOTHING);
      setChosen(null);
      await areOld();
    },
  });
  const wrong = send.error instanceof Refusal ? send.error.parts : undefined;
  const field = (key: keyof typeof said) => ({
    value: said[key],
    error: wrong?.get(`#/${key}`),
    onChange: (event: { currentTarget: { value: string } }) => {
      const value = event.currentTarget.value;
      setSaid((old) => ({ ...old, [key]: value }));
    },
  });
  if (!list.may_propose.is_allowed) {
    return (
      <Panel title={t.exceptions.propose}>
        <WhyNot may={list.may_propose} />
      </Panel>
    );
  }
  return (
    <Panel title={t.exceptions.propose} lead={t.exceptions.proposeLead}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          send.mutate();
        }}
      >
        {list.owed.length > 0 ? (
          <SegmentedControl
            aria-label={t.exceptions.what}
            fullWidth
            data={[
              { value: "line", label: t.exceptions.line },
              { value: "write-off", label: t.exceptions.writeOff },
            ]}
            value={isWriteOff ? "write-off" : "line"}
            onChange={(next) => setWriteOff(next === "write-off")}
          />
        ) : null}
        {isWriteOff ? (
          <Select
            label={t.exceptions.owed}
            description={t.exceptions.owedHelp}
            data={list.owed.map((one) => ({
              value: keyOf(one),
              label: `${one.partner_name} · ${one.component} · ${dayText(one.settled_on)} · ${moneyText(one.money)}`,
            }))}
            value={chosen}
            onChange={(next) => {
              setChosen(next);
              const found = list.owed.find((one) => keyOf(one) === next);
              setSaid((old) => ({ ...old, amount: found?.money.amount ?? old.amount }));
            }}
            searchable
            required
            withAsterisk={false}
          />
        ) : (
          <TextInput
            label={t.exceptions.partnerId}
            {...field("partner")}
            required
            withAsterisk={false}
            autoComplete="off"
          />
        )}
        <div className="halves-tight">
          <TextInput
            label={t.exceptions.amount}
            {...(isWriteOff ? {} : { description: t.exceptions.amountHelp })}
            {...field("amount")}
            inputMode="decimal"
            required
            withAsterisk={false}
            autoComplete="off"
          />
          {owed ? null : (
            <TextInput
              label={t.exceptions.currency}
              value={currency}
              error={wrong?.get("#/currency")}
              onChange={(event) => setCurrency(event.currentTarget.value)}
              maxLength={3}
              required
              withAsterisk={false}
              autoComplete="off"
            />
          )}
        </div>
        <Autocomplete
          label={t.exceptions.reason}
          description={t.exceptions.reasonHelp}
          data={list.reasons}
          value={said.reason}
          error={wrong?.get("#/reason")}
          onChange={(reason) => setSaid((old) => ({ ...old, reason }))}
          required
          withAsterisk={false}
        />
        <Textarea
          label={t.exceptions.because}
          description={t.dispute.becauseHelp}
          {...field("because")}
          rows={3}
          maxLength={2000}
          required
          withAsterisk={false}
        />
        <TextInput label={t.exceptions.on} description={t.exceptions.onHelp} type="date" {...field("on")} />
        <Refused error={send.error} />
        {send.data ? (
          <p className="done" role="status">
            {t.exceptions.proposed(send.data.id)}
          </p>
        ) : null}
        <div className="form-actions">
          <Button type="submit" loading={send.isPending}>
            {t.exceptions.go}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
