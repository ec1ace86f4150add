/** Where the page asks the service, seen from the page. */
export const ADDRESSES = {
  models: "models",
  file: "predict",
  explanation: "explain",
  samples: "samples",
};
