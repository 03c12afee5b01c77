/** Fetches files whose bytes are known beforehand, into a folder that keeps what is already right. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ContractBroken, VergerError } from '../functions/core/errors.ts';
import { type Fingerprint, fingerprint, isWhole, writeWhole } from './files.ts';

export interface RemoteFile extends Fingerprint {
  /** Name below the base address, and in the folder. */
  file: string;
}

/** Called with the bytes that are here, and of how many: once at the start, then file by file. */
export type OnProgress = (done: number, total: number) => void;

export interface DownloadOptions {
  /** Address of the folder that holds the files, ending in `/`. */
  baseUrl: string;
  into: string;
  onProgress?: OnProgress;
  /** Time limit for one file, in milliseconds. */
  timeout?: number;
  /** Time limit for the first file, which is tried once. */
  firstTimeout?: number;
}

/** Enough to hide the latency of small files, few enough to be a polite guest. */
const CONCURRENCY = 6;
const ATTEMPTS = 3;

/**
 * Fetches the files that the folder does not hold yet. A file enters the folder only whole and with the right
 * SHA-256, so a stopped download continues where it was.
 *
 * The first file is fetched alone, within seconds and without a second attempt: a closed network may swallow
 * requests. Once it has arrived, the rest is worth waiting for.
 *
 * @throws VergerError `DOWNLOAD_FAILED` naming the address, when it does not answer as it should
 * @throws ContractBroken naming the file, when what came is not what was published
 */
export async function downloadFiles(files: RemoteFile[], options: DownloadOptions): Promise<void> {
  const { baseUrl, into, onProgress, timeout = 60_000, firstTimeout = 5_000 } = options;
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const missing: RemoteFile[] = [];
  for (const file of files) {
    if (!(await isWhole(join(into, file.file), file))) missing.push(file);
  }
  if (missing.length === 0) return;
  let done = total - missing.reduce((sum, { bytes }) => sum + bytes, 0);
  onProgress?.(done, total);

  const stop = new AbortController();
  const fetchInto = async (file: RemoteFile, limits: Limits) => {
    const bytes = await fetchFile(file, new URL(file.file, baseUrl), { ...limits, stop: stop.signal });
    await writeWhole(join(into, file.file), bytes);
    done += file.bytes;
    onProgress?.(done, total);
  };
  const [first, ...rest] = missing.sort((a, b) => a.bytes - b.bytes) as [RemoteFile, ...RemoteFile[]];
  await fetchInto(first, { timeout: firstTimeout, attempts: 1 });
  const queue = rest.values();
  const work = async () => {
    for (const file of queue) await fetchInto(file, { timeout, attempts: ATTEMPTS });
  };
  let failure: unknown;
  const noteFailure = (error: unknown) => {
    failure ??= error;
    stop.abort();
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, () => work().catch(noteFailure)));
  if (failure) throw failure;
}

interface Limits {
  /** Of one attempt, in milliseconds. */
  timeout: number;
  attempts: number;
}

async function fetchFile(
  file: RemoteFile,
  url: URL,
  { timeout, attempts, stop }: Limits & { stop: AbortSignal },
): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await fetch(url, { signal: AbortSignal.any([stop, AbortSignal.timeout(timeout)]) });
      if (!response.ok) throw new HttpError(response.status);
      return check(file, url, new Uint8Array(await response.arrayBuffer()));
    } catch (error) {
      if (error instanceof ContractBroken) throw error;
      if (attempt === attempts || stop.aborted || isFinal(error)) {
        throw new VergerError('DOWNLOAD_FAILED', `${url} cannot be fetched: ${reason(error)}`, {
          cause: error,
        });
      }
      await sleep(500 * attempt);
    }
  }
}

function check(file: RemoteFile, url: URL, bytes: Uint8Array): Uint8Array {
  const got = fingerprint(bytes);
  if (got.sha256 !== file.sha256) {
    throw new ContractBroken(
      `${file.file} from ${url} is not the published file: ${got.bytes} bytes with SHA-256 ${got.sha256}, ` +
        `should be ${file.bytes} with ${file.sha256}`,
    );
  }
  return bytes;
}

class HttpError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`HTTP status ${status}`);
    this.status = status;
  }
}

/** What another attempt a second later would not change: no such file, no such host, connection refused. */
function isFinal(error: unknown): boolean {
  if (error instanceof HttpError) return error.status < 500 && error.status !== 408 && error.status !== 429;
  return /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH/.test(reason(error));
}

/** fetch says only "fetch failed"; its cause knows why. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  const { code, message: inner } = (cause ?? {}) as { code?: string; message?: string };
  return [message, code ?? inner].filter(Boolean).join(': ');
}
