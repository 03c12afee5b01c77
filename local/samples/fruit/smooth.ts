/**
 * Fruits that are one smooth body: apples, lemon, orange, pear, tomato.
 */
import {
  dimpled,
  foliage,
  lathe,
  leaf,
  type Paint,
  type Part,
  place,
  plain,
  polar,
  ring,
  stalk,
} from '../shapes.ts';
import { bell, dots, grain, mix, noise, ramp, type Triple } from '../texture.ts';

export function goldenApple(): Part[] {
  return apple((_u, _v, p) => mix(mix('#dcbc34', '#f0d455', noise(p, 2)), '#8d7a2a', dots(p, 9, 0.22)));
}

export function redApple(): Part[] {
  return apple((u, _v, p) => {
    const streaks = 0.6 * grain(u, p[1] * 15, 60) + 0.4 * noise(p, 2);
    return mix(
      mix('#8e0f1c', '#c8202c', streaks),
      '#d9a63a',
      bell(Math.hypot(p[0], p[2]), 0.32) * (0.4 + streaks),
    );
  });
}

function apple(paint: Paint): Part[] {
  const lobes = (u: number, v: number) => 0.03 * Math.cos(10 * Math.PI * u) * ramp(0.4, 0.9, v);
  const body = lathe((v) => dimpled(v, 0.9, 0.36, 0.12), { paint, shine: 0.7 }, lobes);
  return [body, stalk(0.4, 0.75), place(foliage([0.8, 0.3], 0.42), [0.02, 0.75, 0], { y: 40 })];
}

export function lemon(): Part[] {
  const profile = (v: number) => {
    const [s, c] = polar(v);
    return [0.76 * s, c + 0.24 * Math.sign(c) * bell(s, 0.22)] as const;
  };
  const paint: Paint = (_u, _v, p) =>
    mix(mix('#f6dc2e', '#e9c51c', noise(p, 3)), '#9aa23a', ramp(1.06, 1.2, p[1]));
  return [lathe(profile, { paint, shine: 0.4 }, pores)];
}

export function orange(): Part[] {
  const paint: Paint = (_u, _v, p) =>
    mix(mix('#ee7d0c', '#f79a1c', noise(p, 2)), '#c96706', 0.7 * dots(p, 12, 0.3));
  const sepal = place(leaf([0.2, -0.02], 0.14, -0.02, plain('#4f7d2c')), [0, 0.88, 0]);
  const scar = place(
    lathe((v) => polar(v), { ...plain('#b8a05a'), cells: [16, 10] }),
    [0, 0.9, 0],
    {},
    0.06,
  );
  return [
    lathe((v) => dimpled(v, 0.95, 0.09, 0), { paint, shine: 0.4 }, pores),
    ...ring(5, () => sepal),
    scar,
  ];
}

export function pear(): Part[] {
  const profile = (v: number) => {
    const [s, c] = polar(v);
    return [s * (0.86 - 0.42 * ramp(-0.35, 0.75, c)), 1.15 * c - 0.06 * bell(s, 0.15)] as const;
  };
  const paint: Paint = (_u, _v, p) => {
    const skin = mix(mix('#a8b83c', '#d3c84e', noise(p, 2)), '#c98a3c', 0.5 * ramp(0.2, 0.9, p[0]));
    return mix(skin, '#75602a', 0.8 * dots(p, 13, 0.24) + 0.6 * ramp(1.02, 1.12, p[1]));
  };
  return [lathe(profile, { paint, shine: 0.3 }), stalk(1.05, 0.42)];
}

export function tomato(): Part[] {
  const paint: Paint = (_u, _v, p) => mix('#d42a12', '#e8431a', noise(p, 2));
  const lobes = (u: number, v: number) => 0.025 * Math.cos(12 * Math.PI * u) * ramp(0.6, 0.15, v);
  const sepal = place(leaf([0.75, 0.02], 0.2, -0.12, plain('#4f7d2c')), [0.02, 0.55, 0]);
  const body = lathe((v) => dimpled(v, 0.76, 0.16, 0.14), { paint, shine: 0.8 }, lobes);
  return [body, ...ring(6, () => sepal), stalk(0.5, 0.4)];
}

function pores(_u: number, _v: number, p: Triple): number {
  return 0.02 * noise(p, 3) - 0.02 * dots(p, 12, 0.3);
}
