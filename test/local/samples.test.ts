import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import sharp from 'sharp';
import { renderSamples, SAMPLE_KINDS, VIEWS } from '../../local/samples/render.ts';

const TOTAL = SAMPLE_KINDS.length * VIEWS;

type Rgb = [red: number, green: number, blue: number];

describe('the sample photos', () => {
  let directory: string;
  let paths: string[];
  /** The photos of each kind, decoded: Uint8 [100 × 100 × 3]. */
  const photos = new Map<string, Uint8Array[]>();
  const progress: [number, number][] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'verger-samples-'));
    paths = await renderSamples(directory, (done, total) => progress.push([done, total]));
    for (const [index, label] of SAMPLE_KINDS.entries()) {
      const own = paths.slice(index * VIEWS, (index + 1) * VIEWS);
      photos.set(label, await Promise.all(own.map((path) => sharp(path).raw().toBuffer())));
    }
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('are at least 12 kinds of 20 views, each in the folder of its label', async () => {
    assert.ok(SAMPLE_KINDS.length >= 12);
    assert.deepEqual(await readdir(directory), [...SAMPLE_KINDS].sort());
    assert.equal(new Set(paths).size, TOTAL);
    assert.equal(relative(directory, paths[0]!), join('Apple Golden', '000.jpg'));
    assert.equal(relative(directory, paths.at(-1)!), join('Watermelon', '019.jpg'));
    for (const label of SAMPLE_KINDS) assert.equal((await readdir(join(directory, label))).length, 20);
  });

  it('are counted one by one as they are written', () => {
    assert.deepEqual(
      progress,
      paths.map((_, index) => [index + 1, TOTAL]),
    );
  });

  it('are 100 × 100 JPEGs of three channels', async () => {
    for (const path of paths) {
      const { format, width, height, channels, space } = await sharp(path).metadata();
      assert.deepEqual([format, width, height, channels, space], ['jpeg', 100, 100, 3, 'srgb'], path);
    }
  });

  it('show one fruit on paper that is white in every corner', () => {
    forEachPhoto((pixels, name) => {
      for (const corner of [0, 99, 9900, 9999]) {
        assert.deepEqual([...pixels.subarray(corner * 3, corner * 3 + 3)], [255, 255, 255], name);
      }
      // A thin banana covers 12 % of its photo, an orange 64 %: neither an empty nor a full frame.
      const share = fruitPixels(pixels).length / 10_000;
      assert.ok(share > 0.1 && share < 0.75, `${name}: fruit covers ${share}`);
    });
  });

  it('have the same bytes when rendered again, over whatever lay there', async () => {
    const first = await Promise.all(paths.map((path) => readFile(path)));
    await writeFile(paths[7]!, 'half a photo');
    assert.deepEqual(await renderSamples(directory), paths);
    const second = await Promise.all(paths.map((path) => readFile(path)));
    for (const [index, bytes] of second.entries()) assert.ok(bytes.equals(first[index]!), paths[index]);
  });

  it('differ from view to view', () => {
    for (const [label, views] of photos) {
      for (const [i, a] of views.entries()) {
        for (const [j, b] of views.slice(0, i).entries()) {
          const difference = a.reduce((sum, value, at) => sum + Math.abs(value - b[at]!), 0) / a.length;
          // The closest two (pears) are 4.2 levels apart on average; one of them recompressed at quality 80 is 1.8 from itself.
          assert.ok(difference > 3, `${label} ${i} and ${j} are only ${difference} levels apart`);
        }
      }
    }
  });

  it('have the colours of their fruits', () => {
    const colours: Record<string, [Rgb, Rgb]> = {
      Banana: [
        [180, 140, 20],
        [230, 200, 80],
      ],
      Cherry: [
        [110, 40, 30],
        [160, 90, 80],
      ],
      'Grape Blue': [
        [50, 50, 85],
        [100, 100, 140],
      ],
      Kiwi: [
        [100, 140, 30],
        [150, 190, 80],
      ],
      Orange: [
        [190, 105, 20],
        [230, 150, 60],
      ],
      Tomato: [
        [165, 55, 30],
        [215, 95, 70],
      ],
    };
    for (const [label, [low, high]] of Object.entries(colours)) {
      const mean = meanColour(photos.get(label)!.flatMap(fruitPixels));
      assert.ok(
        mean.every((value, channel) => value >= low[channel]! && value <= high[channel]!),
        `${label}: ${mean}`,
      );
    }
  });

  it('are told apart by mean colour alone, mostly', () => {
    const means = new Map(
      [...photos].map(([label, views]) => [label, meanColour(views.flatMap(fruitPixels))]),
    );
    for (const [a, meanA] of means) {
      for (const [b, meanB] of means) {
        if (a < b) assert.ok(distance(meanA, meanB) > 12, `${a} and ${b}: ${distance(meanA, meanB)}`);
      }
    }
    let right = 0;
    forEachPhoto((pixels, _name, label) => {
      const mean = meanColour(fruitPixels(pixels));
      const nearest = [...means].reduce((best, next) =>
        distance(next[1], mean) < distance(best[1], mean) ? next : best,
      );
      if (nearest[0] === label) right++;
    });
    // 293 of 300 when written; by chance it would be one in 15.
    assert.ok(right / TOTAL > 0.9, `${right} of ${TOTAL}`);
  });

  function forEachPhoto(visit: (pixels: Uint8Array, name: string, label: string) => void): void {
    for (const [label, views] of photos) {
      for (const [view, pixels] of views.entries()) visit(pixels, `${label} ${view}`, label);
    }
  }
});

/** The pixels that are coloured or dark: not the paper, nor but the deepest of its shadow. */
function fruitPixels(pixels: Uint8Array): Rgb[] {
  const found: Rgb[] = [];
  for (let i = 0; i < pixels.length; i += 3) {
    const rgb: Rgb = [pixels[i]!, pixels[i + 1]!, pixels[i + 2]!];
    if (Math.min(...rgb) < 200) found.push(rgb);
  }
  return found;
}

function meanColour(pixels: Rgb[]): Rgb {
  const mean = (channel: 0 | 1 | 2) => pixels.reduce((sum, rgb) => sum + rgb[channel], 0) / pixels.length;
  return [mean(0), mean(1), mean(2)];
}

function distance(a: Rgb, b: Rgb): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}
