/** Whether a network is right as often as it is sure. */

import type { CalibrationBin } from "../../model/evaluation.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

const SIDE = 340;

/** Standard deviations on either side of a 95 % interval. */
const DEVIATIONS = 1.96;

/**
 * Draws the share of right answers against the confidence, a dot for each bin with its 95 % interval
 * (Wilson, "Probable inference, the law of succession, and statistical inference", 1927). A
 * calibrated network has its dots on the diagonal; above it is too modest, below it too sure.
 *
 * @param bins Bins of answers by confidence; empty ones are left out.
 * @returns A Vega-Lite v5 chart.
 */
export function reliabilityDiagram(bins: CalibrationBin[]): Spec {
  const filled = bins.filter(({ count }) => count > 0);
  const total = filled.reduce((sum, { count }) => sum + count, 0);
  const error = filled.reduce(
    (sum, { count, confidence, accuracy }) => sum + count * Math.abs(confidence - accuracy) / total,
    0,
  );
  const axis = { format: "~p", values: [0, 0.2, 0.4, 0.6, 0.8, 1] };
  const scale = { domain: [0, 1] };
  return {
    ...THEME,
    title: {
      text: `Expected calibration error: ${(100 * error).toFixed(2)} %`,
      subtitle: `${
        total.toLocaleString("en-US")
      } answers in bins by confidence, with 95 % intervals`,
    },
    width: SIDE,
    height: SIDE,
    layer: [
      {
        data: { values: [{ both: 0 }, { both: 1 }] },
        mark: { type: "line", color: COLORS.line, strokeWidth: 2 },
        encoding: {
          x: { field: "both", type: "quantitative" },
          y: { field: "both", type: "quantitative" },
        },
      },
      {
        data: { values: filled.map((bin) => ({ ...bin, ...wilsonInterval(bin) })) },
        encoding: {
          x: {
            field: "confidence",
            type: "quantitative",
            scale,
            axis: { ...axis, title: "Mean confidence" },
          },
          tooltip: [
            { field: "count", type: "quantitative", title: "answers", format: "," },
            { field: "confidence", type: "quantitative", format: ".1%" },
            { field: "accuracy", type: "quantitative", title: "right", format: ".1%" },
          ],
        },
        layer: [
          {
            mark: { type: "rule", color: COLORS.right, strokeWidth: 1.5 },
            encoding: {
              y: {
                field: "low",
                type: "quantitative",
                scale,
                axis: { ...axis, title: "Right answers" },
              },
              y2: { field: "high" },
            },
          },
          {
            mark: { type: "circle", color: COLORS.right, opacity: 1, size: 60 },
            encoding: { y: { field: "accuracy", type: "quantitative" } },
          },
          {
            mark: { type: "text", baseline: "bottom", dy: -5, fontSize: 11 },
            encoding: {
              y: { field: "high", type: "quantitative" },
              text: { field: "count", type: "quantitative", format: "," },
            },
          },
        ],
      },
    ],
  };
}

function wilsonInterval({ count, accuracy }: CalibrationBin): { low: number; high: number } {
  const square = DEVIATIONS ** 2 / count;
  const centre = accuracy + square / 2;
  const spread = DEVIATIONS * Math.sqrt((accuracy * (1 - accuracy) + square / 4) / count);
  return { low: (centre - spread) / (1 + square), high: (centre + spread) / (1 + square) };
}
