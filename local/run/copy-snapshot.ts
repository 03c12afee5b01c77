/** Copies a snapshot out of the local bucket. */
import type { Readable } from 'node:stream';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { ContractBroken } from '../../functions/core/errors.ts';
import { filesFolder, partsFolder } from '../../functions/core/snapshot/layout.ts';
import {
  INCOMING,
  type Manifest,
  manifestFiles,
  moveWithin,
  ROWS,
  readManifest,
  removeIncoming,
  removeWithin,
  writeWithin,
} from './out-folder.ts';

/**
 * Copies a snapshot's files into a folder and its rows into `rows` below it, in place of the snapshot that lay there
 * before, which stays until all of the new one is there and whole. Other files in the folder stay. Of each snapshot
 * the manifest comes first and goes last: wherever this ends, it names all that lies there.
 *
 * @returns the manifest
 * @throws ContractBroken where a file is not the one that the manifest names
 * @throws InvalidRequest where a name leads out of the folder
 * @throws VergerError `OUT_FAILED` where the folder does not take a file, as when its disk is full
 */
export async function copySnapshot(
  client: S3Client,
  bucket: string,
  snapshot: string,
  out: string,
): Promise<Manifest> {
  const earlier = await readManifest(out);
  await removeIncoming(out);
  try {
    const { manifest, names } = await fetchSnapshot(client, bucket, snapshot, out);
    if (earlier) await removeEarlier(out, earlier);
    for (const name of names) await moveWithin(out, INCOMING + name, name);
    return manifest;
  } finally {
    await removeIncoming(out);
  }
}

/** @returns its manifest, and the names of its files in the order in which they may appear */
async function fetchSnapshot(client: S3Client, bucket: string, snapshot: string, out: string) {
  const sums = new Map<string, string>();
  for (const [folder, to] of [
    [partsFolder(snapshot), ROWS],
    [filesFolder(snapshot), ''],
  ] as const) {
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: folder })) {
      for (const { Key = '' } of page.Contents ?? []) {
        const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
        const name = to + Key.slice(folder.length);
        sums.set(name, await writeWithin(out, INCOMING + name, Body as Readable));
      }
    }
  }
  const manifest = await readManifest(out, INCOMING);
  if (!manifest) throw new ContractBroken(`snapshot ${snapshot} has no manifest.json`);
  for (const { name, sha256 } of manifestFiles(manifest)) {
    if (sums.get(name) !== sha256) throw new ContractBroken(`${name} in ${out} is not what was written`);
  }
  const others = [...sums.keys()].filter((name) => name !== MANIFEST && name !== SUCCESS);
  return { manifest, names: [MANIFEST, ...others, ...(sums.has(SUCCESS) ? [SUCCESS] : [])] };
}

const [MANIFEST, SUCCESS] = ['manifest.json', '_SUCCESS'];

async function removeEarlier(out: string, manifest: Manifest): Promise<void> {
  const names = manifestFiles(manifest).map(({ name }) => name);
  for (const name of [SUCCESS, ...names, MANIFEST]) await removeWithin(out, name);
}
