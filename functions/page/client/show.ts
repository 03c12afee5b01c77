import type { Answer } from './ask.ts';
import { element, make } from './elements.ts';
import { oftenRight, type Words } from './words.ts';

/** Shows an answer, and what speaks for it. */
export function showAnswer(found: Answer, words: Words): void {
  const { answer, known, confidence, candidates } = found;
  element('answer').textContent = !known
    ? words.unknown
    : answer === null
      ? words.oneOf
      : words.answer(answer);
  const parts: HTMLElement[] = [];
  if (!known) parts.push(make('p', '', words.unknownHint));
  else if (answer === null) parts.push(make('p', '', words.oneOfHint), candidateList(candidates, words));
  else parts.push(make('p', '', oftenRight(words, confidence)), bar(confidence, words.confidence, words));
  const names = namesOf(found);
  if (names.length > 0) parts.push(make('p', 'soft', `${words.neighbours} `, ...between(names)));
  element('why').replaceChildren(...parts);
}

/** Labels of the nearest photos, each once; a photo of none by its own name. */
function namesOf({ neighbours }: Answer): string[] {
  return [...new Set(neighbours.map(({ label, key }) => label ?? key.split('/').at(-1) ?? key))];
}

function between(names: string[]): (Node | string)[] {
  return names.flatMap((name, at) => [...(at > 0 ? [', '] : []), make('b', '', name)]);
}

function candidateList(candidates: Answer['candidates'], words: Words): HTMLElement {
  const list = make('ul', 'candidates');
  list.setAttribute('aria-label', words.candidates);
  for (const { label, probability } of candidates) {
    const item = make('li', '', make('span', '', label), make('span', 'soft', words.percent(probability)));
    item.append(bar(probability, label, words));
    list.append(item);
  }
  return list;
}

/** A bar that screen readers read as a share. */
function bar(share: number, name: string, words: Words): HTMLElement {
  const meter = document.createElement('meter');
  meter.value = share;
  meter.setAttribute('aria-label', `${name}: ${words.percent(share)}`);
  return meter;
}
