// A partner's agreements: in plain words as they were signed, their versions, and what is proposed with the way to answer it.
import { IconFileCheck, IconFileTime, IconKey } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { dayText, whenText, withDays } from "../../format/dates";
import { Page, Panel, Tag } from "../../parts/bits";
import { Signed } from "../../parts/Signed";
import { Answer, Empty } from "../../parts/States";
import { Words } from "../../parts/Words";
import { agreementsQuery, sessionQuery } from "../../queries";
import { t } from "../../strings";
import type { AgreementShown } from "../../wire";
import { Changes, Proposal } from "./Proposal";

export function AgreementPage() {
  const { partner } = useParams({ from: "/shell/partners/$partner/agreement" });
  const list = useQuery(agreementsQuery(partner));
  const isOwn = useQuery(sessionQuery).data?.partner === partner;
  return (
    <Answer of={list}>
      {(one) => (
        <Page
          above={
            <Link to="/partners/$partner" params={{ partner }}>
              {one.partner_name}
            </Link>
          }
          title={t.agreement.title}
          lead={t.agreement.lead}
          actions={
            isOwn ? (
              <Link to="/partners/$partner/key" params={{ partner }} className="button">
                <IconKey size={16} aria-hidden /> {t.agreement.key}
              </Link>
            ) : null
          }
        >
          {one.agreements.length === 0 ? (
            <Empty title={t.agreement.none}>{t.agreement.noneLead}</Empty>
          ) : (
            one.agreements.map((agreement) => <Shown key={agreement.name} partner={partner} one={agreement} />)
          )}
        </Page>
      )}
    </Answer>
  );
}

function Shown({ partner, one }: { partner: string; one: AgreementShown }) {
  const isSigned = one.state === "signed";
  return (
    <>
      {one.proposal ? <Proposal partner={partner} agreement={one} proposal={one.proposal} /> : null}
      <Panel
        title={one.plan_title}
        lead={
          one.ends_until
            ? t.agreement.fromUntil(dayText(one.starts_on), dayText(one.ends_until))
            : t.agreement.from(dayText(one.starts_on))
        }
        actions={
          <Tag
            tone={isSigned ? "good" : "wait"}
            icon={isSigned ? <IconFileCheck size={14} aria-hidden /> : <IconFileTime size={14} aria-hidden />}
          >
            {t.agreement.states[one.state] ?? one.state}
          </Tag>
        }
      >
        <p className="quiet">
          <code>{one.name}</code> · {one.plan} · {withDays(one.says)}
        </p>
        <p className="eyebrow">{one.is_as_signed ? t.agreement.asSigned : t.agreement.asItStands}</p>
        <Words markdown={one.words} />
        <details>
          <summary>{t.agreement.text}</summary>
          <Signed label={t.agreement.text}>{one.text}</Signed>
        </details>
      </Panel>
      {one.signed.length > 0 ? (
        <Panel title={t.agreement.versions}>
          <ul className="waits">
            {one.signed.map((version) => (
              <li key={version.accepted_at}>
                <IconFileCheck size={16} aria-hidden />
                <span>
                  <strong className="block">{whenText(version.signed_on)}</strong>
                  {t.agreement.version(version.accepted_at)},{" "}
                  {version.is_custodial ? t.agreement.custodial : t.agreement.own}
                </span>
              </li>
            ))}
          </ul>
          {one.changes.length > 0 ? (
            <>
              <h3>{t.agreement.changes}</h3>
              <Changes changes={one.changes} />
            </>
          ) : null}
        </Panel>
      ) : null}
    </>
  );
}
