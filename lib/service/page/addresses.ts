/** Where the page asks the service, seen from the page. */
export const ADDRESSES = {
  models: "models",
  addresses: "addresses",
  file: "predict",
  prediction: (model: string): string => `v1/models/${model}:predict`,
  explanation: "explain",
  samples: "samples",
};
