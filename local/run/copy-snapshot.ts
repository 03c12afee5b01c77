/** Copies a snapshot out of the local bucket. */
import type { Readable } from 'node:stream';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { ContractBroken } from '../../functions/core/errors.ts';
import { filesFolder, partsFolder } from '../../functions/core/snapshot/layout.ts';
import { type Manifest, manifestFiles, ROWS, readManifest, removeWithin, writeWithin } from './out-folder.ts';

/**
 * Copies a snapshot's files into a folder and its rows into `rows` below it, in place of the snapshot that lay there
 * before. Other files in the folder stay. The manifest comes first and goes last: wherever this ends, it names all
 * that lies there.
 *
 * @returns the manifest
 * @throws ContractBroken where a file is not the one that the manifest names
 * @throws InvalidRequest where a name leads out of the folder
 */
export async function copySnapshot(
  client: S3Client,
  bucket: string,
  snapshot: string,
  out: string,
): Promise<Manifest> {
  const sums = new Map<string, string>();
  const copy = async (key: string, name: string) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    sums.set(name, await writeWithin(out, name, Body as Readable));
  };
  await removeEarlier(out);
  await copy(`${filesFolder(snapshot)}manifest.json`, 'manifest.json');
  for (const [folder, to] of [
    [partsFolder(snapshot), ROWS],
    [filesFolder(snapshot), ''],
  ] as const) {
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: folder })) {
      for (const { Key = '' } of page.Contents ?? []) await copy(Key, to + Key.slice(folder.length));
    }
  }
  const manifest = await readManifest(out);
  if (!manifest) throw new ContractBroken(`snapshot ${snapshot} has no manifest.json`);
  for (const { name, sha256 } of manifestFiles(manifest)) {
    if (sums.get(name) !== sha256) throw new ContractBroken(`${name} in ${out} is not what was written`);
  }
  return manifest;
}

async function removeEarlier(out: string): Promise<void> {
  const earlier = await readManifest(out);
  if (!earlier) return;
  for (const { name } of manifestFiles(earlier)) await removeWithin(out, name);
  for (const name of ['_SUCCESS', 'manifest.json']) await removeWithin(out, name);
}
