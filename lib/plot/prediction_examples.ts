/** Single pictures with what a network took them for. */
import { IMAGE_SIDE } from "../image/size.ts";
import { pictureUrl } from "./picture_url.ts";
import { COLORS, type Spec, THEME, type View } from "./theme.ts";

/** A picture, the truth, and the answer of a network. */
export interface PredictionExample {
  /** Ink 0–255, `[28, 28]`, row by row. */
  pixels: Uint8Array;
  /** Name of the class that the picture shows. */
  actual: string;
  /** Name of the most probable class. */
  predicted: string;
  /** Probability of that class, 0–1. */
  confidence: number;
}

const COLUMNS = 6;
const PICTURE_SIDE = 4 * IMAGE_SIDE;
const COLUMN_WIDTH = PICTURE_SIDE + 16;
const ROW_HEIGHT = PICTURE_SIDE + 62;
const GROUP_SPACING = 12;
const HEADING_HEIGHT = 34;

const TICK = "M-0.9,0.05 L-0.25,0.7 L0.9,-0.6";
const CROSS = "M-0.7,-0.7 L0.7,0.7 M0.7,-0.7 L-0.7,0.7";

/** A picture placed in the chart, in pixels from the top left. */
interface Tile {
  x: number;
  y: number;
  url: string;
  answer: string;
  detail: string;
}

/**
 * Shows pictures with their prediction and how sure the network was, the right ones above the wrong
 * ones. A tick and a blue frame mark right answers, a cross and a thick orange frame wrong ones, so
 * that nobody depends on the colours.
 *
 * @param examples The pictures in the order in which each group shows them; six make a row.
 * @returns A Vega-Lite v5 chart, about 800 pixels wide.
 * @throws {RangeError} If a picture does not have 28×28 pixels.
 *
 * @example Counts of the examples are in the headings
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * const pixels = new Uint8Array(28 * 28);
 * const chart = predictionExamples([
 *   { pixels, actual: "4", predicted: "9", confidence: 0.51 },
 * ]);
 * assertStringIncludes(JSON.stringify(chart), "9, not 4");
 * assertStringIncludes(JSON.stringify(chart), "51 % sure");
 * ```
 */
export function predictionExamples(examples: PredictionExample[]): Spec {
  const right = examples.filter(({ actual, predicted }) => actual === predicted);
  const wrong = examples.filter(({ actual, predicted }) => actual !== predicted);
  const wrongTop = groupHeight(right.length) + GROUP_SPACING;
  return {
    ...THEME,
    title: { text: "What the network read", subtitle: "Predicted class and its probability" },
    width: COLUMNS * COLUMN_WIDTH,
    height: wrongTop + groupHeight(wrong.length),
    layer: [
      group(right, 0, { name: "Right", sign: TICK, color: COLORS.right, frame: 2 }),
      group(wrong, wrongTop, { name: "Wrong", sign: CROSS, color: COLORS.wrong, frame: 4 }),
    ],
  };
}

function groupHeight(count: number): number {
  return HEADING_HEIGHT + Math.ceil(count / COLUMNS) * ROW_HEIGHT;
}

interface GroupStyle {
  name: string;
  sign: string;
  color: string;
  frame: number;
}

function group(
  examples: PredictionExample[],
  top: number,
  { name, sign, color, frame }: GroupStyle,
): View {
  const tiles = examples.map((example, index): Tile => ({
    x: (index % COLUMNS) * COLUMN_WIDTH,
    y: top + HEADING_HEIGHT + Math.floor(index / COLUMNS) * ROW_HEIGHT,
    url: urlOf(example.pixels),
    answer: example.actual === example.predicted
      ? example.predicted
      : `${example.predicted}, not ${example.actual}`,
    detail: `${certainty(example.confidence)} sure`,
  }));
  const x = { field: "x", type: "quantitative" as const, scale: null, axis: null };
  const y = { field: "y", type: "quantitative" as const, scale: null, axis: null };
  const signMark = {
    type: "point",
    shape: sign,
    filled: false,
    strokeCap: "round",
    opacity: 1,
  } as const;
  return {
    layer: [
      {
        data: { values: [{}] },
        layer: [
          {
            mark: { ...signMark, x: 8, y: top + 9, size: 220, strokeWidth: 3, stroke: color },
          },
          {
            mark: {
              type: "text",
              text: examples.length === 0 ? `${name}: none` : name,
              x: 24,
              y: top + 10,
              align: "left",
              baseline: "middle",
              fontSize: 14,
              fontWeight: 600,
              color,
            },
          },
        ],
      },
      {
        data: { values: tiles },
        encoding: { x, y },
        layer: [
          {
            mark: {
              type: "rect",
              width: PICTURE_SIDE,
              height: PICTURE_SIDE,
              xOffset: PICTURE_SIDE / 2,
              yOffset: PICTURE_SIDE / 2,
              filled: false,
              stroke: color,
              strokeWidth: 2 * frame,
            },
          },
          {
            mark: {
              type: "image",
              width: PICTURE_SIDE,
              height: PICTURE_SIDE,
              align: "left",
              baseline: "top",
            },
            encoding: { url: { field: "url", type: "nominal" } },
          },
          {
            mark: {
              type: "text",
              align: "left",
              dy: PICTURE_SIDE + 20,
              fontSize: 15,
              fontWeight: 600,
              color: COLORS.ink,
            },
            encoding: { text: { field: "answer", type: "nominal" } },
          },
          {
            mark: { type: "text", align: "left", dy: PICTURE_SIDE + 38 },
            encoding: { text: { field: "detail", type: "nominal" } },
          },
        ],
      },
    ],
  };
}

/** Whole per cent, but never 100 % for less than certain. */
function certainty(confidence: number): string {
  return confidence > 0.995 && confidence < 1 ? "> 99 %" : `${Math.round(100 * confidence)} %`;
}

/** The picture, white ink on black as the network sees it. */
function urlOf(pixels: Uint8Array): string {
  if (pixels.length !== IMAGE_SIDE * IMAGE_SIDE) {
    throw new RangeError(
      `Expected pixels to have ${IMAGE_SIDE * IMAGE_SIDE} values but found ${pixels.length}`,
    );
  }
  return pictureUrl(pixels, 2 * PICTURE_SIDE);
}
