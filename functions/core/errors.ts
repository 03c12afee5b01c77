/**
 * The whole error family. A photo that cannot work is a {@link Refusal}: recorded, not retried.
 * Everything else is thrown as a {@link VergerError}: the platform retries it or a person reads it.
 */

/**
 * Why a photo cannot be used, and what that means: stable names, stored in the table, counted in every manifest, and
 * explained by the report. README.md says more of each.
 */
export const REFUSAL_REASONS = {
  empty: 'The file holds no bytes.',
  'too-many-bytes': 'The file is larger than the limit on bytes; it was not read.',
  'too-many-pixels': 'Width times height is over the limit on pixels; it was not decoded.',
  'unsupported-format':
    'The content is not a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC, whatever the name says.',
  corrupt: 'The format is known, but the file is damaged and does not decode to its end.',
  unreadable:
    'The bucket does not hand it out: it is archived, or encrypted with a key that is denied. That can change.',
} as const;

export type RefusalReason = keyof typeof REFUSAL_REASONS;

export class VergerError extends Error {
  /** Kind of error: stable, for programs. */
  readonly code: string;

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A photo that cannot be featurized: the caller records it and does not retry. */
export class Refusal extends VergerError {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, detail: string, options?: { cause?: unknown }) {
    super('PHOTO_REFUSED', detail, options);
    this.reason = reason;
  }
}

/** What somebody asked for cannot be done as asked: a wrong option, event or setting. */
export class InvalidRequest extends VergerError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('INVALID_REQUEST', message, options);
  }
}

/** A file or stored item does not honour its contract: a wrong model, a damaged features item. */
export class ContractBroken extends VergerError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('CONTRACT_BROKEN', message, options);
  }
}

/** Rows of two models, or of two feature counts, where one is required. */
export class ModelMismatch extends VergerError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('MODEL_MISMATCH', message, options);
  }
}

/** There are too few rows to fit anything. */
export class TooFewRows extends VergerError {
  constructor(message: string, options?: { cause?: unknown }) {
    super('TOO_FEW_ROWS', message, options);
  }
}
