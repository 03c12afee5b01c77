/**
 * Surfaces sampled into grids of vertices, once for all the views of a fruit.
 */
import type { Part } from './shapes.ts';
import { cross, minus, unit } from './vector.ts';

/** One surface as a grid of (columns + 1) × (rows + 1) vertices, row-major. */
export interface Mesh {
  columns: number;
  rows: number;
  /** Nine numbers a vertex: x, y, z; unit normal (to either side); colour in linear light. */
  vertices: Float32Array;
  shine: number;
}

/** Distance in u and v over which normals are taken: about a cell, so that finer bumps do not sparkle. */
const STEP = 5e-3;

/** Samples a surface; its normals come from central differences. */
export function sample(part: Part): Mesh {
  const [columns, rows] = part.cells;
  const vertices = new Float32Array((columns + 1) * (rows + 1) * 9);
  for (let row = 0, i = 0; row <= rows; row++) {
    const v = row / rows;
    // Just short of the ends: at a pole the surface has no direction along u.
    const inside = Math.min(1 - 2 * STEP, Math.max(2 * STEP, v));
    for (let column = 0; column <= columns; column++, i += 9) {
      const u = column / columns;
      const point = part.at(u, v);
      const alongU = minus(part.at(u + STEP, inside), part.at(u - STEP, inside));
      const alongV = minus(part.at(u, inside + STEP), part.at(u, inside - STEP));
      vertices.set(point, i);
      vertices.set(unit(cross(alongU, alongV)), i + 3);
      vertices.set(part.paint(u, v, point), i + 6);
    }
  }
  return { columns, rows, vertices, shine: part.shine };
}
