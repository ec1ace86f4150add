/** What notebooks show: displays, charts, and the library's insides that they open. */

// Under a cell
export {
  showChart,
  showFigure,
  showPad,
  showPage,
  showTable,
  showText,
  showTraining,
} from "./display.ts";

// Charts
export { addFont } from "../plot/render.ts";
export { confusionMatrix } from "../plot/confusion_matrix.ts";
export { predictionExamples } from "../plot/prediction_examples.ts";
export { corruptionBars } from "../study/charts/corruption_bars.ts";
export { fewLabelsCurves } from "../study/charts/few_labels_curves.ts";
export { classBalance } from "./charts/class_balance.ts";
export { reliabilityDiagram, riskCoverage } from "./charts/confidence.ts";
export { confusionExamples } from "./charts/confusion_examples.ts";
export { digitMap } from "./charts/digit_map.ts";
export { comparisonCurves, lineChart } from "./charts/line_chart.ts";
export { pictureGrid, pictureSheet } from "./charts/pictures.ts";
export { pixelValues } from "./charts/pixel_values.ts";

// Simple methods to compare with, and maps
export {
  averagePictures,
  nearestNeighbours,
  nearestPicture,
  neighbourAgreement,
  projectToPlane,
  unusualPictures,
} from "./neighbours.ts";

// What notebooks train
export { fromRoot, learn, startTeam } from "./learn.ts";

// What a reader takes home
export { saveNetwork } from "../model/saved_network.ts";
export { writeStaticPage } from "../service/page_files.ts";

// The sheet for ten people's digits
export { rowsOf, sheetPhoto } from "./sheet.ts";

// The library's insides
export { shareMemory } from "../backend/mod.ts";
export { drawDigits } from "../data/allographs/draw.ts";
export { corrupt, CORRUPTION_NAMES } from "../data/augment/corruptions.ts";
export { parseIdx } from "../data/idx.ts";
export { shrinkPicture } from "../image/shrink.ts";
export { evaluateProbabilities } from "../model/evaluation.ts";
export { describeMetrics } from "../model/model_folders.ts";
export { featureMaps, occlusionMap } from "../model/interpretation.ts";
export { firstFilters, saliencyMap } from "./insides.ts";
export { pretrainBase } from "../model/bases.ts";
export { measureRobustness } from "../model/robustness.ts";
export { FURTHER_STEPS } from "../study/few_labels.ts";
export { compareFewLabels, pickLabelled, summariseSeeds } from "../study/comparison.ts";
export { Runs } from "../study/study.ts";
export { drawTestPicture } from "../study/test_pictures.ts";
