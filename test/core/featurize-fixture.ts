/** What the tests of featurizing and of backfill start from: two photos, and ports that keep everything in memory. */
import sharp from 'sharp';
import { erasePhoto } from '../../functions/core/erase.ts';
import { featurizePhoto } from '../../functions/core/featurize.ts';
import { decodePhoto } from '../../functions/core/photo/photo.ts';
import {
  MemoryFeatures,
  MemoryLog,
  MemoryPhotos,
  MemoryQueue,
  meanColourSession,
  noDeadline,
  StillClock,
} from '../memory.ts';

export const RED = await flatPng(255, 0, 0);
export const GREEN = await flatPng(0, 255, 0);
export const KEY = 'fruits/Apple Golden 3/12_100.png';

/** Empty stores, and what happens to the photo KEY in them. */
export function emptyStores() {
  const photos = new MemoryPhotos();
  const features = new MemoryFeatures();
  const log = new MemoryLog();
  const clock = new StillClock();
  const limits = { maxBytes: 1_000_000, maxPixels: 1_000_000 };
  const scope = { prefix: '', suffix: '' };
  const ports = {
    ...{ photos, features, clock, log, limits, scope },
    ...{ decode: decodePhoto, session: meanColourSession, deadline: noDeadline, queue: new MemoryQueue() },
  };
  const created = (etag: string, sequencer: string, key = KEY) =>
    featurizePhoto(ports, { key, etag, sequencer });
  const removed = (sequencer: string, isOneVersion = false) =>
    erasePhoto(ports, { key: KEY, sequencer, isOneVersion });
  const colourOf = (key = KEY) => {
    const item = features.items.get(key);
    return item?.kind === 'featurized' ? [...item.features] : item?.kind;
  };
  return { photos, features, log, clock, ports, created, removed, colourOf };
}

function flatPng(r: number, g: number, b: number): Promise<Buffer> {
  return sharp({ create: { width: 8, height: 6, channels: 3, background: { r, g, b } } })
    .png()
    .toBuffer();
}
