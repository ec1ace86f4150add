/** News of long-running work on the terminal: a bar, or plain lines where there is none. */

// @ts-types="npm:@types/cli-progress@3.11.6"
import cliProgress from "cli-progress";
import type { News, Observer } from "../observer.ts";

/** Milliseconds between two plain lines. */
const LINE_INTERVAL = 5000;

/** Epochs of a stage that all get a line; of later ones, which may be hundreds, one now and then does. */
const FIRST_EPOCHS = 10;

/** @returns An observer that writes to standard error. */
export function showProgress(): Observer {
  const show = Deno.stderr.isTerminal() ? bars() : plainLines();
  let last = performance.now();
  return (news) => {
    if (news.kind === "epoch") {
      const isEarly = performance.now() - last < LINE_INTERVAL;
      if (news.record.epoch > FIRST_EPOCHS && isEarly) return;
      last = performance.now();
    }
    show(news);
  };
}

function bars(): Observer {
  const bar = new cliProgress.SingleBar({
    format: "{what} {bar} {percentage} % {figures}{eta_formatted} left",
    barsize: 24,
    clearOnComplete: true,
    hideCursor: true,
  }, cliProgress.Presets.shades_classic);
  let current: string | undefined;
  const stop = () => {
    if (current === undefined) return;
    bar.stop();
    Deno.removeSignalListener("SIGINT", interrupt);
    current = undefined;
  };
  /** A bar that is stopped gives back the cursor and the wrapping of lines. */
  const interrupt = () => {
    stop();
    Deno.exit(130); // as shells have it: 128 and the signal's number
  };
  return (news) => {
    if (news.kind !== "progress") {
      stop();
      console.error(describe(news));
      return;
    }
    const { what, done, total } = news;
    const figures = describeFigures(news.figures, ", ");
    if (what !== current) {
      stop();
      current = what;
      Deno.addSignalListener("SIGINT", interrupt);
      bar.start(total, done, { what, figures });
    } else {
      bar.update(done, { figures });
    }
    if (done === total) stop();
  };
}

function plainLines(): Observer {
  let last = performance.now();
  return (news) => {
    if (news.kind === "progress") {
      if (performance.now() - last < LINE_INTERVAL) return;
      const { what, done, total, figures } = news;
      console.error(`${what}: ${done} of ${total} ${describeFigures(figures)}`.trimEnd());
    } else {
      console.error(describe(news));
    }
    last = performance.now();
  };
}

/** A note, or an epoch in one line. */
function describe(news: Exclude<News, { kind: "progress" }>): string {
  if (news.kind === "note") return news.text;
  const { stage, epoch, trainLoss, validationLoss, validationAccuracy, seconds } = news.record;
  return `${stage}, epoch ${epoch}: loss ${trainLoss.toFixed(4)}, validation loss ${
    validationLoss.toFixed(4)
  }, validation accuracy ${(100 * validationAccuracy).toFixed(2)} %, ${seconds.toFixed(1)} s`;
}

function describeFigures(figures: Record<string, number> = {}, end = ""): string {
  const text = Object.entries(figures)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(", ");
  return text && text + end;
}
