/** Which pictures are behind a cell of the confusion matrix. */

import { IMAGE_SIDE } from "../../image/size.ts";
import type { pickExamples } from "../../model/evaluation.ts";
import { COLORS, type Spec, THEME } from "../../plot/theme.ts";
import { pngUrl, tiles } from "../../plot/tiles.ts";

const LARGEST_CELL = 34;
const LARGEST_MATRIX = 540;
const PICTURE = 72;
const GAP = 6;
const COLUMNS = 4;
const ROWS = 4;
const CAPTION_HEIGHT = 18;

/** Pixels of a picture's PNG along a pixel of the digit, so that it is sharp. */
const PICTURE_SCALE = 6;

/**
 * Draws the matrix of mistakes beside the pictures of the cell that is clicked on; at first of the
 * cell with the most.
 *
 * @param mistakes Wrong answers with their pictures, in the order in which a cell shows them; it
 * has room for the first sixteen.
 * @throws {RangeError} If there is no mistake to show.
 */
export function confusionExamples(
  mistakes: ReturnType<typeof pickExamples>,
  classes: string[],
): Spec {
  if (mistakes.length === 0) {
    throw new RangeError("Expected at least one mistake but found none");
  }
  const cells = classes.flatMap((actual) =>
    classes.map((predicted) => ({
      actual,
      predicted,
      count: mistakes.filter((one) => one.actual === actual && one.predicted === predicted).length,
    }))
  );
  const fullest = cells.reduce((most, cell) => cell.count > most.count ? cell : most);
  const pictures = mistakes.map(({ pixels, ...answer }) => ({
    url: pngUrl({ width: IMAGE_SIDE, height: IMAGE_SIDE, values: pixels }, PICTURE_SCALE),
    ...answer,
  }));
  const cellSide = Math.min(LARGEST_CELL, LARGEST_MATRIX / classes.length);
  const matrixSide = cellSide * classes.length;
  return {
    ...THEME,
    title: {
      text: `${mistakes.length} mistake${
        mistakes.length === 1 ? "" : "s"
      } by actual and predicted class`,
      subtitle: "Click a cell to see its pictures",
    },
    spacing: 40,
    hconcat: [
      {
        width: matrixSide,
        height: matrixSide,
        data: { values: cells },
        encoding: {
          x: {
            field: "predicted",
            type: "nominal",
            scale: { domain: classes },
            axis: { title: "Predicted class", orient: "top", labelAngle: 0, domain: false },
          },
          y: {
            field: "actual",
            type: "nominal",
            scale: { domain: classes },
            axis: { title: "Actual class", domain: false },
          },
          tooltip: [
            { field: "actual", type: "nominal" },
            { field: "predicted", type: "nominal" },
            { field: "count", type: "quantitative" },
          ],
        },
        layer: [
          {
            params: [{
              name: "cell",
              select: { type: "point", fields: ["actual", "predicted"], toggle: false },
              value: [{ actual: fullest.actual, predicted: fullest.predicted }],
            }],
            mark: { type: "rect", cursor: "pointer", stroke: COLORS.background, strokeWidth: 1.5 },
            encoding: {
              color: {
                condition: { test: "datum.count === 0", value: COLORS.faint },
                field: "count",
                type: "quantitative",
                scale: {
                  domain: [0, fullest.count],
                  range: [COLORS.wrongPale, COLORS.wrong],
                  interpolate: "rgb",
                },
                legend: null,
              },
            },
          },
          {
            transform: [{ filter: "datum.count > 0" }],
            mark: { type: "text", color: COLORS.ink, fontSize: Math.min(13, 0.6 * cellSide) },
            encoding: { text: { field: "count", type: "quantitative" } },
          },
          {
            transform: [{ filter: { param: "cell", empty: false } }],
            mark: { type: "rect", filled: false, stroke: COLORS.ink, strokeWidth: 3 },
          },
        ],
      },
      {
        ...tiles(pictures, {
          columns: COLUMNS,
          side: PICTURE - GAP,
          gap: GAP,
          tooltip: [
            { field: "url", title: "image", type: "nominal" },
            { field: "actual", type: "nominal" },
            { field: "predicted", type: "nominal" },
            { field: "confidence", type: "quantitative", format: ".1%" },
            { field: "index", type: "quantitative", title: "test picture" },
          ],
          marks: [{
            mark: { type: "text", align: "left", yOffset: PICTURE + 4 },
            encoding: { text: { field: "caption", type: "nominal" } },
          }],
        }),
        width: COLUMNS * PICTURE,
        height: ROWS * (PICTURE + CAPTION_HEIGHT),
        // Only the pictures of the cell are shown, so only they have a place.
        transform: [
          { filter: { param: "cell" } },
          { window: [{ op: "row_number", as: "place" }] },
          { filter: `datum.place <= ${ROWS * COLUMNS}` },
          { calculate: `(datum.place - 1) % ${COLUMNS} * ${PICTURE}`, as: "x" },
          {
            calculate: `floor((datum.place - 1) / ${COLUMNS}) * ${PICTURE + CAPTION_HEIGHT}`,
            as: "y",
          },
          { calculate: `datum.predicted + ', not ' + datum.actual`, as: "caption" },
        ],
      },
    ],
  };
}
