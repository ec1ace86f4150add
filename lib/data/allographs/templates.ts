/** How people of many schools write each digit, and letters that are none: templates of strokes, as plain data. */

/** A way to write a digit or sign. */
interface Allograph {
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

/**
 * From 0 to 9. After a name comes the width in hundredths; where they are not the
 * defaults, how often it is drawn and how far it is turned. Each line below is a stroke.
 */
const DIGITS: readonly (readonly Allograph[])[] = [
  `
  round: 60–95 wide
    60±12,2±4 28,4 6,26 2,55 16,88 48,100 82,88 98,54 90,20 64±12,3±4 44±14,3±5
  narrow: 42–60 wide
    52±10,0±3 18,14 4,52 18,88 50,100 84,86 97,50 84,14 54±12,1±3 34±12,5±5
  clockwise: 50–85 wide, 0.7 times
    22±12,13±7 56,0 90,20 99,52 84,88 48,100 12,84 2,50 14,18 36±14,3±5
  open at the top: 50–85 wide, 0.6 times
    44±8,2±4 12,22 2,55 16,88 50,100 84,88 98,55 88,22 64±7,5±5
  slashed: 60–90 wide, 0.6 times
    58±10,1±3 26,5 4,30 3,60 18,90 50,100 84,86 98,50 86,14 58±8,1±3
    14±12,94±9 86±12,6±9
  curled in at the top: 55–85 wide, 0.6 times
    72±8,12±5 44,1 12,18 2,52 16,88 50,100 84,86 98,48 88,16 66,2 42±5,5±3 28±5,20±5 42±6,32±6
  with a tail at the top: 50–80 wide, 0.3 times
    62±8,2±3 24,8 3,48 18,90 50,100 84,86 96,46 80,12 54±6,5±3 76±5,1±4 104±10,-5±5
  `,
  `
  plain bar: 30–30 wide, 1.3 times
    50,0 50±4,100
  short up-stroke: 30–45 wide
    8±12,29±8 60,0 / 60±5,100
  long up-stroke: 45–64 wide, 1.5 times
    4±8,58±11 74,0 / 74±6,100
  long bent up-stroke: 45–62 wide
    5±7,61±8 44±4,34±4 74,0 / 74±6,100
  foot: 40–65 wide, 0.4 times
    50,0 50±4,100
    4±12,100±2 98±12,100±3
  short up-stroke and foot: 40–65 wide
    12±10,27±7 52,0 / 52±4,100
    4±12,100±2 98±12,100±3
  long up-stroke and foot: 50–70 wide, 0.6 times
    0±6,46±10 56,0 / 56±4,100
    22±10,100±2 98±12,100±3
  tail to the right: 30–45 wide, 0.3 times
    50,0 50,40 52,84 64,98 96±10,95±4
  `,
  `
  angled: 55–90 wide, 1.5 times
    6±8,24±10 22,6 50,0 82,11 88,34 62,62 4±5,98±2 / 98±10,97±4
  looped: 60–95 wide, 1.2 times
    6±8,24±10 24,5 52,0 84,13 84,38 52,66 22,92 2±4,96 -4±5,82±4 18,70±4 44,84 70,98 100±8,91±7
  waved foot: 55–90 wide
    6±8,24±10 25,5 52,0 84,13 84,38 50,70 6±4,97 / 30±5,87±4 62±5,97±3 100±8,88±8
  flat-topped: 55–85 wide, 0.7 times
    4±5,12±7 38,1 80,3 90,18 56,58 4±4,98 / 97±8,97±4
  hooked: 55–85 wide, 0.7 times
    28±5,32±5 10±4,27±4 12,8 48,0 84,12 88,36 60,64 4±4,98 / 98±8,96±5
  round foot: 55–85 wide, 0.7 times
    6±8,26±8 24,4 55,0 86,14 84,40 46,68 12,88 20±6,100 56,99 98±8,95±6
  `,
  `
  round: 50–85 wide, 1.5 times
    4±8,15±9 24,3 52,0 84,10 86,32 62,46 36±9,48±3 / 64,51 92,64 94,84 62,99 30,98 0±6,85±7
  soft waist: 50–80 wide
    4±8,15±9 24,3 52,0 82,11 80,32 50±6,46±3 76,54 94,70 86,92 52,100 24,97 0±6,85±7
  flat-topped: 50–85 wide
    4±6,3±3 88±8,1±4 / 42±8,40±4 / 74,44 95,64 86,90 52,100 22,97 0±6,86±7
  looped waist: 50–85 wide, 0.6 times
    4±8,15±9 24,3 52,0 84,10 84,30 60,46 38±4,56±2 28±4,47±3 42,38±2 76,51 95,70 86,92 52,100 24,97 0±6,85±7
  curled ends: 55–85 wide, 0.5 times
    18±5,22±4 5±4,16±4 22,2 54,0 86,12 84,33 60,46 40±8,48±3 / 66,51 94,66 92,86 60,100 26,98 3±4,88±4 7±5,78±3
  `,
  `
  open: 55–85 wide, 1.3 times
    20±12,0±4 5±6,62±6 / 98±9,59±5
    76±6,12±16 70±6,100
  open, round: 55–85 wide
    16±10,2±4 6,30 6±4,52 22±6,62±4 58,61 98±9,56±6
    78±5,6±12 70±6,100
  open, bar up to the stem: 50–75 wide, 0.7 times
    8±8,2±5 4±4,36±6 20±6,52±4 54,52±3 90,42±4
    92±4,0±4 88±6,100
  closed: 55–85 wide
    66±5,0±3 4±4,68±6 / 99±7,67±4
    68±4,0±4 68±4,100
  closed, in one stroke: 55–85 wide, 0.7 times
    99±8,68±4 2±4,68±5 / 66±5,0 / 67±4,100
  long stem: 50–80 wide, 0.8 times
    26±8,8±5 6±5,46±5 / 98±8,43±5
    72±5,0±4 68±5,100
  short stem: 55–85 wide
    42±8,0±3 2±4,65±4 / 98±8,62±5
    64±6,36±8 57±6,100
  low bar: 55–85 wide, 0.9 times
    46±12,0±3 24±6,36 2±4,74±6 / 96±8,70±7
    74±8,38±12 60±8,100
  low round bar: 55–80 wide, 0.6 times
    44±12,0±3 16±6,38 4±4,66±5 22±7,79±3 58,77 98±8,62±8
    80±7,32±12 64±8,100
  small triangle: 50–75 wide, 0.6 times
    66±3,20±7 18±6,58±5 / 100±8,55±5
    72±5,0±4 68±5,100
  like φ: 55–85 wide, 0.5 times
    64±4,12±6 26,26 4±4,50 18±4,66 56,66±3 102±8,54±6
    68±4,0±4 58±5,100
  `,
  `
  one stroke: 50–85 wide
    92±10,2±4 24±4,3±3 / 16±5,45±4 / 52,37 88,51 93,75 62,98 28,99 0±6,88±6
  one round stroke: 50–80 wide, 0.6 times
    94±8,3±4 54,1 20,12 22,38 56,43 90,58 92,82 58,100 26,98 0±6,86±6
  bar joined: 50–85 wide
    26±4,4±2 18±4,44±4 / 50,36 88,50 94,74 64,98 30,99 0±6,88±6
    27±4,4±2 92±12,1±5
  bar detached: 50–85 wide
    24±4,6±4 18±4,46±4 / 50,38 88,52 94,76 64,98 30,99 0±6,88±6
    42±8,0±5 100±12,-4±6
  straight shoulder: 50–80 wide, 0.6 times
    22±4,3±2 18±4,42±4 / 62±5,42±3 92,58 92±3,82 66,99 30,99 0±6,90±5
    22±4,3±2 88±12,2±4
  hooked: 50–80 wide, 0.4 times
    28±4,4±3 18±4,42±4 / 50,35 88,49 92,74 62,98 26,99 2±4,88±4 10±5,76±4
    28±4,4±3 92±12,0±5
  `,
  `
  curved tail: 50–80 wide, 1.3 times
    80±12,3±4 48,10 16,38 3,68 14,92 48,100 84,91 94,71 74,54 42,53 10±7,67±6
  straight tail: 50–80 wide
    74±14,0±3 40,31 10,62 7,84 36,100 72,97 93,79 78,59 46,55 12±7,70±5
  hooked tail: 55–85 wide
    96±6,16±5 74±6,1 38,10 9,42 3,70 15,93 48,100 84,91 94,71 74,54 42,54 10±6,68±5
  upright tail: 45–75 wide, 0.8 times
    30±14,0±3 10,35 3,68 16,94 50,100 86,91 95,72 74,56 42,57 8±6,72±6
  crossing its tail: 50–80 wide, 0.6 times
    76±10,1±4 44,14 14,42 4,70 18,94 50,100 84,90 90,68 66,53 34,54 -6±6,66±5
  open: 50–75 wide, 0.5 times
    76±10,1±4 44,12 14,40 3,70 16,94 50,100 86,90 94,70 74,55 46±5,57±3 28±6,66±4
  `,
  `
  plain: 50–85 wide, 1.3 times
    0±6,4±4 96±4,2±3 / 42±15,100
  bent stem: 50–85 wide
    0±6,4±4 96±4,2±3 / 64±6,42 46±8,72 40±9,100
  round corner: 50–80 wide, 0.7 times
    0±6,7±5 48,1 86,3 91,16 64,56 42±10,100
  crossed: 50–85 wide, 1.3 times
    0±6,4±4 96±4,2±3 / 42±13,100
    24±10,53±6 84±10,49±6
  serif: 50–85 wide, 0.8 times
    2±5,20±7 4±4,2±3 / 96±4,2±3 / 42±14,100
  serif, crossed: 50–85 wide, 0.8 times
    2±5,20±7 4±4,2±3 / 96±4,2±3 / 42±13,100
    24±10,53±6 84±10,49±6
  waved bar: 50–85 wide, 0.7 times
    0±5,14±6 22,2 55,9±3 97±4,0±3 / 62±6,46 44±12,100
  waved bar, crossed: 50–85 wide, 0.5 times
    0±5,14±6 22,2 55,9±3 97±4,0±3 / 62±6,46 44±12,100
    24±10,53±6 84±10,49±6
  `,
  `
  one stroke: 50–80 wide, 1.5 times
    80±6,13±5 50,0 18,11 20,34 50,47 86,64 90,86 50,100 10,86 14,64 48,48 80,32 84±3,14±4 62±10,2±4
  one stroke, from the waist: 50–80 wide, 0.7 times
    46±6,47±3 16,34 20,7 50,0 82,8 84,34 50,48 12,64 8,87 50,100 92,87 88,62 54±7,48±4
  two circles: 45–75 wide
    50,0 22,7 18,34 48,46 82,36 82,9 54±8,0±3 36±8,2±3
    50,47±3 12,58 6,83 48,100 92,84 90,58 54±8,47±3 32±8,49±3
  open at the top: 50–80 wide, 0.7 times
    90±6,5±5 58,42 18,72 26,97 66,99 86,78 46,43 18,19 34,2 62±5,5±5
  not closed, on the right: 50–80 wide, 0.8 times
    76±6,11±4 46,0 15,13 28,38 70,58 88,80 50,100 12,84 28,57 70,30 92±5,8±5
  lying: 50–70 wide, 0.4 times, turned 20 to 40
    80±6,13±5 50,0 18,11 20,34 50,47 86,64 90,86 50,100 10,86 14,64 48,48 80,32 84±3,14±4 62±8,2±4
  `,
  `
  straight tail: 45–75 wide, 1.3 times
    86±5,20±6 62,1 26,4 5,24 16,46 48,51 80,38 92±2,12±6 / 86±4,50 80±9,100
  slanting tail: 50–80 wide
    88±5,20±6 62,1 26,4 5,25 18,47 50,51 80,38 93±2,14±6 / 72±4,58 38±12,100
  curved tail: 50–80 wide, 1.2 times
    86±5,20±6 62,1 26,4 5,24 16,46 48,51 80,38 92±2,12±6 / 92,48 76,84 42±12,100±3
  hooked tail: 50–80 wide, 1.2 times
    86±5,18±6 60,1 26,4 5,23 16,44 48,49 80,36 92±2,12±6 / 92,52 80,90 48,100 8±8,88±7
  flat base: 50–80 wide, 0.7 times
    84±5,16±6 58,1 26,4 6,21 16,40 48,45 78,32 90±2,12±6 / 93,50 92±5,86 76±6,98 42,99 4±10,96±5
  small loop, leaning back: 50–75 wide, 0.4 times
    72±4,17±4 52,1 22,4 6±4,20 20,39 46,42 70,30 78±2,12±5 / 84±4,54 98±4,84 84±6,98 44,99 4±10,97±5
  circle and stem: 45–75 wide, 0.8 times
    60±8,0±2 22,5 5,28 24,50 64,50 90,28 74,4 48±8,0±3
    91±4,10±10 86±6,100
  circle and hook: 50–75 wide, 0.7 times
    60±8,0±2 22,5 5,26 24,47 64,47 90,26 74,4 48±8,0±3
    91±4,10±8 91,58 78,92 46,100 10±8,90±6
  open: 45–70 wide, 0.4 times
    82±4,5±3 42,0 7,19 14,45 50,50 86±4,36±4
    90±3,1±3 84±7,100
  `,
].map(parse);

/** Reads such a list. */
function parse(text: string): Allograph[] {
  const lines = text.trim().split("\n").map((line) => line.trim());
  const heads = [...lines.keys()].filter((i) => lines[i].includes(": "));
  return heads.map((start, i) => {
    const [name, numbers] = lines[start].split(": ");
    const [least, most, weight] = numbers.match(/[\d.]+(?= times|–| wide)/g)!.map(Number);
    const turn = numbers.match(/turned (\d+) to (\d+)/)?.slice(1).map(Number);
    return {
      name,
      width: [least / 100, most / 100],
      strokes: lines.slice(start + 1, heads[i + 1]),
      ...(weight && { weight }),
      ...(turn && { turn: [turn[0], turn[1]] }),
    };
  });
}

/** Width of a sign that says nothing of its own, as a share of its height. */
const USUAL: Allograph["width"] = [0.55, 0.95];

/**
 * Left out are those that some hand writes like a digit: O and Q (0), I, l, i, j and
 * J (1), Z (2), y and Y (4), S (5), b and G (6), T (7), B (8), g, q and D (9, 0), and their like.
 */
const SIGNS: readonly Allograph[] = [
  sign("A, pointed", "0±8,100 50±6,0 / 100±8,100", "18±6,62±8 82±6,62±8"),
  sign("A, round", "4±6,100 8,40 50,0 92,40 96±6,100", "4±5,60±8 96±5,60±8"),
  sign("E, of lines", "90±10,2±4 10±6,0 / 8±5,100 / 95±8,98±4", "10,50±5 75±12,48±5"),
  sign("E, round", "88±8,12±5 50,0 12,22 48,48 / 8,74 48,100 92±8,86±5"),
  sign("F", "92±8,2±4 10±5,0 / 8±5,100", "9,48±6 70±12,46±5"),
  sign("H", "10±6,0 8±6,100", "90±6,0 92±6,100", "9,50±6 91,48±6"),
  sign("K", "10±6,0 8±6,100", "88±8,2±5 12±4,56±6 / 94±6,100"),
  sign("M", "5±5,100 12±5,0 / 50±6,62±15 / 88±5,0 / 95±5,100"),
  sign("N", "8±6,100 10±5,0 / 90±5,100 / 92±6,0"),
  sign("P", "10±5,0 10±6,100", "10,3 60,0 92±6,24 62,50 11,52±6"),
  sign("R", "10±5,0 10±6,100", "10,3 60,0 90±6,24 60,48 14,50±5 / 92±8,100"),
  sign("U", "6±5,0 4,60 22,94 50,100 78,94 96,60 94±5,0"),
  sign("V", "4±6,0 50±6,100 / 96±6,0"),
  sign("W, of lines", "2±4,0 26±5,100 / 50±5,35±15 / 74±5,100 / 98±4,0"),
  sign("W, round", "4±4,0 10,70 28,98 46,70 50,35±10 54,70 74,98 90,70 98±4,0"),
  sign("X", "5±6,0 95±6,100", "95±6,0 5±6,100"),
  sign(
    "a, with a roof",
    "12±6,20±6 50,2 86,20 88,60 / 90±4,100",
    "86,45 40,44 10,68 30,98 86±3,80",
  ),
  sign("a, without", "84±5,8±5 50,0 8,30 10,75 45,98 82,70 88±3,10±5 / 88,70 104±5,98±4"),
  sign("d", "80±6,52 45,42 8,70 40,100 82,76 / 86±4,0 / 88±4,96±4"),
  sign("e", "10±5,52±4 90±4,48±5 / 84,12 48,0 10,24 8,70 44,100 92±6,84±6"),
  sign("f", "88±8,10±6 60,0 42±4,20 40±5,100", "10±8,40±6 84±8,38±6"),
  sign("h", "10±5,0 8±5,100 / 12,60±8 52,44±5 86,60 / 88±5,100"),
  sign("k", "10±5,0 8±5,100", "80±8,36±6 12±4,70±6 / 88±6,100"),
  {
    name: "m",
    width: [0.9, 1.4],
    strokes: [
      "4±4,10±5 6±4,98 / 10,40 26,8 46±4,30 / 46±4,98 / 50,40 70,8 92±4,30 / 94±4,98±4",
    ],
  },
  sign("n", "8±5,5±5 8±5,98 / 14,40 52,5 90±5,36 / 92±5,98±4"),
  sign("t", "46±5,0 44,80 60,98 92±8,88±6", "6±6,30±6 90±8,28±6"),
  sign("u", "6±5,0 6,70 36,98 86,70 / 90±4,0 / 92±5,98±4"),
  sign("#", "34±5,0 24±5,100", "76±5,0 66±5,100", "2±5,32±6 98±5,32±6", "0±5,68±6 96±5,68±6"),
  sign("+", "50±5,0 50±5,100", "0±5,50±6 100±5,50±6"),
  sign("=", "0±5,26±6 100±5,24±6", "0±5,74±6 100±5,76±6"),
  sign("*", "50±4,0 50±4,100", "4±5,24±5 96±5,76±5", "4±5,76±5 96±5,24±5"),
];

function sign(name: string, ...strokes: string[]): Allograph {
  return { name, width: USUAL, strokes };
}

/** The ways to write each digit, by digit, and letters and signs that are none, each in its own way. */
export const ALLOGRAPHS: Record<string, readonly Allograph[]> = Object.fromEntries([
  ...DIGITS.entries(),
  ["sign", SIGNS],
]);
