/**
 * What the messages of libvips, libtiff and libjpeg mean for a photo's pixels.
 *
 * Decided by their text, not by whether they are called warnings or errors: libtiff reports an orientation of 9 as an
 * error, and a bad Huffman code inside a TIFF as a warning. Whatever is not in the table counts as damage.
 */

/** `harmless`: every pixel is the photo's. `damage`: some are missing or wrong. `unsupported`: unknown to the decoder. */
export type Meaning = 'harmless' | 'damage' | 'unsupported';

/** What libvips and sharp say around a message, or because of one, without a meaning of its own. */
const FRAME =
  /^(Warning treated as error due to failOn setting|error in tile \d+ x \d+|read gave \d+ warnings|source: bad seek to -?\d+|Failed to read directory at offset \d+|Input buffer (has corrupt header:?|contains unsupported image format)|read error|vipspng: libpng read error| {2}Value \d+ of NumberOfInks is different .*)$/;

/** libtiff's names of the tags that pixels depend on; messages about other tags say nothing about pixels. */
const PIXEL_TAG =
  'ImageWidth|ImageLength|BitsPerSample|Compression|PhotometricInterpretation|FillOrder|StripOffsets|SamplesPerPixel|RowsPerStrip|StripByteCounts|PlanarConfiguration|Predictor|ColorMap|TileWidth|TileLength|TileOffsets|TileByteCounts|ExtraSamples|SampleFormat|DataType|JPEGTables|YCbCr\\w+|ReferenceBlackWhite|InkSet|NumberOfInks|Group[34]Options';
const otherTag = `(?!(?:${PIXEL_TAG})")[^"]+`;
/** Numbers of the tags named in {@link PIXEL_TAG}, for messages that give no name. */
const pixelTagNumber =
  '(?:25[6-9]|262|266|273|27[789]|284|29[23]|317|32[02345]|33[24789]|347|529|53[012]|32996)';

/** Sorted by source. Each line is provoked by a file in test/core/photo/photo-messages.test.ts. */
export const MESSAGES: readonly (readonly [RegExp, Meaning])[] = [
  // libtiff, about tags that pixels do not depend on
  [new RegExp(`^(Incompatible type for|Out of memory reading of) "${otherTag}"; tag ignored$`), 'harmless'],
  [new RegExp(`^Incorrect (count|value) for "${otherTag}"; tag ignored$`), 'harmless'],
  [new RegExp(`^incorrect count for field "${otherTag}"`), 'harmless'],
  [new RegExp(`^Null count for "${otherTag}" \\(type`), 'harmless'],
  [new RegExp(`^Sanity check on size of "${otherTag}" value failed; tag ignored$`), 'harmless'],
  [new RegExp(`^Requested memory size for tag (?!${pixelTagNumber} )\\d+ .* tag not read$`), 'harmless'],
  [/^ASCII value for (ASCII array )?tag "[^"]+" (does not end in|contains) null byte/, 'harmless'],
  [new RegExp(`^Bad value -?\\d+ for "${otherTag}" tag$`), 'harmless'],
  [/^Warning source input; Tag InkNames:$/, 'harmless'],
  // libtiff, about directories after the first one: the photo is the first
  [/^TIFF directory \d+ has IFD looping to directory \d+ /, 'harmless'],
  [/^Seek error accessing TIFF directory$/, 'harmless'],
  [/^Sanity check on directory count failed, /, 'harmless'],
  [/^Failed to allocate memory for to read TIFF directory \(0 elements/, 'harmless'],
  // libtiff, about what it corrects
  [/^Invalid TIFF directory; tags are not sorted in ascending order$/, 'harmless'],
  [/"StripByteCounts" field, (ignoring and )?calculating from imagelength$/, 'harmless'],
  [/^Sum of Photometric type-related color channels and ExtraSamples doesn't match/, 'harmless'],
  [/^Tag \w+ entry count is \d+ , whereas it should be SamplesPerPixel=\d+\. /, 'harmless'],
  [/^The JPEG strip\/tile is encoded with progressive mode, /, 'harmless'],
  [/^libtiff should be able to decode it, but it might cause compatibility issues/, 'harmless'],
  [/^Old-style LZW codes, convert file$/, 'harmless'],
  // libtiff and libvips, about what they do not know
  [/compression support is not configured$/, 'unsupported'],
  [/^Compression scheme \d+ \w+ decoding is not implemented$/, 'unsupported'],
  [/^tiled separate planes not supported$/, 'unsupported'],
  [/^samples_per_pixel not a whole number of bytes$/, 'unsupported'],
  [/^Input image exceeds channel limit$/, 'unsupported'],
  // libjpeg (jerror.h), also inside a TIFF
  [/^Warning: unknown JFIF revision number \d+\.\d+$/, 'harmless'],
  [/^Unknown Adobe color transform code \d+$/, 'harmless'],
  [/^Invalid SOS parameters for sequential JPEG$/, 'harmless'],
  [/^Corrupt JPEG data: \d+ extraneous bytes before marker 0x[\da-f]{2}$/, 'harmless'],
  [/^Unsupported JPEG data precision \d+$/, 'unsupported'],
  [/^Unsupported JPEG process: SOF type 0x[\da-f]{2}$/, 'unsupported'],
];

/** Where a message comes from, which libvips puts in front of it. */
const SOURCE = /^((Input buffer has corrupt header: |VipsJpeg: |tiff2vips: |source input: |[\w/]+2vips: )+)/;

/**
 * Judges the messages of a decode by their worst line.
 *
 * @param messages each of one or more lines
 * @returns the worst meaning, `harmless` where nothing was said; and the first line that has it, without its source
 */
export function judgeMessages(messages: readonly string[]): { meaning: Meaning; line: string } {
  const lines = messages
    .flatMap((message) => message.split('\n'))
    .map((line) => line.trimEnd().replace(SOURCE, ''))
    .filter((line) => line !== '' && !FRAME.test(line));
  const judged = lines.map((line) => ({ meaning: meaningOf(line), line }));
  for (const meaning of ['unsupported', 'damage', 'harmless'] as const) {
    const found = judged.find((each) => each.meaning === meaning);
    if (found) return found;
  }
  return { meaning: 'harmless', line: '' };
}

function meaningOf(line: string): Meaning {
  return MESSAGES.find(([pattern]) => pattern.test(line))?.[1] ?? 'damage';
}
