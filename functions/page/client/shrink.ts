/** Pixels of the longer side that are sent: more than the network sees, and a tenth of what a camera takes. */
const LONGER_SIDE = 1024;

/** The most that is sent as it is. */
const MOST_BYTES = 4_500_000;

/**
 * A photo as it is sent: upright, at most 1024 pixels on its longer side, as a JPEG. What this browser cannot read, such as a
 * HEIC, goes as it is.
 *
 * @returns undefined where that would be too large
 */
export async function shrink(photo: Blob): Promise<Blob | undefined> {
  try {
    const bitmap = await createImageBitmap(photo, { imageOrientation: 'from-image' });
    return await draw(bitmap, bitmap.width, bitmap.height);
  } catch {
    return photo.size <= MOST_BYTES ? photo : undefined;
  }
}

/** What a source shows, at most 1024 pixels on its longer side, as a JPEG. */
export async function draw(source: CanvasImageSource, width: number, height: number): Promise<Blob> {
  const scale = Math.min(1, LONGER_SIDE / Math.max(width, height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser gives no canvas');
  context.fillStyle = '#fff'; // under what is transparent
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return await new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the photo could not be coded'))),
      'image/jpeg',
      0.92,
    );
  });
}
