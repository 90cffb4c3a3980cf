// Everyone who takes part: found by name and plan, page by page, as the server has them.
import { Button, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconDownload, IconSearch } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api, type Wire } from "../../client";
import { downloadCsv } from "../../format/csv";
import { dayText } from "../../format/dates";
import { Page } from "../../parts/bits";
import { Empty, Loading, NoAnswer } from "../../parts/States";
import { type Column, Table } from "../../parts/Table";
import { overviewQuery } from "../../queries";
import { t } from "../../strings";

type Short = Wire["PartnerShort"];
const PAUSE_MS = 300;

function columnsOf(partners: readonly Short[]): Column<Short>[] {
  const attributes = [...new Set(partners.flatMap((one) => Object.keys(one.attributes)))].slice(0, 3);
  return [
    {
      key: "name",
      head: t.partners.name,
      by: (one) => one.name,
      cell: (one) => (
        <Link to="/partners/$partner" params={{ partner: one.id }} className="strong">
          {one.name}
        </Link>
      ),
    },
    { key: "id", head: t.partners.id, by: (one) => one.id, cell: (one) => <code>{one.id}</code> },
    { key: "plan", head: t.partners.plan, by: (one) => one.plan_title, cell: (one) => one.plan_title },
    ...attributes.map((name) => ({
      key: `of ${name}`,
      head: name.replaceAll("_", " "),
      by: (one: Short) => one.attributes[name] ?? "",
      cell: (one: Short) => (one.attributes[name] ?? "–").replaceAll("_", " "),
    })),
    {
      key: "since",
      head: t.partners.since,
      by: (one) => one.agreement_starts_on,
      cell: (one) => dayText(one.agreement_starts_on),
    },
  ];
}

export function PartnersPage() {
  const { holds, plan } = useSearch({ from: "/shell/partners" });
  const navigate = useNavigate({ from: "/partners" });
  const [typed, setTyped] = useState(holds ?? "");
  const overview = useQuery(overviewQuery);
  const planNames = [...new Set(overview.data?.bands.map((band) => band.plan) ?? [])];
  const look = useDebouncedCallback(
    (text: string) =>
      void navigate({
        search: (old) => ({ ...(old.plan ? { plan: old.plan } : {}), ...(text ? { holds: text } : {}) }),
      }),
    PAUSE_MS,
  );
  const pages = useInfiniteQuery({
    queryKey: ["figures", "partners", holds ?? "", plan ?? ""],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/v1/partners", {
          params: {
            query: {
              ...(holds ? { holds } : {}),
              ...(plan ? { plan } : {}),
              ...(pageParam ? { after: pageParam } : {}),
              limit: 50,
            },
          },
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const partners = pages.data?.pages.flatMap((page) => page.partners) ?? [];
  const columns = columnsOf(partners);
  const total = pages.data?.pages[0]?.total;
  return (
    <Page
      title={t.partners.title}
      lead={total === undefined ? t.partners.lead : t.partners.found(total)}
      actions={
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          disabled={partners.length === 0}
          onClick={() =>
            downloadCsv("partners", [
              ["id", "name", "plan", "agreement_starts_on"],
              ...partners.map((one) => [one.id, one.name, one.plan, one.agreement_starts_on]),
            ])
          }
        >
          {t.partners.download}
        </Button>
      }
    >
      <search className="filters">
        <TextInput
          label={t.partners.search}
          placeholder={t.partners.searchHelp}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            look(event.currentTarget.value);
          }}
          type="search"
        />
        <Select
          label={t.partners.plan}
          placeholder={t.partners.anyPlan}
          data={planNames.map((name) => ({ value: name, label: name.replaceAll("_", " ") }))}
          value={plan ?? null}
          onChange={(next) =>
            void navigate({
              search: (old) => ({ ...(old.holds ? { holds: old.holds } : {}), ...(next ? { plan: next } : {}) }),
            })
          }
          clearable
          clearButtonProps={{ "aria-label": t.partners.clear }}
        />
      </search>
      {pages.error ? (
        <NoAnswer error={pages.error} again={() => void pages.refetch()} />
      ) : pages.isPending ? (
        <Loading rows={8} />
      ) : partners.length === 0 ? (
        <Empty title={t.partners.none}>{t.partners.noneLead}</Empty>
      ) : (
        <div className="panel panel-flush">
          <Table label={t.partners.title} columns={columns} rows={partners} keyOf={(one) => one.id} />
        </div>
      )}
      {pages.hasNextPage ? (
        <p className="show-more">
          <Button variant="default" loading={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
            {t.partners.more}
          </Button>
        </p>
      ) : null}
    </Page>
  );
}
