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

/** A neighbour counts less by a factor of e for each 0.05 of cosine that it is behind the nearest. */
const SOFTNESS = 0.05;

/**
 * The photos whose neighbours speak more for one other label than for their own, by the margin of that vote (distance-
 * weighted k nearest neighbours: Dudani 1976; editing by them: Wilson 1972). Photos without a label neither stand here
 * nor vote. A photo alone in its label can have no neighbour of it: two at least have to agree on another.
 */
export function findMislabelled(
  labels: readonly (string | null)[],
  { each, place, similarity }: Neighbours,
): Mislabelled[] {
  const photosOf = new Map<string | null, number>();
  for (const label of labels) photosOf.set(label, (photosOf.get(label) ?? 0) + 1);
  const found: (Mislabelled & { margin: number })[] = [];
  for (const [at, label] of labels.entries()) {
    if (label === null) continue;
    const votes = new Map<string, { count: number; weight: number; nearest: number }>();
    for (let rank = at * each; rank < (at + 1) * each; rank++) {
      const other = labels[place[rank]!] ?? null;
      if (other === null) continue;
      const weight = Math.exp((similarity[rank]! - similarity[at * each]!) / SOFTNESS);
      const vote = votes.get(other) ?? { count: 0, weight: 0, nearest: similarity[rank]! };
      votes.set(other, { ...vote, count: vote.count + 1, weight: vote.weight + weight });
    }
    const own = votes.get(label) ?? { count: 0, weight: 0 };
    votes.delete(label);
    const [best] = [...votes].sort(([, a], [, b]) => b.weight - a.weight);
    if (best === undefined || best[1].weight <= own.weight) continue;
    const [name, { count, weight, nearest }] = best;
    if (count === 1 && photosOf.get(label) === 1) continue;
    const total = own.weight + [...votes.values()].reduce((sum, vote) => sum + vote.weight, 0);
    const margin = (weight - own.weight) / total;
    found.push({
      place: at,
      label: name,
      votes: count,
      own: own.count,
      of: each,
      similarity: nearest,
      margin,
    });
  }
  return found.sort((a, b) => b.margin - a.margin).map(({ margin, ...photo }) => photo);
}
