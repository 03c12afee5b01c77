/** Elements of the page: found by id, or made. */

/** @throws Error naming the id that the page lacks */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element #${id}`);
  return found as T;
}

/** A new element with a class and content. */
export function make(tag: string, className: string, ...parts: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...parts);
  return made;
}
