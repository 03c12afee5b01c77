/**
 * An S3 bucket: what a key holds now, the versions below it, and what each change is called in events.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
 */
import { hash } from 'node:crypto';

export type Versioning = 'unversioned' | 'versioned';

/** An object version, or a delete marker, which has no body. */
export interface Version {
  id: string;
  body?: Uint8Array;
  etag: string;
  /** Milliseconds since the epoch, whole seconds. */
  lastModified: number;
  /** Why its bytes are not handed out. */
  hidden?: 'archived' | 'key denied' | undefined;
}

/** A version that is no delete marker. */
export type ObjectVersion = Version & { body: Uint8Array };

/** One change that S3 tells of. */
export interface Change {
  /** Such as `ObjectCreated:Put`. */
  name: string;
  key: string;
  /** Absent in a bucket without versions. */
  versionId?: string;
  etag?: string;
  bytes?: number;
}

export class Bucket {
  readonly versioning: Versioning;
  /** Keys whose current version came to light because one above it was deleted: no event tells of it. */
  readonly uncovered = new Set<string>();
  readonly #versions = new Map<string, Version[]>();
  readonly #now: () => number;
  readonly #tell: (change: Change) => void;
  #ids = 0;

  constructor(versioning: Versioning, now: () => number, tell: (change: Change) => void = () => {}) {
    this.versioning = versioning;
    this.#now = now;
    this.#tell = tell;
  }

  /** @param how the request: `Put`, `Post`, `Copy` or `CompleteMultipartUpload`, whose ETag is of its own kind */
  put(key: string, body: Uint8Array, how = 'Put'): Version {
    const version = this.#add(key, body, how === 'CompleteMultipartUpload' ? '-1' : '');
    this.uncovered.delete(key);
    this.#tell({
      name: `ObjectCreated:${how}`,
      key,
      ...this.#idOf(version),
      etag: version.etag,
      bytes: body.byteLength,
    });
    return version;
  }

  /**
   * Deletes a key without naming a version: for good, or under a delete marker. Of a key that held nothing an event
   * is sent too: one more that changes nothing.
   *
   * @param by a person's request, or the bucket's lifecycle (of current versions only)
   */
  delete(key: string, by: 'ObjectRemoved' | 'LifecycleExpiration' = 'ObjectRemoved'): void {
    if (by === 'LifecycleExpiration' && !this.current(key)) return;
    this.uncovered.delete(key);
    if (this.versioning === 'unversioned') {
      this.#versions.delete(key);
      this.#tell({ name: `${by}:Delete`, key });
      return;
    }
    const marker = this.#add(key);
    this.#tell({ name: `${by}:DeleteMarkerCreated`, key, ...this.#idOf(marker), etag: marker.etag });
  }

  /** Deletes one version, or marker, for good. */
  deleteVersion(
    key: string,
    id: string,
    by: 'ObjectRemoved' | 'LifecycleExpiration' = 'ObjectRemoved',
  ): void {
    const versions = this.versions(key);
    const left = versions.filter((version) => version.id !== id);
    if (left.length === versions.length) return;
    this.#versions.set(key, left);
    if (left[0] !== versions[0]) {
      if (this.current(key)) this.uncovered.add(key);
      else this.uncovered.delete(key);
    }
    this.#tell({ name: `${by}:Delete`, key, versionId: id });
  }

  /** A lifecycle archives the object, or somebody denies the key that it is encrypted with. No event tells of it. */
  hide(key: string, why: 'archived' | 'key denied'): void {
    const version = this.current(key);
    if (version) version.hidden = why;
  }

  /** Hands the object out again; S3 tells of it where it was archived. */
  restore(key: string): void {
    const version = this.current(key);
    const why = version?.hidden;
    if (!version || !why) return;
    version.hidden = undefined;
    const { etag, body } = version;
    const bytes = body.byteLength;
    if (why === 'archived') {
      this.#tell({ name: 'ObjectRestore:Completed', key, ...this.#idOf(version), etag, bytes });
    }
  }

  /** The object that a GET finds. */
  current(key: string): ObjectVersion | undefined {
    const newest = this.#versions.get(key)?.[0];
    return newest && isObject(newest) ? newest : undefined;
  }

  /** Newest first, markers among them. */
  versions(key: string): Version[] {
    return this.#versions.get(key) ?? [];
  }

  /** Keys that hold an object, in order. */
  keys(): string[] {
    return [...this.#versions.keys()].filter((key) => this.current(key)).sort();
  }

  #add(key: string, body?: Uint8Array, suffix = ''): Version {
    const etag = hash('md5', body ?? '') + suffix;
    const lastModified = Math.floor(this.#now() / 1000) * 1000;
    const version = { id: `v${++this.#ids}`, etag, lastModified, ...(body && { body }) };
    const below = this.versioning === 'versioned' ? this.versions(key) : [];
    this.#versions.set(key, [version, ...below]);
    return version;
  }

  #idOf({ id }: Version): { versionId?: string } {
    return this.versioning === 'versioned' ? { versionId: id } : {};
  }
}

function isObject(version: Version): version is ObjectVersion {
  return version.body !== undefined;
}
