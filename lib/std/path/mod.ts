/**
 * Stand-in for `jsr:@std/path` over Deno's built-in `node:path`, for networks
 * that do not reach JSR. Delete `links` in deno.json to get the real package.
 */
export { basename, dirname, extname, join, relative, resolve } from "node:path";
export { fileURLToPath as fromFileUrl, pathToFileURL as toFileUrl } from "node:url";
