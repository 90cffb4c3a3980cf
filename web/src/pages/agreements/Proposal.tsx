// A version that is proposed: why, what it would change, what it says, and the partner's answer.
import { Button, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "../../client";
import { whenText } from "../../format/dates";
import { Panel, Tag } from "../../parts/bits";
import { RefusedKey, SignedHere, SignsElsewhere, taken, useSigning } from "../../parts/OwnKey";
import { Question } from "../../parts/Question";
import { WhyNot } from "../../parts/Steps";
import { Words } from "../../parts/Words";
import { useFiguresAreOld } from "../../queries";
import { sealOf } from "../../signing/step";
import { t } from "../../strings";
import type { AgreementShown } from "../../wire";
import { Seal, useChecked } from "./Seal";

type Proposed = NonNullable<AgreementShown["proposal"]>;

export function Changes({ changes }: { changes: Proposed["changes"] }) {
  return (
    <ul className="changes">
      {changes.map((change) => (
        <li key={change.says}>
          <span>{change.says}</span>
          <Tag tone={change.may_move_money ? "wait" : "plain"}>
            {change.may_move_money ? t.agreement.money : t.agreement.noMoney}
          </Tag>
        </li>
      ))}
    </ul>
  );
}

export function Proposal({
  partner,
  agreement,
  proposal,
}: {
  partner: string;
  agreement: AgreementShown;
  proposal: Proposed;
}) {
  return (
    <Panel
      className="proposal"
      title={t.agreement.proposal}
      lead={t.agreement.proposalBy(proposal.by, whenText(proposal.proposed_on))}
      actions={<Tag tone="blue">{t.agreement.states.proposed}</Tag>}
    >
      <p>
        {t.agreement.because}: {proposal.because}
      </p>
      {agreement.is_as_signed ? (
        <>
          <h3>{t.agreement.changesProposed}</h3>
          {proposal.changes.length > 0 ? (
            <Changes changes={proposal.changes} />
          ) : (
            <p className="quiet">{t.agreement.changesNone}</p>
          )}
        </>
      ) : null}
      <details>
        <summary>{t.agreement.wordsProposed}</summary>
        <Words markdown={proposal.words} />
      </details>
      <Answering partner={partner} agreement={agreement} proposal={proposal} />
    </Panel>
  );
}

function Answering({
  partner,
  agreement,
  proposal,
}: {
  partner: string;
  agreement: AgreementShown;
  proposal: Proposed;
}) {
  const areOld = useFiguresAreOld();
  const signing = useSigning(partner);
  const [asked, setAsked] = useState<"accepted" | "declined" | undefined>(undefined);
  const [because, setBecause] = useState("");
  const named = { agreement: agreement.name, proposal: proposal.proposal };
  const isHere = signing.by === "here";
  // What both sides sign is read before it is signed.
  const seal = useQuery({
    queryKey: ["figures", "seal", partner, named.agreement, named.proposal],
    queryFn: () => (isHere ? sealOf(signing.signer, { does: "accept_agreement", ...named }) : null),
    enabled: isHere && asked === "accepted",
    retry: false,
  });
  const texts = useChecked(seal.data ?? undefined);
  const send = useMutation({
    mutationFn: (outcome: "accepted" | "declined") =>
      taken(
        signing,
        outcome === "accepted"
          ? { does: "accept_agreement", ...named }
          : { does: "decline_agreement", ...named, because },
        () =>
          answered(
            api.POST("/v1/partners/{partner}/agreements/{agreement}/answer", {
              params: { path: { partner, agreement: agreement.name } },
              body: { proposal: proposal.proposal, outcome, ...(outcome === "declined" ? { because } : {}) },
            }),
          ),
        outcome === "accepted" ? seal.data?.text : undefined,
      ),
    onSuccess: async () => {
      setAsked(undefined);
      await areOld();
    },
  });
  if (!agreement.may_answer.is_allowed) {
    return <WhyNot may={agreement.may_answer} />;
  }
  if (signing.by === "elsewhere") {
    return <SignsElsewhere partner={partner} signing={signing} />;
  }
  // Nothing is signed before what is signed could be read, and is what it says it is.
  const isReadable = !isHere || texts.data?.every((one) => one.holds !== false) === true;
  const isNo = asked === "declined";
  return (
    <>
      <div className="form-actions">
        <Button disabled={signing.by === "unknown"} onClick={() => setAsked("accepted")}>
          {t.agreement.accept}
        </Button>
        <Button variant="default" disabled={signing.by === "unknown"} onClick={() => setAsked("declined")}>
          {t.agreement.decline}
        </Button>
      </div>
      <Question
        title={isNo ? t.agreement.declineTitle : t.agreement.acceptTitle}
        isOpen={asked !== undefined}
        onClose={() => setAsked(undefined)}
        {...(isHere && !isNo ? { size: "xl" } : {})}
      >
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            if (asked) {
              send.mutate(asked);
            }
          }}
        >
          <p>{isNo ? t.agreement.declineMeans : isHere ? t.signing.acceptMeans : t.agreement.acceptMeans}</p>
          {isNo ? (
            <Textarea
              label={t.agreement.reason}
              value={because}
              onChange={(event) => setBecause(event.currentTarget.value)}
              rows={3}
              maxLength={2000}
              required
              withAsterisk={false}
              data-autofocus
            />
          ) : null}
          {isHere && !isNo ? (
            seal.data && texts.data ? (
              <Seal seal={seal.data} texts={texts.data} />
            ) : seal.error ? (
              <RefusedKey error={seal.error} />
            ) : (
              <p className="quiet" role="status">
                {t.signing.sealLoading}
              </p>
            )
          ) : null}
          <SignedHere signing={signing} />
          <RefusedKey error={send.error} />
          <div className="form-actions">
            <Button type="submit" loading={send.isPending} disabled={!isNo && !isReadable}>
              {isNo ? t.agreement.decline : t.agreement.accept}
            </Button>
            <Button variant="default" onClick={() => setAsked(undefined)}>
              {t.close.cancel}
            </Button>
          </div>
        </form>
      </Question>
    </>
  );
}
