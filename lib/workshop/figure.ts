/** Key figures of a notebook, which a later run is compared with. */

/** A number that a run on another computer should come to as well. */
export interface Figure {
  /** What it measures; names it among the figures of a notebook. */
  name: string;
  value: number;
  /** How far another run may be away; 0 if not at all. */
  tolerance: number;
  /**
   * Unit that is shown behind the number.
   * @default {""}
   */
  unit?: string;
}

/**
 * Puts a figure into words, with one digit more than its tolerance has.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const figure = { name: "Test accuracy", value: 99.3781, tolerance: 0.2, unit: "%" };
 * assertEquals(describeFigure(figure), "Test accuracy: 99.38 % (another computer may be 0.2 % off)");
 * ```
 */
export function describeFigure({ name, value, tolerance, unit }: Figure): string {
  const withUnit = (text: string) => unit ? `${text} ${unit}` : text;
  if (tolerance === 0) return `${name}: ${withUnit(value.toLocaleString("en-US"))}`;
  const decimals = Math.max(0, 1 - Math.floor(Math.log10(tolerance)));
  const number = value.toLocaleString("en-US", {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return `${name}: ${withUnit(number)} (another computer may be ${withUnit(`${tolerance}`)} off)`;
}
