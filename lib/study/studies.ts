/** All studies. */

import { ALL_LABELS } from "./all_labels.ts";
import { bench } from "./bench.ts";
import { FEW_LABELS } from "./few_labels.ts";
import { pictures } from "./pictures.ts";
import { SERVICE } from "./service.ts";

/** In the order in which they are listed. */
export const STUDIES = [...ALL_LABELS, ...FEW_LABELS, pictures, bench, ...SERVICE];
