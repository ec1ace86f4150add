/** The module that every worker of a team runs. */

import { serveJobs } from "../backend/team.ts";
import { jobs } from "./jobs.ts";

serveJobs(jobs);
