/** How many corrupted pictures networks read wrong. */

import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

const BAR_COLORS = [COLORS.wrong, COLORS.right, COLORS.muted];

/**
 * Draws the error of networks on clean pictures and on every corruption, bars side by side, the
 * corruption that is hardest for the first network at the top.
 *
 * @param measured Shares of wrong answers of each network by its name, at most three.
 * @returns A Vega-Lite v5 chart.
 */
export function corruptionBars(
  measured: Record<
    string,
    { cleanError: number; errors: Record<string, number>; meanError: number }
  >,
): Spec {
  const names = Object.keys(measured);
  const values = names.flatMap((network) => {
    const { cleanError, errors } = measured[network];
    return Object.entries({ clean: cleanError, ...errors })
      .map(([corruption, error]) => ({ network, corruption, error: 100 * error }));
  });
  const order = values.slice(0, values.length / names.length)
    .toSorted((a, b) => b.error - a.error)
    .map(({ corruption }) => corruption);
  const means = names.map((name) => `${(100 * measured[name].meanError).toFixed(1)} % ${name}`);
  return {
    ...THEME,
    title: {
      text: `Wrong: ${means.join(", ")}`,
      subtitle: "Mean of the fifteen corruptions of MNIST-C",
    },
    width: 480,
    height: 20 * order.length * Math.max(1, names.length * 0.7),
    data: { values },
    mark: { type: "bar" },
    encoding: {
      x: { field: "error", type: "quantitative", axis: { title: "Wrong pictures (%)" } },
      y: {
        field: "corruption",
        type: "nominal",
        scale: { domain: order },
        axis: { title: null },
      },
      yOffset: { field: "network", scale: { domain: names } },
      color: {
        field: "network",
        scale: { domain: names, range: BAR_COLORS.slice(0, names.length) },
        legend: { title: null, orient: "top", direction: "horizontal" },
      },
      tooltip: [
        { field: "network", type: "nominal" },
        { field: "corruption", type: "nominal" },
        { field: "error", type: "quantitative", format: ".2f", title: "wrong (%)" },
      ],
    },
  };
}
