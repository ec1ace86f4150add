/** How several ways of learning compare. */

import type { EpochRecord } from "../../observer.ts";
import type { Spec } from "../../plot/theme.ts";
import { lineChart } from "./line_chart.ts";

/**
 * Draws the validation error by epoch of several runs, on a logarithmic axis, each with its name at
 * the end of its curve.
 *
 * @param runs Histories by name, at most six; epochs are counted on over the stages of a run.
 * @returns A Vega-Lite v5 chart.
 */
export function comparisonCurves(runs: Record<string, EpochRecord[]>): Spec {
  const lines = Object.entries(runs).map(([run, history]) => ({
    run,
    points: history.map(({ validationAccuracy }, index): [number, number] => [
      index + 1,
      100 * (1 - validationAccuracy),
    ]),
  }));
  const lowestOf = (points: [number, number][]) => Math.min(...points.map(([, error]) => error));
  const best = lines.reduce((least, line) =>
    lowestOf(line.points) < lowestOf(least.points) ? line : least
  );
  return lineChart(Object.fromEntries(lines.map(({ run, points }) => [run, points])), {
    title: `Lowest: ${best.run}`,
    subtitle: "Validation error, log scale",
    x: "Epoch",
    y: "Wrong validation pictures (%)",
    scale: "log",
  });
}
