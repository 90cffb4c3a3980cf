// The rows of a question: an input for each column, as the kind's columns say.
import { Autocomplete, Button, NativeSelect, Select, TextInput } from "@mantine/core";
import { IconCopy, IconPlus, IconTrash } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { dayText } from "../../format/dates";
import { Panel } from "../../parts/bits";
import { t } from "../../strings";
import type { WhatIfForm, WhatIfRow } from "../../wire";

type Kind = WhatIfForm["kinds"][number];
type Column = Kind["columns"][number];
type Cells = WhatIfRow["cells"];

/** A row on the page, with a key of its own: rows come and go. */
interface Draft extends WhatIfRow {
  key: number;
}

interface Props {
  form: WhatIfForm;
  asked: readonly WhatIfRow[] | undefined;
  wrong: ReadonlyMap<string, string> | undefined;
  isAsking: boolean;
  onAsk: (rows: WhatIfRow[]) => void;
}

/** What a row begins with: what is fixed, what is proposed, and the day. */
function begun(form: WhatIfForm, kind: Kind): WhatIfRow {
  const cells: Cells = {};
  for (const column of kind.columns) {
    const first = column.fixed ?? column.suggested ?? (column.name === kind.dated ? form.suggested_on : undefined);
    if (first !== undefined && first !== null) {
      cells[column.name] = first;
    }
  }
  return { kind: kind.kind, cells };
}

export function Rows({ form, asked, wrong, isAsking, onAsk }: Props) {
  const [first] = form.kinds;
  const next = useRef(1);
  const keyed = (row: WhatIfRow): Draft => ({ ...row, key: next.current++ });
  const [drafts, setDrafts] = useState<Draft[]>(() => (asked ?? (first ? [begun(form, first)] : [])).map(keyed));
  if (!first) {
    return null;
  }
  const change = (key: number, row: WhatIfRow) =>
    setDrafts((old) => old.map((one) => (one.key === key ? { ...row, key } : one)));
  const last = drafts.at(-1);
  return (
    <Panel title={t.whatIf.form} lead={t.whatIf.formLead} className="what-if-form">
      <form
        className="form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onAsk(drafts.map(({ kind, cells }) => ({ kind, cells: said(cells) })));
        }}
      >
        <ol className="plain-list what-if-rows">
          {drafts.map((draft, at) => (
            <li key={draft.key}>
              <Row
                form={form}
                row={draft}
                at={at}
                wrong={wrong}
                onChange={(row) => change(draft.key, row)}
                onRemove={
                  drafts.length > 1 ? () => setDrafts((old) => old.filter((one) => one.key !== draft.key)) : undefined
                }
              />
            </li>
          ))}
        </ol>
        <div className="form-actions">
          <Button type="submit" loading={isAsking}>
            {t.whatIf.go}
          </Button>
          <Button
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => setDrafts((old) => [...old, keyed(begun(form, first))])}
          >
            {t.whatIf.another}
          </Button>
          {last ? (
            <Button
              variant="default"
              leftSection={<IconCopy size={16} aria-hidden />}
              onClick={() => setDrafts((old) => [...old, keyed({ kind: last.kind, cells: { ...last.cells } })])}
            >
              {t.whatIf.same}
            </Button>
          ) : null}
        </div>
      </form>
    </Panel>
  );
}

/** What is left empty is not said. */
function said(cells: Cells): Cells {
  return Object.fromEntries(Object.entries(cells).filter(([, text]) => text.trim() !== ""));
}

interface RowProps {
  form: WhatIfForm;
  row: WhatIfRow;
  at: number;
  wrong: ReadonlyMap<string, string> | undefined;
  onChange: (row: WhatIfRow) => void;
  onRemove: (() => void) | undefined;
}

