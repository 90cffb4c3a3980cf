import { Button, Divider, PasswordInput, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { answered, api, Refusal } from "../../client";
import { Mark } from "../../parts/Mark";
import { Refused } from "../../parts/States";
import { sessionQuery, waysQuery } from "../../queries";
import { t } from "../../strings";

/** The frame of the two pages that nobody has signed on for. */
export function Door({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${t.app.name}`;
  }, [title]);
  return (
    <main className="door">
      <div className="door-side">
        <div className="door-brand">
          <Mark size={34} />
          <span>{t.app.name}</span>
        </div>
        <div>
          <p className="door-line">{t.app.tagline}</p>
          <dl className="door-promise">
            {t.signOn.promise.map(([word, says]) => (
              <div key={word}>
                <dt>{word}</dt>
                <dd>{says}</dd>
              </div>
            ))}
          </dl>
        </div>
      </div>
      <div className="door-form">{children}</div>
    </main>
  );
}

export function SignOnPage() {
  const { to, refused } = useSearch({ from: "/sign-on" });
  const provider = useQuery(waysQuery).data?.provider;
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [needsCode, setNeedsCode] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);

  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const body = { name, password, ...(code === "" ? {} : { code }) };
      const session = await answered(api.POST("/v1/session", { body }));
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
      await navigate({ to: to ?? "/" });
    } catch (wrong) {
      if (wrong instanceof Refusal && wrong.code === "code_needed") {
        setNeedsCode(true);
      } else {
        setError(wrong instanceof Error ? wrong : new Error(String(wrong)));
      }
    } finally {
      setBusy(false);
    }
  };

  return (
    <Door title={t.signOn.title}>
      <form onSubmit={(event) => void go(event)} className="form">
        <h1>{t.signOn.title}</h1>
        <p className="quiet">{t.signOn.lead}</p>
        {refused && error === null ? (
          <p className="refused" role="alert">
            {t.signOn.refused[refused] ?? t.signOn.refused.wrong}
          </p>
        ) : null}
        {provider ? (
          <>
            <Button
              component="a"
              href={`/v1/sign-on/provider${to ? `?to=${encodeURIComponent(to)}` : ""}`}
              variant="default"
              fullWidth
              size="md"
            >
              {t.signOn.by(provider.called)}
            </Button>
            <Divider label={t.signOn.or} />
          </>
        ) : null}
        <TextInput
          label={t.signOn.name}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
          withAsterisk={false}
        />
        <PasswordInput
          label={t.signOn.password}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete="current-password"
          required
          withAsterisk={false}
        />
        {needsCode ? (
          <TextInput
            label={t.signOn.code}
            description={t.signOn.codeHelp}
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            inputMode="numeric"
            autoComplete="one-time-code"
            pattern="[0-9]{6}"
            maxLength={6}
            required
            autoFocus
            withAsterisk={false}
          />
        ) : null}
        <Refused error={error} />
        <Button type="submit" loading={isBusy} fullWidth size="md">
          {t.signOn.go}
        </Button>
        <p className="quiet">
          <Link to="/first-administrator">{t.signOn.first}</Link>
        </p>
      </form>
    </Door>
  );
}
