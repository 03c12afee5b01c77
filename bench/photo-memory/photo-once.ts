/** `photo-once.ts PHOTO MODEL`: decodes and featurizes one photo, and prints what that took, as JSON. */
import { readFileSync } from 'node:fs';
import { openSession } from '../../functions/adapters/onnx.ts';
import { Refusal } from '../../functions/core/errors.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';

const [path = '', model = ''] = process.argv.slice(2);
const session = await openSession(model);
const bytes = readFileSync(path);
const before = process.cpuUsage();
let refused: string | undefined;
try {
  const { pixels } = await decodePhoto(bytes, { maxBytes: 50_000_000, maxPixels: 65_000_000 });
  await session.run(pixels);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  refused = `${error.reason}: ${error.message}`;
}
const { user, system } = process.cpuUsage(before);
const seconds = (user + system) / 1e6;
const megabytes = (process.resourceUsage().maxRSS * 1024) / 1e6;
console.log(JSON.stringify({ seconds, megabytes, refused }));
