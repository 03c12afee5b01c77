/** Sequence headers written bit by bit (AV1 bitstream specification, 5.5), in every order of what may be in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAv1Colour } from '../../../functions/core/photo/av1-sequence.ts';

interface Sequence {
  profile?: 0 | 1 | 2;
  isReduced?: boolean;
  /** Each with its level and, in turn, what may be said of its delays. */
  points?: { level: number; hasDecoderDelay: boolean; hasDisplayDelay: boolean }[];
  /** Bits of a decoder's delay; 0 where there is no model of decoders. */
  delayBits?: number;
  hasTiming?: boolean;
  /** Ticks of a picture less one, where they are always as many. */
  ticks?: number;
  hasDisplayDelays?: boolean;
  sides?: [bits: number, bits: number];
  hasFrameIds?: boolean;
  hasOrder?: boolean;
  screenContent?: 'chosen' | 'always' | 'never';
  integerMotion?: 'chosen' | 'always';
  isDeep?: boolean;
  isTwelve?: boolean;
  isMonochrome?: boolean;
  colour?: [primaries: number, transfer: number, matrix: number];
  isFullRange?: boolean;
}

/** uvlc(): as many zeros as the number plus one has bits after its first, then that. */
function uvlc(value: number): string {
  const bits = (value + 1).toString(2);
  return '0'.repeat(bits.length - 1) + bits;
}

function sequenceHeader(sequence: Sequence): Buffer {
  const { profile = 0, isReduced = false, isDeep = false, isMonochrome = false } = sequence;
  const [wide, high] = sequence.sides ?? [7, 9];
  const flag = (is: boolean | number | undefined) => (is ? '1' : '0');
  const bits = (value: number, count: number) => value.toString(2).padStart(count, '0');
  let out = `${bits(profile, 3)}1${flag(isReduced)}`;
  if (isReduced) out += bits(21, 5);
  else {
    out += flag(sequence.hasTiming);
    if (sequence.hasTiming) {
      out += bits(1, 32) + bits(30, 32) + flag(sequence.ticks !== undefined);
      if (sequence.ticks !== undefined) out += uvlc(sequence.ticks);
      out += flag(sequence.delayBits);
      if (sequence.delayBits) out += bits(sequence.delayBits - 1, 5) + bits(7, 32) + bits(3, 5) + bits(4, 5);
    }
    out += flag(sequence.hasDisplayDelays);
    const points = sequence.points ?? [{ level: 5, hasDecoderDelay: false, hasDisplayDelay: false }];
    out += bits(points.length - 1, 5);
    for (const { level, hasDecoderDelay, hasDisplayDelay } of points) {
      out += bits(0x101, 12) + bits(level, 5);
      if (level > 7) out += '1';
      if (sequence.hasTiming && sequence.delayBits) {
        out += flag(hasDecoderDelay);
        if (hasDecoderDelay) out += `${'1'.repeat(2 * sequence.delayBits)}1`;
      }
      if (sequence.hasDisplayDelays) out += flag(hasDisplayDelay) + (hasDisplayDelay ? '1010' : '');
    }
  }
  out += bits(wide - 1, 4) + bits(high - 1, 4) + '1'.repeat(wide) + '1'.repeat(high);
  if (!isReduced) out += flag(sequence.hasFrameIds) + (sequence.hasFrameIds ? bits(9, 4) + bits(2, 3) : '');
  out += '101';
  if (!isReduced) {
    const { screenContent = 'chosen', integerMotion = 'chosen' } = sequence;
    out += `1010${flag(sequence.hasOrder)}${sequence.hasOrder ? '10' : ''}`;
    out += { chosen: '1', always: '01', never: '00' }[screenContent];
    if (screenContent !== 'never') out += { chosen: '1', always: '01' }[integerMotion];
    if (sequence.hasOrder) out += '110';
  }
  out += `010${flag(isDeep)}`;
  if (profile === 2 && isDeep) out += flag(sequence.isTwelve);
  if (profile !== 1) out += flag(isMonochrome);
  out += flag(sequence.colour !== undefined);
  for (const value of sequence.colour ?? []) out += bits(value, 8);
  out += flag(sequence.isFullRange);
  return Buffer.from(
    (`${out}1`.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2)),
  );
}

/** A unit: its type, its content; with its size, in so many bytes, or up to the end. */
function unit(type: number, content: Buffer, sizeBytes = 1, hasExtension = false): Buffer {
  const header = [
    (type << 3) | (hasExtension ? 4 : 0) | (sizeBytes > 0 ? 2 : 0),
    ...(hasExtension ? [0xb8] : []),
  ];
  const size = Array.from(
    { length: sizeBytes },
    (_, i) => ((content.length >> (7 * i)) & 127) | (i < sizeBytes - 1 ? 128 : 0),
  );
  return Buffer.concat([Buffer.from([...header, ...size]), content]);
}

