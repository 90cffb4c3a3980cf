// A row that was set aside, put right cell by cell and sent again, or rejected: what is still wrong is said at its cell.
import { Button, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { answered, api, Refusal } from "../../client";
import { Question } from "../../parts/Question";
import { Refused } from "../../parts/States";
import { WhyNot } from "../../parts/Steps";
import { useFiguresAreOld } from "../../queries";
import { t } from "../../strings";
import type { Feeds, RowsSettled, SetAside } from "../../wire";

/** What became of rows, in words. */
export function settledText(settled: RowsSettled): string {
  const parts = [
    [settled.counted, t.mend.counted],
    [settled.known, t.mend.known],
    [settled.set_aside, t.mend.setAside],
    [settled.rejected, t.mend.rejected],
    [settled.left, t.mend.left],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, words]) => words(count));
  return said.length > 0 ? `${said.join(", ")}.` : t.mend.nothing;
}

type OnSettled = (settled: RowsSettled) => void;

/** The ways to settle a row, as far as the API opens them. */
export function Settle({ row, feeds, onSettled }: { row: SetAside; feeds: Feeds; onSettled: OnSettled }) {
  const [asked, setAsked] = useState<"mend" | "reject" | undefined>(undefined);
  if (!feeds.may_settle.is_allowed) {
    return null;
  }
  const close = () => setAsked(undefined);
  const done: OnSettled = (settled) => {
    close();
    onSettled(settled);
  };
  return (
    <div className="mend-do">
      {row.may_mend.is_allowed ? (
        <Button size="xs" variant="default" onClick={() => setAsked("mend")} aria-label={t.mend.mendOf(row.name)}>
          {t.mend.mend}
        </Button>
      ) : (
        <WhyNot may={row.may_mend} />
      )}
      <Button size="xs" variant="default" onClick={() => setAsked("reject")} aria-label={t.mend.rejectOf(row.name)}>
        {t.mend.reject}
      </Button>
      <Question title={t.mend.title(row.file, row.line)} isOpen={asked === "mend"} onClose={close} size="lg">
        <Cells row={row} onDone={done} onClose={close} />
      </Question>
      <Question title={t.mend.rejectTitle(row.file, row.line)} isOpen={asked === "reject"} onClose={close}>
        <Rejection row={row} onDone={done} onClose={close} />
      </Question>
    </div>
  );
}

interface Asked {
  row: SetAside;
  onDone: OnSettled;
  onClose: () => void;
}

function Cells({ row, onDone, onClose }: Asked) {
  const areOld = useFiguresAreOld();
  const was = Object.fromEntries(row.cells.map((one) => [one.column, one.value]));
  const [cells, setCells] = useState<Record<string, string>>(was);
  const [because, setBecause] = useState("");
  const send = useMutation({
    mutationFn: () => {
      const others = Object.entries(cells).filter(([column, value]) => value !== was[column]);
      const body = { cells: Object.fromEntries(others), because };
      return answered(api.POST("/v1/feeds/quarantine/{row}/mend", { params: { path: { row: row.name } }, body }));
    },
    onSuccess: async (settled) => {
      await areOld();
      onDone(settled);
    },
  });
  const parts = send.error instanceof Refusal ? send.error.parts : undefined;
  const named = row.cells.map((one) => one.column);
  // What was wrong when it came is said until it was tried again; then what is wrong now.
  const wrong = (column: string) =>
    parts ? parts.get(`#/cells/${column}`) : row.problems.find((one) => one.column.split(", ").includes(column))?.says;
  const isAtCells = parts && [...parts.keys()].every((at) => named.some((column) => at === `#/cells/${column}`));
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <p className="quiet">{t.mend.lead}</p>
      <div className="mend-cells">
        {row.cells.map((one) => (
          <TextInput
            key={one.column}
            label={one.column}
            value={cells[one.column] ?? ""}
            error={wrong(one.column)}
            onChange={(event) => {
              const value = event.currentTarget.value;
              setCells((old) => ({ ...old, [one.column]: value }));
            }}
            autoComplete="off"
            classNames={{ input: "mono" }}
          />
        ))}
      </div>
      <Reason value={because} onChange={setBecause} error={parts?.get("#/because")} />
      {isAtCells ? null : <Refused error={send.error} />}
      <div className="form-actions">
        <Button type="submit" loading={send.isPending}>
          {t.mend.go}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t.close.cancel}
        </Button>
      </div>
    </form>
  );
}

function Rejection({ row, onDone, onClose }: Asked) {
  const areOld = useFiguresAreOld();
  const [because, setBecause] = useState("");
  const send = useMutation({
    mutationFn: () =>
      answered(
        api.POST("/v1/feeds/quarantine/{row}/reject", { params: { path: { row: row.name } }, body: { because } }),
      ),
    onSuccess: async (settled) => {
      await areOld();
      onDone(settled);
    },
  });
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        send.mutate();
      }}
    >
      <p>{t.mend.rejectMeans}</p>
      <Reason value={because} onChange={setBecause} error={undefined} />
      <Refused error={send.error} />
      <div className="form-actions">
        <Button type="submit" loading={send.isPending}>
          {t.mend.rejectGo}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t.close.cancel}
        </Button>
      </div>
    </form>
  );
}

function Reason({
  value,
  onChange,
  error,
}: {
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}) {
  return (
    <Textarea
      label={t.mend.because}
      description={t.mend.becauseHelp}
      value={value}
      error={error}
      onChange={(event) => onChange(event.currentTarget.value)}
      rows={2}
      maxLength={2000}
      required
      withAsterisk={false}
    />
  );
}

/** Tries every row again, as lists and aliases are now. */
export function Replay({ onSettled }: { onSettled: OnSettled }) {
  const areOld = useFiguresAreOld();
  const send = useMutation({
    mutationFn: () => answered(api.POST("/v1/feeds/replay", { body: {} })),
    onSuccess: async (settled) => {
      await areOld();
      onSettled(settled);
    },
  });
  return (
    <>
      <Button variant="default" loading={send.isPending} onClick={() => send.mutate()}>
        {t.mend.replay}
      </Button>
      <Refused error={send.error} />
    </>
  );
}
