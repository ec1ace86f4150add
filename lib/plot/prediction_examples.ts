/** Single pictures with what a network took them for. */
import { IMAGE_PIXELS, IMAGE_SIDE } from "../image/size.ts";
import { COLORS, type Spec, THEME, type View } from "./theme.ts";
import { pngUrl, tiles } from "./tiles.ts";

/** A picture, the truth, and the answer of a network. */
interface PredictionExample {
  /** Ink 0–255, `[28, 28]`, row by row. */
  pixels: Uint8Array;
  /** Name of the class that the picture shows. */
  actual: string;
  /** Name of the most probable class. */
  predicted: string;
  /** Probability of that class, 0–1. */
  confidence: number;
}

const WIDTH = 768;
const SCALE = 4;
const PICTURE_SIDE = SCALE * IMAGE_SIDE;
const GAP = 16;

/** What is written below a picture: pixels of a character on average, and the longest name in full. */
const CHARACTER_WIDTH = 7.6;
const LONGEST_NAME = 20;

/** Room for `U+3042, not U+3044`, as PNGs have it where no font has a character; capitals and digits are wide. */
const NAMED_LENGTH = 22;
const NOT_LATIN = /[^\0-\u024F]/;
const GROUP_SPACING = 12;
const HEADING_HEIGHT = 34;

const RIGHT = {
  name: "Right",
  sign: "M-0.9,0.05 L-0.25,0.7 L0.9,-0.6", // a tick
  color: COLORS.right as string,
  frame: 2,
};
const WRONG = {
  name: "Wrong",
  sign: "M-0.7,-0.7 L0.7,0.7 M0.7,-0.7 L-0.7,0.7", // a cross
  color: COLORS.wrong,
  frame: 4,
};

/**
 * Shows pictures with their prediction and how sure the network was, the right ones above the wrong
 * ones. A tick and a blue frame mark right answers, a cross and a thick orange frame wrong ones, so
 * that nobody depends on the colours.
 *
 * @param examples The pictures in the order in which each group shows them; six make a row, of long names fewer.
 * @returns A Vega-Lite v5 chart, about 800 pixels wide.
 * @throws {RangeError} If a picture does not have 28×28 pixels.
 */
export function predictionExamples(examples: PredictionExample[]): Spec {
  const [rightTiles, wrongTiles] = [true, false].map((isRight) =>
    examples.filter(({ actual, predicted }) => (actual === predicted) === isRight).map(tileOf)
  );
  const longest = Math.max(
    ...[...rightTiles, ...wrongTiles].map(({ answer }) =>
      Math.max(answer.length, NOT_LATIN.test(answer) ? NAMED_LENGTH : 0)
    ),
  );
  const step = Math.max(PICTURE_SIDE + GAP, CHARACTER_WIDTH * longest);
  return {
    ...THEME,
    title: { text: "What the network read", subtitle: "Predicted class and its probability" },
    bounds: "flush",
    spacing: GROUP_SPACING,
    vconcat: [group(rightTiles, RIGHT, step), group(wrongTiles, WRONG, step)],
  };
}

/** Pictures under a heading, from one to the next a step to the right. */
function group(
  examples: ReturnType<typeof tileOf>[],
  style: typeof RIGHT,
  step: number,
): View {
  const { data, encoding, layer, height } = tiles(examples, {
    columns: Math.floor(WIDTH / step),
    side: PICTURE_SIDE,
    gap: GAP,
    step,
    below: 46,
    top: HEADING_HEIGHT,
    marks: [
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
  });
  const frame: View = {
    mark: {
      type: "rect",
      width: PICTURE_SIDE,
      height: PICTURE_SIDE,
      xOffset: PICTURE_SIDE / 2,
      yOffset: PICTURE_SIDE / 2,
      filled: false,
      stroke: style.color,
      strokeWidth: 2 * style.frame, // the picture covers half of it
    },
  };
  const pictures = { data, encoding, layer: [frame, ...layer] };
  const heading = headingOf(examples.length === 0 ? `${style.name}: none` : style.name, style);
  return {
    width: WIDTH,
    height: HEADING_HEIGHT + height + GAP,
    layer: [heading, pictures],
  };
}

/** A picture, white ink on black as the network sees it, and what is written below it. */
function tileOf({ pixels, actual, predicted, confidence }: PredictionExample) {
  if (pixels.length !== IMAGE_PIXELS) {
    throw new RangeError(
      `Expected pixels to have ${IMAGE_PIXELS} values but found ${pixels.length}`,
    );
  }
  const [name, truth] = [predicted, actual].map((name) =>
    name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name
  );
  return {
    url: pngUrl({ width: IMAGE_SIDE, height: IMAGE_SIDE, values: pixels }, 2 * SCALE),
    answer: actual === predicted ? name : `${name}, not ${truth}`,
    detail: `${certainty(confidence)} sure`,
  };
}

function headingOf(text: string, { sign, color }: typeof RIGHT): View {
  return {
    data: { values: [{}] },
    layer: [
      {
        mark: {
          type: "point",
          shape: sign,
          filled: false,
          strokeCap: "round",
          opacity: 1,
          x: 8,
          y: 9,
          size: 220,
          strokeWidth: 3,
          stroke: color,
        },
      },
      {
        mark: {
          type: "text",
          text,
          x: 24,
          y: 10,
          align: "left",
          baseline: "middle",
          fontSize: 14,
          fontWeight: 600,
          color,
        },
      },
    ],
  };
}

/** Whole per cent, but never 100 % for less than certain. */
function certainty(confidence: number): string {
  return confidence > 0.995 && confidence < 1 ? "> 99 %" : `${Math.round(100 * confidence)} %`;
}
