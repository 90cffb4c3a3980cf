// A plan's text with everything that is known of it while one types: mistakes at their places, what changed in meaning, whom
// it touches, and the plan in plain words. Nothing is stored.
import { Button, Loader, Tabs } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconAlertTriangle, IconCircleCheck, IconRestore } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import "@fontsource-variable/geist-mono/wght.css";
import { answered, api, Refusal, type Wire } from "../../client";
import { Page, Tag } from "../../parts/bits";
import { Answer, NoAnswer } from "../../parts/States";
import { Words } from "../../parts/Words";
import { planQuery } from "../../queries";
import { t } from "../../strings";
import type { Finding, PlanChecked } from "../../wire";
import { Editor } from "./Editor";
import { Effect } from "./Effect";

/** How long after the last key the text is checked. */
const PAUSE_MS = 350;
/** How long after it everyone is worked out again. */
const EFFECT_PAUSE_MS = 900;

export function PlanPage() {
  const { plan } = useParams({ from: "/shell/plans/$plan" });
  const text = useQuery({ ...planQuery(plan), staleTime: Number.POSITIVE_INFINITY });
  return <Answer of={text}>{(one) => <Shown key={one.plan.name} of={one} />}</Answer>;
}

function useCheck(plan: string, text: string, withEffect: boolean, isOn: boolean) {
  return useQuery({
    queryKey: ["check", plan, withEffect, text],
    queryFn: ({ signal }) =>
      answered(api.POST("/v1/plan/check", { body: { plan, text, with_effect: withEffect }, signal })),
    placeholderData: keepPreviousData,
    enabled: isOn,
    staleTime: 60_000,
    gcTime: 60_000,
  });
}

function Shown({ of }: { of: Wire["PlanText"] }) {
  const { plan } = of;
  const [text, setText] = useState(of.text);
  const [turn, setTurn] = useState(0);
  const [goTo, setGoTo] = useState<{ line: number; turn: number } | undefined>(undefined);
  const [paused] = useDebouncedValue(text, PAUSE_MS);
  const [rested] = useDebouncedValue(text, EFFECT_PAUSE_MS);
  const isChanged = text !== of.text;
  const check = useCheck(plan.name, paused, false, true);
  const effect = useCheck(plan.name, rested, true, rested !== of.text && check.data?.is_usable !== false);
  const findings = check.data?.findings ?? [];
  // Whoever may read a plan and not try changes is told so by the API; the plan is then there to be read.
  const whyNot = check.error instanceof Refusal && check.error.status === 403 ? check.error.message : undefined;
  const [tab, setTab] = useState<string | null>(null);
  return (
    <Page
      above={<Link to="/plans">{t.plans.title}</Link>}
      title={plan.title}
      lead={`${plan.is} · ${t.plans.version(plan.version)} · ${t.plans.partners(plan.partners)}`}
      actions={
        <>
          {whyNot ? (
            <Tag>{t.plans.readOnly}</Tag>
          ) : (
            <State check={check.data} isBusy={check.isFetching || paused !== text} />
          )}
          <Button
            variant="default"
            leftSection={<IconRestore size={16} aria-hidden />}
            disabled={!isChanged}
            onClick={() => {
              setText(of.text);
              setTurn((old) => old + 1);
            }}
          >
            {t.plans.reset}
          </Button>
        </>
      }
    >
      <div className="workbench">
        <section className="workbench-text" aria-label={t.plans.text}>
          <p className="workbench-file">
            <code>{plan.file}</code>
            <span className="quiet" id="editor-help">
              {whyNot ?? t.plans.editorHelp}
            </span>
          </p>
          <Editor
            key={turn}
            text={of.text}
            findings={findings}
            onChange={setText}
            goTo={goTo}
            label={t.plans.text}
            isReadOnly={whyNot !== undefined}
          />
        </section>
        <section className="workbench-side" aria-label={t.plans.tabs.check}>
          <Tabs value={tab ?? (whyNot ? "words" : "check")} onChange={setTab} keepMounted={false}>
            <Tabs.List>
              <Tabs.Tab value="check">
                {t.plans.tabs.check}
                {findings.length > 0 ? <span className="tab-count">{findings.length}</span> : null}
              </Tabs.Tab>
              <Tabs.Tab value="diff">
                {t.plans.tabs.diff}
                {check.data?.changes.length ? <span className="tab-count">{check.data.changes.length}</span> : null}
              </Tabs.Tab>
              <Tabs.Tab value="effect">{t.plans.tabs.effect}</Tabs.Tab>
              <Tabs.Tab value="words">{t.plans.tabs.words}</Tabs.Tab>
            </Tabs.List>
            <Tabs.Panel value="check">
              {whyNot ? (
                <p className="quiet">{whyNot}</p>
              ) : check.error ? (
                <NoAnswer error={check.error} again={() => void check.refetch()} />
              ) : null}
              <Findings
                findings={findings}
                isKnown={check.data !== undefined}
                onGo={(line) => setGoTo((old) => ({ line, turn: (old?.turn ?? 0) + 1 }))}
              />
            </Tabs.Panel>
            <Tabs.Panel value="diff">
              <Changes checked={check.data} />
            </Tabs.Panel>
            <Tabs.Panel value="effect">
              {effect.error ? (
                <NoAnswer error={effect.error} again={() => void effect.refetch()} />
              ) : (
                <Effect
                  checked={isChanged ? effect.data : undefined}
                  isBusy={isChanged && (effect.isFetching || rested !== text)}
                />
              )}
            </Tabs.Panel>
            <Tabs.Panel value="words">
              <Words markdown={check.data?.words ?? of.words} />
            </Tabs.Panel>
          </Tabs>
        </section>
      </div>
      <p className="quiet">{t.plans.signing}</p>
    </Page>
  );
}

