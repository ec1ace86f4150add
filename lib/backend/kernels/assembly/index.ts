/** Everything that the WASM module exports. */

export { adamW, addBias, rectifierGradient } from "./elementwise";
export { multiplyMatrices, multiplyMatricesScratch } from "./gemm";
export { convolveWindows, convolveWindowsGradient, convolveWindowsScratch } from "./im2col";
export {
  affineOfNorm,
  applyAffine,
  moments,
  normGradient,
  sumNormGradient,
  sumRows,
} from "./norm";
export {
  convolvePicture,
  convolvePictureGradient,
  convolvePictureScratch,
  maxPoolGradient,
} from "./pool";
export { convolve, convolveGradient, convolveScratch } from "./winograd";
