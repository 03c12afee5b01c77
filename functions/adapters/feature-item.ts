/** The items of the features table: their attributes, and reading them back. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { ContractBroken } from '../core/errors.ts';
import { KEY_ATTRIBUTE } from '../core/key-names.ts';
import { padSequencer, SEEN } from '../core/ordering.ts';
import type { FeatureItem, SeenItem } from '../core/ports.ts';
import { preview } from '../core/preview.ts';

export type Item = Record<string, AttributeValue>;

/** The stored form of an item. */
export function toItem(item: FeatureItem): Item {
  const stored: Item = { [KEY_ATTRIBUTE]: { S: item.key } };
  if (item.sequencer !== undefined) stored.sequencer = { S: padSequencer(item.sequencer) };
  if (item.kind === 'erased') {
    return { ...stored, erased: { BOOL: true }, expiresAt: { N: String(item.expiresAt) } };
  }
  stored.etag = { S: item.etag };
  if (item.label !== undefined) stored.label = { S: item.label };
  stored.model = { S: item.model };
  stored.featurizedAt = { S: item.featurizedAt };
  if (item.kind === 'refused') {
    return { ...stored, refused: { S: item.refused }, detail: { S: item.detail } };
  }
  return {
    ...stored,
    features: { B: toLittleEndian(item.features) },
    width: { N: String(item.width) },
    height: { N: String(item.height) },
    bytes: { N: String(item.bytes) },
  };
}

/**
 * Reads an item back.
 *
 * @throws ContractBroken naming the photo and the attribute that is missing or of the wrong type
 */
export function fromItem(item: Item): FeatureItem {
  const key = text(item, KEY_ATTRIBUTE);
  const sequencer = item.sequencer?.S;
  const base = { key, ...(sequencer !== undefined && { sequencer }) };
  if (item.erased?.BOOL) return { kind: 'erased', ...base, expiresAt: whole(item, 'expiresAt') };

  const label = item.label?.S;
  const common = {
    ...base,
    etag: text(item, 'etag'),
    ...(label !== undefined && { label }),
    model: text(item, 'model'),
    featurizedAt: text(item, 'featurizedAt'),
  };
  if (item.refused?.S !== undefined) {
    return {
      kind: 'refused',
      ...common,
      refused: item.refused.S,
      detail: text(item, 'detail'),
    };
  }
  return {
    kind: 'featurized',
    ...common,
    features: fromLittleEndian(item.features?.B, key),
    width: whole(item, 'width'),
    height: whole(item, 'height'),
    bytes: whole(item, 'bytes'),
  };
}

/** What backfill sees of an item that was read with only those attributes. */
export function toSeen(item: Item): SeenItem {
  return Object.fromEntries(
    SEEN.flatMap((name) => (item[name]?.S === undefined ? [] : [[name, item[name].S]])),
  );
}

/** Every platform that Node and Lambda run on is little-endian, so the float32 memory is the stored form. */
function toLittleEndian(features: Float32Array): Uint8Array {
  return new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
}

function fromLittleEndian(bytes: Uint8Array | undefined, key: string): Float32Array {
  if (bytes === undefined || bytes.byteLength === 0 || bytes.byteLength % 4 !== 0) {
    throw new ContractBroken(
      `item ${preview(key)}: features should be a multiple of 4 bytes, is ${bytes?.byteLength ?? 'absent'}`,
    );
  }
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** A string attribute. @throws ContractBroken naming the photo and the attribute */
export function text(item: Item, name: string): string {
  const value = item[name]?.S;
  if (value === undefined) throw brokenItem(item, name, 'a string');
  return value;
}

function whole(item: Item, name: string): number {
  const value = Number(item[name]?.N);
  if (!Number.isSafeInteger(value)) throw brokenItem(item, name, 'a whole number');
  return value;
}

function brokenItem(item: Item, name: string, expected: string): ContractBroken {
  const key = preview(item[KEY_ATTRIBUTE]?.S);
  return new ContractBroken(
    `item ${key}: attribute ${name} should be ${expected}, is ${preview(item[name])}`,
  );
}
