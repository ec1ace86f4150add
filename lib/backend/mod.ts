/** Training for tfjs on its WASM backend: kernels, teams of workers, a step of AdamW. */

export { adamWStep } from "./adamw_step.ts";
export { type BackendOptions, chosenKernels, startBackend } from "./backend.ts";
export { applyBlock } from "./fused_block.ts";
export { type Member, serveJobs, share, shareMemory, Team } from "./team.ts";
export { valuesInPlace } from "./wasm_backend.ts";
