// How many partners stand in each band of the rate tables.
import { countText } from "../../format/money";
import { Bar, Panel } from "../../parts/bits";
import { t } from "../../strings";
import type { Overview } from "../../wire";

type Count = Overview["bands"][number];

interface Group {
  key: string;
  table: string;
  plan: string;
  bands: Count[];
}

/** One group for each table of a plan; components that read the same table show the same bands once. */
export function groupsOf(bands: readonly Count[]): Group[] {
  const groups = new Map<string, Group>();
  for (const band of bands) {
    const key = `${band.plan} ${band.component} ${band.table}`;
    const group = groups.get(key) ?? { key, table: band.table, plan: band.plan, bands: [] };
    group.bands.push(band);
    groups.set(key, group);
  }
  return [...groups.values()];
}

export function Bands({ bands }: { bands: Overview["bands"] }) {
  const groups = groupsOf(bands);
  if (groups.length === 0) {
    return null;
  }
  return (
    <Panel title={t.overview.bands} lead={t.overview.bandsLead}>
      {groups.map((group) => {
        const most = Math.max(...group.bands.map((band) => band.partners), 1);
        return (
          <div key={group.key} className="bands">
            <h3>
              {group.table.replaceAll("_", " ")} <span className="quiet">{group.plan.replaceAll("_", " ")}</span>
            </h3>
            <dl>
              {group.bands.map((band) => (
                <div key={band.band}>
                  <dt>{band.band}</dt>
                  <dd>
                    <Bar percent={(100 * band.partners) / most} />
                    <span>{countText(band.partners)}</span>
                  </dd>
                </div>
              ))}
            </dl>
          </div>
        );
      })}
    </Panel>
  );
}
