/**
 * Takes a photo: triangles filled into a frame of three times the photo's size, shadows, then the mean of 3 × 3.
 */
import type { Mesh } from './mesh.ts';
import { type Staged, stage, type View } from './stage.ts';
import { bell } from './texture.ts';

/** Width and height of a photo in pixels. */
export const SIZE = 100;

const FINE = 3;
const FRAME = SIZE * FINE;

/** sRGB (gamma 2.2) of linear light, in steps of 1/4095. */
const ENCODED = Uint8Array.from({ length: 4096 }, (_, i) => Math.round(255 * (i / 4095) ** (1 / 2.2)));

/**
 * Photographs a fruit that lies on white paper.
 *
 * @returns Uint8 [100 × 100 × 3], sRGB
 */
export function photograph(meshes: readonly Mesh[], view: View): Uint8Array {
  const heights = new Float32Array(FRAME * FRAME);
  const light = new Float32Array(FRAME * FRAME * 3).fill(1);
  for (const mesh of stage(meshes, view, FRAME)) fill(mesh, heights, light);
  darken(heights, light);
  return develop(light);
}

/** Fills the triangles of one grid: the highest point wins, colours run evenly between corners. */
function fill({ columns, rows, vertices }: Staged, heights: Float32Array, light: Float32Array): void {
  const nextRow = (columns + 1) * 6;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const a = row * nextRow + column * 6;
      triangle(vertices, a, a + 6, a + nextRow, heights, light);
      triangle(vertices, a + nextRow + 6, a + nextRow, a + 6, heights, light);
    }
  }
}

function triangle(
  at: Float32Array,
  a: number,
  b: number,
  c: number,
  heights: Float32Array,
  light: Float32Array,
): void {
  const [ax, ay, bx, by, cx, cy] = [at[a]!, at[a + 1]!, at[b]!, at[b + 1]!, at[c]!, at[c + 1]!];
  const area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
  if (area === 0) return;
  const [left, right] = [Math.ceil(Math.min(ax, bx, cx)), Math.floor(Math.max(ax, bx, cx))];
  const [top, bottom] = [Math.ceil(Math.min(ay, by, cy)), Math.floor(Math.max(ay, by, cy))];
  const [px, py, qx, qy] = [(cy - ay) / area, (ax - cx) / area, (ay - by) / area, (bx - ax) / area];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      // Barycentric coordinates: the shares of corners b and c; what is left is a's.
      const p = (x - ax) * px + (y - ay) * py;
      const q = (x - ax) * qx + (y - ay) * qy;
      const o = 1 - p - q;
      if (p < 0 || q < 0 || o < 0) continue;
      const pixel = y * FRAME + x;
      const height = o * at[a + 2]! + p * at[b + 2]! + q * at[c + 2]!;
      if (height <= heights[pixel]!) continue;
      heights[pixel] = height;
      for (let k = 0; k < 3; k++) {
        light[pixel * 3 + k] = o * at[a + 3 + k]! + p * at[b + 3 + k]! + q * at[c + 3 + k]!;
      }
    }
  }
}

/**
 * Darkens what lies lower than its surroundings: gaps between grapes, and the paper at the fruit's foot.
 * Luft, Colditz, Deussen, "Image enhancement by unsharp masking the depth buffer", SIGGRAPH 2006.
 */
function darken(heights: Float32Array, light: Float32Array): void {
  const around = blur(blur(heights));
  for (let pixel = 0; pixel < heights.length; pixel++) {
    const sunk = (around[pixel]! - heights[pixel]!) / FRAME;
    if (sunk <= 0) continue;
    const left = heights[pixel] === 0 ? 0.55 + 0.45 * bell(sunk, 0.12) : 0.35 + 0.65 * bell(sunk, 0.09);
    for (let k = 0; k < 3; k++) light[pixel * 3 + k]! *= left;
  }
}

/** Mean over squares of 15 × 15 pixels, 0 beyond the frame. */
function blur(image: Float32Array): Float32Array {
  return slide(slide(image, 1, FRAME), FRAME, 1);
}

/** Running mean of 15 pixels along every line; `step` from pixel to pixel, `next` from line to line. */
function slide(image: Float32Array, step: number, next: number): Float32Array {
  const out = new Float32Array(image.length);
  for (let line = 0; line < FRAME; line++) {
    let sum = 0;
    for (let i = -7; i < FRAME; i++) {
      if (i + 7 < FRAME) sum += image[line * next + (i + 7) * step]!;
      if (i - 8 >= 0) sum -= image[line * next + (i - 8) * step]!;
      if (i >= 0) out[line * next + i * step] = sum / 15;
    }
  }
  return out;
}

/** Averages squares of fine pixels in linear light, then encodes them. */
function develop(light: Float32Array): Uint8Array {
  const photo = new Uint8Array(SIZE * SIZE * 3);
  for (let i = 0; i < photo.length; i++) {
    const [x, y, k] = [Math.floor(i / 3) % SIZE, Math.floor(i / 3 / SIZE), i % 3];
    let sum = 0;
    for (let dy = 0; dy < FINE; dy++) {
      for (let dx = 0; dx < FINE; dx++) {
        sum += Math.min(1, light[((y * FINE + dy) * FRAME + x * FINE + dx) * 3 + k]!);
      }
    }
    photo[i] = ENCODED[Math.round((sum / FINE ** 2) * 4095)]!;
  }
  return photo;
}
