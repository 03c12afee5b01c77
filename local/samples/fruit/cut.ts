/**
 * Fruits known by their inside: coconut, kiwi, watermelon.
 */
import { lathe, type Paint, type Part, polar } from '../shapes.ts';
import { bell, grain, hash, mix, noise, ramp, type Triple, toLattice } from '../texture.ts';

export function halfCoconut(): Part[] {
  const arc = (radius: number, angle: number) =>
    [radius * Math.sin(angle), -radius * Math.cos(angle)] as const;
  /** The shell from its foot to its edge, the flat rim, the hollow down to its middle. */
  const profile = (v: number) => {
    if (v < 0.45) return arc(1, (1.52 * v) / 0.45);
    if (v < 0.62) return arc(1 - (0.22 * (v - 0.45)) / 0.17, 1.52);
    return arc(0.78, 1.52 * ((1 - v) / 0.38));
  };
  const paint: Paint = (u, v, p) => {
    if (v < 0.455) return mix('#3f2717', '#8a6238', grain(u, p[1], 50));
    return mix('#6b452a', mix('#fbf8ef', '#e9e2d2', ramp(0.6, 1, v)), ramp(0.455, 0.475, v));
  };
  const fibres = (u: number, v: number) => 0.05 * (grain(u, v, 40) - 0.5) * ramp(0.42, 0.36, v);
  return [lathe(profile, { paint, shine: 0.12 }, fibres)];
}

export function halfKiwi(): Part[] {
  const profile = (v: number) => {
    const [s, c] = polar(v);
    return v < 0.5 ? ([2 * v, 0] as const) : ([s ** 0.8, 0.85 * c] as const);
  };
  const paint: Paint = (u, v, p) => {
    if (v >= 0.49) return mix('#6b4f2a', '#94733f', grain(u, p[1], 14));
    const r = 2 * v;
    const rays = 0.5 + 0.5 * Math.cos(44 * Math.PI * u + 2 * noise([6 * r, 9 * u, 0], 1));
    const flesh = mix('#7fae22', '#a9cf3f', rays * bell(r - 0.42, 0.25));
    const heart = mix(mix(flesh, '#5d8f17', ramp(0.6, 0.95, r)), '#eef0c4', ramp(0.32, 0.2, r + 0.05 * rays));
    const seedAt = 0.4 + 0.16 * hash(Math.round(34 * u) % 34, 5);
    const toSeed = Math.hypot(toLattice(34 * u) * 0.075, (r - seedAt) * 0.55);
    return mix(heart, '#15120c', ramp(0.034, 0.024, toSeed));
  };
  return [lathe(profile, { paint, shine: 0.06, cells: [340, 160] })];
}

/** Half a round slice, the cut side up. */
export function watermelonSlice(): Part[] {
  const rim = (u: number, r: number, z: number): Triple => [
    -r * Math.cos(Math.PI * u),
    -r * Math.sin(Math.PI * u),
    z,
  ];
  const thick = (v: number) => 0.44 * (v - 0.5);
  const flesh: Paint = (_u, _v, p) => {
    const r = Math.hypot(p[0], p[1]);
    const pale = mix(mix('#e2343f', '#c81f30', noise(p, 5)), '#e6efc4', ramp(0.84, 0.9, r));
    return mix(pale, '#2f6b2c', ramp(0.94, 0.965, r));
  };
  const seeds: Paint = (u, v, p) => {
    const row = Math.round(5.5 * v);
    const toSeed = Math.hypot(toLattice(2.6 * row * u + 0.37 * row) * 0.88, (5.5 * v - row) * 0.8);
    return mix(flesh(u, v, p), '#17100d', row < 2 || row > 4 ? 0 : ramp(0.3, 0.22, toSeed));
  };
  const skin: Paint = (u, v) => mix('#2c6a2c', '#8fb75a', ramp(0.45, 0.65, noise([14 * u, 1.5 * v, 0], 1)));
  return [
    { at: (u, v) => rim(u, v, thick(1)), paint: seeds, shine: 0.08, cells: [260, 130] },
    { at: (u, v) => rim(u, 1 + 0.03 * polar(v)[0], thick(v)), paint: skin, shine: 0.4, cells: [160, 20] },
    { at: (u, v) => [2 * u - 1, 0, thick(v)], paint: flesh, shine: 0.2, cells: [160, 20] },
  ];
}
