/** The table of labels as legend: pointing at a row previews it, pressing holds it, typing filters. */
import { countOf, formatCount } from '../shared/format.ts';
import { UNLABELLED } from '../shared/labels.ts';
import { make } from './elements.ts';
import { markOfGroup, nameAt, type PhotoMap } from './photo-map.ts';

export interface LabelList {
  /** Presses a label's row, or releases it. */
  toggle(label: number): void;
  /** Marks the row of the label under the pointer in the chart. */
  near(label: number | undefined): void;
  /** Releases all rows and forgets what was sought. */
  clear(): void;
  /** Lists other groups: those of the map, with its points counted. */
  list(map: PhotoMap): void;
}

/** Makes the table live; `onFocus` is told which labels to bring forward, undefined: all alike. */
export function listenToLabels(onFocus: (focus: ReadonlySet<number> | undefined) => void): LabelList {
  let rows = [...document.querySelectorAll<HTMLElement>('#labels tr')];
  const find = document.querySelector<HTMLInputElement>('#find');
  const told = document.querySelector<HTMLElement>('#told');
  const clearing = document.querySelector<HTMLElement>('#clear');
  const held = new Set<number>();
  let names: string[] = [];
  let found: Set<number> | undefined;
  let pointed: number | undefined;

  const update = () => {
    const lasting = held.size > 0 ? held : found?.size ? found : undefined;
    onFocus(pointed === undefined ? lasting : new Set([pointed]));
    if (clearing) clearing.hidden = held.size === 0 && found === undefined;
    if (!told) return;
    const all = countOf(rows.length, 'label');
    const some = held.size > 0 ? held.size : found?.size;
    told.textContent = some === undefined ? all : `${some} of ${all}`;
  };
  const toggle = (label: number) => {
    if (!held.delete(label)) held.add(label);
    const row = rows[label];
    row?.classList.toggle('held', held.has(label));
    row?.querySelector('button')?.setAttribute('aria-pressed', String(held.has(label)));
    update();
  };
  const filter = () => {
    const sought = find?.value.trim().toLowerCase() ?? '';
    found =
      sought === '' ? undefined : new Set(names.flatMap((name, at) => (name.includes(sought) ? [at] : [])));
    rows.forEach((row, at) => {
      row.hidden = found !== undefined && !found.has(at) && !held.has(at);
    });
    update();
  };
  const point = (label: number | undefined) => {
    if (label === pointed) return;
    pointed = label;
    update();
  };
  const listen = () => {
    names = rows.map((row) => row.querySelector('th')?.textContent?.toLowerCase() ?? '');
    rows.forEach((row, at) => {
      row.addEventListener('pointerenter', (event) => event.pointerType === 'mouse' && point(at));
      row.addEventListener('pointerleave', () => point(undefined));
      const button = row.querySelector('button');
      button?.addEventListener('focus', () => button.matches(':focus-visible') && point(at));
      button?.addEventListener('blur', () => point(undefined));
      button?.addEventListener('click', () => toggle(at));
    });
  };
  const clear = () => {
    for (const label of [...held]) toggle(label);
    if (find) find.value = '';
    pointed = undefined;
    filter();
  };

  listen();
  if (find) find.hidden = false;
  find?.addEventListener('input', filter);
  clearing?.addEventListener('click', () => {
    clear();
    find?.focus();
  });

  return {
    toggle,
    clear,
    near(label) {
      for (const [at, row] of rows.entries()) row.classList.toggle('near', at === label);
    },
    list(map) {
      clear();
      const counts = map.labels.map(() => 0);
      for (let at = 0; at < map.x.length; at++) counts[map.label[at]!]! += 1;
      const mark = document.querySelector('#labels svg');
      if (!mark) return;
      rows = map.labels.map((_, at) => rowOf(map, at, counts[at]!, mark));
      document.querySelector('#labels')?.replaceChildren(...rows);
      listen();
      update();
    },
  };
}

/** @param mark of any row: for another, it is changed */
function rowOf(map: PhotoMap, at: number, count: number, mark: Element): HTMLElement {
  const { colour, shape } = markOfGroup(map, at);
  const svg = mark.cloneNode(true) as Element;
  svg.setAttribute('class', `mark k${colour < 0 ? 'none' : colour}`);
  svg.querySelector('use')?.setAttribute('href', `#m${shape}`);
  const name = map.labels[at] === null ? make('i', '', UNLABELLED) : make('span', '', nameAt(map, at));
  const button = make('button', '', svg, name) as HTMLButtonElement;
  button.type = 'button';
  button.setAttribute('aria-pressed', 'false');
  return make('tr', '', make('th', '', button), make('td', 'n', formatCount(count)));
}
