// Whether the partner accepted the statement, until when silence accepts it, and accepting it.
import { Button } from "@mantine/core";
import { IconCircleCheck, IconClock, IconHourglassEmpty } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "../../client";
import { dayText, whenText } from "../../format/dates";
import { RefusedKey, SignedHere, SignsElsewhere, taken, useSigning } from "../../parts/OwnKey";
import { Question } from "../../parts/Question";
import { useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { Acceptance, Statement } from "../../wire";

export function Accepted({ statement }: { statement: Statement }) {
  const { acceptance } = statement;
  if (acceptance.state === "not_closed") {
    return null;
  }
  const { icon, title, lead } = said(acceptance);
  return (
    <section className={`acceptance acceptance-${acceptance.state}`} aria-label={t.acceptance.title}>
      <span className="acceptance-icon" aria-hidden>
        {icon}
      </span>
      <div>
        <p className="acceptance-title">{title}</p>
        {lead ? <p className="quiet">{lead}</p> : null}
      </div>
      {acceptance.may_accept.is_allowed && acceptance.until ? (
        <Accepting statement={statement} until={acceptance.until} />
      ) : null}
    </section>
  );
}

function said(acceptance: Acceptance) {
  const day = acceptance.last_day ? dayText(acceptance.last_day) : undefined;
  if (acceptance.state === "accepted") {
    const who = acceptance.accepted_by_name ?? acceptance.accepted_by;
    const when = acceptance.accepted_on ? whenText(acceptance.accepted_on) : "";
    return {
      icon: <IconCircleCheck size={22} />,
      title: t.acceptance.accepted,
      lead: who ? t.acceptance.acceptedBy(who, when) : t.acceptance.acceptedOn(when),
    };
  }
  if (acceptance.state === "by_silence") {
    return {
      icon: <IconHourglassEmpty size={22} />,
      title: t.acceptance.bySilence,
      lead: day ? t.acceptance.bySilenceOn(day) : undefined,
    };
  }
  return {
    icon: <IconClock size={22} />,
    title: t.acceptance.open,
    lead: day ? t.acceptance.openUntil(day) : t.acceptance.openAny,
  };
}

function Accepting({ statement, until }: { statement: Statement; until: string }) {
  const [isAsked, setAsked] = useState(false);
  const areOld = useFiguresAreOld();
  const signing = useSigning(statement.partner);
  const accept = useMutation({
    mutationFn: () =>
      taken(signing, { does: "accept_statements", until }, () =>
        answered(
          api.POST("/v1/partners/{partner}/acceptance", {
            params: { path: { partner: statement.partner } },
            body: { until },
          }),
        ),
      ),
    onSuccess: async () => {
      setAsked(false);
      await areOld();
    },
  });
  if (signing.by === "elsewhere") {
    return <SignsElsewhere partner={statement.partner} signing={signing} />;
  }
  return (
    <>
      <Button disabled={signing.by === "unknown"} onClick={() => setAsked(true)}>
        {t.acceptance.accept}
      </Button>
      <Question title={t.acceptance.confirm(dayText(until))} isOpen={isAsked} onClose={() => setAsked(false)}>
        <div className="form">
          <p>{t.acceptance.means}</p>
          <p className="quiet">
            {t.acceptance.whose(statement.partner_name)}
            {statement.acceptance.is_custodial ? `. ${t.acceptance.custodial}` : null}
          </p>
          <SignedHere signing={signing} />
          <RefusedKey error={accept.error} />
          <div className="form-actions">
            <Button loading={accept.isPending} onClick={() => accept.mutate()} data-autofocus>
              {t.acceptance.accept}
            </Button>
            <Button variant="default" onClick={() => setAsked(false)}>
              {t.close.cancel}
            </Button>
          </div>
        </div>
      </Question>
    </>
  );
}
