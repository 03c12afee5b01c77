/** Elements of the page: found by id, or made. */

/** @throws Error naming the id that the page lacks */
export function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the report has no element #${id}`);
  return found;
}

/** A new element with a class and content. */
export function make(tag: string, className: string, ...parts: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...parts);
  return made;
}
