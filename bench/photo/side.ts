/** `side.ts before|now MODEL`, started with a channel: features of each photo that it is sent the path of, and what they took. */
import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { openSession } from '../../functions/adapters/onnx.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import { decodePixels } from '../../functions/core/photo/photo-decoder.ts';
import { recognizeFormat } from '../../functions/core/photo/photo-header.ts';
import { processorMilliseconds } from '../measure.ts';

/** What comes back for a path. */
export interface Answer {
  milliseconds: number;
  features: Float32Array;
}

type Featurize = (photo: Buffer) => Promise<Float32Array>;

const NO_LIMITS = { maxBytes: Number.MAX_SAFE_INTEGER, maxPixels: Number.MAX_SAFE_INTEGER };
const [side, model = ''] = process.argv.slice(2);
const featurize = side === 'before' ? await startBefore() : await startNow();

process.on('message', async (path: string) => {
  const photo = readFileSync(path);
  const start = process.cpuUsage();
  const features = await featurize(photo);
  process.send?.({ milliseconds: processorMilliseconds(start), features } satisfies Answer);
});
process.send?.('ready');

/** As before: a JPEG whose profile is sRGB was not converted either. */
async function startBefore(): Promise<Featurize> {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  return async (photo) => {
    const isJpeg = recognizeFormat(photo) === 'jpeg';
    const decoding = { maxPixels: NO_LIMITS.maxPixels, ignoreIcc: isJpeg && isSrgb(photo) };
    const pixels = isJpeg
      ? await decodePixels(photo, decoding)
      : (await decodePhoto(photo, NO_LIMITS)).pixels;
    const image = new Tensor('uint8', pixels.data, [1, pixels.height, pixels.width, 3]);
    const { features } = await session.run({ image }, ['features']);
    return features?.data as Float32Array;
  };
}

async function startNow(): Promise<Featurize> {
  const session = await openSession(model);
  return async (photo) => session.run((await decodePhoto(photo, NO_LIMITS)).pixels);
}

/** By the name that libvips' own profile has. */
function isSrgb(jpeg: Buffer): boolean {
  return jpeg.subarray(0, 1000).includes(Buffer.from('sRGB', 'utf16le').swap16());
}
