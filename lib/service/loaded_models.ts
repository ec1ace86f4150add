/** The models that a worker of the service answers with. */

import { IMAGE_PIXELS } from "../image/size.ts";
import { type Classifier, loadModel, predict } from "../model/classifier.ts";

/** Loads models from their folders, by name, each ready to answer at once. */
export async function loadModels(
  folders: Record<string, string>,
): Promise<Map<string, Classifier>> {
  const models = new Map<string, Classifier>();
  for (const [name, folder] of Object.entries(folders)) {
    const model = await loadModel(folder);
    predict(model, [new Uint8Array(IMAGE_PIXELS)]); // the first time takes longer
    models.set(name, model);
  }
  return models;
}
