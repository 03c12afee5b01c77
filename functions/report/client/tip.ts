/** The tooltip of the map: picture, label and key of the photo under the pointer. */
import { make } from './elements.ts';
import type { Described } from './panel.ts';
import { markOfGroup, type PhotoMap } from './photo-map.ts';
import type { Pictures } from './pictures.ts';

const APART = 14;
/** Below this width, in pixels, the tooltip keeps clear of the pointed half. */
const NARROW = 480;

let tip: HTMLElement | undefined;

export function showTip(
  chart: HTMLElement,
  [x, y]: [number, number],
  photo: number,
  map: PhotoMap,
  { key, label }: Described,
  pictures: Pictures,
): void {
  hideTip();
  const row = document.querySelectorAll('#labels tr')[map.label[photo]!];
  const mark =
    markOfGroup(map, map.label[photo]!).colour < 0 ? undefined : row?.querySelector('svg')?.cloneNode(true);
  const text = make('span', '', make('b', '', label), make('span', 'key', key));
  tip = make('div', 'tip', pictures.element(photo, 'thumb'), ...(mark ? [mark] : []), text);
  chart.append(tip);
  const [wide, high] = [tip.offsetWidth, tip.offsetHeight];
  const [width, height] = [chart.clientWidth, chart.clientHeight];
  const isNarrow = width < NARROW;
  const left = isNarrow ? (width - wide) / 2 : x + APART + wide > width ? x - APART - wide : x + APART;
  const top = isNarrow
    ? y > height / 2
      ? 0
      : height - high
    : Math.min(Math.max(0, y - high / 2), height - high);
  tip.style.left = `${Math.max(0, left)}px`;
  tip.style.top = `${top}px`;
}

export function hideTip(): void {
  tip?.remove();
  tip = undefined;
}
