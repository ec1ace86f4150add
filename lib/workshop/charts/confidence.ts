/** Whether a network is right as often as it is sure, and what it gains by leaving pictures to somebody else. */

import type { Evaluation } from "../../model/evaluation.ts";
import { wilsonInterval } from "../../model/model_folders.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

const SIDE = 340;

/**
 * Draws the share of right answers against the confidence, a dot for each bin with its 95 % interval.
 * A calibrated network has its dots on the diagonal; above it is too modest, below it too sure.
 *
 * @param bins Bins of answers by confidence; empty ones are left out.
 */
export function reliabilityDiagram(bins: Evaluation["calibration"]): Spec {
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
        data: {
          values: filled.map((bin) => ({ ...bin, ...wilsonInterval(bin.accuracy, bin.count) })),
        },
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

/** Points of the curve. */
const POINTS = 200;

/**
 * Draws the share of wrong answers among the answers given, against the share of pictures that are
 * answered at all, the least sure being left out first: the risk–coverage curve (El-Yaniv and
 * Wiener, "On the foundations of noise-free selective classification", 2010).
 *
 * @param answers Every answer.
 * @throws {RangeError} If there are no answers.
 */
export function riskCoverage(answers: Evaluation["answers"]): Spec {
  if (answers.length === 0) {
    throw new RangeError("Expected at least one answer but found none");
  }
  const sorted = answers.toSorted((a, b) => b.confidence - a.confidence);
  let wrong = 0;
  let flawless = sorted.length;
  const curve = sorted.map(({ actual, predicted, confidence }, i) => {
    if (actual !== predicted && wrong++ === 0) flawless = i;
    return { coverage: (i + 1) / sorted.length, risk: wrong / (i + 1), confidence, wrong };
  });
  const every = Math.max(1, Math.floor(curve.length / POINTS));
  const values = curve.filter((_, i) => i % every === every - 1 || i === curve.length - 1);
  const percent = (share: number, digits: number) => `${(100 * share).toFixed(digits)} %`;
  return {
    ...THEME,
    title: {
      text: `No mistake among the surest ${percent(flawless / sorted.length, 1)}`,
      subtitle: `All ${sorted.length.toLocaleString("en-US")} answered: ${
        percent(curve.at(-1)!.risk, 2)
      } wrong`,
    },
    width: 480,
    height: 260,
    data: { values },
    mark: {
      type: "line",
      color: COLORS.wrong,
      strokeWidth: 2,
      point: { size: 12, color: COLORS.wrong },
    },
    encoding: {
      x: {
        field: "coverage",
        type: "quantitative",
        scale: { domain: [0, 1] },
        axis: { title: "Pictures answered", format: "~p", grid: false },
      },
      y: {
        field: "risk",
        type: "quantitative",
        axis: { title: "Wrong among them", format: "~p", tickCount: 5 },
      },
      tooltip: [
        { field: "coverage", type: "quantitative", format: ".1%", title: "answered" },
        { field: "wrong", type: "quantitative", title: "wrong answers" },
        { field: "risk", type: "quantitative", format: ".2%", title: "wrong among them" },
        { field: "confidence", type: "quantitative", format: ".1%", title: "least confidence" },
      ],
    },
  };
}
