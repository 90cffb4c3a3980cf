// People and their access, for administrators.
import { Button, PasswordInput, Select, TextInput } from "@mantine/core";
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, type Wire } from "../../client";
import { Page, Panel, Tag } from "../../parts/bits";
import { Answer, Empty, Refused } from "../../parts/States";
import { type Column, Table } from "../../parts/Table";
import { t } from "../../strings";

type Person = Wire["Person"];
type Role = Wire["Role"];
const ROLES = Object.keys(t.people.roles) as Role[];

const peopleQuery = queryOptions({ queryKey: ["people"], queryFn: () => answered(api.GET("/v1/people")) });

export function PeoplePage() {
  const people = useQuery(peopleQuery);
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (person: Person) =>
      answered(
        api.PUT("/v1/people/{person}/access", {
          params: { path: { person: person.id } },
          body: { is_active: !person.is_active, grants: person.grants },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ["people"] }),
  });
  const columns: Column<Person>[] = [
    {
      key: "name",
      head: t.people.shownName,
      by: (one) => one.shown_name,
      cell: (one) => (
        <>
          <strong>{one.shown_name}</strong>
          <span className="quiet block">{one.name}</span>
        </>
      ),
    },
    { key: "grants", head: t.people.grants, cell: (one) => <Grants grants={one.grants} /> },
    {
      key: "active",
      head: t.people.active,
      by: (one) => (one.is_active ? "1" : "0"),
      cell: (one) => (
        <Tag tone={one.is_active ? "good" : "plain"}>{one.is_active ? t.people.active : t.people.inactive}</Tag>
      ),
    },
    {
      key: "do",
      head: null,
      label: t.people.disable,
      align: "right",
      cell: (one) => (
        <Button variant="default" size="xs" loading={change.isPending} onClick={() => change.mutate(one)}>
          {one.is_active ? t.people.disable : t.people.enable}
        </Button>
      ),
    },
  ];
  return (
    <Page title={t.people.title} lead={t.people.lead}>
      <div className="home">
        <div className="home-main">
          <Refused error={change.error} />
          <Answer of={people}>
            {({ people: all }) =>
              all.length === 0 ? (
                <Empty title={t.people.none} />
              ) : (
                <div className="panel panel-flush">
                  <Table label={t.people.title} columns={columns} rows={all} keyOf={(one) => one.id} />
                </div>
              )
            }
          </Answer>
        </div>
        <div className="home-side">
          <AddPerson />
        </div>
      </div>
    </Page>
  );
}

export function Grants({ grants }: { grants: Person["grants"] }) {
  return (
    <ul className="plain-list">
      {grants.map((grant) => (
        <li key={`${grant.role} ${grant.partner ?? ""}`}>
          {t.people.roles[grant.role]} <span className="quiet">{grant.partner ?? t.people.everyPartner}</span>
        </li>
      ))}
    </ul>
  );
}

function AddPerson() {
  const client = useQueryClient();
  const [said, setSaid] = useState({ name: "", shown_name: "", password: "", partner: "" });
  const [role, setRole] = useState<Role>("partner_viewer");
  const add = useMutation({
    mutationFn: () => {
      const { partner, ...who } = said;
      const grants = [{ role, ...(partner.trim() === "" ? {} : { partner: partner.trim() }) }];
      return answered(api.POST("/v1/people", { body: { ...who, grants } }));
    },
    onSuccess: async () => {
      setSaid({ name: "", shown_name: "", password: "", partner: "" });
      await client.invalidateQueries({ queryKey: ["people"] });
    },
  });
  const field = (key: keyof typeof said) => ({
    value: said[key],
    onChange: (event: { currentTarget: { value: string } }) => {
      const value = event.currentTarget.value;
      setSaid((old) => ({ ...old, [key]: value }));
    },
  });
  return (
    <Panel title={t.people.add}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <TextInput label={t.people.name} {...field("name")} required withAsterisk={false} autoComplete="off" />
        <TextInput
          label={t.people.shownName}
          {...field("shown_name")}
          required
          withAsterisk={false}
          autoComplete="off"
        />
        <PasswordInput
          label={t.people.password}
          description={t.first.passwordHelp}
          {...field("password")}
          required
          withAsterisk={false}
          minLength={12}
          autoComplete="new-password"
        />
        <Select
          label={t.people.role}
          data={ROLES.map((one) => ({ value: one, label: t.people.roles[one] }))}
          value={role}
          onChange={(next) => next && setRole(next as Role)}
          allowDeselect={false}
        />
        <TextInput
          label={t.people.partner}
          description={t.people.partnerHelp}
          {...field("partner")}
          autoComplete="off"
        />
        <Refused error={add.error} />
        {add.data ? (
          <p className="done" role="status">
            {t.people.added}
          </p>
        ) : null}
        <div className="form-actions">
          <Button type="submit" loading={add.isPending}>
            {t.people.go}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
