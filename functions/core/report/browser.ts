/**
 * The few parts of a browser that the page's script touches. They are typed here, and not by the
 * compiler's DOM library, because that would put a browser's global names (`name`, `status`, another
 * `ReadableStream`) before every file of the program.
 */

export interface Browser {
  document: Node & {
    documentElement: Node;
    createElement(tag: string): Node;
  };
  devicePixelRatio: number;
  getComputedStyle(node: Node): { getPropertyValue(name: string): string };
  matchMedia(query: string): Listening;
  ResizeObserver: new (told: () => void) => { observe(node: Node): void };
  addEventListener(event: string, told: () => void): void;
}

interface Listening {
  addEventListener(event: string, told: (event: Pointing) => void): void;
}

/** A mouse, touch or pen event. */
export interface Pointing {
  clientX: number;
  clientY: number;
  /** `mouse`, `touch` or `pen`; empty or absent where a key did it. */
  pointerType?: string;
}

/** An element of the page. */
export interface Node extends Listening {
  readonly clientWidth: number;
  readonly clientHeight: number;
  className: string;
  hidden: boolean;
  textContent: string | null;
  /** Of an input. */
  value: string;
  style: { height: string; setProperty(name: string, value: string): void };
  classList: { toggle(name: string, on: boolean): void };
  append(...parts: (Node | string)[]): void;
  cloneNode(deep: boolean): Node;
  focus(): void;
  getBoundingClientRect(): { left: number; top: number };
  matches(selector: string): boolean;
  querySelector(selector: string): Node | null;
  querySelectorAll(selector: string): Iterable<Node>;
  setAttribute(name: string, value: string): void;
}

/** The browser that the page's script runs in. */
export const browser = globalThis as unknown as Browser;

/** A new element with a class and content. */
export function make(tag: string, className: string, ...parts: (Node | string)[]): Node {
  const node = browser.document.createElement(tag);
  node.className = className;
  node.append(...parts);
  return node;
}
