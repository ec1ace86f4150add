/** Lines, each with its name at its end; and how several ways of learning compare. */

import type { EpochRecord } from "../../observer.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

const LINE_COLORS = [
  COLORS.right,
  COLORS.wrong,
  COLORS.muted,
  COLORS.green,
  COLORS.purple,
  COLORS.orange,
];

/** A line of more points has no dots: they would run together. */
const MOST_DOTS = 60;

/** What a line chart says. */
interface LineChartOptions {
  title: string;
  subtitle?: string;
  /** What stands along the axis from left to right. */
  x: string;
  /** What stands along the axis from bottom to top. */
  y: string;
  /**
   * Whether equal ways up are equal differences, or equal ratios.
   * @default {"linear"}
   */
  scale?: "linear" | "log";
}

/**
 * Draws lines, each through its points in their order, with its name beside the last.
 *
 * @param lines Points by name, at most six lines. What is not finite has no place, and neither has 0 or
 * less on a logarithmic axis; where a line is no number any more, the chart says from where on.
 */
export function lineChart(
  lines: Record<string, [x: number, y: number][]>,
  { title, subtitle, x, y, scale = "linear" }: LineChartOptions,
): Spec {
  const names = Object.keys(lines);
  const values = names.flatMap((name) => {
    const dots = lines[name].length > MOST_DOTS ? 0 : 1;
    return lines[name].map(([x, y], order) => ({ name, x, y, order, dots }));
  }).filter(({ x, y }) => isFinite(x) && isFinite(y) && (scale === "linear" || y > 0));
  const [left, right] = extent(values.map(({ x }) => x));
  const [bottom, top] = extent(values.map(({ y }) => y));
  const lost = names.flatMap((name) => {
    const from = lines[name].find(([, y]) => !Number.isFinite(y));
    return from ? [`${name}: no number from ${x} ${Number(from[0].toPrecision(4))} on`] : [];
  });
  const subtitles = [...(subtitle ? [subtitle] : []), ...lost];
  return {
    ...THEME,
    title: { text: title, ...(subtitles.length > 0 && { subtitle: subtitles }) },
    width: 420,
    height: 300,
    data: { values },
    encoding: {
      x: {
        field: "x",
        type: "quantitative",
        scale: { domain: [left, right], nice: false, padding: 8 },
        axis: { title: x, tickMinStep: 1, grid: false },
      },
      y: {
        field: "y",
        type: "quantitative",
        scale: scale === "linear"
          ? { domain: [bottom, top], padding: 8 }
          : { type: "log", domain: [0.9 * bottom, 1.1 * top], nice: false },
        axis: { title: y, tickCount: 6, ...(scale === "log" && { format: "~r" }) },
      },
      color: {
        field: "name",
        scale: { domain: names, range: LINE_COLORS.slice(0, names.length) },
        legend: null,
      },
      tooltip: [
        { field: "name", type: "nominal" },
        { field: "x", type: "quantitative", title: x, format: ".4~g" },
        { field: "y", type: "quantitative", title: y, format: ".4~g" },
      ],
    },
    layer: [
      { mark: { type: "line", strokeWidth: 2 }, encoding: { order: { field: "order" } } },
      {
        transform: [{ filter: "datum.dots" }],
        mark: { type: "circle", size: 40, opacity: 1 },
      },
      {
        transform: [
          { joinaggregate: [{ op: "max", field: "order", as: "last" }], groupby: ["name"] },
          { filter: "datum.order === datum.last" },
        ],
        mark: { type: "text", align: "left", dx: 9, fontWeight: 600 },
        encoding: { text: { field: "name", type: "nominal" } },
      },
    ],
  };
}

/**
 * Draws the validation error by epoch of several runs, on a logarithmic axis, each with its name at
 * the end of its curve.
 *
 * @param runs Histories by name, at most six; epochs are counted on over the stages of a run.
 */
export function comparisonCurves(runs: Record<string, EpochRecord[]>): Spec {
  const lines = Object.fromEntries(
    Object.entries(runs).map(([run, history]) => [run, history.map(errorAt)]),
  );
  const lowestOf = (run: string) => Math.min(...lines[run].map(([, error]) => error));
  const best = Object.keys(runs).reduce((least, run) =>
    lowestOf(run) < lowestOf(least) ? run : least
  );
  return lineChart(lines, {
    title: `Lowest: ${best}`,
    subtitle: "Validation error, log scale",
    x: "Epoch",
    y: "Wrong validation pictures (%)",
    scale: "log",
  });
}

/** The epoch, counted from the start of a run, and its share of wrong answers in per cent. */
function errorAt({ validationAccuracy }: EpochRecord, index: number): [number, number] {
  return [index + 1, 100 * (1 - validationAccuracy)];
}

/** The smallest and the largest of the values; 1 and 2 if there are none. */
function extent(values: number[]): [number, number] {
  return values.length > 0 ? [Math.min(...values), Math.max(...values)] : [1, 2];
}
