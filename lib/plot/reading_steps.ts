/** How a picture was read: every step, and what the network looked at. */
import { IMAGE_SIDE } from "../image/size.ts";
import { COLORS, type Spec, THEME } from "./theme.ts";
import { pngUrl, tiles } from "./tiles.ts";

type Picture = Parameters<typeof pngUrl>[0];

/** A digit as the network saw it. */
interface ReadDigit {
  /** Ink 0–255, `[28, 28]`. */
  pixels: Uint8Array;
  /** How much every pixel counted for the answer, 0–1, `[28, 28]`. */
  importance: Float32Array;
  /** The answer in words. */
  answer: string;
}

const COLUMNS = 4;
const TILE_SIDE = 224;
const GAP = 16;

/** Height of a line of a label. */
const LINE_HEIGHT = 18;

/** Of more digits than this, the first are shown. */
const MOST_DIGITS = 12;

/** Orange that lies over what counts most. */
const HIGHLIGHT = Uint8Array.fromHex(COLORS.wrong.slice(1));

/**
 * Shows the steps from a picture to its digits, and each digit with the ink that its answer hangs
 * on in orange.
 *
 * @param steps The picture after every step, with a name.
 * @param digits What was read; the first twelve are shown.
 */
export function readingSteps(steps: (Picture & { name: string })[], digits: ReadDigit[]): Spec {
  const pictures = [
    ...steps.map((step) => tile(step, [step.name])),
    ...digits.slice(0, MOST_DIGITS).map(digitTile),
  ];
  const label = {
    type: "text",
    align: "left",
    dy: { expr: "datum.height + 18" },
    fontSize: 14,
    lineHeight: LINE_HEIGHT,
    color: COLORS.ink,
  } as const;
  return {
    ...THEME,
    title: {
      text: "How the picture was read",
      subtitle: "Orange: ink that the answer hangs on",
    },
    ...tiles(pictures, {
      columns: COLUMNS,
      side: TILE_SIDE,
      gap: GAP,
      marks: [{ mark: label, encoding: { text: { field: "label", type: "nominal" } } }],
    }),
    width: Math.min(COLUMNS, pictures.length) * (TILE_SIDE + GAP),
  };
}

/** A picture, reduced or enlarged to fill the width or the height of a tile. */
function tile(picture: Picture, label: string[]) {
  const scale = TILE_SIDE / Math.max(picture.width, picture.height);
  const scaled = (side: number) => Math.max(1, Math.round(side * scale));
  return {
    url: pngUrl(picture, scale),
    width: scaled(picture.width),
    height: scaled(picture.height),
    label,
    below: LINE_HEIGHT * (label.length + 0.5),
  };
}

/** A digit, with its important ink in orange. */
function digitTile({ pixels, importance, answer }: ReadDigit) {
  const values = Uint8Array.from({ length: 3 * pixels.length }, (_, i) => {
    const [ink, share] = [pixels, importance].map((picture) => picture[Math.floor(i / 3)]);
    return Math.min(255, ink * (1 - share) + HIGHLIGHT[i % 3] * share * (0.25 + ink / 340));
  });
  // A new line after every comma, so that answers side by side stay apart.
  return tile({ width: IMAGE_SIDE, height: IMAGE_SIDE, values }, answer.split(/(?<=,) /));
}
