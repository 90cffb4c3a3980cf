import { SegmentedControl } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Panel } from "../../parts/bits";
import { type Column, Table } from "../../parts/Table";
import { t } from "../../strings";
import type { Overview } from "../../wire";

type Watched = Overview["watched"][number];
const REASONS = ["near_next_band", "near_cap", "falling_behind"] as const;

const COLUMNS: Column<Watched>[] = [
  {
    key: "partner",
    head: t.partners.name,
    by: (one) => one.partner_name,
    cell: (one) => (
      <Link to="/partners/$partner" params={{ partner: one.partner }} className="strong">
        {one.partner_name}
      </Link>
    ),
  },
  { key: "says", head: t.overview.reason.near_next_band, by: (one) => one.says, cell: (one) => one.says },
];

/** Partners near a band, near a cap or falling behind. */
export function Watch({ watched }: { watched: Overview["watched"] }) {
  const present = REASONS.filter((reason) => watched.some((one) => one.reason === reason));
  const [chosen, setChosen] = useState<Watched["reason"] | undefined>(undefined);
  const reason = chosen ?? present[0];
  const columns = COLUMNS.map((column) =>
    column.key === "says" && reason ? { ...column, head: t.overview.reason[reason] } : column,
  );
  return (
    <Panel
      title={t.overview.watch}
      lead={t.overview.watchLead}
      actions={
        present.length > 1 && reason ? (
          <SegmentedControl
            aria-label={t.overview.watch}
            data={present.map((one) => ({ value: one, label: t.overview.reason[one] }))}
            value={reason}
            onChange={(next) => setChosen(next as Watched["reason"])}
            size="sm"
          />
        ) : null
      }
    >
      {reason ? (
        <div className="scroll-tall">
          <Table
            key={reason}
            label={t.overview.watch}
            file={`watch-${reason}`}
            columns={columns}
            rows={watched.filter((one) => one.reason === reason)}
            keyOf={(one) => `${one.partner} ${one.component ?? ""} ${one.says}`}
          />
        </div>
      ) : (
        <p className="quiet">{t.overview.watchNone}</p>
      )}
    </Panel>
  );
}
