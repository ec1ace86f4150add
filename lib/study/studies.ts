/** All studies. */

import { ablation } from "./ablation.ts";
import { bases } from "./bases.ts";
import { bench } from "./bench.ts";
import { best } from "./best.ts";
import { fewLabels } from "./few_labels.ts";
import { ownClasses } from "./own_classes.ts";
import { pictures } from "./pictures.ts";
import { results } from "./results.ts";
import { robustness } from "./robustness.ts";
import { room, service } from "./service.ts";

/** In the order in which they are listed. */
export const STUDIES = [
  results,
  bases,
  best,
  robustness,
  fewLabels,
  ownClasses,
  ablation,
  pictures,
  bench,
  service,
  room,
];
