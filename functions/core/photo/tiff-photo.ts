/** Which TIFFs are photos: what their samples mean, as their first directory says. */
import type { Depth } from './photo-decoder.ts';
import { TAG, type TiffDirectory } from './tiff-directory.ts';

/** How the samples of a TIFF become colours, where libvips does not know or would be wrong. */
export interface TiffSamples {
  /** YCbCr that is not yet converted. */
  isYCbCr: boolean;
  isCompressed: boolean;
  /** False where channels beyond the colours are not declared as alpha, but something else. */
  hasAlpha: boolean;
  depth: Depth;
}

/** Channels of a pixel's colour, by PhotometricInterpretation. */
const COLOURS: Record<number, number> = { 0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3 };

const OTHER_COLOURS: Record<number, string> = {
  4: 'a transparency mask',
  8: 'CIELab',
  9: 'ICCLab',
  10: 'ITULab',
  32803: 'a colour filter array, as of a camera raw file',
  32844: 'LogL',
  32845: 'LogLuv',
  34892: 'linear raw, as of a camera raw file',
  51177: 'a depth map',
};

/** Compressions that the libtiff inside sharp decodes. */
const DECODED: ReadonlySet<number> = new Set([
  1, 2, 3, 4, 5, 6, 7, 8, 32_771, 32_773, 32_946, 34_927, 50_001,
]);

const OTHER_COMPRESSIONS: Record<number, string> = {
  9: 'JBIG',
  10: 'JBIG',
  32766: 'NeXT',
  32809: 'ThunderScan',
  32908: 'PixarFilm',
  32909: 'PixarLog',
  34661: 'JBIG',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv',
  33003: 'JPEG 2000',
  33004: 'JPEG 2000',
  33005: 'JPEG 2000',
  34712: 'JPEG 2000',
  34713: 'Nikon NEF',
  34887: 'LERC',
  34892: 'lossy DNG',
  34925: 'LZMA',
  34926: 'zstd',
  34933: 'PNG',
  34934: 'JPEG XR',
  22610: 'JPEG XR',
  50000: 'zstd',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};

const FORMATS: Record<number, string> = {
  2: 'signed integers',
  3: 'floating-point numbers',
  5: 'complex integers',
  6: 'complex numbers',
};

/**
 * What keeps a TIFF from being a photo: samples or colours that have no single meaning as one, or that the decoder
 * does not know; to follow "the TIFF has".
 *
 * @returns undefined for a photo, and where the directory does not say: libtiff will say what is wrong
 */
export function foreignSamples({ values }: TiffDirectory): string | undefined {
  const one = (tag: number, otherwise: number): number => values.get(tag)?.[0] ?? otherwise;
  const compression = one(TAG.Compression, 1);
  if (!DECODED.has(compression)) {
    return `${OTHER_COMPRESSIONS[compression] ?? `unknown (${compression})`} compression`;
  }
  const format = FORMATS[one(TAG.SampleFormat, 1)];
  const bits = values.get(TAG.BitsPerSample) ?? [1];
  if (format) return `samples that are ${format} of ${bits[0]} bits`;
  const photometric = one(TAG.PhotometricInterpretation, 2);
  const other = OTHER_COLOURS[photometric];
  if (other) return `samples that are ${other}`;
  if (!(photometric in COLOURS)) return `colours of an unknown kind (${photometric})`;

  const samples = one(TAG.SamplesPerPixel, 1);
  const used = bits.slice(0, Math.max(1, samples));
  if (used.some((depth) => depth !== used[0])) return `samples of different sizes: ${used.join(', ')} bits`;
  const [depth = 1] = used;
  if (depth > 16) return `samples that are integers of ${depth} bits`;
  if (![1, 2, 4, 8, 16].includes(depth) || (depth < 8 && samples > 1)) {
    return `${samples === 1 ? 'samples' : `${samples} samples a pixel`} of ${depth} bits`;
  }
  if (photometric === 5 && (one(TAG.InkSet, 1) !== 1 || one(TAG.NumberOfInks, 4) !== 4)) {
    return 'inks other than CMYK';
  }
  if (photometric === 6 && depth !== 8) return `YCbCr of ${depth} bits`;
  const unsaid = extraSamples(values).filter((kind) => kind !== 1 && kind !== 2).length;
  if (samples > 4 && unsaid > 0) return `${samples} channels, and does not say what ${unsaid} of them are`;
  return undefined;
}

/** What to do with the decoded samples. */
export function samplesOf({ values }: TiffDirectory): TiffSamples {
  const compression = values.get(TAG.Compression)?.[0] ?? 1;
  const [horizontal = 2, vertical = 2] = values.get(TAG.YCbCrSubSampling) ?? [];
  const isYCbCr = values.get(TAG.PhotometricInterpretation)?.[0] === 6;
  // libtiff converts JPEG's; libvips has it convert what is subsampled.
  const isConverted = compression === 6 || compression === 7 || horizontal > 1 || vertical > 1;
  const isDeep = values.get(TAG.BitsPerSample)?.[0] === 16;
  const isGrey = COLOURS[values.get(TAG.PhotometricInterpretation)?.[0] ?? 2] === 1;
  return {
    depth: { space: isGrey ? 'grey16' : 'rgb16', hasProfile: isDeep && values.has(TAG.IccProfile) },
    isYCbCr: isYCbCr && !isConverted,
    isCompressed: compression !== 1,
    hasAlpha: extraSamples(values).every((kind) => kind === 1 || kind === 2),
  };
}

/** Kinds of the channels beyond the colours (TIFF 6.0, ExtraSamples): 0 where the file does not say. */
function extraSamples(values: TiffDirectory['values']): number[] {
  const colours = COLOURS[values.get(TAG.PhotometricInterpretation)?.[0] ?? 2] ?? 3;
  const count = Math.max(0, (values.get(TAG.SamplesPerPixel)?.[0] ?? 1) - colours);
  const said = values.get(TAG.ExtraSamples) ?? [];
  return Array.from({ length: Math.min(count, 100) }, (_, i) => said[i] ?? 0);
}
