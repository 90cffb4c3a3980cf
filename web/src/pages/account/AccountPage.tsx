// One's own account: who one is, the authenticator, tokens for programs.
import { Button, NumberInput, TextInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api } from "../../client";
import { instantText } from "../../format/dates";
import { Page, Panel } from "../../parts/bits";
import { Answer, Refused } from "../../parts/States";
import { sessionQuery } from "../../queries";
import { t } from "../../strings";
import { Grants } from "../people/PeoplePage";
import { MailChoice } from "./MailChoice";

const tokensQuery = queryOptions({ queryKey: ["tokens"], queryFn: () => answered(api.GET("/v1/tokens")) });

export function AccountPage() {
  const session = useQuery(sessionQuery);
  return (
    <Page title={t.account.title}>
      <div className="besides">
        <Panel title={t.account.who}>
          <Answer of={session}>
            {(one) => (
              <dl className="figures">
                <div>
                  <dt>{t.account.name}</dt>
                  <dd>
                    {one.shown_name}
                    <span className="quiet block">{one.name}</span>
                  </dd>
                </div>
                <div>
                  <dt>{t.account.grants}</dt>
                  <dd>
                    <Grants grants={one.grants} />
                  </dd>
                </div>
                <div>
                  <dt>{t.account.ends}</dt>
                  <dd>{instantText(one.ends_at)}</dd>
                </div>
              </dl>
            )}
          </Answer>
        </Panel>
        <MailChoice />
        <Authenticator />
        <Tokens />
      </div>
    </Page>
  );
}

function Authenticator() {
  const [code, setCode] = useState("");
  const make = useMutation({ mutationFn: () => answered(api.POST("/v1/session/authenticator")) });
  const use = useMutation({
    mutationFn: (secret: string) => answered(api.PUT("/v1/session/authenticator", { body: { secret, code } })),
  });
  return (
    <Panel title={t.account.authenticator} lead={t.account.authenticatorLead}>
      {use.isSuccess ? (
        <p className="done" role="status">
          {t.account.used}
        </p>
      ) : make.data ? (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            use.mutate(make.data.secret);
          }}
        >
          <p>{t.account.secret}</p>
          <p className="mono secret">{make.data.secret}</p>
          <TextInput
            label={t.account.code}
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            inputMode="numeric"
            pattern="[0-9]{6}"
            maxLength={6}
            autoComplete="one-time-code"
            required
            withAsterisk={false}
          />
          <Refused error={use.error} />
          <div className="form-actions">
            <Button type="submit" loading={use.isPending}>
              {t.account.use}
            </Button>
          </div>
        </form>
      ) : (
        <>
          <Refused error={make.error} />
          <Button variant="default" loading={make.isPending} onClick={() => make.mutate()}>
            {t.account.make}
          </Button>
        </>
      )}
    </Panel>
  );
}

function Tokens() {
  const client = useQueryClient();
  const tokens = useQuery(tokensQuery);
  const [isFor, setFor] = useState("");
  const [scopes, setScopes] = useState("");
  const [days, setDays] = useState<number | string>(30);
  const areOld = () => client.invalidateQueries({ queryKey: ["tokens"] });
  const make = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/v1/tokens", {
          body: { is_for: isFor, scopes: scopes.split(/\s+/).filter(Boolean), days: Number(days) },
        }),
      ),
    onSuccess: areOld,
  });
  const end = useMutation({
    mutationFn: (token: string) => answered(api.DELETE("/v1/tokens/{token}", { params: { path: { token } } })),
    onSuccess: areOld,
  });
  return (
    <Panel title={t.account.tokens} lead={t.account.tokensLead}>
      <Answer of={tokens} rows={2}>
        {({ tokens: all }) =>
          all.length === 0 ? (
            <p className="quiet">{t.account.noTokens}</p>
          ) : (
            <ul className="plain-list tokens">
              {all.map((one) => (
                <li key={one.id}>
                  <span>
                    {one.is_for}
                    <span className="quiet block">
                      {one.scopes.join(", ")} · {t.account.endsAt(instantText(one.ends_at))}
                    </span>
                  </span>
                  <Button variant="default" size="xs" onClick={() => end.mutate(one.id)}>
                    {t.account.end}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Answer>
      <Refused error={end.error} />
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <TextInput
          label={t.account.isFor}
          value={isFor}
          onChange={(event) => setFor(event.currentTarget.value)}
          required
          withAsterisk={false}
        />
        <TextInput
          label={t.account.scopes}
          description={t.account.scopesHelp}
          value={scopes}
          onChange={(event) => setScopes(event.currentTarget.value)}
          required
          withAsterisk={false}
        />
        <NumberInput label={t.account.days} value={days} onChange={setDays} min={1} max={366} allowDecimal={false} />
        <Refused error={make.error} />
        {make.data ? (
          <p className="done" role="status">
            {t.account.made}
            <code className="block secret">{make.data.token}</code>
          </p>
        ) : null}
        <div className="form-actions">
          <Button type="submit" variant="default" loading={make.isPending}>
            {t.account.makeToken}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
