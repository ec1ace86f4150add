/** How loss and error changed while a network learned. */
import { type EpochRecord, keptEpoch } from "../observer.ts";
import { COLORS, type Spec, THEME, type View } from "./theme.ts";

const PANEL_WIDTH = 265;
const PANEL_HEIGHT = 230;
const LABEL_HEIGHT = 15;

const SERIES_COLORS = { training: COLORS.muted, validation: COLORS.right } as const;

type Series = keyof typeof SERIES_COLORS;

const SERIES: Series[] = ["training", "validation"];

/** Shown under the mouse. */
const TOOLTIP = [
  { field: "series", type: "nominal" as const },
  { field: "epoch", type: "quantitative" as const },
  { field: "value", type: "quantitative" as const, format: ".3~g" },
];

/** Data of a mark that is drawn once. */
const ONCE = { values: [{}] };

interface Point {
  /** Epochs since the start of the first stage, from 1. */
  position: number;
  /** Counted from 1 in its stage. */
  epoch: number;
  stage: number;
  series: Series;
  value: number;
}

interface Stage {
  name: string;
  /** Epochs that came before this stage. */
  start: number;
}

interface Timeline {
  stages: Stage[];
  /** Epochs of all stages together. */
  count: number;
  /** Position of the epoch whose weights are kept, 0 if there is none. */
  keptPosition: number;
  /** The first epoch whose loss is no number. */
  lost?: { position: number; epoch: number };
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
  const stages = stagesOf(history);
  const lost = history.find(({ trainLoss }) => !Number.isFinite(trainLoss));
  const kept = lost ? undefined : keptEpoch(history, keeps);
  const timeline: Timeline = {
    stages,
    count: history.length,
    keptPosition: kept ? history.indexOf(kept) + 1 : 0,
    lost: lost && { position: history.indexOf(lost) + 1, epoch: lost.epoch },
  };
  return {
    ...THEME,
    title: titleOf(kept, lost),
    bounds: "flush",
    spacing: 125,
    hconcat: [
      panelOf("Loss (cross-entropy)", timeline, {
        training: history.map((record) => record.trainLoss),
        validation: history.map((record) => record.validationLoss),
      }),
      panelOf("Error (% of pictures)", timeline, {
        training: history.map((record) => errorPercent(record.trainAccuracy)),
        validation: history.map((record) => errorPercent(record.validationAccuracy)),
      }),
    ],
  };
}

/** Rounded to 1e-9 so that 1 - 0.993 is 0.7 %. */
function errorPercent(accuracy: number): number {
  return Math.round((1 - accuracy) * 1e11) / 1e9;
}

function stagesOf(history: EpochRecord[]): Stage[] {
  const stages: Stage[] = [];
  for (const [index, record] of history.entries()) {
    if (stages.at(-1)?.name !== record.stage) stages.push({ name: record.stage, start: index });
  }
  return stages;
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

function pointsOf(values: Record<Series, number[]>, stages: Stage[]): Point[] {
  return SERIES.flatMap((series) =>
    values[series].map((value, index) => {
      const stage = stages.findLastIndex(({ start }) => start <= index);
      return { position: index + 1, epoch: index + 1 - stages[stage].start, stage, series, value };
    })
  ).filter(({ value }) => Number.isFinite(value));
}

function panelOf(
  title: string,
  timeline: Timeline,
  values: Record<Series, number[]>,
): View {
  const { stages, count, keptPosition, lost } = timeline;
  const points = pointsOf(values, stages);
  const axis = valueAxis(points.map(({ value }) => value));
  const x = {
    field: "position",
    type: "quantitative" as const,
    scale: { domain: [0.5, count], nice: false, zero: false },
    axis: epochAxis(stages, count),
  };
  const y = {
    field: "value",
    type: "quantitative" as const,
    scale: { type: axis.type, domain: axis.domain, nice: false },
    axis: {
      values: axis.ticks,
      tickCount: axis.ticks.length,
      format: axis.domain[1] < 1e6 ? "~r" : "~g",
      title: null,
      domain: false,
    },
  };
  const color = {
    field: "series",
    scale: { domain: SERIES, range: SERIES.map((series) => SERIES_COLORS[series]) },
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
      ...(lost ? [lostMark(lost, count, points, axis)] : []),
      ...stageMarks(stages),
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
          filter: `datum.series === "validation" && datum.position === ${keptPosition}`,
        }],
        mark: { type: "point", size: 110, strokeWidth: 2, color: COLORS.ink, opacity: 1 },
        encoding: { x, y },
      },
      ...seriesLabels(points, axis),
    ],
  };
}

/** A dashed rule between two stages, with the stages' names above it on either side. */
function stageMarks(stages: Stage[]): View[] {
  const label = { type: "text", y: -10, color: COLORS.muted } as const;
  return stages.slice(1).map(({ name, start }, index) => ({
    data: ONCE,
    encoding: { x: { datum: start + 0.5, type: "quantitative" } },
    layer: [
      { mark: { type: "rule", color: COLORS.muted, strokeDash: [4, 3] } },
      { mark: { ...label, text: stages[index].name, align: "right", dx: -6 } },
      { mark: { ...label, text: name, align: "left", dx: 6 } },
    ],
  }));
}

/** A band over the epochs that have no loss, with a label where the curves do not end. */
function lostMark(
  { position, epoch }: { position: number; epoch: number },
  count: number,
  points: Point[],
  axis: ValueAxis,
): View {
  const last = points.at(-1);
  const endsLow = last && axis.pixels(last.value) < PANEL_HEIGHT / 4;
  const y = endsLow ? 12 : PANEL_HEIGHT - 12;
  const text = `no number from epoch ${epoch}`;
  return {
    data: ONCE,
    layer: [
      {
        mark: { type: "rect", color: COLORS.wrongPale, opacity: 1 },
        encoding: { x: { datum: position - 0.5, type: "quantitative" }, x2: { datum: count } },
      },
      {
        mark: { type: "text", text, y, align: "right", dx: -6, color: COLORS.wrong },
        encoding: { x: { datum: count, type: "quantitative" } },
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
function epochAxis(stages: Stage[], count: number) {
  const step = [1, 5, 10, 20, 50].find((size) => count / size <= 15) ?? 100;
  const values = Array.from({ length: count }, (_, index) => index + 1).filter((position) => {
    const stage = stages.findLast(({ start }) => start < position)!;
    return position === 1 || (position - stage.start) % step === 0;
  });
  const start = stages.reduce(
    (before, { start }) => start === 0 ? "0" : `datum.value > ${start} ? ${start} : ${before}`,
    "0",
  );
  return {
    values,
    tickCount: values.length,
    labelOverlap: false,
    labelFlush: false,
    labelExpr: `datum.value - (${start})`,
    title: stages.length === 1 ? `Epoch (${stages[0].name})` : "Epoch",
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
