/** The local S3: s3rver's protocol over our own store, with what it lacks of S3 made good. */
import crypto from 'node:crypto';
import { createServer, type Server } from 'node:http';
import S3rver from '@20minutes/s3rver';
import type { ObjectStore } from './object-store.ts';
import {
  decodeChunks,
  decodeCopySource,
  deleteObjects,
  escapeOnce,
  holdToConditions,
  refuseEmptyFolders,
  takeAnyCredentials,
} from './s3-repairs.ts';

/** Builds the server; it is not listening yet. */
export function createS3Server(store: ObjectStore): Server {
  allowSingleDes();
  const s3 = new S3rver({ silent: true, vhostBuckets: false, allowMismatchedSignatures: true });
  s3.store = store;
  s3.context.store = store;
  s3.logger.silent = true;
  const [_requestLog, encodeXml, ...others] = s3.middleware;
  s3.middleware = [
    escapeOnce,
    encodeXml!,
    takeAnyCredentials,
    refuseEmptyFolders,
    decodeChunks,
    decodeCopySource,
    holdToConditions,
    deleteObjects,
    ...others,
  ];
  s3.on('error', (error) => {
    const isClientGone = error.code === 'ECONNRESET';
    if (!isClientGone && (error.status ?? 500) >= 500) console.error(`local S3: ${error.stack}`);
  });
  return createServer(s3.callback());
}

/**
 * s3rver's listing tokens are made with single DES, which OpenSSL 3 no longer offers: every truncated
 * listing answered 500. Triple DES with the same key three times is single DES.
 */
function allowSingleDes(): void {
  const { createCipheriv, createDecipheriv } = crypto;
  const thrice = (key: crypto.CipherKey) => Buffer.concat([key, key, key] as Buffer[]);
  const redirect =
    <T extends typeof createCipheriv | typeof createDecipheriv>(create: T) =>
    (name: string, key: crypto.CipherKey, ...rest: unknown[]) =>
      (create as (...values: unknown[]) => unknown)(
        ...(name === 'des' ? ['des-ede3-cbc', thrice(key)] : [name, key]),
        ...rest,
      );
  crypto.createCipheriv = redirect(createCipheriv) as typeof createCipheriv;
  crypto.createDecipheriv = redirect(createDecipheriv) as typeof createDecipheriv;
}
