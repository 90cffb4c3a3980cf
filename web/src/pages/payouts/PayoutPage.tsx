// One ordered payout: its payments, the bank's file, and what the bank says became of them.
import { Button, Select, Textarea, TextInput } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api, keptFile } from "../../client";
import { dayText } from "../../format/dates";
import { Page, Panel } from "../../parts/bits";
import { Answer, Refused } from "../../parts/States";
import { WhyNot } from "../../parts/Steps";
import { payoutQuery, useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { PayoutShown } from "../../wire";
import { PaymentList, Totals } from "./PaymentList";

export function PayoutPage() {
  const { payout } = useParams({ from: "/shell/payouts/$payout" });
  const one = useQuery(payoutQuery(Number(payout)));
  return <Answer of={one}>{(shown) => <Shown shown={shown} />}</Answer>;
}

function Shown({ shown }: { shown: PayoutShown }) {
  const { payout, payments } = shown;
  return (
    <Page
      above={<Link to="/payouts">{t.payouts.title}</Link>}
      title={t.payouts.one(payout.payout)}
      lead={t.payouts.oneLead(dayText(payout.on))}
      actions={
        <strong>
          <Totals totals={payout.totals} />
        </strong>
      }
    >
      <Panel
        title={t.payments.list}
        lead={t.payouts.becameOf(payout.paid, payout.returned, payout.unknown, payout.open)}
      >
        <PaymentList file={`payout-${payout.payout}`} label={t.payments.list} payments={payments} />
      </Panel>
      <div className="halves">
        <BankFile shown={shown} />
        <Report shown={shown} />
      </div>
    </Page>
  );
}

function BankFile({ shown }: { shown: PayoutShown }) {
  const { payout } = shown.payout;
  const currencies = Object.keys(shown.payout.totals);
  const [debtor, setDebtor] = useState("");
  const [iban, setIban] = useState("");
  const [currency, setCurrency] = useState(currencies[0] ?? "");
  const write = useMutation({
    mutationFn: () =>
      keptFile(
        api.POST("/v1/payouts/{payout}/file", {
          params: { path: { payout } },
          body: { debtor, iban, currency },
          parseAs: "blob",
        }),
        `payout-${payout}.xml`,
      ),
  });
  if (!shown.may_report.is_allowed) {
    return (
      <Panel title={t.payouts.file} lead={t.payouts.fileLead}>
        <WhyNot may={shown.may_report} />
      </Panel>
    );
  }
  return (
    <Panel title={t.payouts.file} lead={t.payouts.fileLead}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          write.mutate();
        }}
      >
        <TextInput
          label={t.payouts.debtor}
          description={t.payouts.debtorHelp}
          value={debtor}
          onChange={(event) => setDebtor(event.currentTarget.value)}
          maxLength={140}
          required
          withAsterisk={false}
        />
        <TextInput
          label={t.payouts.iban}
          value={iban}
          onChange={(event) => setIban(event.currentTarget.value)}
          maxLength={42}
          autoComplete="off"
          spellCheck={false}
          required
          withAsterisk={false}
          classNames={{ input: "figure-input" }}
        />
        {currencies.length > 1 ? (
          <Select
            label={t.payouts.currency}
            description={t.payouts.currencyHelp}
            data={currencies}
            value={currency}
            onChange={(next) => setCurrency(next ?? "")}
            allowDeselect={false}
          />
        ) : null}
        <Refused error={write.error} />
        <div className="form-actions">
          <Button type="submit" loading={write.isPending} leftSection={<IconDownload size={17} aria-hidden />}>
            {t.payouts.fileGo}
          </Button>
        </div>
        {write.data ? (
          <p className="quiet" role="status">
            {t.statement.written(write.data)}
          </p>
        ) : null}
      </form>
    </Panel>
  );
}

const WORDS = ["paid", "returned", "unknown"] as const;
const EVERYBODY = "";

function Report({ shown }: { shown: PayoutShown }) {
  const areOld = useFiguresAreOld();
  const { payout } = shown.payout;
  const [whose, setWhose] = useState(EVERYBODY);
  const [word, setWord] = useState<(typeof WORDS)[number]>("paid");
  const [because, setBecause] = useState("");
  const report = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/v1/payouts/{payout}/report", {
          params: { path: { payout } },
          body: { word, because, ...(whose === EVERYBODY ? {} : { whose }) },
        }),
      ),
    onSuccess: async () => {
      setBecause("");
      await areOld();
    },
  });
  if (!shown.may_report.is_allowed) {
    return (
      <Panel title={t.payouts.report} lead={t.payouts.reportLead}>
        <WhyNot may={shown.may_report} />
      </Panel>
    );
  }
  return (
    <Panel title={t.payouts.report} lead={t.payouts.reportLead}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          report.mutate();
        }}
      >
        <Select
          label={t.payouts.whose}
          data={[
            { value: EVERYBODY, label: t.payouts.everybody },
            ...shown.payments.map((one) => ({ value: one.partner, label: `${one.partner_name} (${one.partner})` })),
          ]}
          value={whose}
          onChange={(next) => setWhose(next ?? EVERYBODY)}
          allowDeselect={false}
        />
        <Select
          label={t.payouts.word}
          data={WORDS.map((one) => ({ value: one, label: t.payouts.states[one] }))}
          value={word}
          onChange={(next) => setWord(WORDS.find((one) => one === next) ?? "paid")}
          allowDeselect={false}
        />
        <Textarea
          label={t.payouts.because}
          description={t.payouts.becauseHelp}
          value={because}
          onChange={(event) => setBecause(event.currentTarget.value)}
          rows={2}
          maxLength={2000}
          required
          withAsterisk={false}
        />
        <Refused error={report.error} />
        <div className="form-actions">
          <Button type="submit" loading={report.isPending}>
            {t.payouts.reportGo}
          </Button>
        </div>
        {report.isSuccess ? (
          <p className="done" role="status">
            {t.payouts.reported}
          </p>
        ) : null}
      </form>
    </Panel>
  );
}
