/** Labelled pictures, as every stage of the project passes them on. */

/** Side of a picture in pixels; every picture is a square of this size, as MNIST's are. */
export const IMAGE_SIDE = 28;

/** Pixels of a picture. */
export const IMAGE_PIXELS: number = IMAGE_SIDE * IMAGE_SIDE;

/** Labelled grey pictures: white ink (255) on black (0). */
export interface Dataset {
  /** Number of pictures. */
  count: number;
  /** Pixels 0–255, `[count, 28, 28]`, row by row. */
  images: Uint8Array;
  /** Class indices, `[count]`. */
  labels: Uint8Array;
}

/** The `count` pictures of `dataset` from index `start` on, sharing its memory. */
export function slice(dataset: Dataset, start: number, count: number): Dataset {
  return {
    count,
    images: dataset.images.subarray(start * IMAGE_PIXELS, (start + count) * IMAGE_PIXELS),
    labels: dataset.labels.subarray(start, start + count),
  };
}
