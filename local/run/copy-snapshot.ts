/** Copies a snapshot out of the local bucket. */
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { ContractBroken } from '../../functions/core/errors.ts';

/** The parts of `manifest.json` that are read here. */
export interface Manifest {
  snapshot: string;
  created_at: string;
  model: string;
  rows: number;
  components: number;
  explained_variance_share: number;
  warnings: string[];
  parts: ManifestFile[];
  files: ManifestFile[];
}

interface ManifestFile {
  name: string;
  sha256: string;
}

/**
 * Copies a snapshot's files into a folder, in place of those of the snapshot that it held before.
 * Other files in the folder stay.
 *
 * @returns the manifest
 * @throws ContractBroken where a file is not the one that the manifest names
 */
export async function copySnapshot(
  client: S3Client,
  bucket: string,
  snapshot: string,
  out: string,
): Promise<Manifest> {
  await removeEarlier(out);
  const list = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: `${snapshot}/` }));
  for (const { Key = '' } of list.Contents ?? []) {
    const path = join(out, Key.slice(snapshot.length + 1));
    await mkdir(dirname(path), { recursive: true });
    const object = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    await pipeline(object.Body as Readable, createWriteStream(path));
  }
  const manifest = await readManifest(out);
  if (!manifest) throw new ContractBroken(`snapshot ${snapshot} has no manifest.json`);
  for (const { name, sha256 } of [...manifest.parts, ...manifest.files]) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(join(out, name)), hash);
    if (hash.digest('hex') !== sha256) throw new ContractBroken(`${join(out, name)} is not what was written`);
  }
  return manifest;
}

async function removeEarlier(out: string): Promise<void> {
  const earlier = await readManifest(out);
  if (!earlier) return;
  const names = [...earlier.parts, ...earlier.files].map(({ name }) => name);
  for (const name of [...names, 'manifest.json', '_SUCCESS']) await rm(join(out, name), { force: true });
}

async function readManifest(out: string): Promise<Manifest | undefined> {
  const text = await readFile(join(out, 'manifest.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Manifest);
}
