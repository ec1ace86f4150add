/** Everything that the WASM module exports. */

export {
  convolveDepthwise,
  convolveDepthwiseGradient,
  convolveDepthwiseScratch,
} from "./depthwise";
export { adamW, addBias, clip, copyRows, rectifierGradient } from "./elementwise";
export { multiplyMatrices, multiplyMatricesScratch } from "./gemm";
export { addWindows, multiplyWindows, multiplyWindowsScratch } from "./im2col";
export { lstmStep, lstmStepGradient, tanh } from "./lstm";
export {
  affineOfNorm,
  applyAffine,
  applyNormGradient,
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
export {
  convolvePointwise,
  convolvePointwiseGradient,
  convolvePointwiseScratch,
} from "./pointwise";
export { convolve, convolveGradient, convolveScratch } from "./winograd";
export { convolveSmall, convolveSmallScratch } from "./winograd_small";
