/** The table of labels as legend: pointing at a row previews it, pressing holds it, typing filters. */
import { countOf } from '../shared/format.ts';

export interface LabelList {
  /** Presses a label's row, or releases it. */
  toggle(label: number): void;
  /** Marks the row of the label under the pointer in the chart. */
  near(label: number | undefined): void;
}

/** Makes the table live; `onFocus` is told which labels to bring forward, undefined: all alike. */
export function listenToLabels(onFocus: (focus: ReadonlySet<number> | undefined) => void): LabelList {
  const rows = [...document.querySelectorAll<HTMLElement>('#labels tr')];
  const find = document.querySelector<HTMLInputElement>('#find');
  const told = document.querySelector<HTMLElement>('#told');
  const clear = document.querySelector<HTMLElement>('#clear');
  const held = new Set<number>();
  const names = rows.map((row) => row.querySelector('th')?.textContent?.toLowerCase() ?? '');
  let found: Set<number> | undefined;
  let pointed: number | undefined;

  const update = () => {
    const lasting = held.size > 0 ? held : found?.size ? found : undefined;
    onFocus(pointed === undefined ? lasting : new Set([pointed]));
    if (clear) clear.hidden = held.size === 0 && found === undefined;
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

  rows.forEach((row, at) => {
    row.addEventListener('pointerenter', (event) => event.pointerType === 'mouse' && point(at));
    row.addEventListener('pointerleave', () => point(undefined));
    const button = row.querySelector('button');
    button?.addEventListener('focus', () => button.matches(':focus-visible') && point(at));
    button?.addEventListener('blur', () => point(undefined));
    button?.addEventListener('click', () => toggle(at));
  });
  if (find) find.hidden = false;
  find?.addEventListener('input', filter);
  clear?.addEventListener('click', () => {
    for (const label of [...held]) toggle(label);
    if (find) find.value = '';
    pointed = undefined;
    filter();
    find?.focus();
  });

  return {
    toggle,
    near(label) {
      for (const [at, row] of rows.entries()) row.classList.toggle('near', at === label);
    },
  };
}
