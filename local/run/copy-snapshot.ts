/** Copies a snapshot out of the local bucket. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { ContractBroken } from '../../functions/core/errors.ts';
import { type Manifest, readManifest, readWithin, removeWithin, writeWithin } from './out-folder.ts';

/**
 * Copies a snapshot's files into a folder, in place of those of the snapshot that it held before.
 * Other files in the folder stay.
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
  await removeEarlier(out);
  for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: `${snapshot}/` })) {
    for (const { Key = '' } of page.Contents ?? []) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
      await writeWithin(out, Key.slice(snapshot.length + 1), Body as Readable);
    }
  }
  const manifest = await readManifest(out);
  if (!manifest) throw new ContractBroken(`snapshot ${snapshot} has no manifest.json`);
  for (const { name, sha256 } of [...manifest.parts, ...manifest.files]) {
    const hash = createHash('sha256');
    await pipeline(await readWithin(out, name), hash);
    if (hash.digest('hex') !== sha256) throw new ContractBroken(`${name} in ${out} is not what was written`);
  }
  return manifest;
}

async function removeEarlier(out: string): Promise<void> {
  const earlier = await readManifest(out);
  if (!earlier) return;
  const names = [...earlier.parts, ...earlier.files].map(({ name }) => name);
  for (const name of [...names, 'manifest.json', '_SUCCESS']) await removeWithin(out, name);
}
