/** The numbers that a picture is made of. */

import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

const CELL = 22;

/**
 * Writes the brightness of every pixel into the pixel.
 *
 * @param pixels Ink 0–255 of a square picture, row by row.
 * @returns A Vega-Lite v5 chart; 0 is left blank.
 */
export function pixelValues(pixels: Uint8Array): Spec {
  const side = Math.sqrt(pixels.length);
  const values = Array.from(pixels, (brightness, i) => ({
    row: Math.floor(i / side),
    column: i % side,
    brightness,
  }));
  const axis = { labelAngle: 0, labelOverlap: true, orient: "top" } as const;
  return {
    ...THEME,
    title: {
      text: `${side} × ${side} pixels, ${
        pixels.filter((value) => value > 0).length
      } of them with ink`,
      subtitle: "Brightness from 0 (black paper) to 255 (white ink)",
    },
    width: CELL * side,
    height: CELL * side,
    data: { values },
    encoding: {
      x: { field: "column", type: "ordinal", axis: { ...axis, title: "Column" } },
      y: { field: "row", type: "ordinal", axis: { title: "Row" } },
      tooltip: ["row", "column", "brightness"].map((field) => ({ field, type: "quantitative" })),
    },
    layer: [
      {
        mark: { type: "rect" },
        encoding: {
          color: {
            field: "brightness",
            type: "quantitative",
            scale: { domain: [0, 255], range: ["#000000", "#FFFFFF"] },
            legend: null,
          },
        },
      },
      {
        transform: [{ filter: "datum.brightness > 0" }],
        mark: { type: "text", fontSize: 9 },
        encoding: {
          text: { field: "brightness", type: "quantitative" },
          color: {
            condition: { test: "datum.brightness > 127", value: COLORS.ink },
            value: COLORS.background,
          },
        },
      },
    ],
  };
}
