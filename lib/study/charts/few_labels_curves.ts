/** How well ways of learning do with few labels. */

import type { summariseSeeds } from "../comparison.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

type Summaries = ReturnType<typeof summariseSeeds>;

const WAY_COLORS: Record<string, string> = {
  "letters, frozen": COLORS.right,
  "letters, fine-tuned": COLORS.green,
  "random, frozen": COLORS.muted,
  "from scratch": COLORS.wrong,
  "letters, solved": COLORS.purple,
  "letters, held out": COLORS.sky,
  "pixels, nearest": COLORS.orange,
};

/** Least ratio of two heights on the axis at which two names do not touch. */
const NAME_SPACING = 1.2;

/** The least error that has a place on the logarithmic axis, in per cent. */
const LEAST_ERROR = 0.01;

/**
 * Draws the error of each way of learning by the number of labels, both logarithmic, with one
 * standard deviation over the seeds up and down.
 *
 * @param summaries From `summariseSeeds()`.
 * @param subject What is read.
 * @returns A Vega-Lite v5 chart; seconds are shown under the mouse.
 */
export function fewLabelsCurves(summaries: Summaries, subject = "digit"): Spec {
  const counts = [...new Set(summaries.map(({ labelsPerClass }) => labelsPerClass))]
    .sort((a, b) => a - b);
  const ways = [...new Set(summaries.map(({ way }) => way))];
  const values = summaries.map((summary) => ({
    ...summary,
    low: Math.max(summary.error - summary.deviation, LEAST_ERROR),
    high: summary.error + summary.deviation,
  }));
  const of = (count: number) => summaries.filter(({ labelsPerClass }) => labelsPerClass === count);
  return {
    ...THEME,
    title: {
      text: describe(of(counts.includes(10) ? 10 : counts[0]), subject),
      subtitle: "Mean ± standard deviation over seeds, log scales",
    },
    width: 480,
    height: 320,
    data: { values },
    encoding: {
      x: {
        field: "labelsPerClass",
        type: "quantitative",
        scale: { type: "log", domain: [counts[0] * 0.9, counts.at(-1)! * 1.1], nice: false },
        axis: { title: `Labelled pictures of each ${subject}`, values: counts, grid: false },
      },
      color: {
        field: "way",
        type: "nominal",
        scale: { domain: ways, range: ways.map((way) => WAY_COLORS[way]) },
        legend: null,
      },
      tooltip: [
        { field: "way", type: "nominal" },
        { field: "labelsPerClass", type: "quantitative", title: `labels a ${subject}` },
        { field: "error", type: "quantitative", format: ".2f", title: "wrong (%)" },
        { field: "deviation", type: "quantitative", format: ".2f", title: "± (points)" },
        { field: "seconds", type: "quantitative", format: ".1f", title: "seconds on one worker" },
      ],
    },
    layer: [
      { mark: { type: "line", strokeWidth: 2 }, encoding: { y: errorAxis("error") } },
      {
        mark: { type: "rule", strokeWidth: 2 },
        encoding: { y: errorAxis("low"), y2: { field: "high" } },
      },
      {
        mark: { type: "circle", size: 55, opacity: 1 },
        encoding: { y: errorAxis("error") },
      },
      {
        data: { values: namePlaces(of(counts.at(-1)!)) },
        mark: { type: "text", align: "left", dx: 12, fontWeight: 600 },
        encoding: { y: errorAxis("place"), text: { field: "way", type: "nominal" } },
      },
    ],
  };
}

function errorAxis(field: string) {
  return {
    field,
    type: "quantitative",
    scale: { type: "log", nice: true },
    axis: { title: "Wrong pictures (%)", format: "~r", tickCount: 6 },
  } as const;
}

function describe(summaries: Summaries, subject: string): string {
  const best = summaries.reduce((least, summary) => summary.error < least.error ? summary : least);
  const labels = `${best.labelsPerClass} label${best.labelsPerClass === 1 ? "" : "s"} a ${subject}`;
  return `${best.way}: ${best.error.toFixed(1)} % wrong with ${labels}`;
}

/** Where the names at the end of the curves stand: at the curve, or above the name below. */
function namePlaces(summaries: Summaries) {
  let below = 0;
  return summaries
    .toSorted((a, b) => a.error - b.error)
    .map((summary) => {
      below = Math.max(summary.error, below * NAME_SPACING, LEAST_ERROR);
      return { ...summary, place: below };
    });
}
