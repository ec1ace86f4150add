/**
 * Makes tfjs take every engine for a browser's worker while it loads: what it would ask Node for,
 * every engine has by itself, and a bundle that runs everywhere has none of Node's modules.
 */

const scope = globalThis as { WorkerGlobalScope?: unknown; __dirname?: string };

const isMissing = scope.WorkerGlobalScope === undefined;

if (isMissing) scope.WorkerGlobalScope = class {};

// tfjs's WASM modules ask for it where there is a process; they are inside the bundle.
scope.__dirname ??= "";

/** Puts the engine back as it was; tfjs remembers. */
export function restoreEnvironment(): void {
  if (isMissing) delete scope.WorkerGlobalScope;
}
