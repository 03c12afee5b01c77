/** Made-up weights of the network's shape, for tests that need no published ones. */
import { listLayers, type Weights } from '../../model/mobilenetv2.ts';

/** Mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c: numbers in 0…1 from a seed. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Seeded weights, uniform with the variance 2 / fan-in (He et al. 2015) so that activations neither die out nor
 * all run into ReLU6's limit; biases −0.5…0.5.
 */
export function makeWeights(seed: number): Weights {
  const random = seededRandom(seed);
  const weights = new Map<string, { dims: number[]; data: Float32Array }>();
  for (const { name, input, output, isDepthwise, side } of listLayers()) {
    const dims = isDepthwise ? [1, side, side, output] : [output, side, side, input];
    const fanIn = (isDepthwise ? 1 : input) * side * side;
    const range = Math.sqrt(6 / fanIn);
    const kernel = new Float32Array(output * fanIn).map(() => (2 * random() - 1) * range);
    weights.set(`${name}/kernel`, { dims, data: kernel });
    weights.set(`${name}/bias`, { dims: [output], data: new Float32Array(output).map(() => random() - 0.5) });
  }
  return weights;
}