function State({ check, isBusy }: { check: PlanChecked | undefined; isBusy: boolean }) {
  if (!check || isBusy) {
    return (
      <Tag icon={<Loader size={13} aria-hidden />}>
        <span role="status">{t.plans.checking}</span>
      </Tag>
    );
  }
  return check.is_usable ? (
    <Tag tone="good" icon={<IconCircleCheck size={14} aria-hidden />}>
      <span role="status">{t.plans.usable}</span>
    </Tag>
  ) : (
    <Tag tone="bad" icon={<IconAlertTriangle size={14} aria-hidden />}>
      <span role="status">{t.plans.notUsable}</span>
    </Tag>
  );
}

const TONES = { error: "bad", warning: "wait", note: "blue" } as const;

function Findings({
  findings,
  isKnown,
  onGo,
}: {
  findings: readonly Finding[];
  isKnown: boolean;
  onGo: (line: number) => void;
}) {
  if (findings.length === 0) {
    return isKnown ? <p className="quiet">{t.plans.noFindings}</p> : null;
  }
  return (
    <ul className="plain-list findings">
      {findings.map((finding) => {
        const { place } = finding;
        return (
          <li key={`${finding.code} ${place?.line ?? 0} ${place?.column ?? 0} ${finding.says}`}>
            <p className="finding-head">
              <Tag tone={TONES[finding.severity]}>{t.plans.severity[finding.severity]}</Tag>
              <code>{finding.code}</code>
              {place ? (
                <button type="button" className="link" onClick={() => onGo(place.line)}>
                  {t.plans.place(place.line, place.column)}
                </button>
              ) : null}
            </p>
            <p>{finding.says}</p>
            {finding.help ? <p className="quiet">{finding.help}</p> : null}
          </li>
        );
      })}
    </ul>
  );
}

function Changes({ checked }: { checked: PlanChecked | undefined }) {
  if (!checked || checked.changes.length === 0) {
    return <p className="quiet">{t.plans.noChanges}</p>;
  }
  return (
    <ul className="plain-list findings">
      {checked.changes.map((change) => (
        <li key={change.says}>
          <p className="pre">{change.says}</p>
          <Tag tone={change.may_move_money ? "wait" : "plain"}>
            {change.may_move_money ? t.plans.movesMoney : t.plans.movesNone}
          </Tag>
        </li>
      ))}
    </ul>
  );
}