const [SEQUENCE_HEADER, DELIMITER, METADATA] = [1, 2, 5];
const wanted: Sequence = { colour: [9, 16, 9], isFullRange: true };
const colour = { matrix: 9, isFullRange: true };

test('a sequence header is found behind other units, however their sizes are written', () => {
  const header = sequenceHeader(wanted);
  const metadata = Buffer.alloc(300, 0x0a); // each byte looks like the beginning of a sequence header
  const files = [
    unit(SEQUENCE_HEADER, header),
    unit(SEQUENCE_HEADER, header, 0),
    unit(SEQUENCE_HEADER, header, 1, true),
    unit(SEQUENCE_HEADER, header, 4),
    Buffer.concat([unit(DELIMITER, Buffer.alloc(0)), unit(SEQUENCE_HEADER, header)]),
    Buffer.concat([unit(METADATA, metadata, 2), unit(SEQUENCE_HEADER, header, 0)]),
    Buffer.concat([unit(METADATA, metadata, 3, true), unit(SEQUENCE_HEADER, header, 2, true)]),
    Buffer.concat([unit(SEQUENCE_HEADER, header), unit(SEQUENCE_HEADER, sequenceHeader({}))]),
  ];
  for (const [i, file] of files.entries()) assert.deepEqual(readAv1Colour(file), colour, `file ${i}`);
  for (const none of [Buffer.alloc(0), unit(METADATA, metadata, 2), unit(METADATA, metadata, 0)]) {
    assert.equal(readAv1Colour(none), undefined);
  }
});

test('the colour is read whatever stands before it', () => {
  const point = (level: number, hasDecoderDelay = false, hasDisplayDelay = false) => ({
    level,
    hasDecoderDelay,
    hasDisplayDelay,
  });
  const several = [point(5, true, true), point(8, false, true), point(31, true, false), point(7)];
  const before: Sequence[] = [
    {},
    { isReduced: true },
    { sides: [1, 16] },
    { sides: [16, 16], isReduced: true },
    { points: several },
    { hasTiming: true },
    { hasTiming: true, ticks: 0 },
    { hasTiming: true, ticks: 6 },
    { hasTiming: true, ticks: 2 ** 20, points: several },
    { hasTiming: true, delayBits: 1, points: several },
    { hasTiming: true, delayBits: 32, ticks: 1, points: several, hasDisplayDelays: true },
    { hasDisplayDelays: true, points: several },
    { hasFrameIds: true },
    { hasOrder: true },
    { hasOrder: true, screenContent: 'never' },
    { screenContent: 'never' },
    { screenContent: 'always' },
    { screenContent: 'always', integerMotion: 'always', hasOrder: true },
    { integerMotion: 'always' },
    { isDeep: true },
    { profile: 1, isDeep: true },
    { profile: 2 },
    { profile: 2, isDeep: true },
    { profile: 2, isDeep: true, isTwelve: true },
    { isMonochrome: true },
  ];
  for (const sequence of before) {
    for (const isFullRange of [false, true]) {
      for (const described of [
        [9, 16, 9],
        [1, 13, 6],
        [1, 13, 1],
        [2, 13, 0],
        [1, 2, 0],
      ] as const) {
        const file = unit(
          SEQUENCE_HEADER,
          sequenceHeader({ ...sequence, colour: [...described], isFullRange }),
        );
        const found = { matrix: described[2], isFullRange };
        assert.deepEqual(readAv1Colour(file), found, JSON.stringify([sequence, described]));
      }
      const file = unit(SEQUENCE_HEADER, sequenceHeader({ ...sequence, isFullRange }));
      assert.deepEqual(readAv1Colour(file), { matrix: 2, isFullRange }, JSON.stringify(sequence));
    }
  }
});

test('sRGB has full range without a word, except where there is but grey', () => {
  const srgb: Sequence = { colour: [1, 13, 0], isFullRange: false };
  const read = (sequence: Sequence) => readAv1Colour(unit(SEQUENCE_HEADER, sequenceHeader(sequence)));
  assert.deepEqual(read({ ...srgb, profile: 1 }), { matrix: 0, isFullRange: true });
  assert.deepEqual(read({ ...srgb, isMonochrome: true }), { matrix: 0, isFullRange: false });
});

test('a header that is cut short anywhere is read to an end', () => {
  const header = sequenceHeader({ ...wanted, hasTiming: true, ticks: 2 ** 20, delayBits: 8 });
  for (let length = 0; length < header.length; length++) {
    const { matrix } = readAv1Colour(unit(SEQUENCE_HEADER, header.subarray(0, length), 0)) ?? { matrix: 0 };
    assert.ok(matrix >= 0);
  }
});
