// Steps that people take one after another, each by what the API says of it; and totals that are typed again to approve them.
import { Button, TextInput } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { t } from "../strings";
import type { Permitted } from "../wire";
import { Tag } from "./bits";
import { Refused } from "./States";

export type StepState = "isDone" | "isNext" | "waits";

export function Step({
  number,
  title,
  lead,
  state,
  children,
}: {
  number: number;
  title: string;
  lead: string;
  state: StepState;
  children: ReactNode;
}) {
  return (
    <li className={`step step-${state}`} {...(state === "isNext" ? { "aria-current": "step" } : {})}>
      <span className="step-number" aria-hidden>
        {state === "isDone" ? <IconCheck size={17} /> : number}
      </span>
      <div>
        <h3>
          {title} <Tag tone={state === "isDone" ? "good" : state === "isNext" ? "blue" : "plain"}>{t.close[state]}</Tag>
        </h3>
        <p className="quiet">{lead}</p>
        {children}
      </div>
    </li>
  );
}

export function WhyNot({ may }: { may: Permitted }) {
  return may.is_allowed || !may.why_not ? null : <p className="quiet why-not">{may.why_not}</p>;
}

/** Approves what waits by totals that are typed from one's own check; `besides` is what else is said with them. */
export function ApproveTotals({
  may,
  currencies,
  approve,
  onDone,
  besides,
}: {
  may: Permitted;
  currencies: readonly string[];
  approve: (totals: Record<string, string>) => Promise<unknown>;
  onDone: () => Promise<void>;
  besides?: ReactNode;
}) {
  const [typed, setTyped] = useState<Record<string, string>>({});
  const send = useMutation({ mutationFn: () => approve(typed), onSuccess: onDone });
  if (!may.is_allowed) {
    return <WhyNot may={may} />;
  }
  return (
    <form
      className="form step-form"
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <p className="quiet">{t.close.totalsHelp}</p>
      {currencies.map((currency) => (
        <TextInput
          key={currency}
          label={t.close.totalOf(currency)}
          value={typed[currency] ?? ""}
          onChange={(event) => {
            const value = event.currentTarget.value;
            setTyped((old) => ({ ...old, [currency]: value }));
          }}
          inputMode="decimal"
          autoComplete="off"
          required
          withAsterisk={false}
          classNames={{ input: "figure-input" }}
        />
      ))}
      {besides}
      <Refused error={send.error} />
      <div className="form-actions">
        <Button type="submit" loading={send.isPending}>
          {t.close.approveGo}
        </Button>
      </div>
    </form>
  );
}
