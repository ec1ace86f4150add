/** The module that every worker of a team runs. */

import { type BackendOptions, startBackend } from "../backend/backend.ts";
import { type Member, serveJobs } from "../backend/team.ts";
import { computeOutputs, corruptImages, train } from "./jobs.ts";

serveJobs({
  start: (_member: Member, options: BackendOptions) => startBackend(options),
  computeOutputs,
  corruptImages,
  train,
});
