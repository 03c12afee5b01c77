/** The photos at the two ends of a component: what a person reads instead of its loadings. */
import { unpackColumn } from '../shared/columns.ts';
import { formatShare, formatValue } from '../shared/format.ts';
import type { Payload } from '../shared/payload.ts';
import { element, make } from './elements.ts';
import { button, type Described } from './panel.ts';
import type { Pictures } from './pictures.ts';

const AT_AN_END = 6;

/** Lets the reader choose a component and shows the photos at its ends. */
export function showEnds(
  { points, shares }: Payload,
  pictures: Pictures,
  describe: (photo: number) => Described,
  onOpen: (photo: number) => void,
): void {
  const place = element('ends');
  const choice = document.createElement('select');
  choice.id = 'component';
  choice.append(
    ...points.components.map(
      (_, at) => new Option(`Component ${at + 1} (${formatShare(shares[at] ?? 0)})`, String(at)),
    ),
  );
  const rows = make('div', 'two');
  const draw = () => {
    const values = unpackColumn(points.components[Number(choice.value)]!);
    const component = Number(choice.value) + 1;
    const order = values.map((_, at) => at).sort((a, b) => values[a]! - values[b]!);
    // Half of few photos at each end, none at both.
    const most = Math.min(AT_AN_END, order.length >> 1);
    const end = (title: string, photos: number[]) =>
      make(
        'div',
        '',
        make('h3', '', title),
        make(
          'ul',
          'grid',
          ...photos.map((photo) => {
            const { key, label } = describe(photo);
            const entry = button('', '', () => onOpen(photo));
            entry.title = key;
            const text = make(
              'span',
              '',
              make('b', '', label),
              make('span', 'soft', formatValue(values[photo]!)),
            );
            entry.append(pictures.element(photo, 'thumb'), text);
            return make('li', '', entry);
          }),
        ),
      );
    rows.replaceChildren(
      end(`Lowest on component ${component}`, order.slice(0, most)),
      end(`Highest on component ${component}`, order.slice(order.length - most).reverse()),
    );
  };
  choice.addEventListener('change', draw);
  const label = make('label', 'choice', 'Photos at the two ends of ', choice);
  place.replaceChildren(label, rows);
  draw();
}
