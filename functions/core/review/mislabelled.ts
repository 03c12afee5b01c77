/** Photos that probably bear a wrong label: their neighbours bear another one. */
import type { Neighbours } from './neighbours.ts';

export interface Mislabelled {
  /** Place of the photo. */
  place: number;
  /** The label that most of its neighbours bear. */
  label: string;
  /** Neighbours that bear it, that bear the photo's own label, and all of them. */
  votes: number;
  own: number;
  of: number;
  /** Cosine of the nearest photo of that label. */
  similarity: number;
}

/**
 * The photos of which more neighbours bear one other label than bear their own (k nearest neighbours' vote: Wilson,
 * "Asymptotic properties of nearest neighbor rules using edited data", 1972), by the margin of that vote; of equal ones,
 * by how much nearer the nearest photo of the other label is. Photos without a label neither stand here nor vote.
 */
export function findMislabelled(
  labels: readonly (string | null)[],
  { each, place, similarity }: Neighbours,
): Mislabelled[] {
  const found: (Mislabelled & { margin: number; nearer: number })[] = [];
  for (const [at, label] of labels.entries()) {
    if (label === null) continue;
    const votes = new Map<string, { count: number; nearest: number }>();
    for (let rank = at * each; rank < (at + 1) * each; rank++) {
      const other = labels[place[rank]!];
      if (other === null || other === undefined) continue;
      const vote = votes.get(other);
      if (vote) vote.count += 1;
      else votes.set(other, { count: 1, nearest: similarity[rank]! });
    }
    const own = votes.get(label);
    votes.delete(label);
    // Map keeps the order of first appearance: of labels with equal votes, the nearest.
    const [best] = [...votes].sort(([, a], [, b]) => b.count - a.count);
    if (best === undefined || best[1].count <= (own?.count ?? 0)) continue;
    found.push({
      place: at,
      label: best[0],
      votes: best[1].count,
      own: own?.count ?? 0,
      of: each,
      similarity: best[1].nearest,
      margin: best[1].count - (own?.count ?? 0),
      nearer: best[1].nearest - (own?.nearest ?? 0),
    });
  }
  return found
    .sort((a, b) => b.margin - a.margin || b.nearer - a.nearer || a.place - b.place)
    .map(({ margin, nearer, ...photo }) => photo);
}
