/** How often each class occurs. */

import { COLORS, type Spec, THEME } from "../../plot/theme.ts";

const SPLIT_COLORS = [COLORS.right, COLORS.muted, COLORS.wrong];

/**
 * Draws the share of each class in each split of a dataset, bars side by side.
 *
 * @param splits Labels of each split by its name, at most three.
 */
export function classBalance(splits: Record<string, Uint8Array>, classes: string[]): Spec {
  const names = Object.keys(splits);
  const values = names.flatMap((split) =>
    classes.map((label, index) => {
      const count = splits[split].filter((other) => other === index).length;
      return { split, label, count, share: 100 * count / splits[split].length };
    })
  );
  const ordered = values.slice(0, classes.length).toSorted((a, b) => a.share - b.share);
  const [rarest, commonest] = [ordered[0], ordered.at(-1)!];
  const percent = ({ share }: { share: number }) => `${share.toFixed(1)} %`;
  return {
    ...THEME,
    title: {
      text: `${commonest.label} is the most frequent class, ${rarest.label} the rarest`,
      subtitle: `Share of each class; ${names[0]}: from ${percent(rarest)} to ${
        percent(commonest)
      }`,
    },
    width: 620,
    height: 220,
    data: { values },
    mark: { type: "bar" },
    encoding: {
      x: {
        field: "label",
        type: "nominal",
        scale: { domain: classes },
        axis: { title: "Class", labelAngle: 0 },
      },
      xOffset: { field: "split", scale: { domain: names } },
      y: { field: "share", type: "quantitative", axis: { title: "Share of the split (%)" } },
      color: {
        field: "split",
        scale: { domain: names, range: SPLIT_COLORS.slice(0, names.length) },
        legend: { title: null, orient: "top", direction: "horizontal" },
      },
      tooltip: [
        { field: "split", type: "nominal" },
        { field: "label", type: "nominal", title: "class" },
        { field: "count", type: "quantitative", format: "," },
        { field: "share", type: "quantitative", format: ".2f", title: "share (%)" },
      ],
    },
  };
}
