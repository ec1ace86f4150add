/**
 * Makes tfjs take every engine for a browser's worker while it loads: what it would ask Node for,
 * every engine has by itself, and a bundle that runs everywhere has none of Node's modules.
 */

const scope = globalThis as { WorkerGlobalScope?: unknown; __dirname?: string };

if (scope.WorkerGlobalScope === undefined) {
  scope.WorkerGlobalScope = class {};
  // After the bundle has loaded, all at once; tfjs remembers.
  queueMicrotask(() => delete scope.WorkerGlobalScope);
}

// tfjs's WASM modules ask for it where there is a process; they are inside the bundle.
scope.__dirname ??= "";
