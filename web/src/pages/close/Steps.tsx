import { Button, Select } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "../../client";
import { dayText } from "../../format/dates";
import { Panel } from "../../parts/bits";
import { Question } from "../../parts/Question";
import { Refused } from "../../parts/States";
import { ApproveTotals, Step, type StepState, WhyNot } from "../../parts/Steps";
import { useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { Periods } from "../../wire";

/** Which step comes next follows from what the API says waits; whether one may take it, the API says too. */
function statesOf(periods: Periods): [StepState, StepState, StepState] {
  const { waiting } = periods;
  if (!waiting) {
    return [periods.may_be_closed.length > 0 ? "isNext" : "waits", "waits", "waits"];
  }
  return waiting.approved_by.length < waiting.approvals_needed
    ? ["isDone", "isNext", "waits"]
    : ["isDone", "isDone", "isNext"];
}

export function Steps({ periods }: { periods: Periods }) {
  const [calculate, approve, close] = statesOf(periods);
  return (
    <Panel title={t.close.steps}>
      <ol className="steps">
        <Step number={1} title={t.close.calculate} lead={t.close.calculateLead} state={calculate}>
          <Calculate periods={periods} />
        </Step>
        <Step number={2} title={t.close.approve} lead={t.close.approveLead} state={approve}>
          {periods.waiting ? <Approve periods={periods} waiting={periods.waiting} /> : null}
        </Step>
        <Step number={3} title={t.close.closeIt} lead={t.close.closeLead} state={close}>
          {periods.waiting ? <Close periods={periods} until={periods.waiting.until} /> : null}
        </Step>
      </ol>
    </Panel>
  );
}

function Calculate({ periods }: { periods: Periods }) {
  const areOld = useFiguresAreOld();
  const { may_be_closed: ended, waiting } = periods;
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const until = chosen ?? waiting?.until ?? ended[0]?.ends_on;
  const period = ended.find((one) => one.ends_on === until)?.period ?? (until ? dayText(until) : "");
  const calculate = useMutation({
    mutationFn: (day: string) => answered(api.POST("/v1/periods/calculate", { body: { until: day } })),
    onSuccess: areOld,
  });
  if (!until) {
    return <p className="quiet">{t.close.nothingToClose}</p>;
  }
  return (
    <>
      <div className="step-row">
        {ended.length > 1 ? (
          <Select
            aria-label={t.close.period}
            data={ended.map((one) => ({ value: one.ends_on, label: one.period }))}
            value={until}
            onChange={(next) => setChosen(next ?? undefined)}
            allowDeselect={false}
            w={170}
          />
        ) : null}
        <Button
          variant={waiting ? "default" : "filled"}
          disabled={!periods.steps.calculate.is_allowed}
          loading={calculate.isPending}
          onClick={() => calculate.mutate(until)}
        >
          {waiting ? t.close.again(period) : t.close.calculateGo(period)}
        </Button>
      </div>
      <WhyNot may={periods.steps.calculate} />
      <Refused error={calculate.error} />
    </>
  );
}

function Approve({ periods, waiting }: { periods: Periods; waiting: NonNullable<Periods["waiting"]> }) {
  const areOld = useFiguresAreOld();
  return (
    <ApproveTotals
      may={periods.steps.approve}
      currencies={Object.keys(waiting.totals)}
      approve={(totals) => answered(api.POST("/v1/periods/approve", { body: { totals } }))}
      onDone={areOld}
    />
  );
}

function Close({ periods, until }: { periods: Periods; until: string }) {
  const areOld = useFiguresAreOld();
  const [isAsked, setAsked] = useState(false);
  const may = periods.steps.close;
  const close = useMutation({
    mutationFn: () => answered(api.POST("/v1/periods/close")),
    onSuccess: async () => {
      setAsked(false);
      await areOld();
    },
  });
  return (
    <>
      <Button disabled={!may.is_allowed} onClick={() => setAsked(true)}>
        {t.close.closeGo(dayText(until))}
      </Button>
      <WhyNot may={may} />
      <Question title={t.close.confirmTitle} isOpen={isAsked} onClose={() => setAsked(false)}>
        <p>{t.close.confirm(dayText(until))}</p>
        <Refused error={close.error} />
        <div className="form-actions">
          <Button loading={close.isPending} onClick={() => close.mutate()} data-autofocus>
            {t.close.closeGo(dayText(until))}
          </Button>
          <Button variant="default" onClick={() => setAsked(false)}>
            {t.close.cancel}
          </Button>
        </div>
      </Question>
    </>
  );
}
