/**
 * libheif, as npm has it for WebAssembly, by its C interface. Its JavaScript wrapper takes the first picture instead
 * of the primary one, gives no profile, and prints.
 *
 * @see https://github.com/strukturag/libheif/blob/v1.23.2/libheif/api/libheif/heif_decoding.h
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { MainModule } from 'libheif-js/libheif-wasm/libheif.js';
import { ContractBroken } from '../errors.ts';
import type { Output } from './photo-decoder.ts';

/** A decoded picture, turned and cropped as the file says. */
export interface HeifImage extends Output {
  isPremultiplied: boolean;
  /** Its ICC profile. */
  icc: Buffer | undefined;
}

/** What libheif says of a file that it cannot decode. */
export class HeifError extends Error {}

/**
 * Decodes the primary picture of a HEIC to 8-bit RGB, or RGB with alpha.
 *
 * @param maxPixels of the picture and of each of its tiles
 * @throws HeifError where the file is damaged or holds something else
 * @throws ContractBroken where libheif is missing, or another version
 */
export function decodeHeif(bytes: Uint8Array, maxPixels: number): HeifImage {
  libheif ??= load();
  try {
    return decodeWith(libheif, bytes, maxPixels);
  } catch (error) {
    // Whatever else is thrown interrupted the program.
    if (!(error instanceof HeifError)) libheif = undefined;
    throw error;
  }
}

/** Loaded when the first HEIC arrives: 80 ms, and memory that only grows. */
let libheif: MainModule | undefined;

function load(): MainModule {
  // By `require`, which finds a Lambda layer; an import does not.
  const require = createRequire(import.meta.filename);
  try {
    const createLibheif: (options: object) => MainModule = require('libheif-js/libheif-wasm/libheif.js');
    const program = readFileSync(require.resolve('libheif-js/libheif-wasm/libheif.wasm'));
    return createLibheif({ wasmBinary: withLoopFilters(program), print: () => {}, printErr: () => {} });
  } catch (cause) {
    const { message } = cause as Error;
    throw new ContractBroken(`libheif-js cannot be loaded, for HEIC: ${message}`, { cause });
  }
}

/**
 * Turns HEVC's deblocking and sample-adaptive offset on. Built for WebAssembly, libheif switches them off for speed
 * (libheif/plugins/decoder_libde265.cc, `__EMSCRIPTEN__`), and decodes pixels that the file does not mean: at quality
 * 50, features at cosine 0.9988. It says `de265_set_parameter_bool(context, parameter, 1)` for both; here, 0.
 */
function withLoopFilters(program: Buffer): Buffer {
  let found = 0;
  for (const parameter of [DISABLE_DEBLOCKING, DISABLE_SAO]) {
    // local.get 0; i32.const parameter; i32.const 1; call
    const off = Buffer.of(0x20, 0x00, 0x41, parameter, 0x41, 1, 0x10);
    for (let at = program.indexOf(off); at >= 0; at = program.indexOf(off, at + 1)) {
      program[at + 5] = 0;
      found++;
    }
  }
  if (found !== 4) throw new Error(`libheif.wasm switches loop filters off in ${found} places, not in 4`);
  return program;
}

/** de265_param (libde265/de265.h) */
const DISABLE_DEBLOCKING = 7;
const DISABLE_SAO = 8;

/** Constants of the C interface, and offsets in its structures with 32-bit pointers. */
const RGB = 1; // heif_colorspace_RGB
const INTERLEAVED_RGB = 10; // heif_chroma_interleaved_RGB, 8 bits
const INTERLEAVED_RGBA = 11;
const INTERLEAVED = 10; // heif_channel_interleaved
const ERROR_SIZE = 12; // heif_error: code, subcode, message
const MAX_IMAGE_SIZE = 8; // heif_security_limits.max_image_size_pixels, 64 bits
const STRICT_DECODING = 21; // heif_decoding_options.strict_decoding

function decodeWith(heif: MainModule, bytes: Uint8Array, maxPixels: number): HeifImage {
  // Everything allocated is freed in reverse order, whatever happens.
  const taken: (() => void)[] = [];
  const allocate = (size: number): number => {
    const at = heif._malloc(size);
    if (at === 0) throw new Error(`libheif has no memory for ${size} bytes`);
    taken.push(() => heif._free(at));
    return at;
  };
  const read = (at: number): number => new DataView(heif.HEAPU8.buffer).getUint32(at, true);
  const [error, out] = [allocate(ERROR_SIZE), allocate(4)];
  const check = (): void => {
    if (read(error) !== 0) throw new HeifError(readString(heif, read(error + 8)));
  };
  try {
    const file = allocate(bytes.length);
    heif.HEAPU8.set(bytes, file);
    const context = heif._heif_context_alloc();
    taken.push(() => heif._heif_context_free(context));
    const limit = heif._heif_context_get_security_limits(context) + MAX_IMAGE_SIZE;
    new DataView(heif.HEAPU8.buffer).setBigUint64(limit, BigInt(maxPixels), true);
    heif._heif_context_read_from_memory_without_copy(error, context, file, bytes.length, 0);
    check();
    heif._heif_context_get_primary_image_handle(error, context, out);
    check();
    const handle = read(out);
    taken.push(() => heif._heif_image_handle_release(handle));
    const hasAlpha = heif._heif_image_handle_has_alpha_channel(handle) !== 0;
    const options = heif._heif_decoding_options_alloc();
    taken.push(() => heif._heif_decoding_options_free(options));
    heif.HEAPU8[options + STRICT_DECODING] = 1;
    const chroma = hasAlpha ? INTERLEAVED_RGBA : INTERLEAVED_RGB;
    heif._heif_decode_image(error, handle, out, RGB, chroma, options);
    check();
    const image = read(out);
    taken.push(() => heif._heif_image_release(image));
    const isPremultiplied = heif._heif_image_handle_is_premultiplied_alpha(handle) !== 0;
    const size = heif._heif_image_handle_get_raw_color_profile_size(handle);
    const profile = size > 0 ? allocate(size) : 0;
    if (profile) heif._heif_image_handle_get_raw_color_profile(error, handle, profile);
    if (profile) check();
    const icc = profile ? Buffer.from(heif.HEAPU8.subarray(profile, profile + size)) : undefined;
    return { ...copyPixels(heif, image, hasAlpha ? 4 : 3, out), isPremultiplied, icc };
  } finally {
    for (const giveBack of taken.reverse()) giveBack();
  }
}

/** @param out room for one number */
function copyPixels(heif: MainModule, image: number, channels: number, out: number): Output {
  const width = heif._heif_image_get_width(image, INTERLEAVED);
  const height = heif._heif_image_get_height(image, INTERLEAVED);
  const plane = heif._heif_image_get_plane_readonly(image, INTERLEAVED, out);
  const stride = new DataView(heif.HEAPU8.buffer).getUint32(out, true);
  const row = width * channels;
  const data = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) {
    const from = plane + y * stride;
    data.set(heif.HEAPU8.subarray(from, from + row), y * row);
  }
  return { data, width, height, channels };
}

function readString(heif: MainModule, at: number): string {
  const end = heif.HEAPU8.indexOf(0, at);
  return at === 0 ? '' : Buffer.from(heif.HEAPU8.subarray(at, end)).toString('utf8');
}
