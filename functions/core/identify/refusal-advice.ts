import type { RefusalReason } from '../errors.ts';

/** What whoever sent a photo can do about a refusal, in a sentence. */
export const ADVICE: Readonly<Record<RefusalReason, string>> = {
  empty: 'Send the bytes of one photo as the body of the request.',
  'too-many-bytes': 'Shrink the photo to 1024 pixels on its longer side, and send that.',
  'too-many-pixels': 'Shrink the photo to 1024 pixels on its longer side, and send that.',
  'unsupported-format': 'Send a JPEG, PNG, WebP, GIF, TIFF, AVIF or HEIC.',
  corrupt: 'Take or save the photo again: this file is damaged, or did not arrive whole.',
  unreadable: 'Try again later.',
};
