/** Reads what somebody sent, member by member; a wrong one is refused by name and value. */
import { InvalidRequest } from '../../core/errors.ts';
import { isSequencer } from '../../core/ordering.ts';
import { preview } from '../../core/preview.ts';

export type Fields = Record<string, unknown>;

/** The longest key that S3 takes, in bytes of UTF-8. */
const MOST_KEY_BYTES = 1024;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param where what holds the member, such as `Records[].s3` @throws InvalidRequest */
export function fieldsIn(value: unknown, name: string, where: string): Fields {
  return required(value, name, where, 'an object', isFields);
}

/** @throws InvalidRequest for anything but a string */
export function textIn(value: unknown, name: string, where: string): string {
  return required(value, name, where, 'a string', isText);
}

/** @throws InvalidRequest for anything but up to 40 hexadecimal digits */
export function sequencerIn(value: unknown, name: string, where: string): string {
  return required(value, name, where, '1 to 40 hexadecimal digits', isSequencer);
}

/** An ETag without its quotes. @throws InvalidRequest for what neither an ETag nor an HTTP header may hold */
export function etagIn(value: unknown, name: string, where: string): string {
  return required(value, name, where, 'an ETag', isEtag).replaceAll('"', '');
}

/** An object's key, not encoded. @throws InvalidRequest naming it as `what`, where it cannot be a key */
export function checkKey(key: string, what = 'object key'): string {
  const bytes = Buffer.byteLength(key);
  if (bytes === 0 || bytes > MOST_KEY_BYTES) {
    throw new InvalidRequest(
      `${what} ${preview(key)} has ${bytes} bytes; S3 takes 1 to ${MOST_KEY_BYTES} of them`,
    );
  }
  if (/\p{Surrogate}/u.test(key)) throw new InvalidRequest(`${what} ${preview(key)} is not Unicode text`);
  return key;
}

function required<T>(
  value: unknown,
  name: string,
  where: string,
  expected: string,
  is: (found: unknown) => found is T,
): T {
  const found = isFields(value) ? value[name] : undefined;
  if (is(found)) return found;
  throw new InvalidRequest(`${where}.${name} should be ${expected}, is ${preview(found)}`);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isEtag(value: unknown): value is string {
  return typeof value === 'string' && /^"?[!#-~]+"?$/.test(value);
}
