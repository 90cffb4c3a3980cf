// Columns to look at, one a period. The figures themselves stand in the table that the page shows or hides beside them.

import { useComputedColorScheme } from "@mantine/core";
import { BarChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

echarts.use([BarChart, GridComponent, TooltipComponent, SVGRenderer]);

export interface Column {
  name: string;
  /** For the height alone. */
  drawn: number;
  /** What is read. */
  shown: string;
  isOpen: boolean;
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function Columns({
  columns,
  height = 200,
  label,
}: {
  columns: readonly Column[];
  height?: number;
  label: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light");
  useEffect(() => {
    if (!place.current) {
      return;
    }
    const chart = echarts.init(place.current, null, { renderer: "svg" });
    chart.setOption(optionOf(columns, scheme));
    const watch = new ResizeObserver(() => chart.resize());
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      chart.dispose();
    };
  }, [columns, scheme]);
  return <div ref={place} className="chart" style={{ height }} role="img" aria-label={label} />;
}

// The scheme is asked for so that a change of it draws anew; the colours themselves come from the sheet.
function optionOf(columns: readonly Column[], _scheme: string): echarts.EChartsCoreOption {
  const quiet = { color: colour("--ink-3"), fontFamily: "Geist Variable, sans-serif", fontSize: 11 };
  return {
    animationDuration: 250,
    grid: { left: 4, right: 4, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      axisPointer: { type: "shadow", shadowStyle: { color: colour("--line"), opacity: 0.35 } },
      backgroundColor: colour("--surface"),
      borderColor: colour("--line-strong"),
      textStyle: { color: colour("--ink"), fontFamily: "Geist Variable, sans-serif", fontSize: 13 },
      formatter: (points: { dataIndex: number }[]) => {
        const column = columns[points[0]?.dataIndex ?? -1];
        return column ? `${column.name}\n${column.shown}` : "";
      },
    },
    xAxis: {
      type: "category",
      data: columns.map((column) => column.name),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: colour("--line-strong") } },
      axisLabel: { ...quiet, hideOverlap: true },
    },
    yAxis: {
      type: "value",
      splitNumber: 3,
      axisLabel: { ...quiet, formatter: (value: number) => shortly(value) },
      splitLine: { lineStyle: { color: colour("--line") } },
    },
    series: [
      {
        type: "bar",
        barMaxWidth: 34,
        data: columns.map((column) => ({
          value: column.drawn,
          itemStyle: {
            color: column.isOpen ? colour("--open") : colour("--paid"),
            borderRadius: column.drawn < 0 ? [0, 0, 3, 3] : [3, 3, 0, 0],
            ...(column.isOpen
              ? { color: "transparent", borderColor: colour("--open"), borderWidth: 1.5, borderType: "dashed" }
              : {}),
          },
        })),
      },
    ],
  };
}

function shortly(value: number): string {
  return new Intl.NumberFormat("en", { notation: "compact" }).format(value);
}
