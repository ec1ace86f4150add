/** Digits as places on a map, and where the mistakes lie. */

import { IMAGE_PIXELS } from "../../image/size.ts";
import type { Answer } from "../../model/evaluation.ts";
import { squareUrl } from "../../plot/picture_url.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

const SIDE = 520;

/** Least side of the picture under the mouse, in pixels. */
const PICTURE_SIDE = 84;

/** Ten colours (Tableau 10), so that neighbouring groups differ; the digits themselves tell them apart. */
const DIGIT_COLORS =
  "#4E79A7 #F28E2B #E15759 #499894 #59A14F #B6992D #B07AA1 #D37295 #9D7660 #79706E".split(" ");

/** What is on the map, in one order. */
interface MappedDigits {
  places: { x: number; y: number }[];
  /** One for each place. */
  answers: Answer[];
  /** Pixels 0–255, `[count, 28, 28]`. */
  images: Uint8Array;
}

/**
 * Draws every picture as its digit at its place, with a ring around each that was read wrong and
 * the picture itself under the mouse.
 *
 * @param digits Places, answers and pictures.
 * @param title What the map is made of.
 * @returns A Vega-Lite v5 chart.
 * @throws {RangeError} If there are not as many places, answers and pictures.
 */
export function digitMap({ places, answers, images }: MappedDigits, title: string): Spec {
  const count = images.length / IMAGE_PIXELS;
  if (places.length !== count || answers.length !== count) {
    throw new RangeError(
      `Expected a place and an answer for each of ${count} pictures but found ${places.length} and ${answers.length}`,
    );
  }
  const values = answers.map(({ actual, predicted, confidence }, i) => ({
    ...places[i],
    actual,
    predicted,
    confidence,
    url: squareUrl(images.subarray(i * IMAGE_PIXELS, (i + 1) * IMAGE_PIXELS), PICTURE_SIDE),
  }));
  const wrong = answers.filter(({ actual, predicted }) => actual !== predicted).length;
  const digits = [...new Set(answers.map(({ actual }) => actual))].sort();
  const axis = { type: "quantitative", axis: null, scale: { zero: false } } as const;
  const tooltip = [
    { field: "url", title: "image", type: "nominal" as const },
    { field: "actual", title: "is", type: "nominal" as const },
    { field: "predicted", title: "read as", type: "nominal" as const },
    { field: "confidence", type: "quantitative" as const, format: ".1%" },
  ];
  return {
    ...THEME,
    title: {
      text: title,
      subtitle: `${count.toLocaleString("en-US")} picture${
        count === 1 ? "" : "s"
      }, ${wrong} read wrong (ringed)`,
    },
    width: SIDE,
    height: SIDE,
    data: { values },
    encoding: { x: { field: "x", ...axis }, y: { field: "y", ...axis }, tooltip },
    layer: [
      {
        mark: { type: "text", fontSize: 10, fontWeight: 600 },
        encoding: {
          text: { field: "actual", type: "nominal" },
          color: {
            field: "actual",
            type: "nominal",
            scale: { domain: digits, range: DIGIT_COLORS.slice(0, digits.length) },
            legend: null,
          },
        },
      },
      {
        transform: [{ filter: "datum.actual !== datum.predicted" }],
        mark: {
          type: "point",
          size: 260,
          strokeWidth: 2,
          color: COLORS.ink,
          fill: "transparent",
          opacity: 1,
        },
      },
    ],
  };
}
