/** The photos' thumbnails, as far as the page holds them. */
import type { Payload } from '../shared/payload.ts';
import { make } from './elements.ts';

export interface Pictures {
  has(photo: number): boolean;
  /** A new element that shows the photo, or that there is no picture of it. */
  element(photo: number, className: string): HTMLElement;
  /** The photo's picture for a canvas; undefined while it is decoded, or where there is none. */
  drawable(photo: number): HTMLImageElement | undefined;
}

/** @param onDecoded told when a picture that was asked for can be drawn */
export function readPictures({ thumbnails }: Payload, onDecoded: () => void): Pictures {
  const data = new Map(thumbnails.place.map((place, at) => [place, thumbnails.data[at]!]));
  const decoded = new Map<number, HTMLImageElement>();
  const source = (photo: number) => `data:image/webp;base64,${data.get(photo)}`;
  return {
    has: (photo) => data.has(photo),
    element(photo, className) {
      if (!data.has(photo)) return make('span', `${className} none`, '');
      const image = document.createElement('img');
      image.className = className;
      image.alt = '';
      image.src = source(photo);
      return image;
    },
    drawable(photo) {
      if (!data.has(photo)) return undefined;
      let image = decoded.get(photo);
      if (!image) {
        image = new Image();
        image.onload = onDecoded;
        image.src = source(photo);
        decoded.set(photo, image);
      }
      return image.complete && image.naturalWidth > 0 ? image : undefined;
    },
  };
}
