/** Uploads in parts, as the AWS CLI makes them of larger files. They are forgotten on a stop. */
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3Error from '@20minutes/s3rver/lib/models/error.js';
import { writeData } from './object-data.ts';

interface Upload {
  key: string;
  metadata: Record<string, string>;
  folder: string;
}

export type PartContent = AsyncIterable<Buffer> | Buffer;

/** The part of s3rver's store that takes uploads in parts. */
export function createUploads() {
  const uploads = new Map<string, Upload>();

  function find(id: string): Upload {
    const upload = uploads.get(id);
    if (!upload) throw new S3Error('NoSuchUpload', 'The specified upload does not exist.', { UploadId: id });
    return upload;
  }

  return {
    begin(id: string, key: string, metadata: Record<string, string>) {
      uploads.set(id, { key, metadata, folder: mkdtempSync(join(tmpdir(), 'verger-upload-')) });
    },
    async write(id: string, part: number | string, content: PartContent) {
      const { bytes, etag } = await writeData(partPath(find(id), Number(part)), content);
      return { size: bytes, md5: etag };
    },
    /** Key, headers and content of the whole; the parts are to be removed with `end` after reading. */
    join(id: string, parts: { number: number }[]) {
      const upload = find(id);
      const numbers = parts.map(({ number }) => number).sort((a, b) => a - b);
      return { key: upload.key, metadata: upload.metadata, content: concatenate(upload, numbers) };
    },
    end(id: string) {
      rmSync(find(id).folder, { recursive: true });
      uploads.delete(id);
    },
    close() {
      for (const id of [...uploads.keys()]) this.end(id);
    },
  };
}

async function* concatenate(upload: Upload, numbers: number[]): AsyncGenerator<Buffer> {
  for (const number of numbers) yield* createReadStream(partPath(upload, number)) as AsyncIterable<Buffer>;
}

function partPath({ folder }: Upload, part: number): string {
  if (!Number.isInteger(part)) throw new S3Error('InvalidArgument', 'Part number must be an integer');
  return join(folder, String(part));
}
