import { normals } from '../numbers.ts';

const d = 20;

/** Rows of one label, photographed at some places: each place lies elsewhere, and its photos close together. [each · count × 20] */
export function visits(
  each: number,
  count: number,
  seed: number,
): { features: Float32Array; places: number[] } {
  const next = normals(seed);
  const label = Float64Array.from({ length: d }, () => 1.3 * next());
  const centres = Array.from({ length: count }, () => label.map((value) => value + 2 * next()));
  const places = Array.from({ length: each * count }, (_, row) => Math.floor(row / each));
  const features = new Float32Array(
    places.flatMap((place) => [...centres[place]!].map((value) => value + 0.4 * next())),
  );
  return { features, places };
}
