/** The photos of a simulated bucket: bytes that say what they are, and what features a model makes of them. */
import { Refusal, type RefusalReason } from '../../functions/core/errors.ts';
import type { FeaturizePorts } from '../../functions/core/featurize.ts';
import type { Session } from '../../functions/core/ports.ts';
import { hash, type Random } from './random.ts';

/** Bytes over which a photo is refused unread. */
export const LIMITS = { maxBytes: 40, maxPixels: 100 };

/** Bytes of a photo; of few different ones, so that a key often gets the same content again. */
export function somePhoto(random: Random): string {
  const kind = random.int(12);
  if (kind === 0) return 'a text, not a photo';
  if (kind === 1) return `a photo of so many bytes that it is refused`;
  return `photo ${random.int(4)}`;
}

/** Why a photo is refused; undefined where it has features. */
export function refusalOf(content: string): RefusalReason | undefined {
  if (content.length > LIMITS.maxBytes) return 'too-many-bytes';
  return content.startsWith('photo ') ? undefined : 'unsupported-format';
}

/** In place of the real decoder, which takes a millisecond: one pixel that says which photo it is. */
export const decode: FeaturizePorts['decode'] = async (bytes) => {
  const content = new TextDecoder().decode(bytes);
  if (refusalOf(content)) throw new Refusal('unsupported-format', 'not a photo');
  const number = Number(content.slice('photo '.length));
  return { pixels: { data: Uint8Array.of(number, 0, 0), width: 1, height: 1 }, format: 'png' };
};

/** A session whose features are a function of photo and model. */
export function sessionOf(model: string): Session {
  return {
    model,
    dimension: DIMENSION,
    run: async ({ data }) => featuresOf(`photo ${data[0]}`, model),
  };
}

const DIMENSION = 3;

/** @returns Float32Array [3] */
export function featuresOf(content: string, model: string): Float32Array {
  return Float32Array.from(
    { length: DIMENSION },
    (_, index) => hash(`${content} ${model} ${index}`) / 2 ** 32,
  );
}
