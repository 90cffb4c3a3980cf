// The journal: the tree and its checkpoint, whether everything is whole, a bundle to check, and acts as they were signed.
import { Button, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconDownload, IconKey } from "@tabler/icons-react";
import { keepPreviousData, useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { answered, api, keptFile, keptText, type Wire } from "../../client";
import { instantText, withDays } from "../../format/dates";
import { countText } from "../../format/money";
import { Page, Panel } from "../../parts/bits";
import { Empty, Loading, NoAnswer, Refused } from "../../parts/States";
import { type Column, Table } from "../../parts/Table";
import { t } from "../../strings";
import type { JournalPage as Shown } from "../../wire";
import { ActShown } from "./ActShown";
import { BundleCheck, Whole } from "./Checks";

const PAUSE_MS = 300;

type Act = Wire["ActShort"];

export function JournalPage() {
  const { kind, partner, act } = useSearch({ from: "/shell/journal" });
  const navigate = useNavigate({ from: "/journal" });
  const pages = useInfiniteQuery({
    queryKey: ["figures", "journal", kind ?? "", partner ?? ""],
    queryFn: ({ pageParam }) =>
      answered(
        api.GET("/v1/journal", {
          params: {
            query: {
              ...(kind ? { kind } : {}),
              ...(partner ? { partner } : {}),
              ...(pageParam < 0 ? {} : { before: pageParam }),
              limit: 50,
            },
          },
        }),
      ),
    initialPageParam: -1,
    getNextPageParam: (last) => last.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const open = (next: number | undefined) =>
    void navigate({
      search: (old) => ({
        ...(old.kind ? { kind: old.kind } : {}),
        ...(old.partner ? { partner: old.partner } : {}),
        ...(next === undefined ? {} : { act: next }),
      }),
      resetScroll: false,
    });
  const first = pages.data?.pages[0];
  return (
    <Page title={t.journal.title} lead={t.journal.lead}>
      {first ? (
        <>
          <Tree page={first} />
          <div className="halves">
            <Whole />
            <BundleCheck />
          </div>
        </>
      ) : null}
      <Panel title={t.journal.acts}>
        <Find kinds={first?.kinds ?? []} />
        {pages.error ? (
          <NoAnswer error={pages.error} again={() => void pages.refetch()} />
        ) : pages.data ? (
          <Acts
            acts={pages.data.pages.flatMap((page) => page.acts)}
            onOpen={open}
            {...(pages.hasNextPage ? { onMore: () => void pages.fetchNextPage() } : {})}
            isMoreLoading={pages.isFetchingNextPage}
          />
        ) : (
          <Loading />
        )}
      </Panel>
      <ActShown act={act} onClose={() => open(undefined)} />
    </Page>
  );
}

function Tree({ page }: { page: Shown }) {
  const key = useMutation({ mutationFn: () => keptFile(api.GET("/v1/vendor-key", { parseAs: "blob" }), "vendor.key") });
  const { checkpoint } = page;
  return (
    <Panel
      title={t.journal.tree}
      lead={t.journal.keep}
      actions={
        <div className="form-actions">
          <Button
            variant="default"
            leftSection={<IconDownload size={17} aria-hidden />}
            disabled={!checkpoint}
            onClick={() => checkpoint && keptText(checkpoint, `${page.signed_size ?? 0}.checkpoint`)}
          >
            {t.journal.checkpoint}
          </Button>
          <Button
            variant="default"
            leftSection={<IconKey size={17} aria-hidden />}
            loading={key.isPending}
            onClick={() => key.mutate()}
          >
            {t.journal.key}
          </Button>
        </div>
      }
    >
      <dl className="figures control">
        <div>
          <dt>{t.journal.size}</dt>
          <dd>{countText(page.size)}</dd>
        </div>
        <div>
          <dt>{t.journal.signedSize}</dt>
          <dd>{page.signed_size == null ? t.journal.noCheckpoint : countText(page.signed_size)}</dd>
        </div>
        <div>
          <dt>{t.journal.origin}</dt>
          <dd className="mono">{page.origin}</dd>
        </div>
        <div>
          <dt>{t.journal.root}</dt>
          <dd className="mono hash">{page.root ?? t.journal.noCheckpoint}</dd>
        </div>
      </dl>
      <Refused error={key.error} />
    </Panel>
  );
}

function Find({ kinds }: { kinds: readonly string[] }) {
  const { kind, partner } = useSearch({ from: "/shell/journal" });
  const navigate = useNavigate({ from: "/journal" });
  const [typed, setTyped] = useState(partner ?? "");
  const go = (next: { kind?: string | undefined; partner?: string | undefined }) =>
    void navigate({
      search: {
        ...(next.kind ? { kind: next.kind } : {}),
        ...(next.partner ? { partner: next.partner } : {}),
      },
      resetScroll: false,
    });
  const look = useDebouncedCallback((text: string) => go({ kind, partner: text }), PAUSE_MS);
  return (
    <div className="journal-find">
      <Select
        label={t.journal.kind}
        placeholder={t.journal.anyKind}
        data={[...kinds]}
        value={kind ?? null}
        onChange={(next) => go({ kind: next ?? undefined, partner })}
        clearable
        searchable
        clearButtonProps={{ "aria-label": t.journal.anyKind }}
      />
      <TextInput
        label={t.journal.partner}
        value={typed}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          look(event.currentTarget.value.trim());
        }}
        autoComplete="off"
        spellCheck={false}
      />
    </div>
  );
}

function columnsOf(onOpen: (act: number) => void): Column<Act>[] {
  return [
    {
      key: "act",
      head: t.journal.act,
      by: (one) => String(one.act),
      cell: (one) => (
        <button type="button" className="act-open" aria-label={t.journal.open(one.act)} onClick={() => onOpen(one.act)}>
          {countText(one.act)}
        </button>
      ),
    },
    { key: "at", head: t.journal.at, by: (one) => one.at, cell: (one) => instantText(one.at) },
    { key: "kind", head: t.journal.kind, by: (one) => one.kind, cell: (one) => <code>{one.kind}</code> },
    {
      key: "in_the_name_of",
      head: t.journal.behalf,
      by: (one) => one.in_the_name_of,
      cell: (one) => one.in_the_name_of,
    },
    { key: "by", head: t.journal.by, by: (one) => one.by, cell: (one) => <span className="mono">{one.by}</span> },
    {
      key: "says",
      head: t.journal.says,
      by: (one) => one.says,
      cell: (one) => withDays(one.says),
      className: "act-says",
    },
  ];
}

function Acts({
  acts,
  onOpen,
  onMore,
  isMoreLoading,
}: {
  acts: Act[];
  onOpen: (act: number) => void;
  onMore?: () => void;
  isMoreLoading: boolean;
}) {
  if (acts.length === 0) {
    return <Empty title={t.journal.none}>{t.journal.noneLead}</Empty>;
  }
  return (
    <>
      <Table
        file="journal"
        label={t.journal.acts}
        columns={columnsOf(onOpen)}
        rows={acts}
        keyOf={(one) => String(one.act)}
      />
      {onMore ? (
        <div className="more-row">
          <Button variant="default" loading={isMoreLoading} onClick={onMore}>
            {t.journal.more}
          </Button>
        </div>
      ) : null}
    </>
  );
}
