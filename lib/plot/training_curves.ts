/** How loss and error changed while a network learned. */
import { type EpochRecord, keptEpoch } from "../observer.ts";
import { COLORS, type Spec, THEME, type View } from "./theme.ts";

const PANEL_WIDTH = 265;
const PANEL_HEIGHT = 230;
const LABEL_HEIGHT = 15;

const SERIES_COLORS = { training: COLORS.muted, validation: COLORS.right } as const;

const SERIES = ["training", "validation"] as const;

/** Shown under the mouse. */
const TOOLTIP = [
  { field: "series", type: "nominal" as const },
  { field: "epoch", type: "quantitative" as const },
  { field: "value", type: "quantitative" as const, format: ".3~g" },
];

/** Data of a mark that is drawn once. */
const ONCE = { values: [{}] };

interface Point extends Pick<EpochRecord, "stage" | "epoch"> {
  /** Epochs since the start of the first stage, from 1. */
  position: number;
  series: keyof typeof SERIES_COLORS;
  value: number;
}

interface ValueAxis {
  type: "log" | "linear";
  domain: [number, number];
  ticks: number[];
  /** Height of a value above the bottom of the panel. */
  pixels: (value: number) => number;
}

/**
 * Draws loss and error against the epoch, for training and validation pictures. The error is shown
 * rather than the accuracy, on a logarithmic axis unless a value is 0, so that 99.4 % and 99.6 %
 * stay apart. A ring marks the epoch whose weights are kept; from the epoch on whose training loss is no
 * number, as an overflow leaves it, there is a band that says so in place of the curves.
 *
 * @param history The epochs in the order in which they ran, one or more stages.
 * @param keeps Which epoch of the last stage was kept; it is ringed.
 * @returns A Vega-Lite v5 chart, about 840 pixels wide; values that are not finite are left out.
 * @throws {RangeError} If `history` is empty.
 */
export function trainingCurves(history: EpochRecord[], keeps?: "best" | "last"): Spec {
  if (history.length === 0) {
    throw new RangeError("Expected history to have at least one epoch but found none");
  }
  const lost = history.find(({ trainLoss }) => !Number.isFinite(trainLoss));
  const kept = lost ? undefined : keptEpoch(history, keeps);
  return {
    ...THEME,
    title: titleOf(kept, lost),
    bounds: "flush",
    spacing: 125,
    hconcat: [
      panelOf("Loss (cross-entropy)", history, { kept, lost }, {
        training: (record) => record.trainLoss,
        validation: (record) => record.validationLoss,
      }),
      panelOf("Error (% of pictures)", history, { kept, lost }, {
        training: (record) => errorPercent(record.trainAccuracy),
        validation: (record) => errorPercent(record.validationAccuracy),
      }),
    ],
  };
}

/** Rounded to 1e-9 so that 1 - 0.993 is 0.7 %. */
function errorPercent(accuracy: number): number {
  return Math.round((1 - accuracy) * 1e11) / 1e9;
}

function titleOf(kept: EpochRecord | undefined, lost: EpochRecord | undefined) {
  if (lost) {
    return {
      text: `The loss is no number from epoch ${lost.epoch} on`,
      subtitle: [
        `${lost.stage}, epoch ${lost.epoch}: steps that are too long went past the goal, each`,
        "further than the one before, until the numbers overflowed",
      ],
    };
  }
  if (kept === undefined) return "Training without validation pictures";
  return {
    text: `Validation error: ${errorPercent(kept.validationAccuracy).toFixed(2)} %`,
    subtitle: [
      `${kept.stage}, epoch ${kept.epoch} (ringed)`,
      "Training is measured on the way: with dropout, on augmented pictures",
    ],
  };
}

/**
 * Draws a panel.
 *
 * @param marked The epoch that is ringed, and the first whose loss is no number.
 * @param valueOf What is drawn of each epoch.
 */
function panelOf(
  title: string,
  history: EpochRecord[],
  { kept, lost }: { kept?: EpochRecord; lost?: EpochRecord },
  valueOf: Record<Point["series"], (record: EpochRecord) => number>,
): View {
  const points = SERIES.flatMap((series) =>
    history.map((record, index): Point => ({
      position: index + 1,
      epoch: record.epoch,
      stage: record.stage,
      series,
      value: valueOf[series](record),
    }))
  ).filter(({ value }) => Number.isFinite(value));
  const axis = valueAxis(points.map(({ value }) => value));
  const x = {
    field: "position",
    type: "quantitative" as const,
    scale: { domain: [0.5, history.length], nice: false, zero: false },
    axis: epochAxis(history),
  };
  const y = {
    field: "value",
    type: "quantitative" as const,
    scale: { type: axis.type, domain: axis.domain, nice: false },
    axis: {
      values: axis.ticks,
      format: axis.domain[1] < 1e6 ? "~r" : "~g",
      title: null,
      domain: false,
    },
  };
  const color = {
    field: "series",
    scale: { domain: [...SERIES], range: SERIES.map((series) => SERIES_COLORS[series]) },
    legend: null,
  };
  return {
    title: {
      text: axis.type === "log" ? `${title}, log scale` : title,
      fontSize: 13,
      offset: 12,
    },
    width: PANEL_WIDTH,
    height: PANEL_HEIGHT,
    data: { values: points },
    layer: [
      ...(lost ? [lostMark(lost, history, points, axis)] : []),
      ...stageMarks(history),
      {
        mark: { type: "line", strokeWidth: 2 },
        encoding: { x, y, color, detail: { field: "stage" } },
      },
      {
        mark: { type: "circle", size: 18, opacity: 1 },
        encoding: { x, y, color, tooltip: TOOLTIP },
      },
      {
        transform: [{
          filter: `datum.series === "validation" && datum.position === ${
            kept ? history.indexOf(kept) + 1 : 0
          }`,
        }],
        mark: { type: "point", size: 110, strokeWidth: 2, color: COLORS.ink, opacity: 1 },
        encoding: { x, y },
      },
      ...seriesLabels(points, axis),
    ],
  };
}

