/** The module that every worker of a team runs. */

import { serveJobs } from "../backend/mod.ts";
import { jobs } from "./jobs.ts";

serveJobs(jobs);
