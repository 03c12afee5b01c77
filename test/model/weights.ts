/** Made-up weights of the network's shape, for tests that need no published ones. */

import { seeded } from '../../functions/core/seeded.ts';
import { listLayers, type Weights } from '../../model/mobilenetv2.ts';

/**
 * Seeded weights, uniform with the variance 2 / fan-in (He et al. 2015) so that activations neither die out nor
 * all run into ReLU6's limit; biases −0.5…0.5.
 */
export function makeWeights(seed: number): Weights {
  const random = seeded(seed);
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
