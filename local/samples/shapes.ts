/**
 * Curved surfaces: every part of a fruit is a map from the unit square to space. y points up.
 */
import { bell, type Colour, colour, mix, type Triple } from './texture.ts';
import { cross, minus, turn, unit } from './vector.ts';

/** The colour at (u, v), given the point there too. */
export type Paint = (u: number, v: number, point: Triple) => Triple;

/** How a surface looks. */
export interface Look {
  paint: Paint;
  /** Strength of the highlight: 0 matt, 1 wet. */
  shine: number;
  /** Cells along u and along v of the mesh that stands in for the surface; each shape has its usual number. */
  cells?: readonly [number, number];
}

/** One surface of a fruit. */
export interface Part extends Look {
  /** The point at (u, v), both in 0..1; slightly outside of that it must go on smoothly. */
  at(u: number, v: number): Triple;
  cells: readonly [number, number];
}

/**
 * A surface of revolution around y.
 *
 * @param profile v → [distance from the axis, height]
 * @param bump how far the skin stands out sideways, as a share of the distance from the axis
 */
export function lathe(
  profile: (v: number) => readonly [number, number],
  look: Look,
  bump: (u: number, v: number, point: Triple) => number = () => 0,
): Part {
  const at = (u: number, v: number): Triple => {
    const [radius, y] = profile(v);
    const angle = 2 * Math.PI * u;
    const point: Triple = [radius * Math.cos(angle), y, radius * Math.sin(angle)];
    const swell = 1 + bump(u, v, point);
    return [point[0] * swell, y, point[2] * swell];
  };
  return { cells: [160, 100], ...look, at };
}

/** The profile of a ball of radius 1, from the top (v = 0) to the bottom (v = 1). */
export function polar(v: number): readonly [number, number] {
  return [Math.sin(Math.PI * v), Math.cos(Math.PI * v)];
}

/** The profile of a round fruit with a dimple at the top, half as deep at the bottom; `taper` narrows it downwards. */
export function dimpled(v: number, height: number, dimple: number, taper: number): readonly [number, number] {
  const [s, c] = polar(v);
  return [s * (1 + taper * c), height * c - dimple * bell(s, 0.32) * (c > 0 ? 1 : -0.5)];
}

/** A round bar along a path in space, e.g. a stem; `edges` > 0 gives it that many soft edges. */
export function tube(
  path: (v: number) => Triple,
  radius: (v: number) => number,
  look: Look,
  edges = 0,
): Part {
  const at = (u: number, v: number): Triple => {
    const p = path(v);
    const along = unit(minus(path(v + 0.01), path(v - 0.01)));
    const side = unit(cross(along, [0, 0, 1]));
    const up = cross(side, along);
    const angle = 2 * Math.PI * u;
    const r = radius(v) * (edges ? 1 + 0.045 * Math.cos(edges * angle) : 1);
    const [c, s] = [r * Math.cos(angle), r * Math.sin(angle)];
    return [p[0] + side[0] * c + up[0] * s, p[1] + side[1] * c + up[1] * s, p[2] + side[2] * c + up[2] * s];
  };
  return { cells: [24, 24], ...look, at };
}

/**
 * A pointed leaf that starts at the origin, grows outwards along x and ends at `tip` = [x, y].
 *
 * @param sag how far its middle hangs below (negative: stands above) the straight line to the tip
 */
export function leaf(tip: readonly [number, number], width: number, sag: number, look: Look): Part {
  const at = (u: number, v: number): Triple => {
    const across = (u - 0.5) * width * polar(Math.min(1, 0.12 + 0.88 * v))[0] ** 0.8;
    return [tip[0] * v, tip[1] * v - sag * polar(v)[0] + 0.35 * Math.abs(across), across];
  };
  return { cells: [10, 24], ...look, at };
}

/** A broad leaf with veins. */
export function foliage(tip: readonly [number, number], width: number): Part {
  const paint: Paint = (u, v) => {
    const aside = Math.abs(u - 0.5);
    return mix('#4f7d2c', '#a5c46a', bell(aside, 0.04) + 0.5 * bell(2 * aside - ((6 * v) % 1), 0.1));
  };
  return leaf(tip, width, -0.12, { paint, shine: 0.25, cells: [24, 40] });
}

/** A brown stem that starts at height `y` and leans a little. */
export function stalk(y: number, length: number): Part {
  return tube(
    (v) => [0.12 * v * v, y + length * v, 0],
    (v) => 0.035 + 0.03 * v * v,
    plain('#5a3d22'),
  );
}

/** One colour all over, hardly shiny. */
export function plain(all: Colour): Look {
  return { paint: () => colour(all), shine: 0.1 };
}

/** The part made `scale` times as large, turned by degrees about x, then z, then y, and moved. */
export function place(
  part: Part,
  move: Triple,
  by: { x?: number; y?: number; z?: number } = {},
  scale = 1,
): Part {
  const at = (u: number, v: number): Triple => {
    const [x, y, z] = turn(turn(turn(part.at(u, v), 0, by.x ?? 0), 2, by.z ?? 0), 1, by.y ?? 0);
    return [x * scale + move[0], y * scale + move[1], z * scale + move[2]];
  };
  return { ...part, at };
}

/** `count` parts evenly around y, the first turned by `start` degrees. */
export function ring(count: number, part: (index: number) => Part, start = 0): Part[] {
  return Array.from({ length: count }, (_, i) => place(part(i), [0, 0, 0], { y: start + (360 * i) / count }));
}
