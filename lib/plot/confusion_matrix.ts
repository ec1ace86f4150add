/** Which classes a network takes for which. */
import { COLORS, type Spec, THEME, type View } from "./theme.ts";

const LARGEST_CELL = 56;
const LARGEST_MATRIX = 660;

/** Width of a character of Inter, on average, as a share of its size. */
const CHARACTER_WIDTH = 0.62;

/** A mistake made with this share of a class has the full colour, unless there are worse ones. */
const FULL_ERROR_SHARE = 0.01;

interface Cell {
  actual: string;
  predicted: string;
  count: number;
  /** Share of the pictures of the actual class, 0–1. */
  share: number;
}

/**
 * Draws a confusion matrix: a row for each actual class, a column for each predicted one, the
 * number of pictures in each cell. Right answers are blue; mistakes are orange on a scale of their
 * own, so that one in a thousand still shows. Both are coloured by their share of the row, on a
 * square-root scale. Beside each row stands its recall, the share of right answers.
 *
 * @param confusion Number of pictures, `[actual][predicted]`.
 * @param classes Names of the classes in the order of rows and columns.
 * @throws {RangeError} If `confusion` does not have a row and a column for each class.
 */
export function confusionMatrix(confusion: number[][], classes: string[]): Spec {
  for (const size of [confusion.length, ...confusion.map((row) => row.length)]) {
    if (size !== classes.length) {
      throw new RangeError(
        `Expected confusion to have ${classes.length} rows and columns but found ${size}`,
      );
    }
  }
  const totals = confusion.map(sum);
  const cells = confusion.flatMap((row, i) =>
    row.map((count, j): Cell => ({
      actual: classes[i],
      predicted: classes[j],
      count,
      share: totals[i] === 0 ? 0 : count / totals[i],
    }))
  );
  const right = cells.filter(({ actual, predicted }) => actual === predicted);
  const wrong = cells.filter(({ actual, predicted }) => actual !== predicted);
  const worstShare = Math.max(FULL_ERROR_SHARE, ...wrong.map(({ share }) => share));
  const cellSide = Math.min(LARGEST_CELL, LARGEST_MATRIX / classes.length);
  const side = cellSide * classes.length;
  const mostDigits = Math.max(...cells.map(({ count }) => String(count).length));
  const countSize = Math.min(14, cellSide / (0.7 * mostDigits));
  const labelSize = Math.min(14, 0.7 * cellSide);
  const longestName = Math.max(...classes.map(({ length }) => length));
  const isUpright = CHARACTER_WIDTH * labelSize * longestName > cellSide;
  const axis = {
    domain: false,
    labelAngle: 0,
    labelColor: COLORS.ink,
    labelFontSize: labelSize,
    labelLimit: 260,
    labelOverlap: false,
  };
  return {
    ...THEME,
    title: {
      text: accuracyOf(right, sum(totals)),
      subtitle: worstMistakeOf(wrong, (actual) => totals[classes.indexOf(actual)]),
    },
    width: side,
    height: side,
    layer: [
      {
        encoding: {
          x: {
            field: "predicted",
            type: "nominal",
            scale: { domain: classes },
            axis: {
              ...axis,
              ...(isUpright ? { labelAngle: -90, labelBaseline: "middle" } : {}),
              orient: "top",
              title: "Predicted class",
            },
          },
          y: {
            field: "actual",
            type: "nominal",
            scale: { domain: classes },
            axis: { ...axis, title: "Actual class" },
          },
        },
        layer: [
          cellsOf(wrong, [COLORS.wrongPale, COLORS.wrong], worstShare, countSize),
          cellsOf(right, [COLORS.rightPale, COLORS.right], 1, countSize),
        ],
        resolve: { scale: { color: "independent" } },
      },
      recallColumn(right, totals, { x: side + 62, fontSize: labelSize }),
    ],
  };
}

/** Cells on a scale of two colours up to `fullShare`; the count is white where the colour is dark. */
function cellsOf(values: Cell[], range: string[], fullShare: number, fontSize: number): View {
  return {
    data: { values },
    layer: [
      {
        mark: { type: "rect", stroke: COLORS.background, strokeWidth: 1.5 },
        encoding: {
          color: {
            condition: { test: "datum.count === 0", value: COLORS.faint },
            field: "share",
            type: "quantitative",
            scale: { type: "sqrt", domain: [0, fullShare], range, interpolate: "rgb" },
            legend: null,
          },
        },
      },
      {
        transform: [{ filter: "datum.count > 0" }],
        mark: { type: "text", fontSize },
        encoding: {
          text: { field: "count", type: "quantitative" },
          color: {
            condition: { test: `datum.share > ${fullShare / 2}`, value: COLORS.background },
            value: COLORS.ink,
          },
        },
      },
    ],
  };
}

/** The recall of every class to the right of its row. */
function recallColumn(
  right: Cell[],
  totals: number[],
  { x, fontSize }: { x: number; fontSize: number },
): View {
  const recalls = right.map(({ actual, share }, i) => ({
    actual,
    recall: totals[i] === 0 ? "–" : percent(share, 1),
  }));
  const place = { type: "text", align: "right", x } as const;
  return {
    layer: [
      { data: { values: [{}] }, mark: { ...place, text: "Recall", y: -14 } },
      {
        data: { values: recalls },
        mark: { ...place, fontSize, color: COLORS.ink },
        encoding: {
          y: { field: "actual", type: "nominal" },
          text: { field: "recall", type: "nominal" },
        },
      },
    ],
  };
}

function accuracyOf(right: Cell[], total: number): string {
  if (total === 0) return "No pictures";
  const rightCount = sum(right.map(({ count }) => count));
  const share = percent(rightCount / total, 2);
  return `${integer(rightCount)} of ${integer(total)} right (${share})`;
}

function worstMistakeOf(wrong: Cell[], totalOf: (actual: string) => number): string {
  const worst = wrong.reduce((most, cell) => cell.count > most.count ? cell : most);
  if (worst.count === 0) return "No mistakes";
  const counts = `${integer(worst.count)} of ${integer(totalOf(worst.actual))}`;
  return `Most frequent mistake: ${worst.actual} read as ${worst.predicted} (${counts})`;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function integer(value: number): string {
  return value.toLocaleString("en-US");
}

function percent(share: number, digits: number): string {
  return `${(100 * share).toFixed(digits)} %`;
}
