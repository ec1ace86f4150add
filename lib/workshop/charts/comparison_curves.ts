/** How several ways of learning compare. */

import type { EpochRecord } from "../../observer.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

/** Colour-blind-safe (Okabe and Ito, https://jfly.uni-koeln.de/color/). */
const SERIES_COLORS = [COLORS.right, COLORS.wrong, COLORS.muted, "#009E73", "#CC79A7", "#E69F00"];

const WIDTH = 420;

/**
 * Draws the validation error by epoch of several runs, on a logarithmic axis, each with its name at
 * the end of its curve.
 *
 * @param runs Histories by name, at most six; epochs are counted on over the stages of a run.
 * @returns A Vega-Lite v5 chart.
 */
export function comparisonCurves(runs: Record<string, EpochRecord[]>): Spec {
  const names = Object.keys(runs);
  const points = names.flatMap((run) =>
    runs[run].map(({ validationAccuracy }, index) => ({
      run,
      epoch: index + 1,
      error: 100 * (1 - validationAccuracy),
    }))
  );
  // The logarithm of 0 has no place on the axis.
  const values = points.filter(({ error }) => error > 0);
  const best = points.reduce((least, point) => point.error < least.error ? point : least);
  const lowest = Math.min(...values.map(({ error }) => error));
  const highest = Math.max(...values.map(({ error }) => error));
  const last = Math.max(...points.map(({ epoch }) => epoch));
  return {
    ...THEME,
    title: { text: `Lowest: ${best.run}`, subtitle: "Validation error, log scale" },
    width: WIDTH,
    height: 300,
    data: { values },
    encoding: {
      x: {
        field: "epoch",
        type: "quantitative",
        scale: { domain: [0.5, last + 0.2], nice: false },
        axis: {
          title: "Epoch",
          values: Array.from({ length: last }, (_, i) => i + 1),
          grid: false,
        },
      },
      y: {
        field: "error",
        type: "quantitative",
        scale: { type: "log", domain: [0.9 * lowest, 1.1 * highest], nice: false },
        axis: { title: "Wrong validation pictures (%)", format: "~r", tickCount: 6 },
      },
      color: {
        field: "run",
        scale: { domain: names, range: SERIES_COLORS.slice(0, names.length) },
        legend: null,
      },
      tooltip: [
        { field: "run", type: "nominal" },
        { field: "epoch", type: "quantitative" },
        { field: "error", type: "quantitative", format: ".2f", title: "wrong (%)" },
      ],
    },
    layer: [
      { mark: { type: "line", strokeWidth: 2 } },
      { mark: { type: "circle", size: 40, opacity: 1 } },
      {
        transform: [
          {
            joinaggregate: [{ op: "max", field: "epoch", as: "lastEpoch" }],
            groupby: ["run"],
          },
          { filter: "datum.epoch === datum.lastEpoch" },
        ],
        mark: { type: "text", align: "left", dx: 9, fontWeight: 600 },
        encoding: { text: { field: "run", type: "nominal" } },
      },
    ],
  };
}
