/** `read-photos-once.ts COUNT`: reads so many photos of 6 megapixels, the most allowed, and prints the most memory, in MB. */
import sharp from 'sharp';
import { eachInTime } from '../../../functions/core/review/read-photos.ts';

const [width, height] = [3000, 2000];
const create = { width, height, channels: 4 as const, background: { r: 200, g: 90, b: 10, alpha: 0.5 } };
const bytes = await sharp({ create })
  .toColourspace('rgb16')
  .withIccProfile('p3')
  .withMetadata({ orientation: 6 })
  .png({ compressionLevel: 1 })
  .toBuffer();
const photos = { read: async () => ({ bytes }) };
const limits = { maxBytes: 50e6, maxPixels: width * height };
const several = Array.from({ length: Number(process.argv[2]) }, (_, at) => ({ key: `${at}`, etag: '' }));
let read = 0;
const ports = { photos, limits, clock: { now: () => 0 } };
await eachInTime(ports, 60_000, several, async (version, readPhoto) => {
  const small = await readPhoto(version);
  if (small?.width === 85 && small.height === 128) read++;
  return true;
});
if (read !== several.length) throw new Error(`${read} of ${several.length} were read`);
console.log((process.resourceUsage().maxRSS * 1024) / 1e6);
