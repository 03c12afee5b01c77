/** `report-once.ts PHOTO`: reads a photo eight times, as reduce does for its report, and prints the most memory, as JSON. */
import { readFileSync } from 'node:fs';
import { eachInTime } from '../../functions/core/review/read-photos.ts';

const file = process.argv[2] ?? '';
const photos = { read: async () => ({ bytes: readFileSync(file) }) };
const limits = { maxBytes: 50_000_000, maxPixels: 65_000_000 };
const ports = { photos, limits, clock: { now: () => 0 } };
await eachInTime(ports, 600_000, new Array(8).fill({ key: file, etag: '' }), async (version, readPhoto) => {
  if (!(await readPhoto(version))) throw new Error(`${file} was not read`);
  return true;
});
console.log(JSON.stringify({ megabytes: (process.resourceUsage().maxRSS * 1024) / 1e6 }));
