/** Which labels are written on the map itself: those with a place of their own, where names do not collide. */
import { type Frame, nameAt, type PhotoMap, toPixels } from './photo-map.ts';

export interface PlacedName {
  /** Centre of the label's points. */
  x: number;
  y: number;
  text: string;
  /** From the centre to the middle of the name, in pixels. */
  offset: [right: number, down: number];
}

const LONGEST = 24;
const LETTER = 6.8;
const LINE = 16;
/** Where a name is tried: on its points, above them, below them. */
const TRIES = [0, -LINE, LINE];
/** Least share of the points around a label's centre that must be its own for its name to stand there. */
const OWN = 0.4;

type Box = [left: number, top: number, right: number, bottom: number];

/**
 * Chooses names greedily, the labels with most points on least room first; no two overlap.
 *
 * @param focus only these labels, wherever they lie; undefined: those that keep to themselves
 */
export function placeNames(
  map: PhotoMap,
  frame: Frame,
  focus: ReadonlySet<number> | undefined,
): PlacedName[] {
  const hair = (frame.x[1] - frame.x[0]) / 100;
  const taken: Box[] = [];
  return map.centroids
    .filter(({ x, y }) => {
      const [right, down] = toPixels(frame, x, y);
      return right >= 0 && right <= frame.width && down >= 0 && down <= frame.height;
    })
    .filter(({ label, own }) =>
      focus ? focus.has(label) : map.labels[label] !== null && (map.flat || own >= OWN),
    )
    .sort((a, b) => b.photos / (b.spread + hair) - a.photos / (a.spread + hair) || a.label - b.label)
    .flatMap(({ label, x, y }) => {
      const text = shorten(nameAt(map, label));
      const half = (text.length * LETTER) / 2 + 2;
      const [centre, middle] = toPixels(frame, x, y);
      const right = Math.min(Math.max(centre, half), frame.width - half) - centre;
      for (const down of TRIES) {
        const [at, line] = [centre + right, middle + down];
        const box: Box = [at - half, line - LINE / 2, at + half, line + LINE / 2];
        if (taken.some((other) => overlap(box, other))) continue;
        taken.push(box);
        return [{ x, y, text, offset: [right, down] as [number, number] }];
      }
      return [];
    });
}

function overlap(a: Box, b: Box): boolean {
  return a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
