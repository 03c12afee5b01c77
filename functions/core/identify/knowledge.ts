/** What a snapshot knows of kinds of fruit, kept in memory, and the newest of it. */
import { type ClassifierFacts, classifierFacts } from '../classifier/classifier-onnx.ts';
import { decodeIndex, type OpenIndex } from '../classifier/neighbour-index.ts';
import { ContractBroken, ModelMismatch, VergerError } from '../errors.ts';
import { decodeModelMetadata } from '../onnx/onnx-graph.ts';
import type { Clock, LatestSnapshot, Log, SnapshotReader } from '../ports.ts';

export interface Knowledge {
  facts: ClassifierFacts;
  index: OpenIndex;
  /** Probabilities of the labels, Float32Array [C], from features [d]. */
  classify(features: Float32Array): Promise<Float32Array>;
}

/** There is nothing to answer from yet; the message says what to do. */
export class NothingKnown extends VergerError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('NOTHING_KNOWN', message, options);
  }
}

export interface KnowledgePorts {
  snapshots: SnapshotReader;
  clock: Clock;
  log: Log;
  /** Opens `classifier.onnx`. */
  openClassifier(file: Uint8Array): Promise<Knowledge['classify']>;
}

/** How long it is before a newer snapshot is looked for again. */
const LOOK_EVERY_MS = 60_000;

/**
 * Gives what the newest snapshot knows: reads its files once, and looks for a newer one at most once a minute. While that
 * cannot be had, what is known already stays.
 *
 * @param model of the features that will be asked about
 */
export function newestKnowledge(
  ports: KnowledgePorts,
  model: () => Promise<string>,
): () => Promise<Knowledge> {
  let known: { knowledge: Knowledge; etag: string } | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let looking: Promise<Knowledge> | undefined;

  async function look(): Promise<Knowledge> {
    try {
      const latest = await ports.snapshots.latest(known?.etag);
      if (latest === 'same' && known) {
        lookedAt = ports.clock.now();
        return known.knowledge;
      }
      if (latest === undefined || latest === 'same') {
        throw new NothingKnown(
          'there is no snapshot yet, of the collection that identifyCollection names where it names one: upload photos into folders named for what they show, then invoke reduce',
        );
      }
      known = { knowledge: await readKnowledge(ports, latest.content, await model()), etag: latest.etag };
      lookedAt = ports.clock.now();
      return known.knowledge;
    } catch (error) {
      if (known === undefined) throw error;
      lookedAt = ports.clock.now();
      ports.log.warn('identify-keeps-older-snapshot', {
        snapshot: known.knowledge.facts.snapshot,
        why: (error as Error).message,
      });
      return known.knowledge;
    }
  }

  return async () => {
    if (known && ports.clock.now() - lookedAt < LOOK_EVERY_MS) return known.knowledge;
    looking ??= look().finally(() => {
      looking = undefined;
    });
    return await looking;
  };
}

/**
 * Reads the classifier and the index of a snapshot.
 *
 * @throws NothingKnown where the snapshot has none, with its reason
 * @throws ModelMismatch where its features are another model's
 * @throws ContractBroken where a file is not what it should be
 */
export async function readKnowledge(
  { snapshots, openClassifier }: Pick<KnowledgePorts, 'snapshots' | 'openClassifier'>,
  latest: LatestSnapshot,
  model: string,
): Promise<Knowledge> {
  const { snapshot } = latest;
  if (latest.model !== model) {
    throw new ModelMismatch(
      `snapshot ${snapshot} has features of ${latest.model}, and photos are asked about with ${model}: ` +
        'set MODEL to that model, or run backfill and reduce with this one',
    );
  }
  const [classifier, index, manifest] = await Promise.all(
    ['classifier.onnx', 'index.bin', 'manifest.json'].map((name) => snapshots.read(latest, name)),
  );
  if (classifier === undefined || index === undefined) {
    const why = manifest && JSON.parse(Buffer.from(manifest).toString()).classifier?.none;
    const reason = why ?? 'it was made before Verger could identify photos; invoke reduce';
    throw new NothingKnown(`snapshot ${snapshot} has no classifier: ${reason}`);
  }
  const facts = classifierFacts(decodeModelMetadata(classifier));
  const known = decodeIndex(index);
  if (facts.model !== model || known.model !== model) {
    throw new ContractBroken(
      `the files of snapshot ${snapshot} are of ${facts.model} and ${known.model}, not ${model}`,
    );
  }
  return { facts, index: known, classify: await openClassifier(classifier) };
}
