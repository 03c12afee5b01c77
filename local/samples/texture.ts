/**
 * Colours and seeded noise, from which skins are painted and roughened.
 */

/** A point, a direction, or a colour in linear light (each channel 0 to 1). */
export type Triple = readonly [number, number, number];

/** A colour: `#rrggbb`, or in linear light. */
export type Colour = `#${string}` | Triple;

const linear = new Map<string, Triple>();

/** The colour in linear light (gamma 2.2). What was read once is remembered: paints ask at every vertex. */
export function colour(of: Colour): Triple {
  if (typeof of !== 'string') return of;
  const known = linear.get(of);
  if (known) return known;
  const [red, green, blue] = [1, 3, 5].map((at) => (Number.parseInt(of.slice(at, at + 2), 16) / 255) ** 2.2);
  const read: Triple = [red!, green!, blue!];
  linear.set(of, read);
  return read;
}

/** The colour a share `t` (clamped to 0..1) of the way from `from` to `to`. */
export function mix(from: Colour, to: Colour, t: number): Triple {
  const [a, b, s] = [colour(from), colour(to), Math.min(1, Math.max(0, t))];
  return [lerp(a[0], b[0], s), lerp(a[1], b[1], s), lerp(a[2], b[2], s)];
}

/** Rises smoothly from 0 where x = `from` to 1 where x = `to`; `from` may be the larger. */
export function ramp(from: number, to: number, x: number): number {
  const t = Math.min(1, Math.max(0, (x - from) / (to - from)));
  return t * t * (3 - 2 * t);
}

/** A bell of height 1 at x = 0 that has fallen to 1/e at x = ±`width`. */
export function bell(x: number, width: number): number {
  return Math.exp(-((x / width) ** 2));
}

/** A number in 0..1 that depends on three whole numbers and nothing else. */
export function hash(x: number, y = 0, z = 0): number {
  let h = Math.imul(x, 0x9e3779b1) ^ Math.imul(y, 0x85ebca77) ^ Math.imul(z, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) / 2 ** 32;
}

/** Value noise in 0..1, `scale` cells a unit: `hash` at whole points, smoothly interpolated between them. */
export function noise(point: Triple, scale: number): number {
  const [x, y, z] = [point[0] * scale, point[1] * scale, point[2] * scale];
  const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
  const [u, v] = [ramp(0, 1, x - i), ramp(0, 1, y - j)];
  const near = lerp(alongX(i, j, k, u), alongX(i, j + 1, k, u), v);
  const far = lerp(alongX(i, j, k + 1, u), alongX(i, j + 1, k + 1, u), v);
  return lerp(near, far, ramp(0, 1, z - k));
}

/** Noise drawn out into fibres that run from top to bottom, about `count` around. */
export function grain(u: number, y: number, count: number): number {
  const turn = 2 * Math.PI * u;
  return noise([Math.cos(turn), (3 * y) / count, Math.sin(turn)], count);
}

/** 1 at the middle of dots, one in every cell of side 1 / `scale`, 0 from `radius` cells (at most 0.3) on. */
export function dots(point: Triple, scale: number, radius: number): number {
  const [x, y, z] = [point[0] * scale, point[1] * scale, point[2] * scale];
  const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)];
  const dx = x - i - 0.3 - 0.4 * hash(i, j, k);
  const dy = y - j - 0.3 - 0.4 * hash(i + 57, j, k);
  const dz = z - k - 0.3 - 0.4 * hash(i, j + 57, k);
  return ramp(radius, 0, Math.sqrt(dx * dx + dy * dy + dz * dz));
}

/** Distance to the nearest point of a lattice of whole numbers. */
export function toLattice(a: number, b = 0): number {
  return Math.hypot(a - Math.round(a), b - Math.round(b));
}

function alongX(i: number, j: number, k: number, u: number): number {
  return lerp(hash(i, j, k), hash(i + 1, j, k), u);
}

function lerp(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}
