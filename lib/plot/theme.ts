/** One look for every chart: typeface, greys, and colours that colour-blind readers can tell apart. */
import type { TopLevelSpec } from "vega-lite";

/** A complete Vega-Lite v5 chart, ready for a renderer or for JupyterLab. */
export type Spec = TopLevelSpec;

/** One layer or panel of a chart. */
export type View = Extract<Spec, { layer: unknown }>["layer"][number];

/**
 * Colours by meaning, and more for lines beside each other: all but the greys and the pale ones from the
 * colour-blind-safe palette of Okabe and Ito (https://jfly.uni-koeln.de/color/).
 */
export const COLORS = {
  right: "#0072B2",
  rightPale: "#DCEAF5",
  wrong: "#D55E00",
  wrongPale: "#FCE8DA",
  ink: "#1F2933",
  text: "#52606D",
  muted: "#7B8794",
  line: "#CBD2D9",
  faint: "#EEF1F4",
  background: "#FFFFFF",
  green: "#009E73",
  purple: "#CC79A7",
  orange: "#E69F00",
  sky: "#56B4E9",
} as const;

/** What every chart has in common; spread it first: `{ ...THEME, title, data, mark }`. */
export const THEME = {
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  background: COLORS.background,
  padding: 20,
  config: {
    aria: false,
    font: "Inter, system-ui, Helvetica, Arial, sans-serif", // the others where Inter is not there
    view: { stroke: null },
    title: {
      anchor: "start",
      frame: "group",
      color: COLORS.ink,
      fontSize: 17,
      fontWeight: 600,
      offset: 14,
      subtitleColor: COLORS.text,
      subtitleFontSize: 13,
      subtitlePadding: 6,
    },
    axis: {
      domainColor: COLORS.line,
      gridColor: COLORS.faint,
      labelColor: COLORS.text,
      labelFontSize: 12,
      labelPadding: 6,
      ticks: false,
      titleColor: COLORS.text,
      titleFontSize: 12,
      titleFontWeight: "normal",
      titlePadding: 10,
    },
    text: { color: COLORS.text, fontSize: 12 },
  },
} as const satisfies Partial<Spec>;
