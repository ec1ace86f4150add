/** Transfer learning on handwritten digits: what a reader of README or a notebook needs of the library. */

// Data
export { CLASS_SETS } from "./data/class_sets.ts";
export { type Dataset, join, slice } from "./data/dataset.ts";
export { DIGITS, loadMnist } from "./data/mnist.ts";
export { Random } from "./data/random.ts";
export { augment } from "./data/augment/augment.ts";

// Training
export { startBackend } from "./backend/mod.ts";
export { addHead, buildBase, splitNetwork } from "./model/architecture.ts";
export { loadBase } from "./model/bases.ts";
export { learnFromFew } from "./model/few_pictures.ts";
export { readWeights, writeWeights } from "./model/network.ts";
export { AUGMENTATIONS } from "./model/recipe.ts";
export { computeOutputs } from "./model/evaluation.ts";
export { startTeam } from "./model/team.ts";
export { trainStage } from "./model/training.ts";
export { fineTune, freeze, trainClassifier, type TrainOptions } from "./model/transfer.ts";

// Answers
export { type Classifier, loadModel, predict, predictDigit } from "./model/classifier.ts";
export { confusedPairs, evaluate, pickExamples } from "./model/evaluation.ts";
export { decodePicture, type GreyPicture } from "./picture/decode.ts";
export { findDigits } from "./picture/find_digits.ts";
export { readOwnPictures } from "./picture/own_pictures.ts";
