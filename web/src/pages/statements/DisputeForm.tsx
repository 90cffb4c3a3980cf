import { Button, Textarea } from "@mantine/core";
import { IconFlag } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "../../client";
import { RefusedKey, SignedHere, SignsElsewhere, taken, useSigning } from "../../parts/OwnKey";
import { useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { Line } from "../../wire";

/** Objects to a line, where the API says that one may. */
export function DisputeForm({ partner, line }: { partner: string; line: Line }) {
  const [isOpen, setOpen] = useState(false);
  const [because, setBecause] = useState("");
  const areOld = useFiguresAreOld();
  const signing = useSigning(partner);
  const send = useMutation({
    mutationFn: () => {
      const said = { component: line.component, settled_on: line.settled_on, because };
      return taken(signing, { does: "open_dispute", ...said }, () =>
        answered(api.POST("/v1/disputes", { body: { partner, ...said } })),
      );
    },
    onSuccess: async () => {
      setOpen(false);
      setBecause("");
      await areOld();
    },
  });
  const { is_allowed: isAllowed, why_not: whyNot } = line.may_dispute;
  return (
    <section className="dispute" aria-label={t.explain.tabs.dispute}>
      {send.isSuccess ? (
        <p className="done" role="status">
          {t.dispute.sent(line.dispute?.id)}
        </p>
      ) : null}
      {line.dispute ? (
        <p>
          <strong>{t.statement.disputed[line.dispute.state]}</strong>
          <span className="quiet block">{line.dispute.because}</span>
        </p>
      ) : null}
      {isOpen ? (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            send.mutate();
          }}
        >
          <p>{t.dispute.lead}</p>
          <Textarea
            label={t.dispute.because}
            description={t.dispute.becauseHelp}
            value={because}
            onChange={(event) => setBecause(event.currentTarget.value)}
            minRows={3}
            rows={4}
            maxLength={2000}
            required
            withAsterisk={false}
            data-autofocus
            autoFocus
          />
          <SignedHere signing={signing} />
          <RefusedKey error={send.error} />
          <div className="form-actions">
            <Button type="submit" loading={send.isPending}>
              {t.dispute.send}
            </Button>
            <Button variant="default" onClick={() => setOpen(false)}>
              {t.close.cancel}
            </Button>
          </div>
        </form>
      ) : (
        <>
          <Button
            variant="default"
            leftSection={<IconFlag size={16} aria-hidden />}
            disabled={!isAllowed || signing.by === "unknown" || signing.by === "elsewhere"}
            onClick={() => setOpen(true)}
          >
            {t.dispute.open}
          </Button>
          {isAllowed ? <SignsElsewhere partner={partner} signing={signing} /> : null}
          {!isAllowed && whyNot ? <p className="quiet why-not">{whyNot}</p> : null}
        </>
      )}
    </section>
  );
}
