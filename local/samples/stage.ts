/**
 * A fruit on the stage: turned, lit, and fitted to the frame.
 */
import type { Mesh } from './mesh.ts';
import type { Triple } from './texture.ts';
import { turn, unit } from './vector.ts';

/** How one photo is taken; angles in degrees, as in the table of fruits. */
export interface View {
  spin: number;
  tilt: number;
  roll: number;
  /** The longer side of the fruit, as a share of the frame's. */
  fill: number;
  /** Brightness of the lamp; 1 is the usual. */
  lamp: number;
  /** Where the lamp stands, counter-clockwise from the right. */
  lampAt: number;
}

/** A mesh as the camera sees it. */
export interface Staged {
  columns: number;
  rows: number;
  /** Six numbers a vertex: x, y in pixels from the upper left; height above the paper, over 0; light of three colours. */
  vertices: Float32Array;
}

/**
 * Turns and lights every vertex. The camera looks straight down on the paper, without perspective.
 *
 * @param frame width and height of the frame in pixels
 */
export function stage(meshes: readonly Mesh[], view: View, frame: number): Staged[] {
  const staged = meshes.map((mesh) => ({ ...mesh, vertices: turnAndLight(mesh, view) }));
  fit(
    staged.map((mesh) => mesh.vertices),
    frame,
    view.fill,
  );
  return staged;
}

function turnAndLight({ vertices, shine }: Mesh, view: View): Float32Array {
  const [ex, ey, ez] = axes(view);
  const lampAt = (view.lampAt * Math.PI) / 180;
  const lamp = unit([0.75 * Math.cos(lampAt), 0.75 * Math.sin(lampAt), 0.85]);
  const half = unit([lamp[0], lamp[1], lamp[2] + 1]);
  const out = new Float32Array((vertices.length / 9) * 6);
  for (let i = 0, o = 0; i < vertices.length; i += 9, o += 6) {
    const [x, y, z] = [vertices[i]!, vertices[i + 1]!, vertices[i + 2]!];
    const [a, b, c] = [vertices[i + 3]!, vertices[i + 4]!, vertices[i + 5]!];
    out[o] = ex[0] * x + ey[0] * y + ez[0] * z;
    out[o + 1] = ex[1] * x + ey[1] * y + ez[1] * z;
    out[o + 2] = ex[2] * x + ey[2] * y + ez[2] * z;
    // What we see of an opaque thing faces us: a normal that points away is meant the other way round.
    const side = ex[2] * a + ey[2] * b + ez[2] * c < 0 ? -1 : 1;
    const nx = side * (ex[0] * a + ey[0] * b + ez[0] * c);
    const ny = side * (ex[1] * a + ey[1] * b + ez[1] * c);
    const nz = side * (ex[2] * a + ey[2] * b + ez[2] * c);
    // Lambert's law with a soft edge, and what paper and room throw back.
    const facing = nx * lamp[0] + ny * lamp[1] + nz * lamp[2];
    const diffuse = view.lamp * (0.3 + 0.12 * ny + 0.68 * Math.max(0, (facing + 0.25) / 1.25));
    // Blinn's highlight: a broad one (8th power) and in it a sharp one (64th).
    const gloss = Math.max(0, nx * half[0] + ny * half[1] + nz * half[2]) ** 2;
    const broad = gloss * gloss * gloss * gloss;
    const sharp = (broad * broad * broad * broad) ** 2;
    const highlight = shine * (0.1 * broad + 0.55 * sharp);
    for (let k = 0; k < 3; k++) out[o + 3 + k] = vertices[i + 6 + k]! * diffuse + highlight;
  }
  return out;
}

/** Where the fruit's own axes point, seen from the camera: x right, y up, z towards it. */
function axes(view: View): [Triple, Triple, Triple] {
  const turned = (axis: Triple) => turn(turn(turn(axis, 1, view.spin), 0, view.tilt), 2, view.roll);
  return [turned([1, 0, 0]), turned([0, 1, 0]), turned([0, 0, 1])];
}

/** Centres the fruit in the frame, in place. */
function fit(all: Float32Array[], frame: number, fill: number): void {
  const low = [Infinity, Infinity, Infinity] as [number, number, number];
  const high = [-Infinity, -Infinity];
  for (const vertices of all) {
    for (let o = 0; o < vertices.length; o += 6) {
      for (let k = 0; k < 3; k++) low[k] = Math.min(low[k]!, vertices[o + k]!);
      for (let k = 0; k < 2; k++) high[k] = Math.max(high[k]!, vertices[o + k]!);
    }
  }
  const [right, top] = high as [number, number];
  const scale = (frame * fill) / Math.max(right - low[0], top - low[1]);
  for (const vertices of all) {
    for (let o = 0; o < vertices.length; o += 6) {
      vertices[o] = frame / 2 + (vertices[o]! - (low[0] + right) / 2) * scale;
      vertices[o + 1] = frame / 2 - (vertices[o + 1]! - (low[1] + top) / 2) * scale;
      vertices[o + 2] = 1 + (vertices[o + 2]! - low[2]) * scale;
    }
  }
}