/** A dashed rule between two stages, with the stages' names above it on either side. */
function stageMarks(history: EpochRecord[]): View[] {
  const label = { type: "text", y: -10, color: COLORS.muted } as const;
  return history.flatMap(({ stage }, index): View[] => {
    const before = history[index - 1]?.stage ?? stage;
    return before === stage ? [] : [{
      data: ONCE,
      encoding: { x: { datum: index + 0.5, type: "quantitative" } },
      layer: [
        { mark: { type: "rule", color: COLORS.muted, strokeDash: [4, 3] } },
        { mark: { ...label, text: before, align: "right", dx: -6 } },
        { mark: { ...label, text: stage, align: "left", dx: 6 } },
      ],
    }];
  });
}

/** A band over the epochs that have no loss, with a label where the curves do not end. */
function lostMark(
  lost: EpochRecord,
  history: EpochRecord[],
  points: Point[],
  axis: ValueAxis,
): View {
  const last = points.at(-1);
  const endsLow = last && axis.pixels(last.value) < PANEL_HEIGHT / 4;
  const y = endsLow ? 12 : PANEL_HEIGHT - 12;
  const text = `no number from epoch ${lost.epoch}`;
  const right = { datum: history.length };
  return {
    data: ONCE,
    layer: [
      {
        mark: { type: "rect", color: COLORS.wrongPale, opacity: 1 },
        encoding: {
          x: { datum: history.indexOf(lost) + 0.5, type: "quantitative" },
          x2: right,
        },
      },
      {
        mark: { type: "text", text, y, align: "right", dx: -6, color: COLORS.wrong },
        encoding: { x: { ...right, type: "quantitative" } },
      },
    ],
  };
}

/** The name of each curve beside its last point, moved apart where two would touch. */
function seriesLabels(points: Point[], axis: ValueAxis): View[] {
  const ends = SERIES
    .map((series) => points.findLast((point) => point.series === series))
    .filter((point) => point !== undefined)
    .sort((first, second) => second.value - first.value);
  const gap = ends.length < 2
    ? LABEL_HEIGHT
    : axis.pixels(ends[0].value) - axis.pixels(ends[1].value);
  const shift = Math.max(0, LABEL_HEIGHT - gap) / 2;
  return ends.map(({ position, series, value }, index) => ({
    data: ONCE,
    mark: {
      type: "text",
      text: series,
      align: "left",
      dx: 8,
      dy: index === 0 ? -shift : shift,
      color: SERIES_COLORS[series],
      fontWeight: 600,
    },
    encoding: {
      x: { datum: position, type: "quantitative" },
      y: { datum: value, type: "quantitative" },
    },
  }));
}

/** Epochs counted from 1 in every stage. */
function epochAxis(history: EpochRecord[]) {
  const step = [1, 5, 10, 20, 50].find((size) => history.length / size <= 15) ?? 100;
  const epochs = history.map(({ epoch }) => epoch);
  const [first, ...others] = new Set(history.map(({ stage }) => stage));
  const values = [...epochs.keys()]
    .filter((index) => index === 0 || epochs[index] % step === 0)
    .map((index) => index + 1);
  return {
    values,
    tickCount: values.length,
    labelOverlap: false,
    labelFlush: false,
    labelExpr: `${JSON.stringify(epochs)}[datum.value - 1]`,
    title: others.length === 0 ? `Epoch (${first})` : "Epoch",
    grid: false,
  };
}

/**
 * A logarithmic axis between numbers of the 1-2-5 series; a linear one from 0 if a value is 0, which
 * has no logarithm.
 */
function valueAxis(values: number[]): ValueAxis {
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  if (values.length === 0 || lowest <= 0) {
    const top = highest > 0 ? roundNumbers(highest / 2, highest).at(-1)! : 1;
    return {
      type: "linear",
      domain: [0, top],
      ticks: values.length === 0 ? [] : [0, 1, 2, 3, 4, 5].map((fifth) => top * fifth / 5),
      pixels: (value) => PANEL_HEIGHT * value / top,
    };
  }
  const ticks = roundNumbers(lowest, highest);
  const [low, high] = [ticks[0], ticks.at(-1)!];
  return {
    type: "log",
    domain: [low, high],
    ticks,
    pixels: (value) => PANEL_HEIGHT * Math.log(value / low) / Math.log(high / low),
  };
}

/**
 * The numbers 1, 2, 5 times powers of ten that span the values, at least two; powers of ten alone, and not
 * all of them, where that would be too many to read.
 */
function roundNumbers(lowest: number, highest: number): number[] {
  const numbers: number[] = [];
  const powers = Math.log10(highest / lowest);
  const digits = powers > 4 ? [1] : [1, 2, 5];
  const step = Math.max(1, Math.ceil(powers / 12));
  const firstPower = step * Math.floor(Math.log10(lowest) / step);
  const lastPower = Math.floor(Math.log10(highest)) + step;
  for (let power = firstPower; power <= lastPower; power += step) {
    for (const digit of digits) numbers.push(Number(`${digit}e${power}`));
  }
  const first = Math.max(0, numbers.findLastIndex((number) => number <= lowest));
  const last = numbers.findIndex((number) => number >= highest);
  return numbers.slice(first, Math.max(last, first + 1) + 1);
}
