/** How long-running work tells the outside what it is doing; nothing in `lib/` but `cli` prints. */

import type { EpochRecord } from "./model/history.ts";

/** A piece of news. */
export type News =
  | {
    /** Work goes on: `done` of `total` items. */
    kind: "progress";
    what: string;
    done: number;
    total: number;
    /** Running figures to show beside, such as loss and accuracy. */
    figures?: Record<string, number>;
  }
  | {
    /** An epoch has ended. */
    kind: "epoch";
    record: EpochRecord;
  }
  | {
    /** Something that a person wants to know. */
    kind: "note";
    text: string;
  };

/** Receives news: a progress bar, a notebook's display, or nothing. */
export type Observer = (news: News) => void;
