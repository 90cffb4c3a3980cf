// One act as it was signed: what it says, by whose keys, and the proof that it lies below the signed root.
import { Button } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, keptFile, type Wire } from "../../client";
import { instantText } from "../../format/dates";
import { Question } from "../../parts/Question";
import { Signed } from "../../parts/Signed";
import { Answer, Refused } from "../../parts/States";
import { actQuery } from "../../queries";
import { t } from "../../strings";

export function ActShown({ act, onClose }: { act: number | undefined; onClose: () => void }) {
  const shown = useQuery({ ...actQuery(act ?? 0), enabled: act !== undefined });
  const title = shown.data ? t.journal.one(shown.data.act.act, shown.data.act.kind) : t.journal.act;
  return (
    <Question title={title} isOpen={act !== undefined} onClose={onClose} size="lg">
      <Answer of={shown}>{(one) => <Shown one={one} onClose={onClose} />}</Answer>
    </Question>
  );
}

function Shown({ one, onClose }: { one: Wire["ActShown"]; onClose: () => void }) {
  const { act } = one;
  const proof = useMutation({
    mutationFn: () =>
      keptFile(
        api.GET("/v1/journal/{act}/proof", { params: { path: { act: act.act } }, parseAs: "blob" }),
        `act-${act.act}.tlog-proof`,
      ),
  });
  return (
    <div className="form">
      <dl className="figures control">
        <div>
          <dt>{t.journal.at}</dt>
          <dd>{instantText(act.at)}</dd>
        </div>
        <div>
          <dt>{t.journal.by}</dt>
          <dd className="mono">{act.by}</dd>
        </div>
        <div>
          <dt>{t.journal.behalf}</dt>
          <dd>{act.in_the_name_of}</dd>
        </div>
        <div>
          <dt>{t.journal.signers}</dt>
          <dd>
            {one.wrong ? (
              <span className="refused">
                {t.journal.wrong}: {one.wrong}
              </span>
            ) : (
              one.signers.map((signer) => (
                <span key={signer.key} className="block">
                  {signer.in_the_name_of}, {signer.is_custodial ? t.journal.custodial : t.journal.own}
                  <span className="quiet block mono hash">{signer.key}</span>
                </span>
              ))
            )}
          </dd>
        </div>
        <div>
          <dt>{t.journal.hash}</dt>
          <dd className="mono hash">{one.hash}</dd>
        </div>
      </dl>
      <h3>{t.journal.content}</h3>
      <Signed label={t.journal.content}>{one.content}</Signed>
      <details>
        <summary>{t.journal.note}</summary>
        <Signed label={t.journal.note}>{one.note}</Signed>
      </details>
      <p className="quiet">{t.journal.proofHelp}</p>
      <Refused error={proof.error} />
      <div className="form-actions">
        <Button
          leftSection={<IconDownload size={17} aria-hidden />}
          loading={proof.isPending}
          onClick={() => proof.mutate()}
        >
          {t.journal.proof}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t.journal.close}
        </Button>
      </div>
    </div>
  );
}
