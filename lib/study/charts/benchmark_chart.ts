/** How fast this project is, side by side with its peers. */
import { COLORS, type Spec, THEME, type View } from "../../plot/theme.ts";

/** What {@linkcode benchmarkChart} shows. */
interface BenchmarkFigures {
  /** Day of the measurement, `YYYY-MM-DD`. */
  date: string;
  /** Whether other work disturbed it. */
  busy: boolean;
  machine: { cpu: string; cores: number };
  /** Times in µs a picture, by batch size. */
  engines: {
    key: string;
    name: string;
    threads: number;
    step: Record<number, number>;
    forward: Record<number, number>;
  }[];
  /** Seconds from the start of a command until its network read 99 % of the test pictures. */
  learning: { key: string; name: string; seconds: number }[];
}

interface Row {
  name: string;
  value: number;
  ours: boolean;
  label: string;
}

const BATCH_SIZE = 128;
const PANEL_WIDTH = 420;
const ROW_HEIGHT = 26;

/**
 * Draws the time of a training step and of a forward pass in batches of 128 (in the largest batch
 * measured, where that is less, and said so), and of a whole run to 99 %; shorter is better. One
 * point for each engine, on a logarithmic axis, this project's in blue.
 *
 * @param figures What was measured.
 * @returns A Vega-Lite v5 chart with a panel for each thing that was measured.
 * @throws {RangeError} If nothing was measured.
 */
export function benchmarkChart({ date, busy, machine, engines, learning }: BenchmarkFigures): Spec {
  const panels = [
    panelOf("Training step, µs a picture", rowsOf(engines, "step")),
    panelOf("Forward, µs a picture", rowsOf(engines, "forward")),
    panelOf(
      "Cold start to 99 %, seconds",
      learning.map(({ key, name, seconds }) => ({
        name,
        value: seconds,
        ours: key === "ours",
        label: seconds.toFixed(1),
      })),
    ),
  ].filter((panel) => panel !== undefined);
  if (panels.length === 0) {
    throw new RangeError("Expected at least one measured time but found none");
  }
  return {
    ...THEME,
    title: {
      text: "Time to train and to read digits: further left is faster",
      subtitle: `${machine.cpu}, ${machine.cores} cores, ${date}; batch ${BATCH_SIZE}, log scale${
        busy ? "; disturbed by other work" : ""
      }`,
    },
    spacing: 24,
    vconcat: panels,
  };
}

function rowsOf(engines: BenchmarkFigures["engines"], what: "step" | "forward"): Row[] {
  return engines.flatMap(({ key, name, threads, [what]: times }) => {
    const size = Math.max(...Object.keys(times).map(Number).filter((size) => size <= BATCH_SIZE));
    if (size === -Infinity) return [];
    const time = times[size];
    const rounded = time < 10 ? time.toFixed(1) : time.toFixed(0);
    return [{
      name: `${name}, ${threads} ${threads === 1 ? "thread" : "threads"}`,
      value: time,
      ours: key === "ours",
      label: size === BATCH_SIZE ? rounded : `${rounded} (batch ${size})`,
    }];
  });
}

function panelOf(title: string, rows: Row[]): View | undefined {
  if (rows.length === 0) return undefined;
  const color = {
    condition: { test: "datum.ours", value: COLORS.right },
    value: COLORS.muted,
  };
  const values = rows.map(({ value }) => value);
  const x = {
    field: "value",
    type: "quantitative" as const,
    scale: {
      type: "log" as const,
      domain: [Math.min(...values) / 1.5, Math.max(...values) * 1.5],
      nice: false,
    },
    axis: null,
  };
  const y = {
    field: "name",
    type: "nominal" as const,
    sort: { field: "value", order: "ascending" as const },
    axis: { title: null, domain: false, grid: true, labelLimit: 0 },
  };
  return {
    title: { text: title, fontSize: 13, offset: 12 },
    width: PANEL_WIDTH,
    height: { step: ROW_HEIGHT },
    data: { values: rows },
    layer: [
      { mark: { type: "circle", size: 90, opacity: 1 }, encoding: { x, y, color } },
      {
        mark: { type: "text", align: "left", dx: 9, fontWeight: 600 },
        encoding: { x, y, color, text: { field: "label" } },
      },
    ],
  };
}
