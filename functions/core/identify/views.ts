/** Several looks at one photo, whose answers together are right more often than that of one. */
import { InvalidRequest } from '../errors.ts';
import type { Pixels } from '../ports.ts';

/** Numbers of views that may be asked for: the photo, or also its mirror image and five crops of 80 % of its sides. */
export const VIEW_COUNTS = [1, 7] as const;

export type ViewCount = (typeof VIEW_COUNTS)[number];

/** @throws InvalidRequest naming the value */
export function parseViews(value: string | undefined): ViewCount {
  const found = VIEW_COUNTS.find((count) => String(count) === (value ?? '1'));
  if (found === undefined)
    throw new InvalidRequest(`views should be ${VIEW_COUNTS.join(' or ')}, is ${value}`);
  return found;
}

/** The views of a photo, made one at a time. */
export function* viewsOf(photo: Pixels, count: ViewCount): Generator<Pixels> {
  yield photo;
  if (count === 1) return;
  yield mirrored(photo);
  const [width, height] = [Math.ceil(photo.width * CROP), Math.ceil(photo.height * CROP)];
  const [right, bottom] = [photo.width - width, photo.height - height];
  for (const [left, top] of [
    [0, 0],
    [right, 0],
    [0, bottom],
    [right, bottom],
    [right >> 1, bottom >> 1],
  ] as const) {
    yield cropped(photo, left, top, width, height);
  }
}

const CROP = 0.8;

function mirrored({ data, width, height }: Pixels): Pixels {
  const turned = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0, from = (y + 1) * width * 3 - 3, to = y * width * 3; x < width; x++, from -= 3, to += 3) {
      turned[to] = data[from]!;
      turned[to + 1] = data[from + 1]!;
      turned[to + 2] = data[from + 2]!;
    }
  }
  return { data: turned, width, height };
}

function cropped(photo: Pixels, left: number, top: number, width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const start = ((top + y) * photo.width + left) * 3;
    data.set(photo.data.subarray(start, start + width * 3), y * width * 3);
  }
  return { data, width, height };
}
