// What one is told by e-mail: each kind of event on its own.
import { Button, Checkbox } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Wire } from "../../client";
import { Panel } from "../../parts/bits";
import { Answer, Refused } from "../../parts/States";
import { t } from "../../strings";

type Choice = Wire["MailChoice"];
type Kind = Wire["EventKind"];

const mailQuery = queryOptions({
  queryKey: ["session", "mail"],
  queryFn: () => answered(api.GET("/v1/session/mail")),
});

export function MailChoice() {
  const choice = useQuery(mailQuery);
  return (
    <Panel title={t.mail.title}>
      <Answer of={choice} rows={3}>
        {(one) => <Choose choice={one} />}
      </Answer>
    </Panel>
  );
}

function Choose({ choice }: { choice: Choice }) {
  const client = useQueryClient();
  const [wanted, setWanted] = useState<string[]>(choice.kinds.filter((one) => one.is_wanted).map((one) => one.kind));
  const save = useMutation({
    mutationFn: () => {
      const declined: Kind[] = choice.kinds.map((one) => one.kind).filter((kind) => !wanted.includes(kind));
      return answered(api.PUT("/v1/session/mail", { body: { declined } }));
    },
    onSuccess: (next) => client.setQueryData(mailQuery.queryKey, next),
  });
  if (choice.kinds.length === 0) {
    return <p className="quiet">{t.mail.nothing}</p>;
  }
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <p className="quiet">{choice.address ? t.mail.to(choice.address) : t.mail.noAddress}</p>
      {choice.is_set_up ? null : <p className="quiet">{t.mail.notSetUp}</p>}
      <Checkbox.Group aria-label={t.mail.title} value={wanted} onChange={setWanted}>
        <div className="choices">
          {choice.kinds.map(({ kind }) => (
            <Checkbox key={kind} value={kind} label={t.events[kind].name} description={t.events[kind].when} />
          ))}
        </div>
      </Checkbox.Group>
      <Refused error={save.error} />
      {save.isSuccess ? (
        <p className="done" role="status">
          {t.mail.saved}
        </p>
      ) : null}
      <div className="form-actions">
        <Button type="submit" loading={save.isPending}>
          {t.mail.save}
        </Button>
      </div>
    </form>
  );
}
