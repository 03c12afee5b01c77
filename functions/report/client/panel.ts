/** The panel of one photo: its picture, what it is called, and the photos most like it. */
import { decodeWholes } from '../shared/columns.ts';
import type { Payload } from '../shared/payload.ts';
import { element, make } from './elements.ts';
import type { Pictures } from './pictures.ts';

export interface Panel {
  open(photo: number): void;
  close(): void;
}

/** What is told of a photo in words. */
export interface Described {
  key: string;
  label: string;
}

/** Photos most like one, with their cosines. */
export function readNeighbours({
  points,
}: Payload): (photo: number) => { photo: number; similarity: number }[] {
  const { neighbours, count } = points;
  if (!neighbours) return () => [];
  const place = decodeWholes(neighbours.place);
  const similarity = decodeWholes(neighbours.similarity);
  const { each } = neighbours;
  return (photo) =>
    photo >= count
      ? []
      : Array.from({ length: each }, (_, rank) => ({
          photo: place[photo * each + rank]!,
          similarity: similarity[photo * each + rank]! / 32_767.5 - 1,
        }));
}

/**
 * @param onPinned told which photo the panel shows, undefined: none
 * @param onLabel told to bring a photo's label forward
 */
export function createPanel(
  pictures: Pictures,
  describe: (photo: number) => Described,
  neighboursOf: ReturnType<typeof readNeighbours>,
  onPinned: (photo: number | undefined) => void,
  onLabel: (photo: number) => void,
): Panel {
  const panel = element('panel');
  let before: Element | null = null;

  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    panel.replaceChildren();
    onPinned(undefined);
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    before = null;
  };
  const open = (photo: number) => {
    const { key, label } = describe(photo);
    if (!panel.contains(document.activeElement)) before = document.activeElement;
    const closing = button('Close', 'close', close);
    const near = neighboursOf(photo);
    panel.replaceChildren(
      make('div', 'head', make('h2', '', label), closing),
      pictures.element(photo, 'picture'),
      make('p', 'key', key),
      make(
        'p',
        '',
        button('Bring its label forward', 'clear', () => onLabel(photo)),
      ),
      ...(near.length > 0
        ? [make('h3', '', 'Most alike'), make('ol', 'alike', ...near.map((one) => entryOf(one, label)))]
        : []),
    );
    panel.hidden = false;
    panel.scrollTop = 0;
    closing.focus({ preventScroll: true });
    onPinned(photo);
  };
  const entryOf = ({ photo, similarity }: { photo: number; similarity: number }, label: string) => {
    const other = describe(photo);
    const text = make(
      'span',
      other.label === label ? '' : 'differs',
      make('b', '', other.label),
      make('span', 'soft', similarity.toFixed(3)),
    );
    const entry = button('', '', () => open(photo));
    entry.title = other.key;
    entry.append(pictures.element(photo, 'thumb'), text);
    return make('li', '', entry);
  };
  return { open, close };
}

/** A button with text. */
export function button(text: string, className: string, onClick: () => void): HTMLButtonElement {
  const made = make('button', className, text) as HTMLButtonElement;
  made.type = 'button';
  made.addEventListener('click', onClick);
  return made;
}
