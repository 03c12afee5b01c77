/** A snapshot in a folder, as `npm start` has copied it, and the model that made its features. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openClassifier } from '../../functions/adapters/onnx.ts';
import { InvalidRequest } from '../../functions/core/errors.ts';
import { type Knowledge, readKnowledge } from '../../functions/core/identify/knowledge.ts';
import type { LatestSnapshot } from '../../functions/core/ports.ts';
import { type ChosenModel, ensureModel } from '../../model/ensure-model.ts';
import { readManifest } from '../run/out-folder.ts';

/**
 * Reads what the snapshot in a folder knows.
 *
 * @throws InvalidRequest where there is none, or its model is not at hand
 * @throws NothingKnown where it has no classifier, with its reason
 */
export async function readSnapshot(folder: string): Promise<{ knowledge: Knowledge; model: ChosenModel }> {
  const manifest = await readManifest(folder);
  if (manifest === undefined) {
    throw new InvalidRequest(
      `there is no snapshot in ${folder} (--snapshot): npm start -- --photos DIR makes one`,
    );
  }
  const model = await modelOf(manifest.model);
  const latest = { snapshot: manifest.snapshot, model: manifest.model } as LatestSnapshot;
  const read = (_: LatestSnapshot, name: string) => readFile(join(folder, name)).catch(() => undefined);
  const snapshots = { latest: async () => undefined, read };
  return { knowledge: await readKnowledge({ snapshots, openClassifier }, latest, model.id), model };
}

/** The model of that id: the one that MODEL names, or else of the two that Verger knows. */
async function modelOf(id: string): Promise<ChosenModel> {
  const choices = process.env.MODEL ? [process.env.MODEL] : ['fruit', 'imagenet'];
  const others: string[] = [];
  for (const choice of choices) {
    const model = await ensureModel({ model: choice }).catch((error: Error) => error);
    if (model instanceof Error) others.push(model.message);
    else if (model.id === id) return model;
    else others.push(model.id);
  }
  throw new InvalidRequest(
    `the snapshot has features of ${id}, and these are at hand: ${others.join('; ')}. MODEL names another, or make the snapshot again`,
  );
}
