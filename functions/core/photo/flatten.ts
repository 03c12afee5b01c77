/** Alpha, laid on white. */

/**
 * Lays pixels with alpha on white, rounded to the nearest level as Pillow does.
 *
 * @param rgba uint8 [n × 4]; overwritten
 * @param isPremultiplied true where colours are multiplied by alpha already
 * @returns uint8 [n × 3], in the same memory
 */
export function flattenOnWhite(rgba: Uint8Array, isPremultiplied = false): Uint8Array {
  const pixels = rgba.length / 4;
  for (let i = 0; i < pixels; i++) {
    const alpha = rgba[4 * i + 3]!;
    const white = 255 * (255 - alpha) + 127;
    for (let channel = 0; channel < 3; channel++) {
      const colour = rgba[4 * i + channel]!;
      const own = isPremultiplied ? Math.min(colour, alpha) * 255 : colour * alpha;
      rgba[3 * i + channel] = (own + white) / 255;
    }
  }
  return rgba.subarray(0, 3 * pixels);
}
