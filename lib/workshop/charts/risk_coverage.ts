/** What a network gains that may leave pictures to somebody else. */

import type { Answer } from "../../model/evaluation.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

/** Points of the curve. */
const POINTS = 200;

/**
 * Draws the share of wrong answers among the answers given, against the share of pictures that are
 * answered at all, the least sure being left out first: the risk–coverage curve (El-Yaniv and
 * Wiener, "On the foundations of noise-free selective classification", 2010).
 *
 * @param answers Every answer.
 * @returns A Vega-Lite v5 chart.
 * @throws {RangeError} If there are no answers.
 */
export function riskCoverage(answers: Answer[]): Spec {
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
