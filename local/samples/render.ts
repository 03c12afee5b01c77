/**
 * The built-in sample photos: generated, because photos of others cannot be committed.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { FRUITS, type Fruit, type Range } from './fruits.ts';
import { sample } from './mesh.ts';
import { photograph, SIZE } from './photograph.ts';
import type { View } from './stage.ts';
import { hash } from './texture.ts';

/** The labels of the samples, in alphabetical order. */
export const SAMPLE_KINDS: readonly string[] = FRUITS.map((fruit) => fruit.label);

/** Photos of each kind. */
export const VIEWS = 20;

/**
 * Renders the sample photos as `<directory>/<label>/<three digits>.jpg`: 100 × 100 JPEG on white, 20 views of
 * each kind. The same machine and sharp version give the same bytes. Files already there are replaced.
 *
 * @param progress told after each photo how many of how many are written
 * @returns the paths written, kinds in the order of {@link SAMPLE_KINDS}, views in order
 * @throws whatever the file system throws
 */
export async function renderSamples(
  directory: string,
  progress?: (done: number, total: number) => void,
): Promise<string[]> {
  const paths: string[] = [];
  for (const [kind, fruit] of FRUITS.entries()) {
    await mkdir(join(directory, fruit.label), { recursive: true });
    const meshes = fruit.parts().map(sample);
    for (let view = 0; view < VIEWS; view++) {
      const path = join(directory, fruit.label, `${String(view).padStart(3, '0')}.jpg`);
      const pixels = photograph(meshes, chooseView(fruit, kind, view));
      await sharp(pixels, { raw: { width: SIZE, height: SIZE, channels: 3 } })
        .jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
        .toFile(path);
      paths.push(path);
      progress?.(paths.length, FRUITS.length * VIEWS);
    }
  }
  return paths;
}

function chooseView(fruit: Fruit, kind: number, view: number): View {
  const within = ([low, high]: Range, share: number) => low + (high - low) * share;
  const chance = (seed: number) => hash(kind + 1, view + 1, seed);
  return {
    spin: within(fruit.spin, view / VIEWS),
    tilt: within(fruit.tilt, chance(1)),
    roll: within(fruit.roll, chance(2)),
    fill: within([0.8, 0.9], chance(3)),
    lamp: within([0.95, 1.1], chance(4)),
    lampAt: within([105, 150], chance(5)),
  };
}
