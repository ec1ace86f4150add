/** Digits as places on a map, where the mistakes lie, and who lives among others. */

import { IMAGE_PIXELS, IMAGE_SIDE } from "../../image/size.ts";
import type { Evaluation } from "../../model/evaluation.ts";
import { pngUrl } from "../../plot/tiles.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";
import { nearestNeighbours } from "../neighbours.ts";

const SIDE = 520;

/** Pixels of the picture under the mouse along a pixel of a digit. */
const PICTURE_SCALE = 3;

/** Ten colours (Tableau 10), so that neighbouring groups differ; the digits themselves tell them apart. */
const DIGIT_COLORS =
  "#4E79A7 #F28E2B #E15759 #499894 #59A14F #B6992D #B07AA1 #D37295 #9D7660 #79706E".split(" ");

/** Columns of the digits that have no picture under the mouse. */
const FIELDS = ["x", "y", "actual", "predicted", "confidence"] as const;

/** What is on the map, in one order. */
interface MappedDigits {
  places: { x: number; y: number }[];
  /** One for each place. */
  answers: Evaluation["answers"];
  /** Pixels 0–255, `[count, 28, 28]`. */
  images: Uint8Array;
}

/**
 * Draws every picture as its digit at its place, with a ring around each that was read wrong. Strangers,
 * whose nearest neighbour is another digit, are larger, and have their picture under the mouse.
 *
 * @param digits Places, answers and pictures.
 * @param title What the map is made of.
 * @throws {RangeError} If there are not as many places, answers and pictures.
 */
export function digitMap({ places, answers, images }: MappedDigits, title: string): Spec {
  const count = images.length / IMAGE_PIXELS;
  if (places.length !== count || answers.length !== count) {
    throw new RangeError(
      `Expected a place and an answer for each of ${count} pictures but found ${places.length} and ${answers.length}`,
    );
  }
  const plane = Float32Array.from(places.flatMap(({ x, y }) => [x, y]));
  const neighbours = nearestNeighbours(plane, count);
  const all = answers.map(({ actual, predicted, confidence }, i) => ({
    x: rounded(places[i].x),
    y: rounded(places[i].y),
    actual,
    predicted,
    confidence: rounded(confidence),
    isStranger: actual !== predicted || actual !== answers[neighbours[i]].actual,
  }));
  const strangers = all.flatMap((one, i) =>
    one.isStranger ? [{ ...one, url: urlOf(images, i) }] : []
  );
  const wrong = answers.filter(({ actual, predicted }) => actual !== predicted).length;
  const digits = [...new Set(answers.map(({ actual }) => actual))].sort();
  // The domain is told, for there may be no strangers, no others or no mistakes to take it from.
  const axis = (field: "x" | "y") => {
    const values = all.map((one) => one[field]);
    const domain = [Math.min(...values), Math.max(...values)];
    return { field, type: "quantitative", axis: null, scale: { domain, nice: true } } as const;
  };
  const digit = {
    text: { field: "actual", type: "nominal" as const },
    color: {
      field: "actual",
      type: "nominal" as const,
      scale: { domain: digits, range: DIGIT_COLORS.slice(0, digits.length) },
      legend: null,
    },
  };
  const tooltip = [
    { field: "actual", title: "is", type: "nominal" as const },
    { field: "predicted", title: "read as", type: "nominal" as const },
    { field: "confidence", type: "quantitative" as const, format: ".1%" },
  ];
  return {
    ...THEME,
    title: {
      text: title,
      subtitle: [
        `${count.toLocaleString("en-US")} picture${
          count === 1 ? "" : "s"
        }, ${wrong} read wrong (ringed)`,
        `Large: the ${strangers.length} whose nearest neighbour is another digit, and the wrong ones`,
        "Drag to move, turn the wheel to zoom, double-click to come back",
      ],
    },
    width: SIDE,
    height: SIDE,
    encoding: { x: axis("x"), y: axis("y") },
    layer: [
      {
        params: [{ name: "view", select: "interval", bind: "scales" }],
        data: csvOf(all.filter(({ isStranger }) => !isStranger)),
        mark: { type: "text", fontSize: 10, fontWeight: 600, clip: true },
        encoding: { ...digit, tooltip },
      },
      {
        data: { values: strangers },
        layer: [
          {
            mark: { type: "text", fontSize: 15, fontWeight: 600, clip: true },
            encoding: {
              ...digit,
              tooltip: [{ field: "url", title: "image", type: "nominal" }, ...tooltip],
            },
          },
          {
            transform: [{ filter: "datum.actual !== datum.predicted" }],
            mark: {
              type: "point",
              size: 360,
              strokeWidth: 2,
              color: COLORS.ink,
              clip: true,
              fill: "transparent",
              opacity: 1,
            },
          },
        ],
      },
    ],
  };
}

function urlOf(images: Uint8Array, index: number): string {
  const values = images.subarray(index * IMAGE_PIXELS, (index + 1) * IMAGE_PIXELS);
  return pngUrl({ width: IMAGE_SIDE, height: IMAGE_SIDE, values }, PICTURE_SCALE);
}

function rounded(value: number): number {
  return Math.round(1000 * value) / 1000;
}

/** Rows as text: without their fields' names in each, a thousand take a tenth of the room. */
function csvOf(rows: { actual: string; predicted: string }[]) {
  const lines = [FIELDS, ...rows.map((row) => FIELDS.map((field) => Object(row)[field]))];
  return {
    values: lines.map((line) => line.join(",")).join("\n"),
    format: {
      type: "csv" as const,
      parse: { x: "number", y: "number", confidence: "number" },
    },
  };
}
