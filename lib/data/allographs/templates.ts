/** How people of many schools write each digit: templates of strokes, as plain data. */

/** A way to write a digit. */
export interface Allograph {
  /** Tells it from the other ways to write the same digit. */
  name: string;
  /** Least and greatest width of the template's square, as a share of its height. */
  width: readonly [least: number, most: number];
  /**
   * A line of points for every time that the pen is put down. A point is `x,y` in hundredths of the
   * template's square, from its upper left corner; `40±6` is anything from 34 to 46. The line is
   * smooth, but for a corner at each `/`.
   */
  strokes: readonly string[];
  /**
   * How often it is drawn, relative to the others of the digit.
   * @default {1}
   */
  weight?: number;
  /**
   * Degrees that it is turned, clockwise, from least to most.
   * @default {[0, 0]}
   */
  turn?: readonly [least: number, most: number];
}

const STEM_4 = "72±5,0±4 68±5,100";
const BAR_7 = "24±10,53±6 84±10,49±6";
const FOOT_1 = "4±12,100±2 98±12,100±3";

/** The ways to write each digit, from 0 to 9. */
export const ALLOGRAPHS: readonly (readonly Allograph[])[] = [
  [
    {
      name: "round",
      width: [0.6, 0.95],
      strokes: [
        "60±12,2±4 28,4 6,26 2,55 16,88 48,100 82,88 98,54 90,20 64±12,3±4 44±14,3±5",
      ],
    },
    {
      name: "narrow",
      width: [0.42, 0.6],
      strokes: [
        "52±10,0±3 18,14 4,52 18,88 50,100 84,86 97,50 84,14 54±12,1±3 34±12,5±5",
      ],
    },
    {
      name: "clockwise",
      width: [0.5, 0.85],
      strokes: [
        "22±12,13±7 56,0 90,20 99,52 84,88 48,100 12,84 2,50 14,18 36±14,3±5",
      ],
      weight: 0.7,
    },
    {
      name: "open at the top",
      width: [0.5, 0.85],
      strokes: ["44±8,2±4 12,22 2,55 16,88 50,100 84,88 98,55 88,22 64±7,5±5"],
      weight: 0.6,
    },
    {
      name: "slashed",
      width: [0.6, 0.9],
      strokes: [
        "58±10,1±3 26,5 4,30 3,60 18,90 50,100 84,86 98,50 86,14 58±8,1±3",
        "14±12,94±9 86±12,6±9",
      ],
      weight: 0.6,
    },
    {
      name: "curled in at the top",
      width: [0.55, 0.85],
      strokes: [
        "72±8,12±5 44,1 12,18 2,52 16,88 50,100 84,86 98,48 88,16 66,2 42±5,5±3 28±5,20±5 42±6,32±6",
      ],
      weight: 0.6,
    },
    {
      name: "with a tail at the top",
      width: [0.5, 0.8],
      strokes: [
        "62±8,2±3 24,8 3,48 18,90 50,100 84,86 96,46 80,12 54±6,5±3 76±5,1±4 104±10,-5±5",
      ],
      weight: 0.3,
    },
  ],
  [
    { name: "plain bar", width: [0.3, 0.3], strokes: ["50,0 50±4,100"], weight: 1.3 },
    {
      name: "short up-stroke",
      width: [0.3, 0.45],
      strokes: ["8±12,29±8 60,0 / 60±5,100"],
    },
    {
      name: "long up-stroke",
      width: [0.45, 0.64],
      strokes: ["4±8,58±11 74,0 / 74±6,100"],
      weight: 1.5,
    },
    {
      name: "long bent up-stroke",
      width: [0.45, 0.62],
      strokes: ["5±7,61±8 44±4,34±4 74,0 / 74±6,100"],
    },
    {
      name: "foot",
      width: [0.4, 0.65],
      strokes: ["50,0 50±4,100", FOOT_1],
      weight: 0.4,
    },
    {
      name: "short up-stroke and foot",
      width: [0.4, 0.65],
      strokes: ["12±10,27±7 52,0 / 52±4,100", FOOT_1],
    },
    {
      name: "long up-stroke and foot",
      width: [0.5, 0.7],
      strokes: ["0±6,46±10 56,0 / 56±4,100", "22±10,100±2 98±12,100±3"],
      weight: 0.6,
    },
    {
      name: "tail to the right",
      width: [0.3, 0.45],
      strokes: ["50,0 50,40 52,84 64,98 96±10,95±4"],
      weight: 0.3,
    },
  ],
  [
    {
      name: "angled",
      width: [0.55, 0.9],
      strokes: ["6±8,24±10 22,6 50,0 82,11 88,34 62,62 4±5,98±2 / 98±10,97±4"],
      weight: 1.5,
    },
    {
      name: "looped",
      width: [0.6, 0.95],
      strokes: [
        "6±8,24±10 24,5 52,0 84,13 84,38 52,66 22,92 2±4,96 -4±5,82±4 18,70±4 44,84 70,98 100±8,91±7",
      ],
      weight: 1.2,
    },
    {
      name: "waved foot",
      width: [0.55, 0.9],
      strokes: ["6±8,24±10 25,5 52,0 84,13 84,38 50,70 6±4,97 / 30±5,87±4 62±5,97±3 100±8,88±8"],
    },
    {
      name: "flat-topped",
      width: [0.55, 0.85],
      strokes: ["4±5,12±7 38,1 80,3 90,18 56,58 4±4,98 / 97±8,97±4"],
      weight: 0.7,
    },
    {
      name: "hooked",
      width: [0.55, 0.85],
      strokes: ["28±5,32±5 10±4,27±4 12,8 48,0 84,12 88,36 60,64 4±4,98 / 98±8,96±5"],
      weight: 0.7,
    },
    {
      name: "round foot",
      width: [0.55, 0.85],
      strokes: ["6±8,26±8 24,4 55,0 86,14 84,40 46,68 12,88 20±6,100 56,99 98±8,95±6"],
      weight: 0.7,
    },
  ],
  [
    {
      name: "round",
      width: [0.5, 0.85],
      strokes: [
        "4±8,15±9 24,3 52,0 84,10 86,32 62,46 36±9,48±3 / 64,51 92,64 94,84 62,99 30,98 0±6,85±7",
      ],
      weight: 1.5,
    },
    {
      name: "soft waist",
      width: [0.5, 0.8],
      strokes: [
        "4±8,15±9 24,3 52,0 82,11 80,32 50±6,46±3 76,54 94,70 86,92 52,100 24,97 0±6,85±7",
      ],
    },
    {
      name: "flat-topped",
      width: [0.5, 0.85],
      strokes: ["4±6,3±3 88±8,1±4 / 42±8,40±4 / 74,44 95,64 86,90 52,100 22,97 0±6,86±7"],
    },
    {
      name: "looped waist",
      width: [0.5, 0.85],
      strokes: [
        "4±8,15±9 24,3 52,0 84,10 84,30 60,46 38±4,56±2 28±4,47±3 42,38±2 76,51 95,70 86,92 52,100 24,97 0±6,85±7",
      ],
      weight: 0.6,
    },
    {
      name: "curled ends",
      width: [0.55, 0.85],
      strokes: [
        "18±5,22±4 5±4,16±4 22,2 54,0 86,12 84,33 60,46 40±8,48±3 / 66,51 94,66 92,86 60,100 26,98 3±4,88±4 7±5,78±3",
      ],
      weight: 0.5,
    },
  ],
  [
    {
      name: "open",
      width: [0.55, 0.85],
      strokes: ["20±12,0±4 5±6,62±6 / 98±9,59±5", "76±6,12±16 70±6,100"],
      weight: 1.3,
    },
    {
      name: "open, round",
      width: [0.55, 0.85],
      strokes: ["16±10,2±4 6,30 6±4,52 22±6,62±4 58,61 98±9,56±6", "78±5,6±12 70±6,100"],
    },
    {
      name: "open, bar up to the stem",
      width: [0.5, 0.75],
      strokes: ["8±8,2±5 4±4,36±6 20±6,52±4 54,52±3 90,42±4", "92±4,0±4 88±6,100"],
      weight: 0.7,
    },
    {
      name: "closed",
      width: [0.55, 0.85],
      strokes: ["66±5,0±3 4±4,68±6 / 99±7,67±4", "68±4,0±4 68±4,100"],
    },
    {
      name: "closed, in one stroke",
      width: [0.55, 0.85],
      strokes: ["99±8,68±4 2±4,68±5 / 66±5,0 / 67±4,100"],
      weight: 0.7,
    },
    {
      name: "long stem",
      width: [0.5, 0.8],
      strokes: ["26±8,8±5 6±5,46±5 / 98±8,43±5", STEM_4],
      weight: 0.8,
    },
    {
      name: "short stem",
      width: [0.55, 0.85],
      strokes: ["42±8,0±3 2±4,65±4 / 98±8,62±5", "64±6,36±8 57±6,100"],
    },
    {
      name: "low bar",
      width: [0.55, 0.85],
      strokes: ["46±12,0±3 24±6,36 2±4,74±6 / 96±8,70±7", "74±8,38±12 60±8,100"],
      weight: 0.9,
    },
    {
      name: "low round bar",
      width: [0.55, 0.8],
      strokes: ["44±12,0±3 16±6,38 4±4,66±5 22±7,79±3 58,77 98±8,62±8", "80±7,32±12 64±8,100"],
      weight: 0.6,
    },
    {
      name: "small triangle",
      width: [0.5, 0.75],
      strokes: ["66±3,20±7 18±6,58±5 / 100±8,55±5", STEM_4],
      weight: 0.6,
    },
    {
      name: "like φ",
      width: [0.55, 0.85],
      strokes: ["64±4,12±6 26,26 4±4,50 18±4,66 56,66±3 102±8,54±6", "68±4,0±4 58±5,100"],
      weight: 0.5,
    },
  ],
  [
    {
      name: "one stroke",
      width: [0.5, 0.85],
      strokes: ["92±10,2±4 24±4,3±3 / 16±5,45±4 / 52,37 88,51 93,75 62,98 28,99 0±6,88±6"],
    },
    {
      name: "one round stroke",
      width: [0.5, 0.8],
      strokes: ["94±8,3±4 54,1 20,12 22,38 56,43 90,58 92,82 58,100 26,98 0±6,86±6"],
      weight: 0.6,
    },
    {
      name: "bar joined",
      width: [0.5, 0.85],
      strokes: [
        "26±4,4±2 18±4,44±4 / 50,36 88,50 94,74 64,98 30,99 0±6,88±6",
        "27±4,4±2 92±12,1±5",
      ],
    },
    {
      name: "bar detached",
      width: [0.5, 0.85],
      strokes: [
        "24±4,6±4 18±4,46±4 / 50,38 88,52 94,76 64,98 30,99 0±6,88±6",
        "42±8,0±5 100±12,-4±6",
      ],
    },
    {
      name: "straight shoulder",
      width: [0.5, 0.8],
      strokes: [
        "22±4,3±2 18±4,42±4 / 62±5,42±3 92,58 92±3,82 66,99 30,99 0±6,90±5",
        "22±4,3±2 88±12,2±4",
      ],
      weight: 0.6,
    },
    {
      name: "hooked",
      width: [0.5, 0.8],
      strokes: [
        "28±4,4±3 18±4,42±4 / 50,35 88,49 92,74 62,98 26,99 2±4,88±4 10±5,76±4",
        "28±4,4±3 92±12,0±5",
      ],
      weight: 0.4,
    },
  ],
  [
    {
      name: "curved tail",
      width: [0.5, 0.8],
      strokes: ["80±12,3±4 48,10 16,38 3,68 14,92 48,100 84,91 94,71 74,54 42,53 10±7,67±6"],
      weight: 1.3,
    },
    {
      name: "straight tail",
      width: [0.5, 0.8],
      strokes: ["74±14,0±3 40,31 10,62 7,84 36,100 72,97 93,79 78,59 46,55 12±7,70±5"],
    },
    {
      name: "hooked tail",
      width: [0.55, 0.85],
      strokes: ["96±6,16±5 74±6,1 38,10 9,42 3,70 15,93 48,100 84,91 94,71 74,54 42,54 10±6,68±5"],
    },
    {
      name: "upright tail",
      width: [0.45, 0.75],
      strokes: ["30±14,0±3 10,35 3,68 16,94 50,100 86,91 95,72 74,56 42,57 8±6,72±6"],
      weight: 0.8,
    },
    {
      name: "crossing its tail",
      width: [0.5, 0.8],
      strokes: ["76±10,1±4 44,14 14,42 4,70 18,94 50,100 84,90 90,68 66,53 34,54 -6±6,66±5"],
      weight: 0.6,
    },
    {
      name: "open",
      width: [0.5, 0.75],
      strokes: ["76±10,1±4 44,12 14,40 3,70 16,94 50,100 86,90 94,70 74,55 46±5,57±3 28±6,66±4"],
      weight: 0.5,
    },
  ],
  [
    {
      name: "plain",
      width: [0.5, 0.85],
      strokes: ["0±6,4±4 96±4,2±3 / 42±15,100"],
      weight: 1.3,
    },
    {
      name: "bent stem",
      width: [0.5, 0.85],
      strokes: ["0±6,4±4 96±4,2±3 / 64±6,42 46±8,72 40±9,100"],
    },
    {
      name: "round corner",
      width: [0.5, 0.8],
      strokes: ["0±6,7±5 48,1 86,3 91,16 64,56 42±10,100"],
      weight: 0.7,
    },
    {
      name: "crossed",
      width: [0.5, 0.85],
      strokes: ["0±6,4±4 96±4,2±3 / 42±13,100", BAR_7],
      weight: 1.3,
    },
    {
      name: "serif",
      width: [0.5, 0.85],
      strokes: ["2±5,20±7 4±4,2±3 / 96±4,2±3 / 42±14,100"],
      weight: 0.8,
    },
    {
      name: "serif, crossed",
      width: [0.5, 0.85],
      strokes: ["2±5,20±7 4±4,2±3 / 96±4,2±3 / 42±13,100", BAR_7],
      weight: 0.8,
    },
    {
      name: "waved bar",
      width: [0.5, 0.85],
      strokes: ["0±5,14±6 22,2 55,9±3 97±4,0±3 / 62±6,46 44±12,100"],
      weight: 0.7,
    },
    {
      name: "waved bar, crossed",
      width: [0.5, 0.85],
      strokes: ["0±5,14±6 22,2 55,9±3 97±4,0±3 / 62±6,46 44±12,100", BAR_7],
      weight: 0.5,
    },
  ],
  [
    {
      name: "one stroke",
      width: [0.5, 0.8],
      strokes: [
        "80±6,13±5 50,0 18,11 20,34 50,47 86,64 90,86 50,100 10,86 14,64 48,48 80,32 84±3,14±4 62±10,2±4",
      ],
      weight: 1.5,
    },
    {
      name: "one stroke, from the waist",
      width: [0.5, 0.8],
      strokes: [
        "46±6,47±3 16,34 20,7 50,0 82,8 84,34 50,48 12,64 8,87 50,100 92,87 88,62 54±7,48±4",
      ],
      weight: 0.7,
    },
    {
      name: "two circles",
      width: [0.45, 0.75],
      strokes: [
        "50,0 22,7 18,34 48,46 82,36 82,9 54±8,0±3 36±8,2±3",
        "50,47±3 12,58 6,83 48,100 92,84 90,58 54±8,47±3 32±8,49±3",
      ],
    },
    {
      name: "open at the top",
      width: [0.5, 0.8],
      strokes: ["90±6,5±5 58,42 18,72 26,97 66,99 86,78 46,43 18,19 34,2 62±5,5±5"],
      weight: 0.7,
    },
    {
      name: "not closed, on the right",
      width: [0.5, 0.8],
      strokes: ["76±6,11±4 46,0 15,13 28,38 70,58 88,80 50,100 12,84 28,57 70,30 92±5,8±5"],
      weight: 0.8,
    },
    {
      name: "lying",
      width: [0.5, 0.7],
      strokes: [
        "80±6,13±5 50,0 18,11 20,34 50,47 86,64 90,86 50,100 10,86 14,64 48,48 80,32 84±3,14±4 62±8,2±4",
      ],
      turn: [20, 40],
      weight: 0.4,
    },
  ],
  [
    {
      name: "straight tail",
      width: [0.45, 0.75],
      strokes: ["86±5,20±6 62,1 26,4 5,24 16,46 48,51 80,38 92±2,12±6 / 86±4,50 80±9,100"],
      weight: 1.3,
    },
    {
      name: "slanting tail",
      width: [0.5, 0.8],
      strokes: ["88±5,20±6 62,1 26,4 5,25 18,47 50,51 80,38 93±2,14±6 / 72±4,58 38±12,100"],
    },
    {
      name: "curved tail",
      width: [0.5, 0.8],
      strokes: ["86±5,20±6 62,1 26,4 5,24 16,46 48,51 80,38 92±2,12±6 / 92,48 76,84 42±12,100±3"],
      weight: 1.2,
    },
    {
      name: "hooked tail",
      width: [0.5, 0.8],
      strokes: [
        "86±5,18±6 60,1 26,4 5,23 16,44 48,49 80,36 92±2,12±6 / 92,52 80,90 48,100 8±8,88±7",
      ],
      weight: 1.2,
    },
    {
      name: "flat base",
      width: [0.5, 0.8],
      strokes: [
        "84±5,16±6 58,1 26,4 6,21 16,40 48,45 78,32 90±2,12±6 / 93,50 92±5,86 76±6,98 42,99 4±10,96±5",
      ],
      weight: 0.7,
    },
    {
      name: "small loop, leaning back",
      width: [0.5, 0.75],
      strokes: [
        "72±4,17±4 52,1 22,4 6±4,20 20,39 46,42 70,30 78±2,12±5 / 84±4,54 98±4,84 84±6,98 44,99 4±10,97±5",
      ],
      weight: 0.4,
    },
    {
      name: "circle and stem",
      width: [0.45, 0.75],
      strokes: ["60±8,0±2 22,5 5,28 24,50 64,50 90,28 74,4 48±8,0±3", "91±4,10±10 86±6,100"],
      weight: 0.8,
    },
    {
      name: "circle and hook",
      width: [0.5, 0.75],
      strokes: [
        "60±8,0±2 22,5 5,26 24,47 64,47 90,26 74,4 48±8,0±3",
        "91±4,10±8 91,58 78,92 46,100 10±8,90±6",
      ],
      weight: 0.7,
    },
    {
      name: "open",
      width: [0.45, 0.7],
      strokes: ["82±4,5±3 42,0 7,19 14,45 50,50 86±4,36±4", "90±3,1±3 84±7,100"],
      weight: 0.4,
    },
  ],
];
