/**
 * Fruits known by their skin: banana, pineapple, strawberry.
 */
import { lathe, leaf, type Paint, type Part, place, plain, polar, ring, tube } from '../shapes.ts';
import { bell, hash, mix, noise, ramp, type Triple, toLattice } from '../texture.ts';

export function banana(): Part[] {
  const path = (v: number): Triple => [2.6 * Math.sin(1.9 * v - 0.95), -2.2 * Math.cos(1.9 * v - 0.95), 0];
  const radius = (v: number) => 0.05 + 0.42 * ramp(-0.02, 0.34, v) * (1 - 0.72 * ramp(0.7, 0.94, v));
  const paint: Paint = (u, v, p) => {
    const yellow = mix('#f3cf2b', '#e3b81d', noise(p, 3) + 0.3 * Math.cos(10 * Math.PI * u));
    const ripe = mix(yellow, '#a9ad3a', ramp(0.78, 0.96, v) + 0.6 * ramp(0.14, 0.04, v));
    const spotted = mix(ripe, '#7a5418', 0.6 * ramp(0.74, 0.84, noise(p, 8)));
    return mix(spotted, '#2e2115', ramp(0.04, 0.015, v) + ramp(0.975, 0.99, v));
  };
  return [tube(path, radius, { paint, shine: 0.25, cells: [90, 160] }, 5)];
}

export function pineapple(): Part[] {
  /** Distance from the grooves between the eyes: two families of spirals. */
  const toGroove = (u: number, v: number) => Math.min(toLattice(8 * u + 7.5 * v), toLattice(8 * u - 7.5 * v));
  const toEye = (u: number, v: number) => toLattice(8 * u + 7.5 * v + 0.5, 8 * u - 7.5 * v + 0.5);
  const paint: Paint = (u, v, p) => {
    const skin = mix(mix('#d8942a', '#b08a2c', noise(p, 2)), '#8d8a34', ramp(0.3, 1.4, p[1]));
    return mix(mix('#5a4517', skin, ramp(0.02, 0.16, toGroove(u, v))), '#4d2f12', bell(toEye(u, v), 0.13));
  };
  const profile = (v: number) => [1.02 * polar(v)[0] ** 0.55, 1.45 - 2.9 * v] as const;
  const bumps = (u: number, v: number) => 0.1 * ramp(0, 0.35, toGroove(u, v));
  const green: Paint = (u, v) =>
    mix(mix('#3c6a34', '#7fa25a', v), '#a9bf86', bell(Math.abs(u - 0.5) - 0.5, 0.12));
  const tiers = [
    [11, 1.05, 0.75],
    [10, 0.85, 1.25],
    [8, 0.55, 1.65],
    [5, 0.22, 1.95],
  ] as const;
  const crown = tiers.flatMap(([count, reach, height], tier) =>
    ring(
      count,
      (i) =>
        place(
          leaf([reach, height * (0.9 + 0.2 * hash(i, tier))], 0.36, -0.28, { paint: green, shine: 0.2 }),
          [0.06, 1.25, 0],
        ),
      tier * 23,
    ),
  );
  return [lathe(profile, { paint, shine: 0.25, cells: [220, 160] }, bumps), ...crown];
}

export function strawberry(): Part[] {
  const profile = (v: number) => {
    const [s, c] = polar(v);
    return [s ** 0.9 * (0.7 + 0.28 * c), 1.12 * c - 0.12 * bell(s, 0.3) * ramp(0, 0.5, c)] as const;
  };
  const toSeed = (u: number, v: number) => {
    const row = Math.round(13 * v);
    return Math.hypot(toLattice(17 * u + (row % 2) / 2) * 0.9 * polar(v)[0], (13 * v - row) * 0.62);
  };
  const paint: Paint = (u, v, p) => {
    const flesh = mix(mix('#b80f1c', '#dd2a26', noise(p, 3)), '#e9a06a', 0.6 * ramp(0.85, 1.05, p[1]));
    return mix(flesh, '#eac65a', ramp(0.17, 0.11, toSeed(u, v)));
  };
  const pits = (u: number, v: number) => -0.06 * bell(toSeed(u, v), 0.26);
  const sepal = (i: number) =>
    place(
      leaf([0.72, 0.1 - 0.2 * hash(i, 3)], 0.34, -0.2, plain(mix('#4f7d2c', '#6f9c3c', hash(i)))),
      [0.02, 0.98, 0],
    );
  const stem = tube(
    (v) => [0.2 * v * v, 0.95 + 0.45 * v, 0],
    () => 0.05,
    plain('#4f7d2c'),
  );
  return [lathe(profile, { paint, shine: 0.6, cells: [220, 150] }, pits), ...ring(9, sepal), stem];
}
