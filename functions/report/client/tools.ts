/** The controls above the map. */
import { formatShare } from '../shared/format.ts';
import type { Payload } from '../shared/payload.ts';
import { element, make } from './elements.ts';
import type { Tool } from './gestures.ts';
import { button } from './panel.ts';
import type { Axes } from './photo-map.ts';

export interface Tools {
  onAxes(axes: Axes): void;
  onColour(by: 'label' | 'folder'): void;
  onTool(tool: Tool): void;
  onZoom(factor: number): void;
  onReset(): void;
}

/** @param hasFolders whether photos lie in more than one folder above the one that names the label */
export function showTools({ points, shares }: Payload, hasFolders: boolean, on: Tools): void {
  const components = points.components.map((_, at) => [
    String(at),
    `Component ${at + 1} (${formatShare(shares[at] ?? 0)})`,
  ]);
  const x = select('Across', components, '0');
  const y = select('Up', components, '1');
  const arrangement = select(
    'Arranged by',
    [
      ['pca', 'components'],
      ['nearby', 'neighbours'],
    ],
    'pca',
  );
  const axes = () => {
    const isNearby = arrangement.control.value === 'nearby';
    for (const { whole } of [x, y]) whole.hidden = isNearby;
    on.onAxes(isNearby ? 'nearby' : [Number(x.control.value), Number(y.control.value)]);
  };
  for (const { control } of [x, y, arrangement]) control.addEventListener('change', axes);
  const colour = select(
    'Coloured by',
    [
      ['label', 'label'],
      ['folder', 'the folder above it'],
    ],
    'label',
  );
  colour.control.addEventListener('change', () => on.onColour(colour.control.value as 'label' | 'folder'));

  const tools: [Tool, string][] = [
    ['move', 'Move'],
    ['box', 'Box'],
    ['lasso', 'Lasso'],
  ];
  const buttons = tools.map(([tool, name]) => {
    const made = button(name, 'tool', () => {
      for (const other of buttons) other.setAttribute('aria-pressed', String(other === made));
      on.onTool(tool);
    });
    made.setAttribute('aria-pressed', String(tool === 'move'));
    return made;
  });
  const zoom = (name: string, label: string, act: () => void) => {
    const made = button(name, 'tool', act);
    made.setAttribute('aria-label', label);
    return made;
  };
  element('tools').replaceChildren(
    ...(points.nearby ? [arrangement.whole] : []),
    ...(components.length > 1 ? [x.whole, y.whole] : []),
    ...(hasFolders ? [colour.whole] : []),
    make('span', 'group', ...buttons),
    make(
      'span',
      'group',
      zoom('+', 'Enlarge', () => on.onZoom(1.6)),
      zoom('−', 'Make smaller', () => on.onZoom(1 / 1.6)),
      zoom('Reset', 'Show the whole map', on.onReset),
    ),
  );
}

function select(name: string, options: string[][], value: string) {
  const control = document.createElement('select');
  control.append(...options.map(([value, text]) => new Option(text, value)));
  control.value = value;
  return { control, whole: make('label', 'choice', `${name} `, control) };
}
