/** Single pictures with what a network took them for. */
import { IMAGE_SIDE } from "../image/size.ts";
import { squareUrl } from "./picture_url.ts";
import { COLORS, type Spec, THEME, type View } from "./theme.ts";
import { tiles } from "./tiles.ts";

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

const COLUMNS = 6;
const PICTURE_SIDE = 4 * IMAGE_SIDE;
const GAP = 16;
const GROUP_SPACING = 12;
const HEADING_HEIGHT = 34;

const TICK = "M-0.9,0.05 L-0.25,0.7 L0.9,-0.6";
const CROSS = "M-0.7,-0.7 L0.7,0.7 M0.7,-0.7 L-0.7,0.7";

/**
 * Shows pictures with their prediction and how sure the network was, the right ones above the wrong
 * ones. A tick and a blue frame mark right answers, a cross and a thick orange frame wrong ones, so
 * that nobody depends on the colours.
 *
 * @param examples The pictures in the order in which each group shows them; six make a row.
 * @returns A Vega-Lite v5 chart, about 800 pixels wide.
 * @throws {RangeError} If a picture does not have 28×28 pixels.
 */
export function predictionExamples(examples: PredictionExample[]): Spec {
  const isRight = ({ actual, predicted }: PredictionExample) => actual === predicted;
  const right = group(examples.filter(isRight), {
    name: "Right",
    sign: TICK,
    color: COLORS.right,
    frame: 2,
    top: 0,
  });
  const wrong = group(examples.filter((example) => !isRight(example)), {
    name: "Wrong",
    sign: CROSS,
    color: COLORS.wrong,
    frame: 4,
    top: right.height + GROUP_SPACING,
  });
  return {
    ...THEME,
    title: { text: "What the network read", subtitle: "Predicted class and its probability" },
    width: COLUMNS * (PICTURE_SIDE + GAP),
    height: right.height + GROUP_SPACING + wrong.height,
    layer: [right.view, wrong.view],
  };
}

interface GroupStyle {
  name: string;
  sign: string;
  color: string;
  frame: number;
  top: number;
}

function group(
  examples: PredictionExample[],
  { name, sign, color, frame, top }: GroupStyle,
): { view: View; height: number } {
  const pictures = examples.map(({ pixels, actual, predicted, confidence }) => ({
    url: urlOf(pixels),
    answer: actual === predicted ? predicted : `${predicted}, not ${actual}`,
    detail: `${certainty(confidence)} sure`,
  }));
  const { data, encoding, layer, height } = tiles(pictures, {
    columns: COLUMNS,
    side: PICTURE_SIDE,
    gap: GAP,
    below: 46,
    top: top + HEADING_HEIGHT,
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
  const framed: View = {
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
  };
  const heading = examples.length === 0 ? `${name}: none` : name;
  return {
    view: {
      layer: [headingView(heading, { sign, color, top }), {
        data,
        encoding,
        layer: [framed, ...layer],
      }],
    },
    height: HEADING_HEIGHT + height + GAP,
  };
}

function headingView(
  text: string,
  { sign, color, top }: Pick<GroupStyle, "sign" | "color" | "top">,
): View {
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
          y: top + 9,
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
          y: top + 10,
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

/** The picture, white ink on black as the network sees it. */
function urlOf(pixels: Uint8Array): string {
  if (pixels.length !== IMAGE_SIDE * IMAGE_SIDE) {
    throw new RangeError(
      `Expected pixels to have ${IMAGE_SIDE * IMAGE_SIDE} values but found ${pixels.length}`,
    );
  }
  return squareUrl(pixels, 2 * PICTURE_SIDE);
}
