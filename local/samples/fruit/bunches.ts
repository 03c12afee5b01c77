/**
 * Fruits that come several at once: blueberries, cherries, grapes.
 */
import { dimpled, foliage, lathe, type Paint, type Part, place, plain, polar, tube } from '../shapes.ts';
import { bell, hash, mix, noise, ramp, type Triple } from '../texture.ts';

export function blueberries(): Part[] {
  /** Height of the five-pointed crown around the blossom end. */
  const crown = (u: number, v: number) =>
    v > 0.5 ? 0 : 0.17 * bell(polar(v)[0] - 0.36, 0.1) * (0.35 + 0.65 * Math.abs(Math.cos(5 * Math.PI * u)));
  const paint: Paint = (u, v, p) => {
    const bloom = mix('#24305e', '#7c8fc0', 0.25 + 0.6 * noise(p, 2));
    const hollow = v > 0.5 ? bloom : mix(bloom, '#10142c', ramp(0.32, 0.2, polar(v)[0]));
    return mix(hollow, '#3b4470', 2 * crown(u, v));
  };
  const body = lathe((v) => dimpled(v, 0.85, 0.2, 0), { paint, shine: 0.15, cells: [120, 80] }, crown);
  const at = (u: number, v: number): Triple => {
    const [x, y, z] = body.at(u, v);
    return [x, y + crown(u, v), z];
  };
  const berry = { ...body, at };
  return [
    place(berry, [0, 0, 0], { x: 25, z: 10 }),
    place(berry, [1.75, -0.25, 0.5], { x: 70, z: -20 }),
    place(berry, [0.75, -0.15, 1.65], { x: 50, z: 30 }),
  ];
}

export function cherries(): Part[] {
  const paint: Paint = (_u, _v, p) => mix('#7d0a18', '#b5182a', noise(p, 2));
  const cherry = lathe((v) => dimpled(v, 0.9, 0.3, 0.14), { paint, shine: 1 });
  const stem = (x: number) =>
    tube(
      (v) => [x * Math.abs(1 - v) ** 1.5, 0.6 + 2.9 * v, 0.1 * Math.sin(3 * v)],
      (v) => 0.055 + 0.09 * ramp(0.93, 1, v),
      plain('#4f7d2c'),
    );
  const twig = place(foliage([1.9, 0.1], 1), [0, 3.4, 0], { x: 60, y: 8 });
  return [place(cherry, [-1.05, 0, 0]), place(cherry, [1.1, -0.25, 0.1]), stem(-1.05), stem(1.1), twig];
}

export function grapes(): Part[] {
  const paint: Paint = (_u, _v, p) =>
    mix(mix('#1f1638', '#4a3a78', noise(p, 1.3)), '#8d8fc0', 0.5 * noise(p, 4) ** 2);
  const grape = lathe((v) => [polar(v)[0], 1.12 * polar(v)[1]], { paint, shine: 0.5, cells: [40, 28] });
  /** Rings of grapes from the top: height, distance from the stem, how many. */
  const rings = [
    [1.7, 0.6, 3],
    [1.35, 1.4, 7],
    [0.75, 2, 10],
    [0, 1.9, 10],
    [-0.8, 1.6, 8],
    [-1.6, 1.2, 6],
    [-2.4, 0.75, 4],
    [-3.15, 0.05, 1],
  ] as const;
  const bunch = rings.flatMap(([y, radius, count], row) =>
    Array.from({ length: count }, (_, i) => {
      const angle = (2 * Math.PI * (i + row / 2 + 0.4 * hash(i, row))) / count;
      const height = y + 0.25 * (hash(i, row, 2) - 0.5);
      return place(
        grape,
        [radius * Math.cos(angle), height, radius * Math.sin(angle)],
        {},
        0.62 + 0.08 * hash(i, row, 1),
      );
    }),
  );
  return [
    ...bunch,
    tube(
      (v) => [0.25 * Math.sin(3 * v), 1.2 + 2 * v, 0],
      (v) => 0.11 + 0.09 * ramp(0.9, 1, v),
      plain('#7d7a3a'),
    ),
  ];
}
