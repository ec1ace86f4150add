/** The size of every picture that a network sees. */

/** Side of a picture in pixels; every picture is a square of this size, as MNIST's are. */
export const IMAGE_SIDE = 28;

/** Pixels of a picture. */
export const IMAGE_PIXELS: number = IMAGE_SIDE * IMAGE_SIDE;
