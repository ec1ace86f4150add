/** Who may ask: requests for the service's own names, from its own page. */

import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { HTTPException } from "hono/http-exception";

/** Names and pages that are let in besides the usual ones. */
interface Guests {
  /** Names by which the service may be asked for, besides `localhost` and addresses. */
  hosts?: string[];
  /** Pages of others that may ask, as `https://example.org`. */
  origins?: string[];
}

/** An address as a URL has it: of version 4, or of version 6 in brackets. */
const ADDRESS = /^(\d+(\.\d+){3}|\[[\da-f:.]+\])$/i;

/**
 * Refuses requests for a name that is not the service's: a page whose name was made to lead here (DNS
 * rebinding) is one. An address cannot be made to. Refuses requests, other than to read, that a browser sends
 * for another page: the same host at another port is another page. Browsers may read answers for the pages of
 * others that are let in.
 */
export function guard({ hosts = [], origins = [] }: Guests): MiddlewareHandler[] {
  const names = new Set(["localhost", ...hosts.map((host) => host.toLowerCase())]);
  const refuse: MiddlewareHandler = async (c, next) => {
    const { hostname, host } = new URL(c.req.url);
    if (!names.has(hostname) && !ADDRESS.test(hostname)) {
      throw new HTTPException(403, {
        message:
          `Expected a request for a name of this service but found ${hostname}: serve --allow-host lets it in`,
      });
    }
    const origin = c.req.header("origin");
    const isOwn = origin === undefined
      ? c.req.header("sec-fetch-site") !== "cross-site"
      : origins.includes(origin) || URL.canParse(origin) && new URL(origin).host === host;
    if (!isOwn && !["GET", "HEAD", "OPTIONS"].includes(c.req.method)) {
      throw new HTTPException(403, {
        message: "Expected a request of this service's own page: serve --cors lets others in",
      });
    }
    await next();
  };
  const allowMethods = ["GET", "POST", "DELETE"];
  return origins.length > 0 ? [refuse, cors({ origin: origins, allowMethods })] : [refuse];
}
