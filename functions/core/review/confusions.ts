/** Labels that the features tell apart badly. */
import type { Neighbours } from './neighbours.ts';

/** Two labels that are mixed up, in the order of their names. */
export interface Confusion {
  labels: [string, string];
  /** Of all neighbours of the two labels' photos, the share that bear the other of the two. */
  share: number;
  /** Photos of either whose nearest neighbour bears the other. */
  photos: number;
}

/** How well neighbours agree with labels. */
export interface Agreement {
  /** Photos that bear a label. */
  labelled: number;
  /** Of those, the photos whose nearest neighbour bears the same one. */
  agree: number;
  /** By label, in order of first appearance. */
  byLabel: { label: string; photos: number; agree: number }[];
  /** Pairs of labels of which some photo of one has a neighbour of the other; most photos first, then by share. */
  confusions: Confusion[];
}

export function findConfusions(labels: readonly (string | null)[], { each, place }: Neighbours): Agreement {
  const photos = new Map<string, { photos: number; agree: number }>();
  const pairs = new Map<string, { labels: [string, string]; neighbours: number; photos: number }>();
  for (const [at, label] of labels.entries()) {
    if (label === null) continue;
    const own = photos.get(label) ?? { photos: 0, agree: 0 };
    photos.set(label, own);
    own.photos += 1;
    for (let rank = 0; rank < each; rank++) {
      const other = labels[place[at * each + rank]!] ?? null;
      if (other === label && rank === 0) own.agree += 1;
      if (other === null || other === label) continue;
      const both: [string, string] = label < other ? [label, other] : [other, label];
      const key = JSON.stringify(both);
      const pair = pairs.get(key) ?? { labels: both, neighbours: 0, photos: 0 };
      pairs.set(key, pair);
      pair.neighbours += 1;
      if (rank === 0) pair.photos += 1;
    }
  }
  const byLabel = [...photos].map(([label, of]) => ({ label, ...of }));
  const countOf = (label: string) => photos.get(label)?.photos ?? 0;
  return {
    labelled: byLabel.reduce((sum, of) => sum + of.photos, 0),
    agree: byLabel.reduce((sum, of) => sum + of.agree, 0),
    byLabel,
    confusions: [...pairs.values()]
      .map(({ labels, neighbours, photos }) => ({
        labels,
        share: neighbours / (each * (countOf(labels[0]) + countOf(labels[1]))),
        photos,
      }))
      .sort((a, b) => b.photos - a.photos || b.share - a.share || (a.labels[0] < b.labels[0] ? -1 : 1)),
  };
}
