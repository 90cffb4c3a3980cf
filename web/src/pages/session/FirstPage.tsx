import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api } from "../../client";
import { Refused } from "../../parts/States";
import { sessionQuery } from "../../queries";
import { t } from "../../strings";
import { Door } from "./SignOnPage";

export function FirstPage() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [said, setSaid] = useState({ setup_code: "", name: "", shown_name: "", password: "" });
  const make = useMutation({
    mutationFn: () => answered(api.POST("/v1/first-administrator", { body: said })),
    onSuccess: async (session) => {
      client.clear();
      client.setQueryData(sessionQuery.queryKey, session);
      await navigate({ to: "/" });
    },
  });
  const field = (key: keyof typeof said) => ({
    value: said[key],
    required: true,
    withAsterisk: false,
    onChange: (event: { currentTarget: { value: string } }) => {
      const value = event.currentTarget.value;
      setSaid((old) => ({ ...old, [key]: value }));
    },
  });
  return (
    <Door title={t.first.title}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          make.mutate();
        }}
      >
        <h1>{t.first.title}</h1>
        <p className="quiet">{t.first.lead}</p>
        <TextInput label={t.first.code} {...field("setup_code")} autoComplete="off" spellCheck={false} autoFocus />
        <TextInput label={t.first.name} description={t.first.nameHelp} {...field("name")} autoComplete="username" />
        <TextInput label={t.first.shownName} {...field("shown_name")} autoComplete="name" />
        <PasswordInput
          label={t.first.password}
          description={t.first.passwordHelp}
          {...field("password")}
          minLength={12}
          autoComplete="new-password"
        />
        <Refused error={make.error} />
        <Button type="submit" loading={make.isPending} fullWidth size="md">
          {t.first.go}
        </Button>
        <p className="quiet">
          <Link to="/sign-on">{t.first.back}</Link>
        </p>
      </form>
    </Door>
  );
}
