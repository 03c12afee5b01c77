/** The photos that were selected on the map: listed, and their keys copied. */
import { countOf } from '../shared/format.ts';
import { element, make } from './elements.ts';
import { button, type Described } from './panel.ts';
import type { Pictures } from './pictures.ts';

/** Photos that are listed; all keys are copied. */
const LISTED = 300;

/** Shows what is selected; nothing where nothing is. */
export function showSelection(
  selected: readonly number[],
  pictures: Pictures,
  describe: (photo: number) => Described,
  onOpen: (photo: number) => void,
  onClear: () => void,
): void {
  const place = element('selection');
  place.hidden = selected.length === 0;
  if (place.hidden) {
    place.replaceChildren();
    return;
  }
  const keys = selected.map((photo) => describe(photo).key).sort();
  const copy = button('Copy their keys', 'clear', async () => {
    copy.textContent = (await copyText(keys.join('\n'))) ? 'Copied' : 'The browser does not let pages copy';
  });
  const more = selected.length > LISTED ? `; the first ${LISTED} are shown` : '';
  place.replaceChildren(
    make(
      'p',
      'told',
      make('span', '', `${countOf(selected.length, 'photo')} selected${more}`),
      copy,
      button('Clear', 'clear', onClear),
    ),
    make(
      'ul',
      'grid',
      ...selected.slice(0, LISTED).map((photo) => {
        const { key, label } = describe(photo);
        const entry = button('', '', () => onOpen(photo));
        entry.title = key;
        entry.append(
          pictures.element(photo, 'thumb'),
          make('span', '', make('b', '', label), make('span', 'key', key)),
        );
        return make('li', '', entry);
      }),
    ),
  );
}

/** Copies text; by the older way where the newer is not allowed. @returns whether it worked */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand('copy');
    area.remove();
    return isCopied;
  }
}