function Row({ form, row, at, wrong, onChange, onRemove }: RowProps) {
  const kind = form.kinds.find((one) => one.kind === row.kind) ?? form.kinds[0];
  if (!kind) {
    return null;
  }
  const picked = new Set(kind.picks.flatMap((pick) => pick.fills));
  const cell = (name: string, text: string) => onChange({ ...row, cells: { ...row.cells, [name]: text } });
  const error = (name: string) => wrong?.get(`#/rows/${at}/cells/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`);
  return (
    <fieldset className="what-if-row">
      <legend>{t.whatIf.row(at + 1, kind.kind)}</legend>
      <p className="quiet">{kind.is}</p>
      {form.kinds.length > 1 ? (
        <NativeSelect
          label={t.whatIf.kind}
          data={form.kinds.map((one) => ({ value: one.kind, label: t.whatIf.column(one.kind) }))}
          value={kind.kind}
          error={wrong?.get(`#/rows/${at}/kind`)}
          onChange={(event) => {
            const next = form.kinds.find((one) => one.kind === event.currentTarget.value);
            if (next) {
              onChange(begun(form, next));
            }
          }}
        />
      ) : null}
      <div className="what-if-cells">
        {kind.picks.map((pick) => (
          <Pick
            key={pick.by}
            pick={pick}
            cells={row.cells}
            error={pick.fills.map(error).find((one) => one)}
            onPick={(cells) => onChange({ ...row, cells })}
          />
        ))}
        {kind.columns
          .filter((column) => column.fixed === null || column.fixed === undefined)
          .filter((column) => !picked.has(column.name))
          .map((column) => (
            <Cell
              key={column.name}
              form={form}
              column={column}
              text={row.cells[column.name] ?? ""}
              error={error(column.name)}
              onChange={(text) => cell(column.name, text)}
            />
          ))}
      </div>
      {kind.columns
        .filter((column) => column.fixed && error(column.name))
        .map((column) => (
          <p key={column.name} className="refused">
            {error(column.name)}
          </p>
        ))}
      {onRemove ? (
        <Button
          variant="subtle"
          color="gray"
          size="compact-sm"
          className="what-if-remove"
          leftSection={<IconTrash size={15} aria-hidden />}
          aria-label={t.whatIf.remove(at + 1)}
          onClick={onRemove}
        >
          {t.whatIf.removeShort}
        </Button>
      ) : null}
    </fieldset>
  );
}

type Chosen = Kind["picks"][number];

function Pick({
  pick,
  cells,
  error,
  onPick,
}: {
  pick: Chosen;
  cells: Cells;
  error: string | undefined;
  onPick: (cells: Cells) => void;
}) {
  const stands = (choice: Chosen["choices"][number]) =>
    pick.fills.every((name) => (cells[name] ?? "") === (choice.cells[name] ?? ""));
  const chosen = pick.choices.findIndex(stands);
  return (
    <Select
      label={t.whatIf.column(pick.by)}
      className="what-if-wide"
      data={pick.choices.map((choice, at) => ({ value: String(at), label: choice.called }))}
      value={chosen < 0 ? null : String(chosen)}
      error={error}
      searchable
      clearable
      placeholder={t.whatIf.unsaid}
      onChange={(at) => {
        const rest = Object.fromEntries(Object.entries(cells).filter(([name]) => !pick.fills.includes(name)));
        const filled = at === null ? undefined : pick.choices[Number.parseInt(at, 10)];
        onPick({ ...rest, ...filled?.cells });
      }}
    />
  );
}

function Cell({
  form,
  column,
  text,
  error,
  onChange,
}: {
  form: WhatIfForm;
  column: Column;
  text: string;
  error: string | undefined;
  onChange: (text: string) => void;
}) {
  const shared = { label: t.whatIf.column(column.name), error, value: text };
  switch (column.holds) {
    case "date":
      return (
        <TextInput
          {...shared}
          type="date"
          description={t.whatIf.days(dayText(form.from), form.last ? dayText(form.last) : undefined)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "flag":
      return (
        <NativeSelect
          {...shared}
          data={[
            { value: "", label: t.whatIf.unsaid },
            { value: "true", label: t.whatIf.flags.true },
            { value: "false", label: t.whatIf.flags.false },
          ]}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "text":
    case "partner":
      return <Autocomplete {...shared} data={column.offered} onChange={onChange} />;
    default:
      return (
        <TextInput
          {...shared}
          {...(column.holds === "money" ? { description: t.whatIf.inCurrency(form.currency) } : {})}
          inputMode="decimal"
          autoComplete="off"
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
